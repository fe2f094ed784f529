/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of each SMMU that the kernel drives. */
#include <stdio.h>
#include <string.h>

#include "probe/rows.h"

static void row_present(struct probe_result *result)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (result->smmu_count) {
		row_add(rows, LEVEL_PASS, "SMMU-PRESENT", "the kernel drives %zu SMMUv3%s",
			result->smmu_count, result->smmu_count > 1 ? "s" : "");
		return;
	}
	if (result->smmus_known != ANSWER_YES) {
		row = row_add(rows, LEVEL_UNKNOWN, "SMMU-PRESENT",
			"whether the kernel drives an SMMUv3 cannot be told: /sys/class/iommu "
			"cannot be read");
		row_todo_hidden(result, rows, row);
		return;
	}
	if (host->other_iommus)
		row = row_add(rows, LEVEL_FAIL, "SMMU-PRESENT",
			"the kernel drives no SMMUv3; it has %s, which is another kind of IOMMU",
			host->other_iommu);
	else
		row = row_add(rows, LEVEL_FAIL, "SMMU-PRESENT", "the kernel drives no SMMUv3");
	row_todo(rows, row, "%s",
		host->firmware_smmus > 0 ? "look for arm-smmu-v3 in the kernel's log: its driver "
					   "is missing, or failed"
					 : "see SMMU-FIRMWARE");
}

static void row_many(struct probe_result *result)
{
	struct probe_row *row;

	if (result->smmu_count < 2)
		return;
	row = row_add(&result->rows, LEVEL_PASS, "SMMU-MANY",
		"there are %zu: devices of one VM that are behind different ones need a nesting "
		"parent "
		"for each",
		result->smmu_count);
	row_todo(&result->rows, row,
		"with QEMU, give the VM one vSMMU for each of them; libvsmmu sorts devices by "
		"itself");
}

/* Names the SMMU where there are several. */
static struct probe_row *about(struct probe_row *row, const struct probe_smmu *smmu)
{
	snprintf(row->subject, sizeof(row->subject), "%s", smmu->name);
	return row;
}

/* Why nothing is known of an SMMU's features, and how it could be. */
static struct probe_row *row_hidden(struct probe_result *result, const struct probe_smmu *smmu,
	const char *code, const char *what)
{
	const struct probe_host *host = &result->host;
	const char *why, *todo;
	struct probe_row *row;

	if (host->kernel_log != ANSWER_YES) {
		why = "the kernel's log, which tells it, cannot be read";
		todo = "run as root";
	} else if (smmu->features_known != ANSWER_YES) {
		why = "the kernel's log does not go back to the start, when the driver tells it";
		todo = "journalctl -k | vsmmu probe --log -, if the system keeps its log; or --try";
	} else {
		why = "this kernel does not tell it in its log";
		todo = "use --try, or Linux 6.13 or newer";
	}
	row = row_add(&result->rows, LEVEL_UNKNOWN, code, "%s: %s", what, why);
	about(row, smmu);
	row_todo(&result->rows, row, "%s", todo);
	return row;
}

static void row_nesting(struct probe_result *result, const struct probe_smmu *smmu)
{
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (smmu->nesting == ANSWER_YES) {
		about(row_add(rows, LEVEL_PASS, "SMMU-NESTING", "both stages, nested"), smmu);
	} else if (smmu->nesting == ANSWER_NO && smmu->stage1 == ANSWER_YES &&
		   smmu->stage2 == ANSWER_YES) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-NESTING",
			"it has both stages, but an erratum keeps the driver from nesting them");
		about(row, smmu);
		row_todo(rows, row, "no software helps: a later revision of the chip is needed");
	} else if (smmu->nesting == ANSWER_NO) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-NESTING",
			"it has no stage %d, so it cannot nest", smmu->stage2 == ANSWER_NO ? 2 : 1);
		about(row, smmu);
		row_todo(rows, row, "devices behind it can be given to VMs, but without a vSMMU");
	} else {
		row_hidden(result, smmu, "SMMU-NESTING",
			"whether it can nest two stages is not known");
	}
}

/* arm_smmu_get_viommu_size() of drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c. */
static void row_canwbs(struct probe_result *result, const struct probe_smmu *smmu)
{
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (smmu->fwb == ANSWER_YES) {
		about(row_add(rows, LEVEL_PASS, "SMMU-CANWBS",
			      "it has S2FWB: a guest cannot get around the caches"),
			smmu);
	} else if (smmu->canwbs == ANSWER_YES) {
		about(row_add(rows, LEVEL_PASS, "SMMU-CANWBS",
			      "the IORT says CANWBS: a guest cannot get around the caches"),
			smmu);
	} else if (smmu->fwb == ANSWER_NO && smmu->canwbs == ANSWER_NO) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-CANWBS",
			"it has no S2FWB, and the firmware says of no root complex behind it that "
			"it is "
			"CANWBS: the kernel refuses to nest, since a guest could get around the "
			"caches");
		about(row, smmu);
		row_todo(rows, row,
			"ask the machine's maker for a firmware whose IORT sets CANWBS, if the "
			"hardware "
			"keeps its word");
	} else if (smmu->fwb == ANSWER_UNKNOWN) {
		row_hidden(result, smmu, "SMMU-CANWBS", "whether it has S2FWB is not known");
	} else {
		row = row_add(rows, LEVEL_UNKNOWN, "SMMU-CANWBS",
			"it has no S2FWB, and whether the IORT says CANWBS cannot be read");
		about(row, smmu);
		row_todo_hidden(result, rows, row);
	}
}

/* iommufd takes only devices with IOMMU_CAP_CACHE_COHERENCY: drivers/iommu/iommufd/device.c. */
static void row_coherent(struct probe_result *result, const struct probe_smmu *smmu)
{
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (smmu->coherent == ANSWER_NO) {
		row = row_add(rows, LEVEL_FAIL, "SMMU-COHERENT",
			"it is not coherent with the processors' caches: iommufd takes no device "
			"behind it");
		about(row, smmu);
		row_todo(rows, row,
			"if the hardware is coherent, the firmware has to say so: dma-coherent in "
			"the device "
			"tree, COHACC in the IORT");
	} else if (smmu->coherent == ANSWER_YES) {
		about(row_add(rows, LEVEL_PASS, "SMMU-COHERENT",
			      "coherent with the processors' caches"),
			smmu);
	} else {
		row_hidden(result, smmu, "SMMU-COHERENT", "whether it is coherent is not known");
	}
}

static void row_oas(struct probe_result *result, const struct probe_smmu *smmu)
{
	if (smmu->oas < 0)
		row_hidden(result, smmu, "SMMU-OAS", "how much it can address is not known");
	else
		about(row_add(&result->rows, LEVEL_PASS, "SMMU-OAS",
			      "%d bits: a guest's memory has to end below that", smmu->oas),
			smmu);
}

/* Where some have one, those that have none are made so. */
static bool any_cmdqv(const struct probe_result *result)
{
	for (size_t i = 0; i < result->smmu_count; i++)
		if (result->smmus[i].cmdqv == ANSWER_YES)
			return true;
	return false;
}

static void row_cmdqv(struct probe_result *result, const struct probe_smmu *smmu)
{
	const struct probe_host *host = &result->host;
	struct probe_rows *rows = &result->rows;
	struct probe_row *row;

	if (smmu->cmdqv == ANSWER_YES) {
		about(row_add(rows, LEVEL_PASS, "CMDQV",
			      "it has a CMDQV: a guest can have command queues of its own"),
			smmu);
	} else if (smmu->cmdqv == ANSWER_NO && host->firmware_cmdqvs > 0 &&
		   host->options[OPTION_TEGRA241_CMDQV].value == VALUE_OFF) {
		row = row_add(rows, LEVEL_WARN, "CMDQV",
			"this machine has CMDQVs, but CONFIG_TEGRA241_CMDQV is off in this kernel: "
			"invalidations are slower than they could be");
		about(row, smmu);
		row_todo(rows, row, "use a kernel that has CONFIG_TEGRA241_CMDQV=y");
	} else if (smmu->cmdqv == ANSWER_NO && host->firmware_cmdqvs > 0 && !any_cmdqv(result)) {
		row = row_add(rows, LEVEL_WARN, "CMDQV",
			"this machine has CMDQVs, but the driver does not use one with this SMMU");
		about(row, smmu);
		row_todo(rows, row, "look for CMDQV in the kernel's log");
	} else if (smmu->cmdqv == ANSWER_NO || !host->firmware_cmdqvs) {
		about(row_add(rows, LEVEL_PASS, "CMDQV",
			      "none, as with most: a guest's invalidations go through the VMM"),
			smmu);
	} else {
		row_hidden(result, smmu, "CMDQV", "whether it has a CMDQV is not known")->optional =
			true;
	}
}

static enum probe_level worst_of(const struct probe_result *result, const struct probe_smmu *smmu)
{
	enum probe_level level = LEVEL_PASS;

	for (size_t i = 0; i < result->rows.count; i++) {
		const struct probe_row *row = &result->rows.rows[i];

		if (!strcmp(row->subject, smmu->name) && !row->optional && row->level > level)
			level = row->level;
	}
	return level;
}

/* The host is as good as the best of its SMMUs; devices behind another say so themselves. */
static void leave_out_worse(struct probe_result *result)
{
	const struct probe_smmu *best = result->smmus;

	for (size_t i = 1; i < result->smmu_count; i++)
		if (worst_of(result, &result->smmus[i]) < worst_of(result, best))
			best = &result->smmus[i];
	for (size_t i = 0; i < result->rows.count; i++) {
		struct probe_row *row = &result->rows.rows[i];

		if (row->subject[0] && strcmp(row->subject, best->name))
			row->optional = true;
	}
}

void rows_smmus(struct probe_result *result)
{
	if (!is_arm64(&result->host))
		return;
	row_present(result);
	row_many(result);
	for (size_t i = 0; i < result->smmu_count; i++) {
		const struct probe_smmu *smmu = &result->smmus[i];

		row_nesting(result, smmu);
		row_canwbs(result, smmu);
		row_coherent(result, smmu);
		row_oas(result, smmu);
		row_cmdqv(result, smmu);
	}
	leave_out_worse(result);
}
