/* SPDX-License-Identifier: BSD-2-Clause */
/* Events 0x01 to 0x0b: the transaction could not be looked at, or how to translate it is wrong. */
#include "catalogue/causes.h"
#include "catalogue/tables.h"

#define EVENT(id, title, where)                                                                    \
	.kind = CATALOGUE_EVENT, .number = (id), .name = (title),                                  \
	.section = "IHI 0070 7.3." where, .complaint = true

static const struct catalogue_entry entries[] = {
	{
		EVENT(0x01, "F_UUT", "2"),
		.aliases = NAMES("SMMU_EVT_F_UUT"),
		.what = "The endpoint made a transaction of a kind that the SMMU, or the bus in "
			"front of it, does not support. The SMMU aborted it. Linux has no name "
			"for this event and prints UNKNOWN.",
		.trust = "StreamID, address, read or write. The reason is the implementation's "
			 "own: its manual explains it. It may come while the SMMU is off.",
		.guest = GUEST_NEVER_SEES,
		.look = "the manual of the chip for the reason; atomic operations and other rare "
			"kinds of access in the endpoint's driver (AtomicOpsCtl in lspci -vv)",
		.next = "Switch off what is rare: atomics, peer to peer, relaxed forms of access. "
			"Report it to the maker of the chip, with the four words.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_GUEST_DRIVER},
		.causes = causes_unsupported,
	},
	{
		EVENT(0x02, "C_BAD_STREAMID", "3"),
		.aliases = NAMES("EVT_ID_BAD_STREAMID_CONFIG", "EVT_ID_BAD_STREAMID",
			"SMMU_EVT_C_BAD_STREAMID"),
		.what = "The stream table has no entry for this StreamID: it is beyond the table, "
			"or the first level has no second level there (span 0). The SMMU aborted "
			"the transaction.",
		.trust = "The StreamID, and the SubstreamID if SSV is set. There is no address. "
			 "Several may be merged to one record.",
		.guest = GUEST_NEVER_SEES,
		.look = "which device has this requester ID (lspci -nn); the devices that the "
			"SMMU knows (ls /sys/class/iommu/*/devices); ID mappings of the IORT, "
			"iommu-map of the device tree",
		.next = "If no device should have that StreamID, firmware describes it wrongly: "
			"update it, and report it with lspci -tv, the IORT or the device tree, "
			"and the log. Do not turn the event queue off: the transactions still "
			"fail.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL, CULPRIT_DEVICE},
		.causes = causes_bad_streamid,
	},
	{
		EVENT(0x03, "F_STE_FETCH", "4"),
		.aliases = NAMES("EVT_ID_STE_FETCH_FAULT", "SMMU_EVT_F_STE_FETCH"),
		.what = "The SMMU could not read the entry of the stream table: memory answered "
			"with an abort, or the address is too large. It aborted the transaction.",
		.trust = "The StreamID, and the address that was to be read: a physical one. The "
			 "reason is the implementation's own.",
		.guest = GUEST_NEVER_SEES,
		.look = "RAS, EDAC or APEI messages; /proc/iomem at that address",
		.next = "One that comes again is a fault of the hardware or of firmware that "
			"keeps the SMMU from memory. Keep the machine's error records and report "
			"it.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		.causes = causes_fetch,
	},
	{
		EVENT(0x04, "C_BAD_STE", "5"),
		.aliases = NAMES("EVT_ID_BAD_STE_CONFIG", "EVT_ID_BAD_STE", "SMMU_EVT_C_BAD_STE"),
		.what = "The stream table entry of this StreamID is not valid, or asks for "
			"something that this SMMU does not have. The SMMU aborted the "
			"transaction.",
		.trust = "The StreamID, and the SubstreamID if SSV is set. There is no address. "
			 "Several may be merged to one record.",
		.guest = GUEST_SEES " An entry of the guest's with V = 0 gives no event at all: "
				    "the host installs one that aborts silently.",
		.look = "whether a driver is bound to the endpoint; the SMMU's ID registers; what "
			"the VMM puts into the entry",
		.next = "Update kernel and firmware. In a guest, compare what its SMMU promises "
			"with what the host's can do: vsmmu probe tells.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_VMM, CULPRIT_HOST_KERNEL,
			CULPRIT_GUEST_DRIVER},
		.causes = causes_bad_ste,
	},
	{
		EVENT(0x05, "F_BAD_ATS_TREQ", "6"),
		.aliases = NAMES("SMMU_EVT_F_BAD_ATS_TREQ", "F_BAD_ATS_REQ"),
		.what = "The endpoint asked for a translation (ATS) though its stream table entry "
			"does not allow it. The SMMU answered that the request is unsupported. "
			"Linux has no name for this event and prints UNKNOWN.",
		.trust = "StreamID, page and what was asked for. A transaction without ATS to the "
			 "same address may well succeed.",
		.guest = GUEST_NEVER_SEES,
		.look = "ATSCtl of the endpoint (lspci -vv); whether its stream is translated "
			"(iommu.passthrough, type of its IOMMU group)",
		.next = "Boot with pci=noats as a test. If that ends it, report it to the makers "
			"of the endpoint and of the firmware.",
		.culprits = {CULPRIT_FIRMWARE, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		.causes = causes_ats_request,
	},
	{
		EVENT(0x06, "F_STREAM_DISABLED", "7"),
		.aliases = NAMES("EVT_ID_STREAM_DISABLED_FAULT", "SMMU_EVT_F_STREAM_DISABLED"),
		.what = "The endpoint's PASIDs are set up so that transactions without a PASID, "
			"or those with PASID 0, are not allowed, and it made one. The SMMU "
			"aborted it.",
		.trust = "The StreamID alone: there is no PASID and no address in this event.",
		.guest = GUEST_SEES,
		.look = "whether the endpoint still does ordinary DMA, or MSIs, while its driver "
			"uses PASIDs only",
		.next = "Report it to the endpoint's driver, with the log from the point where it "
			"enables PASIDs.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_HOST_KERNEL, CULPRIT_DEVICE},
		.causes = causes_stream_disabled,
	},
	{
		EVENT(0x07, "F_TRANSL_FORBIDDEN", "8"),
		.aliases = NAMES("SMMU_EVT_F_TRANS_FORBIDDEN", "F_TRANS_FORBIDDEN"),
		.what = "The endpoint made a transaction that is marked as translated by ATS, "
			"though it may not do so. The SMMU aborted it. This event is often taken "
			"for C_BAD_STREAMID, which is 0x02: stream table and firmware's ID "
			"mappings are not to blame. Linux prints UNKNOWN.",
		.trust = "StreamID, address, read or write. The address is one that the endpoint "
			 "holds for a physical one. It may come while the SMMU is off.",
		.guest = GUEST_NEVER_SEES,
		.look = "ATSCtl of the endpoint (lspci -vv); whether its stream is translated "
			"(iommu.passthrough, type of its IOMMU group); whether CR0.ATSCHK is set",
		.next = "Boot with pci=noats as a test. If it goes on, the endpoint, a bridge or "
			"the root port marks transactions wrongly: report it to their maker. "
			"Turning the event queue off only hides it: the transactions still fail.",
		.culprits = {CULPRIT_DEVICE, CULPRIT_FIRMWARE, CULPRIT_HOST_KERNEL},
		.causes = causes_ats_translated,
	},
	{
		EVENT(0x08, "C_BAD_SUBSTREAMID", "9"),
		.aliases = NAMES("EVT_ID_BAD_SUBSTREAMID_CONFIG", "SMMU_EVT_C_BAD_SUBSTREAMID"),
		.what = "The endpoint used a PASID that its stream table entry does not allow: "
			"PASIDs are off, or it is too large, or its part of the table is missing. "
			"The SMMU aborted the transaction.",
		.trust = "StreamID and SubstreamID, which is always valid here: there is no SSV. "
			 "Linux prints ssid 0 for it; the words have the right one.",
		.guest = GUEST_SEES,
		.look = "the PASIDs that the endpoint's driver has bound; PASIDCtl and the width "
			"in lspci -vv; SSIDSIZE of the SMMU",
		.next = "Report it to the endpoint's driver, with the PASID and the log from the "
			"point where it binds it.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_DEVICE, CULPRIT_HOST_KERNEL},
		.causes = causes_bad_substreamid,
	},
	{
		EVENT(0x09, "F_CD_FETCH", "10"),
		.aliases = NAMES("EVT_ID_CD_FETCH_FAULT", "SMMU_EVT_F_CD_FETCH"),
		.what = "The SMMU could not read the context descriptor: memory answered with an "
			"abort, or the address is too large. It aborted the transaction.",
		.trust = "The StreamID, and the address that was to be read: a physical one. The "
			 "reason is the implementation's own.",
		.guest = GUEST_NEVER_SEES " If the guest's table is not in its memory, the host "
					  "records a fault of stage 2 with class CD instead.",
		.look = "RAS, EDAC or APEI messages; /proc/iomem at that address",
		.next = "One that comes again is a fault of the hardware or of firmware that "
			"keeps the SMMU from memory. Keep the machine's error records and report "
			"it.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_FIRMWARE, CULPRIT_DEVICE},
		.causes = causes_fetch,
	},
	{
		EVENT(0x0a, "C_BAD_CD", "11"),
		.aliases = NAMES("EVT_ID_BAD_CD_CONFIG", "SMMU_EVT_C_BAD_CD"),
		.what = "The context descriptor of this StreamID, or of this PASID, is not valid, "
			"or asks for something that this SMMU does not have. The SMMU aborted the "
			"transaction.",
		.trust = "The StreamID, and the SubstreamID if SSV is set. There is no address: "
			 "words 1 to 3 should be 0, and mean nothing where they are not "
			 "(HiSilicon's SMMUs).",
		.guest = GUEST_SEES,
		.look = "whether a PASID was unbound or a driver unloaded just before; the SMMU's "
			"ID registers",
		.next = "Report it to the endpoint's driver, with the log of the seconds before. "
			"In a guest, boot without iommu.passthrough=1 as a test.",
		.culprits = {CULPRIT_GUEST_DRIVER, CULPRIT_VMM, CULPRIT_HOST_KERNEL},
		.causes = causes_bad_cd,
	},
	{
		EVENT(0x0b, "F_WALK_EABT", "12"),
		.aliases = NAMES("SMMU_EVT_F_WALK_EABT"),
		.what = "The SMMU could not read, or update, a page table: memory answered with "
			"an abort. It aborted the transaction. Linux has no name for this event "
			"and prints UNKNOWN.",
		.trust = "StreamID, the endpoint's address, and the physical address that was to "
			 "be read. Read or write is that of the endpoint, not of the walk.",
		.guest = GUEST_NEVER_SEES " If the guest's page table is not in its memory, the "
					  "host records a fault of stage 2 with class TT instead.",
		.look = "RAS, EDAC or APEI messages; /proc/iomem at that address",
		.next = "One that comes again is a fault of the hardware, or tables that point to "
			"no memory: run the endpoint's driver on a kernel with KASAN. Keep the "
			"machine's error records.",
		.culprits = {CULPRIT_HOST_KERNEL, CULPRIT_DEVICE, CULPRIT_FIRMWARE},
		.causes = causes_fetch,
	},
};

const struct catalogue_table catalogue_configuration = CATALOGUE_TABLE(entries);
