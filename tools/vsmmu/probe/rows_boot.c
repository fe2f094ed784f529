/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the running kernel: how it was started, and the device files that it made. */
#include "probe/rows.h"

static void warn(struct probe_result *result, const char *text, const char *todo)
{
	struct probe_row *row = row_add(&result->rows, LEVEL_WARN, "KERNEL-CMDLINE", "%s", text);

	row_todo(&result->rows, row, "%s", todo);
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

static void row_dev_iommu(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;
	bool loadable;

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
		loadable = host->options[OPTION_IOMMUFD].module == MODULE_LOADABLE;
		row = row_add(rows, loadable ? LEVEL_WARN : LEVEL_FAIL, "DEV-IOMMU",
			"there is no /dev/iommu%s",
			loadable ? " yet: its module is not loaded" : "");
		row_todo(rows, row, "%s", loadable ? "modprobe iommufd" : "see KERNEL-IOMMUFD");
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
