/* SPDX-License-Identifier: BSD-2-Clause */
/* Events 0x20 and above, those without a meaning of their own, and records that are none. */
#include "catalogue/causes.h"
#include "catalogue/tables.h"

#define EVENT(id, title, where)                                                                    \
	.kind = CATALOGUE_EVENT, .number = (id), .name = (title), .section = "IHI 0070 7" where

static const struct catalogue_entry entries[] = {
	{
		EVENT(0x20, "F_TLB_CONFLICT", ".3.17"),
		.complaint = true,
		.aliases = NAMES("SMMU_EVT_F_TLB_CONFLICT"),
		.what = "Two entries of the SMMU's TLB match one address and contradict each "
			"other. The SMMU aborted the transaction. Linux has no name for this "
			"event and prints UNKNOWN.",
		.trust = "StreamID and read or write. The address need not be the one that "
			 "conflicts: it may be the IPA, which counts if S2 is set. The reason is "
			 "the implementation's own.",
		.guest = GUEST_NEVER_SEES,
		.look = "whether huge pages are split or joined in that range; errata of the SMMU",
		.next = "Report it with the words and the SMMU's IIDR. Smaller pages only, or "
			"strict invalidation (iommu.strict=1), may avoid it meanwhile.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE},
		.causes = causes_tlb_conflict,
	},
	{
		EVENT(0x21, "F_CFG_CONFLICT", ".3.18"),
		.complaint = true,
		.aliases = NAMES("SMMU_EVT_F_CFG_CONFLICT"),
		.what = "Two entries of the SMMU's configuration cache match one StreamID and "
			"contradict each other. The SMMU aborted the transaction. Linux has no "
			"name for this event and prints UNKNOWN.",
		.trust = "The StreamID. The reason is the implementation's own.",
		.guest = GUEST_NEVER_SEES,
		.look = "who else writes the stream table (firmware, a hypervisor); errata of the "
			"SMMU",
		.next = "Report it with the words and the SMMU's IIDR.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		.causes = causes_cfg_conflict,
	},
	{
		EVENT(0x24, "E_PAGE_REQUEST", ".3.19"),
		.aliases = NAMES("SMMU_EVT_E_PAGE_REQ", "E_PAGE_REQ"),
		.what = "An endpoint says that it will soon need these pages. It is a hint, not a "
			"fault: nothing was aborted and nobody has to answer. Linux has no name "
			"for this event and prints UNKNOWN.",
		.trust = "StreamID, first page, number of pages and the kinds of access expected.",
		.guest = GUEST_NEVER_SEES,
		.look = "nothing, unless it fills the log",
		.next = "Nothing. If it fills the log, look for a way to switch the endpoint's "
			"hints off.",
		.culprits = {CULPRIT_DEVICE},
		.causes = causes_page_request,
	},
	{
		EVENT(0x25, "F_VMS_FETCH", ".3.20"),
		.complaint = true,
		.aliases = NAMES("EVT_ID_VMS_FETCH_FAULT"),
		.what = "The SMMU could not read the structure of the virtual machine (VMS) that "
			"the stream table entry points to: memory answered with an abort. It "
			"aborted the transaction. Only SMMUs with MPAM have it.",
		.trust = "The StreamID, and the address that was to be read: a physical one. The "
			 "stream table entry is valid, or this event could not come.",
		.guest = GUEST_NEVER_SEES,
		.look = "RAS, EDAC or APEI messages; /proc/iomem at that address",
		.next = "Keep the machine's error records and report it to the authors of the "
			"hypervisor, with the address.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		.causes = causes_fetch,
	},
	{
		EVENT(0xe0, "IMPDEF", ".3.21"),
		.complaint = true,
		.aliases = NAMES("IMPDEF_EVENT", "IMPDEF_EVENTn", "IMPLEMENTATION DEFINED"),
		.what = "An event of this implementation's own, 0xe0 to 0xef. Only the manual of "
			"the SMMU explains it. The architecture says that it is not fatal.",
		.trust = "Nothing but the number, without the manual. Mostly the StreamID is in "
			 "bits 63:32 of word 0, as in all other events.",
		.guest = GUEST_NEVER_SEES,
		.look = "the manual of the SMMU, by the implementer in its IIDR",
		.next = "Ask the chip's maker, with the four words.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE},
		.causes = causes_impdef,
	},
	{
		EVENT(0x00, "EMPTY", ".2"),
		.complaint = true,
		.aliases = NAMES("SMMU_EVT_NONE", "empty record"),
		.what = "The record is empty: no event has the number 0. What the SMMU wrote did "
			"not reach memory, or the record was read before it did.",
		.trust = "Nothing. There was an event, but it is lost.",
		.guest = "No guest is told of it: the host forwards known events only. A guest's "
			 "own log may have it if its VMM does not write the whole record before it "
			 "moves PROD.",
		.look = "EVTQ write aborted and other global errors in the log; whether firmware "
			"calls the SMMU coherent when it is not (dma-coherent, COHACC); a kernel "
			"that was started by another (kexec)",
		.next = "If it comes again, check the SMMU's coherency in firmware: the driver "
			"prints a warning at boot when IDR0.COHACC says otherwise. Report it with "
			"that.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_VMM, CULPRIT_DEVICE},
		.causes = causes_empty,
	},
	{
		EVENT(-1, CATALOGUE_RESERVED, ".3"),
		.complaint = true,
		.what = "The architecture has no event with this number (as of issue G.b). A "
			"newer SMMU may have given it a meaning, or the record is no record.",
		.trust = "Nothing. In all events that are defined, bits 63:32 of word 0 are the "
			 "StreamID.",
		.guest = GUEST_NEVER_SEES,
		.look = "a newer issue of IHI 0070; whether the records around it make sense",
		.next = "If others are garbled too, suspect memory, coherency of the queue, or "
			"the tool that copied the words.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_VMM},
		.causes = causes_reserved,
	},
	{
		EVENT(-1, CATALOGUE_UNNAMED, ".3"),
		.complaint = true,
		.aliases = NAMES("event: UNKNOWN"),
		.what = "Linux from 6.14 on prints UNKNOWN for events that it has no name for: "
			"F_UUT 0x01, F_BAD_ATS_TREQ 0x05, F_TRANSL_FORBIDDEN 0x07, F_WALK_EABT "
			"0x0b, F_TLB_CONFLICT 0x20, F_CFG_CONFLICT 0x21, E_PAGE_REQUEST 0x24, "
			"0xe0 to 0xef, and numbers that are reserved.",
		.trust = "The StreamID. Which event it was, and its address, is in the words "
			 "alone: \"event 0x.. received:\" and the four lines behind it.",
		.guest = GUEST_NEVER_SEES,
		.look = "the lines before it: \"event 0x.. received:\" has the number",
		.next = "Keep the whole log, not only the lines that match \"event:\". If PCIe "
			"devices with ATS are there, F_TRANSL_FORBIDDEN is the likeliest: boot "
			"with pci=noats as a test.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		.causes = causes_unnamed,
	},
};

const struct catalogue_table catalogue_others = CATALOGUE_TABLE(entries);
