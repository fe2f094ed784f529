/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine: memory, interrupt controller, firmware, and whether it is a virtual one. */
#include <errno.h>
#include <string.h>

#include <libfdt.h>

#include "probe/facts.h"

/* Makers of virtual machines as DMI names them; with a product where they make others, too. */
static const struct {
	const char *vendor, *product, *name;
} virtual_machines[] = {
	{"QEMU", "", "QEMU"},
	{"KVM", "", "KVM"},
	{"", "KVM", "KVM"},
	{"Xen", "", "Xen"},
	{"VMware", "", "VMware"},
	{"innotek", "", "VirtualBox"},
	{"Parallels", "", "Parallels"},
	{"Microsoft Corporation", "Virtual Machine", "Hyper-V"},
	{"Google", "Google Compute Engine", "Google Compute Engine"},
	{"Apple Inc.", "Apple Virtualization", "Apple's Virtualization framework"},
	{"Alibaba Cloud", "Alibaba Cloud ECS", "Alibaba Cloud"},
	{"OpenStack", "", "OpenStack"},
	{"cloud-hypervisor", "", "Cloud Hypervisor"},
	{"Cloud Hypervisor", "", "Cloud Hypervisor"},
	{"oVirt", "", "oVirt"},
	{"Nutanix", "AHV", "Nutanix AHV"},
	{"DigitalOcean", "Droplet", "DigitalOcean"},
	{"Hetzner", "vServer", "Hetzner Cloud"},
	{"Scaleway", "SCW-", "Scaleway"},
};

/* OEM IDs of the ACPI tables that VMMs make: ACPI 6.5, 5.2.6. Not each VM has DMI. */
static const struct {
	char oem[7];
	const char *name;
} table_makers[] = {
	{"BOCHS ", "QEMU"},
	{"CLOUDH", "Cloud Hypervisor"},
	{"CROSVM", "crosvm"},
	{"FIRECK", "Firecracker"},
	{"VRTUAL", "Hyper-V"},
	{"VBOX  ", "VirtualBox"},
	{"PRLS  ", "Parallels"},
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void set_vm(struct probe_host *host, const char *name)
{
	host->vm = ANSWER_YES;
	if (!host->vm_name[0])
		snprintf(host->vm_name, sizeof(host->vm_name), "%s", name);
}

static void parse_hypervisor(const char *text, struct probe_host *host)
{
	set_vm(host, begins(text, "xen") ? "Xen" : "a hypervisor");
}

/* Processors of x86 say so; others do not tell. */
static void parse_cpuinfo(const char *text, struct probe_host *host)
{
	if (strstr(text, " hypervisor"))
		set_vm(host, "");
	else if (strstr(text, "\nflags\t"))
		host->vm = ANSWER_NO;
}

static void parse_compatible(const char *text, struct probe_host *host)
{
	if (!strcmp(text, "linux,dummy-virt"))
		set_vm(host, "QEMU or another VMM");
	else if (begins(text, "xen,xenvm"))
		set_vm(host, "Xen");
	else if (host->vm == ANSWER_UNKNOWN)
		host->vm = ANSWER_NO;
}

static void read_dmi(struct probe_host *host, struct root *root)
{
	char *vendor = root_read(root, "sys/class/dmi/id/sys_vendor", NULL);
	char *product = root_read(root, "sys/class/dmi/id/product_name", NULL);
	const char *maker = vendor ? vendor : "", *model = product ? product : "";
	size_t i = 0, count = sizeof(virtual_machines) / sizeof(virtual_machines[0]);

	while (i < count && !(begins(maker, virtual_machines[i].vendor) &&
				    begins(model, virtual_machines[i].product)))
		i++;
	if (i < count)
		set_vm(host, virtual_machines[i].name);
	else if (begins(maker, "Amazon EC2") && !strstr(model, ".metal"))
		set_vm(host, "Amazon EC2");
	else if (vendor && product && host->vm == ANSWER_UNKNOWN)
		host->vm = ANSWER_NO;
	free(vendor);
	free(product);
}

static void read_tables(struct probe_host *host, const char *table, size_t length)
{
	for (size_t i = 0; i < sizeof(table_makers) / sizeof(table_makers[0]); i++)
		if (length >= 36 && !memcmp(table + 10, table_makers[i].oem, 6))
			set_vm(host, table_makers[i].name);
}

/* WSL has neither DMI nor tables: its kernels are called "5.15.153.1-microsoft-standard-WSL2". */
static void read_release(struct probe_host *host)
{
	if (strstr(host->release, "microsoft-standard"))
		set_vm(host, "Hyper-V (WSL)");
}

void facts_platform(struct probe_host *host, struct root *root)
{
	size_t length;
	char *madt = root_read(root, "sys/firmware/acpi/tables/APIC", &length);

	facts_read(root, "proc/iomem", iomem_parse, host);
	host->gic_version = -1;
	facts_read(root, "proc/interrupts", interrupts_parse, host);
	read_release(host);
	if (madt)
		madt_parse(madt, length, host);
	facts_read(root, "sys/hypervisor/type", parse_hypervisor, host);
	facts_read(root, "proc/cpuinfo", parse_cpuinfo, host);
	read_dmi(host, root);
	if (madt)
		read_tables(host, madt, length);
	free(madt);
	facts_read(root, "sys/firmware/devicetree/base/compatible", parse_compatible, host);
}
