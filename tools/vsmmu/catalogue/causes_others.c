/* SPDX-License-Identifier: BSD-2-Clause */
/* The causes of rarer events, and of records that are none. */
#include "catalogue/causes.h"
#include "catalogue/predicates.h"

const struct catalogue_cause causes_unsupported[] = {
	{.list = causes_by_log},
	{.text = "a kind of access that this SMMU, or the bus in front of it, does not have, such "
		 "as an atomic operation",
		.look = "AtomicOpsCtl in lspci -vv, and other rare features of the endpoint"},
	{.text = "an access to an address that the bus in front of the SMMU does not let through",
		.look = "the chip's manual for the reason"},
	{0},
};

const struct catalogue_cause causes_stream_disabled[] = {
	{.list = causes_by_log},
	{.text = "DMA or MSIs without a PASID while only PASIDs are set up",
		.look = "whether it begins when the driver enables PASIDs"},
	{.text = "PASID 0, which is reserved for transactions without one",
		.look = "the PASIDs that the driver gives out"},
	{0},
};

const struct catalogue_cause causes_bad_substreamid[] = {
	{.list = causes_by_log},
	{.text = "a PASID that was used before it was bound, or after it was unbound",
		.look = "whether a program ended just before, and whether its driver stops the "
			"endpoint first"},
	{.text = "more bits of PASID in the endpoint than in its stream table entry",
		.look = "the PASID's size, and the width of the endpoint's and the SMMU's"},
	{.text = "PASIDs enabled in the endpoint though its stream is not translated, or not with "
		 "PASIDs",
		.look = "PASIDCtl in lspci -vv"},
	{0},
};

const struct catalogue_cause causes_tlb_conflict[] = {
	{.text = "a mapping whose page size was changed without an invalidation in between",
		.look = "who changes tables in place, and IDR3.BBML"},
	{.text = "an erratum of the SMMU", .look = "its IIDR, and the kernel's list of errata"},
	{0},
};

const struct catalogue_cause causes_cfg_conflict[] = {
	{.text = "stream table entries that overlap (CONT) and differ, or that were changed "
		 "without an invalidation",
		.look = "who writes the stream table"},
	{.text = "an erratum of the SMMU", .look = "its IIDR, and the kernel's list of errata"},
	{0},
};

const struct catalogue_cause causes_page_request[] = {
	{.text = "an endpoint that speculates; nothing is wrong"},
	{0},
};

const struct catalogue_cause causes_impdef[] = {
	{.text = "see the manual of this SMMU: only it explains these numbers"},
	{0},
};

const struct catalogue_cause causes_empty[] = {
	{.text = "a queue that is not coherent though firmware says so: the CPU reads what its "
		 "cache still has",
		.look = "dma-coherent in the device tree, COHACC in the IORT and in IDR0"},
	{.text = "a write of the SMMU that was aborted",
		.look = "EVTQ write aborted in the log (EVENTQ_ABT_ERR)"},
	{.text = "a record that was read too early: the index moved before the words did",
		.look = "the VMM, if it is a guest's log"},
	{0},
};

const struct catalogue_cause causes_reserved[] = {
	{.text = "words that were copied wrongly, or are no event record at all"},
	{.text = "an event that is newer than the issue of the architecture that this knows",
		.look = "a newer issue of IHI 0070"},
	{.text = "corrupted memory, or a queue that is not coherent"},
	{0},
};

const struct catalogue_cause causes_unnamed[] = {
	{.list = causes_unassigned},
	{.list = causes_by_log},
	{.text = "with PCIe devices mostly F_TRANSL_FORBIDDEN (0x07) or F_BAD_ATS_TREQ (0x05): "
		 "ATS enabled in the endpoint, but not for its stream",
		.look = "\"event 0x.. received:\" in the lines before it, and ATSCtl in lspci -vv"},
	{.text = "a page table that could not be read (F_WALK_EABT, 0x0b)",
		.look = "RAS, EDAC or APEI messages"},
	{0},
};

const struct catalogue_cause causes_detail[] = {
	{.list = causes_by_log},
	{.text = "page faults that nobody handles: SVA or its page fault handling was not enabled, "
		 "or it failed, or the process is gone",
		.look = "messages of SVA, iopf or the endpoint's driver before it, and programs "
			"that ended",
		.applies = fault_is_stalled},
	{.text = "if it was F_TRANSLATION, as most are: an address that is not mapped, or no "
		 "longer",
		.look = "the lines before it: \"event 0x.. received:\" or \"event: NAME\""},
	{.text = "if it was F_PERMISSION: a page that does not permit it, such as a write to what "
		 "was mapped for reading",
		.look = "the direction with which the endpoint's driver mapped it"},
	{0},
};
