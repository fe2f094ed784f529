/* SPDX-License-Identifier: BSD-2-Clause */
#include "root/allowed.h"

#include <fnmatch.h>
#include <string.h>

#define PCI "sys/bus/pci/devices/*/"

static const struct allowed list[] = {
	{ALLOWED_FILE, "vsmmu/uname", "kernel release, architecture", REDUCE_NOTHING},
	{ALLOWED_FILE, "vsmmu/rights", "what this user may open", REDUCE_NOTHING},
	{ALLOWED_FILE, "vsmmu/denied", "what this user could not read", REDUCE_NOTHING},
	{ALLOWED_FILE, "vsmmu/kernel-log", "messages of the kernel", REDUCE_LOG},
	{ALLOWED_FILE, "vsmmu/try/*", "what --try found", REDUCE_NOTHING},

	{ALLOWED_FILE, "proc/cmdline", "options that the kernel was started with", REDUCE_CMDLINE},
	{ALLOWED_FILE, "proc/config.gz", "options that the kernel was built with",
		REDUCE_CONFIG_GZ},
	{ALLOWED_FILE, "boot/config-*", "options that the kernel was built with", REDUCE_CONFIG},
	{ALLOWED_FILE, "lib/modules/*/config", "options that the kernel was built with",
		REDUCE_CONFIG},
	{ALLOWED_FILE, "lib/modules/*/modules.builtin", "which drivers are built in",
		REDUCE_MODULES},
	{ALLOWED_FILE, "lib/modules/*/modules.dep", "which drivers can be loaded", REDUCE_MODULES},
	{ALLOWED_NAME, "sys/module/arm_smmu_v3", "whether it is loaded", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/module/iommufd", "whether it is loaded", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/module/kvm", "whether it is loaded", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/module/vfio_pci", "whether it is loaded", REDUCE_NOTHING},
	{ALLOWED_FILE, "sys/module/iommufd/parameters/allow_unsafe_interrupts",
		"whether MSIs must be isolated", REDUCE_NOTHING},

	{ALLOWED_FILE, "proc/cpuinfo", "kind of processor", REDUCE_CPUINFO},
	{ALLOWED_FILE, "proc/interrupts", "GIC and ITS", REDUCE_INTERRUPTS},
	{ALLOWED_FILE, "proc/iomem", "where RAM is", REDUCE_IOMEM},
	{ALLOWED_FILE, "sys/hypervisor/type", "whether this is a virtual machine", REDUCE_NOTHING},
	{ALLOWED_FILE, "sys/class/dmi/id/sys_vendor", "whether this is a virtual machine",
		REDUCE_NOTHING},
	{ALLOWED_FILE, "sys/class/dmi/id/product_name", "whether this is a virtual machine",
		REDUCE_NOTHING},

	{ALLOWED_FILE, "sys/firmware/acpi/tables/APIC", "GIC and ITS", REDUCE_TABLE},
	{ALLOWED_FILE, "sys/firmware/acpi/tables/IORT", "SMMUs, and which devices are behind them",
		REDUCE_TABLE},
	{ALLOWED_FILE, "sys/firmware/fdt", "SMMUs, and which devices are behind them", REDUCE_FDT},
	{ALLOWED_FILE, "sys/firmware/devicetree/base/compatible",
		"whether this is a virtual machine", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/bus/acpi/devices/NVDA*", "CMDQV of an SMMU", REDUCE_NOTHING},

	{ALLOWED_NAME, "sys/class/misc/iommu", "whether iommufd is there", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/class/misc/kvm", "whether KVM is there", REDUCE_NOTHING},
	{ALLOWED_NAME, "dev/iommu", "whether iommufd is there", REDUCE_NOTHING},
	{ALLOWED_NAME, "dev/kvm", "whether KVM is there", REDUCE_NOTHING},
	{ALLOWED_NAME, "dev/vfio/devices/*", "devices of VFIO", REDUCE_NOTHING},

	{ALLOWED_NAME, "sys/class/iommu/*", "which IOMMUs are there", REDUCE_NOTHING},
	{ALLOWED_LINK, "sys/class/iommu/*/device", "which device an IOMMU is", REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/class/iommu/*/devices/*", "devices behind an IOMMU", REDUCE_NOTHING},
	{ALLOWED_FILE, "sys/kernel/iommu_groups/*/type", "kind of domain of a group",
		REDUCE_NOTHING},
	{ALLOWED_FILE, "sys/kernel/iommu_groups/*/reserved_regions", "regions a guest must not use",
		REDUCE_NOTHING},
	{ALLOWED_NAME, "sys/kernel/iommu_groups/*/devices/*", "members of a group", REDUCE_NOTHING},

	{ALLOWED_FILE, PCI "vendor", "which device it is", REDUCE_NOTHING},
	{ALLOWED_FILE, PCI "device", "which device it is", REDUCE_NOTHING},
	{ALLOWED_FILE, PCI "class", "which kind of device it is", REDUCE_NOTHING},
	{ALLOWED_FILE, PCI "config", "ACS, ATS, PASID, PRI, buses", REDUCE_PCI_CONFIG},
	{ALLOWED_FILE, PCI "resource", "where its BARs are", REDUCE_NOTHING},
	{ALLOWED_FILE, PCI "reset_method", "how it is reset", REDUCE_NOTHING},
	{ALLOWED_FILE, PCI "secondary_bus_number", "which bus is behind a bridge", REDUCE_NOTHING},
	{ALLOWED_LINK, PCI "driver", "driver that has it", REDUCE_NOTHING},
	{ALLOWED_LINK, PCI "iommu", "IOMMU that it is behind", REDUCE_NOTHING},
	{ALLOWED_LINK, PCI "iommu_group", "group that it is in", REDUCE_NOTHING},
	{ALLOWED_LINK, PCI "physfn", "function that it is part of", REDUCE_NOTHING},
	{ALLOWED_NAME, PCI "vfio-dev/*", "device file of VFIO", REDUCE_NOTHING},

	{ALLOWED_WORD, "proc/sys/kernel/hostname", "to blank it elsewhere", REDUCE_NOTHING},
	{ALLOWED_WORD, "proc/sys/kernel/domainname", "to blank it elsewhere", REDUCE_NOTHING},
	{ALLOWED_WORD, "etc/hostname", "to blank it elsewhere", REDUCE_NOTHING},
	{ALLOWED_WORD, "etc/passwd", "to blank names of users elsewhere", REDUCE_NOTHING},
};

#define COUNT (sizeof(list) / sizeof(list[0]))

const struct allowed *allowed_get(size_t i)
{
	return i < COUNT ? &list[i] : NULL;
}

bool allowed_path_is_sane(const char *path)
{
	const char *part = path;

	if (strlen(path) >= ALLOWED_PATH_MAX)
		return false;
	for (const char *c = path; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	for (;;) {
		size_t length = strcspn(part, "/");

		if (!length || (length == 1 && *part == '.') ||
			(length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (!part[length])
			return true;
		part += length + 1;
	}
}

/* Whether the pattern's first components are @path, all of it. Return: its rest, or NULL. */
static const char *rest_of(const char *pattern, const char *path)
{
	char front[ALLOWED_PATH_MAX];
	const char *end = pattern;

	for (const char *c = path; *c; c++) {
		if (*c != '/')
			continue;
		end = strchr(end, '/');
		if (!end)
			return NULL;
		end++;
	}
	end += strcspn(end, "/");
	memcpy(front, pattern, (size_t)(end - pattern));
	front[end - pattern] = '\0';
	return fnmatch(front, path, FNM_PATHNAME | FNM_NOESCAPE | FNM_PERIOD) ? NULL : end;
}

const struct allowed *allowed_find(const char *path, enum allowed_kind kind)
{
	if (!allowed_path_is_sane(path))
		return NULL;
	for (size_t i = 0; i < COUNT; i++) {
		const char *rest = list[i].kind == kind ? rest_of(list[i].pattern, path) : NULL;

		if (rest && !*rest)
			return &list[i];
	}
	return NULL;
}

bool allowed_has(const char *path)
{
	if (!allowed_path_is_sane(path))
		return false;
	for (size_t i = 0; i < COUNT; i++)
		if (rest_of(list[i].pattern, path))
			return true;
	return false;
}

bool allowed_folder(const char *path)
{
	if (!allowed_path_is_sane(path))
		return false;
	for (size_t i = 0; i < COUNT; i++) {
		const char *rest = rest_of(list[i].pattern, path);

		if (rest && *rest && memchr(rest + 1, '*', strcspn(rest + 1, "/")))
			return true;
	}
	return false;
}
