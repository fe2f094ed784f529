/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of the machine: its interrupts, its SMMUs as the firmware has them, and if it is real. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

/* iommufd refuses a device whose MSIs are not isolated: IOMMU_GROUP's isolated_msi, an ITS. */
static void row_its(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;
	char gic[16] = "a GIC";

	if (host->gic_version > 0)
		snprintf(gic, sizeof(gic), "GICv%d", host->gic_version);
	if (host->its == ANSWER_YES) {
		row_add(rows, LEVEL_PASS, "GIC-ITS", "%s with an ITS: MSIs are isolated", gic);
	} else if (host->its == ANSWER_NO || host->gic_version == 2) {
		row = row_add(rows, host->unsafe_interrupts == ANSWER_YES ? LEVEL_WARN : LEVEL_FAIL,
			"GIC-ITS",
			"%s without an ITS: a device's MSIs are not isolated, so iommufd refuses "
			"it",
			gic);
		row_todo(rows, row,
			"look in the firmware's setup for an ITS; "
			"iommufd.allow_unsafe_interrupts=1 gives "
			"the device away all the same, to VMs that are trusted");
	} else {
		row = row_add(rows, LEVEL_UNKNOWN, "GIC-ITS",
			"whether there is an ITS, which isolates MSIs, cannot be told");
		row_todo_hidden(result, rows, row);
	}
}

static void row_vm(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_row *row;

	if (host->vm == ANSWER_YES) {
		row = row_add(&result->rows, LEVEL_WARN, "VM",
			"this is a virtual machine%s%s: it has the SMMU that its VMM gives it",
			host->vm_name[0] ? ", of " : "", host->vm_name);
		if (!strcmp(host->vm_name, "Xen"))
			row_todo(&result->rows, row,
				"Xen has the SMMUs itself, and gives none to Linux, in dom0 "
				"neither: use Linux with KVM on the machine itself");
		else
			row_todo(&result->rows, row,
				"if an SMMU or a feature of it is missing, look at the VMM's "
				"options, or "
				"run this "
				"on the host");
	} else if (host->vm == ANSWER_NO) {
		row_add(&result->rows, LEVEL_PASS, "VM", "a real machine");
	} else {
		row = row_add(&result->rows, LEVEL_UNKNOWN, "VM",
			"whether this is a virtual machine cannot be told");
		row->optional = true;
	}
}

static const char look_in_setup[] =
	"look for SMMU or IOMMU in the firmware's setup, turn it on, and update the firmware";

static void row_iort(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (host->iort == ANSWER_NO) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-FIRMWARE",
			"ACPI has no IORT: the SMMU is off in the firmware, or there is none");
		row_todo(rows, row, "%s", look_in_setup);
	} else if (host->iort == ANSWER_UNKNOWN && host->iort_why[0]) {
		/* The kernel may have made more of it. */
		row = row_add(rows, result->smmu_count ? LEVEL_WARN : LEVEL_FAIL, "SMMU-FIRMWARE",
			"the IORT makes no sense: %s", host->iort_why);
		row_todo(rows, row, "update the firmware");
	} else if (host->iort == ANSWER_UNKNOWN) {
		row = row_add(rows, LEVEL_UNKNOWN, "SMMU-FIRMWARE", "the IORT cannot be read: %s",
			strerror(host->iort_error));
		row_todo_hidden(result, rows, row);
	} else if (!host->firmware_smmus) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-FIRMWARE",
			"the IORT has no SMMUv3: it is off in the firmware, or there is none");
		row_todo(rows, row, "%s", look_in_setup);
	} else if (host->iort_why[0]) {
		row = row_add(rows, LEVEL_WARN, "SMMU-FIRMWARE",
			"the IORT has SMMUv3s, %d in all, but is damaged: %s", host->firmware_smmus,
			host->iort_why);
		row_todo(rows, row, "update the firmware");
	} else {
		row_add(rows, LEVEL_PASS, "SMMU-FIRMWARE", "the IORT has %d SMMUv3%s",
			host->firmware_smmus, host->firmware_smmus > 1 ? "s" : "");
	}
}

static void row_tree(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (host->firmware_smmus < 0) {
		row = row_add(
			rows, LEVEL_UNKNOWN, "SMMU-FIRMWARE", "the device tree cannot be read");
		row_todo_hidden(result, rows, row);
	} else if (!host->firmware_smmus) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-FIRMWARE",
			"the device tree has no arm,smmu-v3: there is none, or the board's maker "
			"left it out");
		row_todo(rows, row, "look for a newer device tree of this board");
	} else if (host->firmware_smmus_disabled == host->firmware_smmus) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-FIRMWARE",
			"each SMMUv3 of the device tree has the status \"disabled\"");
		row_todo(rows, row,
			"set it to \"okay\" in the board's device tree, or with an overlay of it");
	} else {
		row_add(rows, LEVEL_PASS, "SMMU-FIRMWARE",
			"the device tree has %d SMMUv3%s, of which %d disabled",
			host->firmware_smmus, host->firmware_smmus > 1 ? "s" : "",
			host->firmware_smmus_disabled);
	}
}

static void row_other(struct probe_result *result)
{
	struct probe_row *row = row_add(&result->rows, LEVEL_FAIL, "SMMU-FIRMWARE",
		"the firmware has no SMMUv3, but another kind of IOMMU: %s",
		result->host.other_iommu);

	row_todo(&result->rows, row, "use a machine with an SMMUv3: no setting makes it one");
}

static void row_firmware(struct probe_result *result)
{
	const struct probe_host *host = &result->host;

	/* An SMMU that the kernel drives is in the firmware's tables, readable or not. */
	if (result->smmu_count && !host->iort_why[0] &&
		host->firmware_smmus <=
			(host->firmware_smmus_disabled > 0 ? host->firmware_smmus_disabled : 0))
		row_add(&result->rows, LEVEL_PASS, "SMMU-FIRMWARE",
			"the kernel drives an SMMUv3, so the firmware has it");
	else if (!host->firmware_smmus && host->other_iommus)
		row_other(result);
	else if (host->firmware == PLATFORM_ACPI)
		row_iort(result);
	else if (host->firmware == PLATFORM_DEVICE_TREE)
		row_tree(result);
	else
		row_add(&result->rows, LEVEL_UNKNOWN, "SMMU-FIRMWARE",
			"neither ACPI tables nor a device tree are to be found");
}

void rows_platform(struct probe_result *result)
{
	if (is_arm64(&result->host)) {
		row_its(result);
		row_firmware(result);
	}
	row_vm(result);
}
