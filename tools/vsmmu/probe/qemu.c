/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of qemu-system-aarch64, one a line, for a shell. */
#include <stdio.h>

#include "probe/vm.h"

static void print_answer(const char *name, enum answer answer)
{
	if (answer != ANSWER_UNKNOWN)
		printf(",%s=%s", name, answer == ANSWER_YES ? "on" : "off");
}

static void print_number(const char *name, int number)
{
	if (number >= 0)
		printf(",%s=%d", name, number);
}

static void print_smmu(const struct vm_smmu *smmu, unsigned int n)
{
	printf(" \\\n-device pxb-pcie,id=pxb%u,bus=pcie.0,bus_nr=%u", n, smmu->bus);
	printf(" \\\n-device arm-smmuv3,id=smmu%u,primary-bus=pxb%u,accel=on", n, n);
	print_answer("ril", smmu->ril);
	print_answer("ats", smmu->ats);
	print_number("oas", smmu->oas);
	print_number("ssidsize", smmu->ssid_size);
	/* Before 11.1 there is no such property, and "off" is what it has without. */
	if (smmu->cmdqv == ANSWER_YES)
		print_answer("cmdqv", ANSWER_YES);
}

bool probe_print_qemu(const struct probe_result *result)
{
	unsigned int port = 0;
	struct vm vm;

	vm_plan(&vm, result);
	if (!vm.count)
		return false;
	for (unsigned int i = 0; i < vm.note_count; i++)
		printf("# %s\n", vm.notes[i]);
	printf("-object iommufd,id=iommufd0");
	for (unsigned int i = 0; i < vm.count; i++) {
		print_smmu(&vm.smmus[i], i);
		for (unsigned int j = 0; j < vm.smmus[i].count; j++, port++) {
			printf(" \\\n-device "
			       "pcie-root-port,id=port%u,bus=pxb%u,chassis=%u,addr=0x%x",
				port, i, port + 1, j);
			printf(" \\\n-device vfio-pci,host=%s,bus=port%u,iommufd=iommufd0",
				vm.smmus[i].devices[j]->bdf, port);
		}
	}
	putchar('\n');
	return true;
}
