/* SPDX-License-Identifier: BSD-2-Clause */
/* Events 0x10 to 0x13: the address of the transaction was not translated. */
#include "catalogue/causes.h"
#include "catalogue/tables.h"

#define FAULT(id, title, where)                                                                    \
	.kind = CATALOGUE_EVENT, .number = (id), .name = (title),                                  \
	.section = "IHI 0070 7.3." where, .complaint = true, .guest = GUEST_SEES_STAGE1

/* Linux aborts it in iommu_report_device_fault() if nobody handles page faults. */
#define ABORTED                                                                                    \
	" The SMMU aborted the transaction. With Stall set it held it back instead, until the "    \
	"kernel answered: recent kernels have aborted it before they print the event."

#define TRUST                                                                                      \
	"StreamID, address, read or write. The SubstreamID counts if SSV is set, the IPA if S2 "   \
	"is set, STAG if Stall is set. With S2, CLASS says whether the endpoint's address failed " \
	"(IN), or that of a table on the way to it (CD, TT). Bits 11:0 of a repeated address may " \
	"be another's, as records are merged. HiSilicon's SMMUs set STAG and bits 32 and 44 of "   \
	"word 1 without a meaning."

static const struct catalogue_cause causes_of_translation[] = {
	{.list = causes_by_address},
	{.list = causes_by_process},
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.list = causes_by_stage2},
	{.list = causes_translation},
	{0},
};

static const struct catalogue_cause causes_of_addr_size[] = {
	{.list = causes_by_address},
	{.list = causes_by_process},
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.list = causes_by_stage2},
	{.list = causes_address_size},
	{0},
};

static const struct catalogue_cause causes_of_access[] = {
	{.list = causes_by_process},
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.list = causes_by_stage2},
	{.list = causes_access_flag},
	{0},
};

static const struct catalogue_cause causes_of_permission[] = {
	{.list = causes_by_address},
	{.list = causes_by_process},
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.list = causes_permission},
	{.list = causes_by_stage2},
	{0},
};

static const struct catalogue_entry entries[] = {
	{
		FAULT(0x10, "F_TRANSLATION", "13"),
		.aliases = NAMES("EVT_ID_TRANSLATION_FAULT", "SMMU_EVT_F_TRANSLATION"),
		.what = "The endpoint used an address that is not mapped. There is one event for "
			"all such faults: names such as F_TL_PF do not exist." ABORTED,
		.trust = TRUST,
		.look = "the last two digits of the address (40: an MSI); whether the address was "
			"mapped a moment before; lines of the endpoint's driver, of AER and of "
			"resets in the second before",
		.next = "Boot with iommu.passthrough=1 as a test: if the machine then works, the "
			"driver or the device uses addresses that were not, or are no longer, "
			"mapped. Report it to the driver with lspci -vv, the first events and "
			"what came before them.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_VMM, CULPRIT_FIRMWARE,
			CULPRIT_HOST_KERNEL},
		.causes = causes_of_translation,
	},
	{
		FAULT(0x11, "F_ADDR_SIZE", "14"),
		.aliases = NAMES("EVT_ID_ADDR_SIZE_FAULT", "SMMU_EVT_F_ADDR_SIZE"),
		.what = "A translation gave an address that is larger than it may be: an entry of "
			"a page table holds nonsense, or an untranslated address is too large for "
			"the SMMU." ABORTED,
		.trust = TRUST,
		.look = "the sizes that the driver prints at boot (ias, oas); other signs of "
			"corrupted memory",
		.next = "Run the driver on a kernel with KASAN and CONFIG_DMA_API_DEBUG. Report "
			"it with the words, and with what the SMMU's driver printed at boot.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_GUEST_DRIVER, CULPRIT_VMM,
			CULPRIT_DEVICE},
		.causes = causes_of_addr_size,
	},
	{
		FAULT(0x12, "F_ACCESS", "15"),
		.aliases = NAMES("EVT_ID_ACCESS_FAULT", "SMMU_EVT_F_ACCESS"),
		.what = "The address is mapped, but the page's access flag is clear, which a "
			"CPU's kernel clears to see whether a page is used." ABORTED,
		.trust = TRUST,
		.look = "whether the endpoint works in a process's memory (SVA); what sets the "
			"access flag: software, or the SMMU (IDR0.HTTU)",
		.next = "Linux sets the flag in all tables that it makes for DMA, so suspect SVA "
			"or tables of somebody else. Report it with the words and the features "
			"that the SMMU's driver printed at boot.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_GUEST_DRIVER, CULPRIT_VMM},
		.causes = causes_of_access,
	},
	{
		FAULT(0x13, "F_PERMISSION", "16"),
		.aliases = NAMES("EVT_ID_PERMISSION_FAULT", "SMMU_EVT_F_PERMISSION"),
		.what = "The address is mapped, but not for what the endpoint did: mostly it "
			"wrote to what it may only read." ABORTED,
		.trust = TRUST " TTRnW counts with CLASS = TT only: it says how the table was "
			       "accessed.",
		.look = "read or write; the direction that the driver maps the buffer with",
		.next = "Build the kernel with CONFIG_DMA_API_DEBUG: it complains of wrong "
			"directions. Report it to the endpoint's driver with the address and what "
			"the driver had mapped there.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_VMM,
			CULPRIT_HOST_KERNEL},
		.causes = causes_of_permission,
	},
};

const struct catalogue_table catalogue_translation = CATALOGUE_TABLE(entries);
