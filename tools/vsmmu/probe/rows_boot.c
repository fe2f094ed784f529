/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the running kernel: how it was started, and the device files that it made. */
#include <string.h>

#include "probe/rows.h"

static void warn(struct probe_result *result, const char *text, const char *todo)
{
	struct probe_row *row = row_add(&result->rows, LEVEL_WARN, "KERNEL-CMDLINE", "%s", text);

	row_todo(&result->rows, row, "%s", todo);
}

/* Whether a driver runs, whatever the command line says. */
static bool runs(const struct probe_result *result, enum kernel_option option)
{
	const struct probe_host *host = &result->host;

	return host->options[option].module == MODULE_LOADED ||
	       (option == OPTION_IOMMUFD &&
		       (host->dev_iommu == ANSWER_YES || host->misc_iommu == ANSWER_YES)) ||
	       (option == OPTION_ARM_SMMU_V3 && result->smmu_count) ||
	       (option == OPTION_KVM && (host->kvm == ANSWER_YES || host->misc_kvm == ANSWER_YES));
}

static void rows_blocked(struct probe_result *result)
{
	for (int i = 0; i < KERNEL_OPTIONS; i++) {
		const struct probe_option *option = &result->host.options[i];
		struct probe_row *row;

		if (runs(result, (enum kernel_option)i))
			continue;
		if (is_blocked(option))
			row = row_add(&result->rows, LEVEL_FAIL, "KERNEL-CMDLINE",
				"%s keeps a driver off: no user can load or start it",
				option->word);
		else if (option->block && option->value != VALUE_BUILTIN)
			row = row_add(&result->rows, LEVEL_WARN, "KERNEL-CMDLINE",
				"%s keeps a module from being loaded when it is needed",
				option->word);
		else
			continue;
		row_todo(&result->rows, row, "leave it out");
	}
}

static void rows_cmdline(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	size_t before = result->rows.count;

	if (host->unsafe_interrupts == ANSWER_YES)
		warn(result,
			"allow_unsafe_interrupts is on: where MSIs are not isolated, a VM's device "
			"can send "
			"any interrupt to the host",
			"leave it out where there is an ITS: it is not needed there");
	if (host->noiommu == ANSWER_YES)
		warn(result,
			"vfio.enable_unsafe_noiommu_mode is on: a device without an IOMMU can be "
			"given "
			"away, and then reaches all memory",
			"leave it out");
	if (host->noats == ANSWER_YES)
		warn(result, "pci=noats turns ATS off for all devices, and so for guests",
			"leave it out if a guest's device needs ATS, as GPUs do");
	if (host->noacs == ANSWER_YES)
		warn(result,
			"the command line changes ACS by hand: IOMMU groups may be smaller than "
			"what the "
			"hardware keeps apart",
			"leave out pcie_acs_override, disable_acs_redir and config_acs unless it "
			"is known "
			"that the ports isolate");
	if (host->disable_bypass == 0 && is_arm64(host))
		warn(result,
			"arm-smmu-v3.disable_bypass=0 lets a device reach all memory while no "
			"driver has it",
			"leave it out");
	rows_blocked(result);
	if (result->rows.count > before)
		return;
	if (host->cmdline == ANSWER_YES)
		row_add(&result->rows, LEVEL_PASS, "KERNEL-CMDLINE",
			"nothing on it is in the way%s",
			host->passthrough == 1
				? "; iommu.passthrough=1 is for the host's own devices "
				  "alone"
				: "");
	else
		row_add(&result->rows, LEVEL_UNKNOWN, "KERNEL-CMDLINE",
			"the kernel's command line cannot be read");
}

/* The first thing that explains it. */
static void row_no_dev_iommu(struct probe_result *result)
{
	const struct probe_option *option = &result->host.options[OPTION_IOMMUFD];
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (result->host.misc_iommu == ANSWER_YES) {
		row = row_add(rows, LEVEL_FAIL, "DEV-IOMMU",
			"there is no /dev/iommu here, though the kernel has the device: this may "
			"be a container, or udev did not make the file");
		row_todo(rows, row,
			"give the container /dev/iommu; else make it, with the number that is in "
			"/sys/class/misc/iommu/dev");
	} else if (is_blocked(option)) {
		row = row_add(rows, LEVEL_FAIL, "DEV-IOMMU",
			"there is no /dev/iommu: %s on the kernel's command line keeps iommufd off",
			option->word);
		row_todo(rows, row, "see KERNEL-CMDLINE");
	} else if (option->value == VALUE_MODULE && option->module != MODULE_LOADED &&
		   option->module != MODULE_ABSENT) {
		row = row_add(rows, LEVEL_WARN, "DEV-IOMMU",
			"there is no /dev/iommu yet: its module is not loaded");
		row_todo(rows, row, "modprobe iommufd");
	} else if (option->value == VALUE_BUILTIN || option->module == MODULE_LOADED) {
		row = row_add(rows, LEVEL_FAIL, "DEV-IOMMU", "there is no /dev/iommu: %s",
			result->host.misc_iommu == ANSWER_NO
				? "the kernel has iommufd, but it did not start"
				: "the kernel has iommufd, but either its file is missing here, as "
				  "in "
				  "a container, or it did not start");
		row_todo(rows, row, "%slook for iommufd in the kernel's log",
			result->host.misc_iommu == ANSWER_NO
				? ""
				: "give the container /dev/iommu; on the host itself ");
	} else {
		row = row_add(rows, LEVEL_FAIL, "DEV-IOMMU", "there is no /dev/iommu");
		row_todo(rows, row, "see KERNEL-IOMMUFD");
	}
}

static void row_dev_iommu(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	switch (host->dev_iommu) {
	case ANSWER_YES:
		if (host->dev_iommu_error <= 0) {
			row_add(rows, LEVEL_PASS, "DEV-IOMMU", "/dev/iommu is there%s",
				host->dev_iommu_error ? "" : ", and may be opened");
			return;
		}
		row = row_add(rows, LEVEL_WARN, "DEV-IOMMU",
			"/dev/iommu is there, but this user may not open it");
		row_todo(rows, row, "give the user who runs VMs the right to read and write it");
		return;
	case ANSWER_NO:
		row_no_dev_iommu(result);
		return;
	case ANSWER_UNKNOWN:
		row_add(rows, LEVEL_UNKNOWN, "DEV-IOMMU",
			"whether /dev/iommu is there cannot be told");
		return;
	}
}

static void row_kvm(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (host->kvm == ANSWER_YES && host->kvm_error <= 0) {
		row_add(rows, LEVEL_PASS, "KVM", "/dev/kvm is there%s",
			host->kvm_error ? "" : ", and may be opened");
	} else if (host->kvm == ANSWER_YES) {
		row = row_add(rows, LEVEL_WARN, "KVM",
			"/dev/kvm is there, but this user may not open it");
		row_todo(rows, row, "put the user who runs VMs into its group");
	} else if (host->kvm == ANSWER_NO && host->kvm_off) {
		row = row_add(rows, LEVEL_WARN, "KVM",
			"there is no /dev/kvm, because of kvm-arm.mode=none on the kernel's "
			"command "
			"line: a VM's processors would be emulated, which is slow");
		row_todo(rows, row, "leave that out");
	} else if (host->kvm == ANSWER_NO && host->misc_kvm == ANSWER_YES) {
		row = row_add(rows, LEVEL_WARN, "KVM",
			"there is no /dev/kvm here, though the kernel has the device: a VM's "
			"processors would be emulated, which is slow");
		row_todo(rows, row, "give the container /dev/kvm, if this is one");
	} else if (host->kvm == ANSWER_NO && host->vm == ANSWER_YES) {
		row = row_add(rows, LEVEL_WARN, "KVM",
			"there is no /dev/kvm: a VM's processors would be emulated, which is slow");
		row_todo(rows, row, "%s",
			strcmp(host->vm_name, "Xen")
				? "have the VMM of this machine give it nested virtualization"
				: "see VM");
	} else if (host->kvm == ANSWER_NO) {
		row = row_add(rows, LEVEL_WARN, "KVM",
			"there is no /dev/kvm: a VM's processors would be emulated, which is slow");
		row_todo(rows, row,
			"see that the kernel has CONFIG_KVM, and that the firmware lets it "
			"virtualize");
	} else {
		row_add(rows, LEVEL_UNKNOWN, "KVM", "whether /dev/kvm is there cannot be told");
	}
}

void rows_boot(struct probe_result *result)
{
	rows_cmdline(result);
	row_dev_iommu(result);
	row_kvm(result);
}
