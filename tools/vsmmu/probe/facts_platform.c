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
	{"", "KVM Virtual Machine", "KVM"},
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

void facts_platform(struct probe_host *host, struct root *root)
{
	size_t length;
	char *madt = root_read(root, "sys/firmware/acpi/tables/APIC", &length);

	facts_read(root, "proc/iomem", iomem_parse, host);
	host->gic_version = -1;
	facts_read(root, "proc/interrupts", interrupts_parse, host);
	if (madt)
		madt_parse(madt, length, host);
	free(madt);
	facts_read(root, "sys/hypervisor/type", parse_hypervisor, host);
	facts_read(root, "proc/cpuinfo", parse_cpuinfo, host);
	read_dmi(host, root);
	facts_read(root, "sys/firmware/devicetree/base/compatible", parse_compatible, host);
}
