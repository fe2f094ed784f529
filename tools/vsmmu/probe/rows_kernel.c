/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the kernel: its version, options and modules. */
#include <string.h>

#include "probe/rows.h"

/* --try may have shown that something is there, whatever the kernel's version and options. */
static bool any_viommu(const struct probe_result *result)
{
	for (size_t i = 0; i < result->device_count; i++)
		if (result->devices[i].try.viommu == ANSWER_YES)
			return true;
	return false;
}

static bool any_veventq(const struct probe_result *result)
{
	for (size_t i = 0; i < result->device_count; i++)
		if (result->devices[i].try.veventq == ANSWER_YES)
			return true;
	return false;
}

static bool any_vfio(const struct probe_result *result)
{
	for (size_t i = 0; i < result->device_count; i++)
		if (strstr(result->devices[i].driver, "vfio"))
			return true;
	return false;
}

static void row_arch(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_row *row;

	if (is_arm64(host)) {
		row_add(&result->rows, LEVEL_PASS, "HOST-ARCH", "an arm64 host");
	} else if (!host->machine[0]) {
		row_add(&result->rows, LEVEL_UNKNOWN, "HOST-ARCH",
			"what kind of machine this is cannot be told");
	} else {
		row = row_add(&result->rows, LEVEL_FAIL, "HOST-ARCH",
			"this is an %s host: only arm64 machines have an SMMUv3", host->machine);
		row_todo(&result->rows, row,
			"use an arm64 host; 'vsmmu demo' shows the event path here without one");
	}
}

/* drivers/iommu/iommufd: vIOMMUs came with 6.13, vEVENTQs with 6.15. */
static void row_version(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (host->kernel_major < 0) {
		row_add(rows, LEVEL_UNKNOWN, "KERNEL-VERSION", "the kernel's version is not known");
	} else if (!kernel_before(host, 6, 15)) {
		row_add(rows, LEVEL_PASS, "KERNEL-VERSION", "Linux %s: 6.15 or newer",
			host->release);
	} else if (any_veventq(result)) {
		row_add(rows, LEVEL_PASS, "KERNEL-VERSION",
			"Linux %s, to which its maker added vEVENTQs", host->release);
	} else if (kernel_before(host, 6, 13) &&
		   host->options[OPTION_ARM_SMMU_V3_IOMMUFD].value == VALUE_BUILTIN) {
		row = row_add(rows, LEVEL_WARN, "KERNEL-VERSION",
			"Linux %s is older than 6.15, but its maker added nesting to it; whether "
			"vEVENTQs "
			"are there, too, is not known",
			host->release);
		row_todo(rows, row, "see what --try says, or use Linux 6.15 or newer");
	} else {
		row = row_add(rows, LEVEL_FAIL, "KERNEL-VERSION",
			"Linux %s has no vEVENTQs, by which a guest hears of its devices' faults: "
			"they "
			"came with 6.15",
			host->release);
		row_todo(rows, row, "use Linux 6.15 or newer");
	}
}

struct option_text {
	enum kernel_option option;
	const char *code, *what, *module;
	bool works; /* something shows that it is there */
};

static void row_option_off(struct probe_result *result, const struct option_text *text)
{
	const char *name = kernel_option_names[text->option];
	struct probe_row *row = row_add(&result->rows, LEVEL_FAIL, text->code,
		"CONFIG_%s is off in this kernel: %s", name, text->what);

	row_todo(&result->rows, row, "use a kernel that has CONFIG_%s%s", name,
		text->module ? "" : "=y");
}

static void row_module(struct probe_result *result, const struct option_text *text)
{
	const char *name = kernel_option_names[text->option];
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	const struct probe_option *option = &result->host.options[text->option];

	if (option->module != MODULE_LOADED && is_blocked(option)) {
		row = row_add(rows, LEVEL_FAIL, text->code,
			"CONFIG_%s=m, but %s on the kernel's command line keeps the module off: %s",
			name, option->word, text->what);
		row_todo(rows, row, "see KERNEL-CMDLINE");
		return;
	}
	switch (option->module) {
	case MODULE_LOADED:
		row_add(rows, LEVEL_PASS, text->code, "CONFIG_%s=m, and the module is loaded",
			name);
		return;
	case MODULE_LOADABLE:
	case MODULE_UNKNOWN:
		row = row_add(rows, LEVEL_WARN, text->code,
			"CONFIG_%s=m, and the module %s is not loaded", name, text->module);
		row_todo(rows, row, "modprobe %s", text->module);
		return;
	case MODULE_ABSENT:
		row = row_add(rows, LEVEL_FAIL, text->code,
			"CONFIG_%s=m, but the module %s is not installed: %s", name, text->module,
			text->what);
		row_todo(rows, row, "install the package with this kernel's other modules");
		return;
	}
}

static void row_option(struct probe_result *result, const struct option_text *text)
{
	const struct probe_host *host = &result->host;
	const char *name = kernel_option_names[text->option];
	bool works = text->works || host->options[text->option].module == MODULE_LOADED;
	struct probe_row *row;

	switch (host->options[text->option].value) {
	case VALUE_BUILTIN:
		row_add(&result->rows, LEVEL_PASS, text->code, "CONFIG_%s=y", name);
		return;
	case VALUE_MODULE:
		row_module(result, text);
		return;
	case VALUE_OFF:
		if (works)
			break;
		row_option_off(result, text);
		return;
	case VALUE_UNKNOWN:
		break;
	}
	if (works) {
		row_add(&result->rows, LEVEL_PASS, text->code, "it works, so CONFIG_%s is on",
			name);
		return;
	}
	row = row_add(&result->rows, LEVEL_UNKNOWN, text->code,
		"whether CONFIG_%s is on cannot be told: this kernel's configuration is not to be "
		"found",
		name);
	row_todo(&result->rows, row, "modprobe configs, or put it at /boot/config-%s",
		host->release[0] ? host->release : "RELEASE");
}

static void rows_options(struct probe_result *result)
{
	const struct option_text texts[] = {
		{OPTION_IOMMUFD, "KERNEL-IOMMUFD", "there is no /dev/iommu without it", "iommufd",
			result->host.dev_iommu == ANSWER_YES ||
				result->host.misc_iommu == ANSWER_YES},
		{OPTION_ARM_SMMU_V3, "KERNEL-SMMU", "nothing drives the SMMU", "arm_smmu_v3",
			result->smmu_count > 0},
		{OPTION_ARM_SMMU_V3_IOMMUFD, "KERNEL-SMMU-IOMMUFD",
			"the SMMU's driver gives user space no nested translation", NULL,
			any_viommu(result)},
		{OPTION_VFIO_DEVICE_CDEV, "KERNEL-VFIO-CDEV",
			"devices have no /dev/vfio/devices/vfioN, by which they come to an iommufd",
			NULL, false},
		{OPTION_VFIO_PCI, "KERNEL-VFIO-PCI", "no PCI device can be given to a VM",
			"vfio-pci", any_vfio(result)},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (is_arm64(&result->host) ||
			(texts[i].option != OPTION_ARM_SMMU_V3 &&
				texts[i].option != OPTION_ARM_SMMU_V3_IOMMUFD))
			row_option(result, &texts[i]);
}

void rows_kernel(struct probe_result *result)
{
	row_arch(result);
	row_version(result);
	rows_options(result);
}
