/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements of a libvirt domain, to go into its <devices>: formatdomain, "IOMMU devices". */
#include <stdio.h>
#include <stdlib.h>

#include "probe/vm.h"

static void print_answer(const char *name, enum answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		printf(" %s='%s'", name, answer == ANSWER_YES ? "on" : "off");
}

static void print_number(const char *name, int number)
{
	if (number >= 0)
		printf(" %s='%d'", name, number);
}

/* Two hyphens end a comment, and an SMMU may have any name. */
static void print_comment(const char *text)
{
	printf("<!-- ");
	for (const char *c = text; *c; c++)
		putchar(c != text && c[0] == '-' && c[-1] == '-' ? '_' : *c);
	printf(" -->\n");
}

/* A controller's index is the number of the bus that is behind it. */
static void print_controllers(const struct vm_smmu *smmu, unsigned int index)
{
	printf("<controller type='pci' index='%u' model='pcie-expander-bus'>\n"
	       "  <model name='pxb-pcie'/>\n"
	       "  <target busNr='%u'/>\n"
	       "</controller>\n",
		index, smmu->bus);
	for (unsigned int i = 0; i < smmu->count; i++)
		printf("<controller type='pci' index='%u' model='pcie-root-port'>\n"
		       "  <address type='pci' domain='0x0000' bus='0x%02x' slot='0x%02x' "
		       "function='0x0'/>\n"
		       "</controller>\n",
			index + 1 + i, index, i);
}

static void print_iommu(const struct vm_smmu *smmu, unsigned int index)
{
	printf("<iommu model='smmuv3'>\n"
	       "  <driver pciBus='%u' accel='on'",
		index);
	print_answer("ats", smmu->ats);
	print_answer("ril", smmu->ril);
	print_number("ssidsize", smmu->ssid_size);
	print_number("oas", smmu->oas);
	if (smmu->cmdqv == ANSWER_YES)
		print_answer("cmdqv", ANSWER_YES);
	printf("/>\n</iommu>\n");
}

static void print_hostdev(const struct probe_device *device, unsigned int bus)
{
	char *rest;
	unsigned long segment = strtoul(device->bdf, &rest, 16);
	unsigned long number = strtoul(rest + 1, &rest, 16), slot = strtoul(rest + 1, &rest, 16);

	printf("<hostdev mode='subsystem' type='pci' managed='yes'>\n"
	       "  <driver iommufd='yes'/>\n"
	       "  <source>\n"
	       "    <address domain='0x%04lx' bus='0x%02lx' slot='0x%02lx' function='0x%lx'/>\n"
	       "  </source>\n"
	       "  <address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' function='0x0'/>\n"
	       "</hostdev>\n",
		segment, number, slot, strtoul(rest + 1, NULL, 16), bus);
}

bool probe_print_libvirt(const struct probe_result *result)
{
	unsigned int index = 1;
	struct vm vm;

	vm_plan(&vm, result);
	if (!vm.count)
		return false;
	printf("<!-- In <devices>. If the domain has PCI controllers already, number these behind "
	       "them:\n     index, pciBus, and the bus of each address but a source's. -->\n");
	for (unsigned int i = 0; i < vm.note_count; i++)
		print_comment(vm.notes[i]);
	for (unsigned int i = 0; i < vm.count; i++) {
		const struct vm_smmu *smmu = &vm.smmus[i];

		print_controllers(smmu, index);
		print_iommu(smmu, index);
		for (unsigned int j = 0; j < smmu->count; j++)
			print_hostdev(smmu->devices[j], index + 1 + j);
		index += 1 + smmu->count;
	}
	return true;
}
