/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of what a device has as a PCI function. */
#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

static void row_hidden(const struct probe_result *result, struct probe_device *device,
	const char *code, const char *what)
{
	struct probe_row *row = row_add(&device->rows, LEVEL_UNKNOWN, code,
		"%s: its extended capabilities cannot be read", what);

	row_todo_hidden(result, &device->rows, row);
}

static const char *switched(enum answer enabled)
{
	return enabled == ANSWER_YES ? "now on" : "now off, as long as no driver turns it on";
}

static void row_ats(const struct probe_result *result, struct probe_device *device)
{
	const struct probe_smmu *smmu = device->smmu >= 0 ? &result->smmus[device->smmu] : NULL;
	struct probe_row *row;

	if (device->ats.present == ANSWER_UNKNOWN) {
		row_hidden(result, device, "DEV-ATS", "whether it has ATS is not known");
	} else if (device->ats.present == ANSWER_NO) {
		row_add(&device->rows, LEVEL_PASS, "DEV-ATS", "it has no ATS, and does without");
	} else if (result->host.options[OPTION_PCI_ATS].value == VALUE_OFF) {
		row = row_add(&device->rows, LEVEL_WARN, "DEV-ATS",
			"it has ATS, but CONFIG_PCI_ATS is off in this kernel");
		row_todo(&device->rows, row, "use a kernel that has CONFIG_PCI_ATS=y");
	} else if (result->host.noats == ANSWER_YES) {
		row = row_add(&device->rows, LEVEL_WARN, "DEV-ATS",
			"it has ATS, but the kernel's command line has pci=noats");
		row_todo(&device->rows, row, "see KERNEL-CMDLINE");
	} else if (device->root_ats == ANSWER_NO) {
		row = row_add(&device->rows, LEVEL_WARN, "DEV-ATS",
			"it has ATS, but the IORT says that its root complex has not: no guest can "
			"use it");
		row_todo(&device->rows, row,
			"look for ATS in the firmware's setup, if a guest needs it, as for a GPU");
	} else if (smmu && smmu->ats == ANSWER_NO) {
		row = row_add(&device->rows, LEVEL_WARN, "DEV-ATS",
			"it has ATS, but its SMMU has not: no guest can use it");
		row_todo(&device->rows, row,
			"use a slot behind an SMMU with ATS, if a guest needs it");
	} else {
		row_add(&device->rows, LEVEL_PASS, "DEV-ATS", "it has ATS, %s",
			switched(device->ats.enabled));
	}
}

static void row_pasid(const struct probe_result *result, struct probe_device *device)
{
	const struct probe_smmu *smmu = device->smmu >= 0 ? &result->smmus[device->smmu] : NULL;
	struct probe_row *row;

	if (device->pasid.present == ANSWER_UNKNOWN) {
		row_hidden(result, device, "DEV-PASID", "whether it has PASIDs is not known");
	} else if (device->pasid.present == ANSWER_NO) {
		row_add(&device->rows, LEVEL_PASS, "DEV-PASID",
			"it has no PASIDs, and does without");
	} else if (smmu && !smmu->ssid_bits) {
		row = row_add(&device->rows, LEVEL_WARN, "DEV-PASID",
			"it has PASIDs, but its SMMU has no SubstreamIDs: no guest can use them");
		row_todo(&device->rows, row,
			"use a slot behind another SMMU, if a guest needs them");
	} else {
		row_add(&device->rows, LEVEL_PASS, "DEV-PASID", "it has PASIDs of %d bits, %s",
			device->pasid_bits, switched(device->pasid.enabled));
	}
}

static void row_reset(struct probe_device *device)
{
	struct probe_row *row;

	if (device->resets[0]) {
		row_add(&device->rows, LEVEL_PASS, "DEV-RESET", "it can be reset: %s",
			device->resets);
		return;
	}
	if (device->resets_known != ANSWER_YES) {
		row_add(&device->rows, LEVEL_UNKNOWN, "DEV-RESET",
			"whether it can be reset cannot be read");
		return;
	}
	row = row_add(&device->rows, LEVEL_WARN, "DEV-RESET",
		"the kernel knows no way to reset it: what one VM leaves in it, the next may find");
	row_todo(&device->rows, row, "give it only to VMs that trust each other");
}

void rows_pci(const struct probe_result *result, struct probe_device *device)
{
	row_ats(result, device);
	row_pasid(result, device);
	row_reset(device);
}
