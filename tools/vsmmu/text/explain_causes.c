/* SPDX-License-Identifier: BSD-2-Clause */
/* The usual causes of each kind of event. */
#include "text/text.h"

/* Stage 2 is the host's: the guest's own tables were in order. */
static const char stage2[] =
	"the guest's stage 1 leads outside the memory that its VMM mapped, memory was taken from "
	"the guest while the endpoint still used it, or a doorbell or MSI page is not mapped";

static const char *const causes[] = {
	[VSMMU_EVENT_F_UUT] =
		"a transaction type or attribute of the endpoint that this SMMU lacks; a matter of "
		"the platform, not of a driver",
	[VSMMU_EVENT_C_BAD_STREAMID] =
		"a requester ID that firmware (IORT, device tree) does not describe: a bridge's "
		"alias, a phantom function, an endpoint-mode controller; or a stream table that is "
		"too small",
	[VSMMU_EVENT_F_STE_FETCH] =
		"a stream table that was freed or is not in readable memory, or a memory error",
	[VSMMU_EVENT_C_BAD_STE] =
		"the endpoint is active though no driver set its stream up (firmware that left it "
		"running, a device that is not described), or a field of the entry that this SMMU "
		"does not support",
	[VSMMU_EVENT_F_BAD_ATS_TREQ] =
		"ATS enabled in the endpoint but not in its stream table entry",
	[VSMMU_EVENT_F_STREAM_DISABLED] =
		"DMA without a PASID while only PASIDs are set up, or PASID 0 used where it is "
		"reserved",
	[VSMMU_EVENT_F_TRANSL_FORBIDDEN] = "ATS enabled in the endpoint but not in its stream "
					   "table entry, or an endpoint that "
					   "claims that its addresses are translated: suspect it",
	[VSMMU_EVENT_C_BAD_SUBSTREAMID] = "a PASID used before it was bound or after it was "
					  "unbound, or more PASID bits in the "
					  "endpoint than in its stream table entry",
	[VSMMU_EVENT_F_CD_FETCH] = "a context descriptor table that was freed or is not in "
				   "readable memory, or a memory "
				   "error",
	[VSMMU_EVENT_C_BAD_CD] =
		"DMA before the driver enabled translation or after it took it down, an unbound "
		"PASID, or a field that this SMMU does not support",
	[VSMMU_EVENT_F_WALK_EABT] =
		"a page table that was freed or is not in readable memory, or a memory error",
	[VSMMU_EVENT_F_TRANSLATION] =
		"a buffer that was unmapped too early, DMA beyond a buffer's end, or a driver that "
		"gave the endpoint a physical address instead of a DMA address",
	[VSMMU_EVENT_F_ADDR_SIZE] =
		"a page table entry that was overwritten or is no entry at all, or tables made for "
		"larger addresses than this SMMU's",
	[VSMMU_EVENT_F_ACCESS] =
		"page tables shared with a CPU whose page was aged, or entries made without the "
		"access flag",
	[VSMMU_EVENT_F_PERMISSION] = "a buffer mapped for the other direction (DMA_TO_DEVICE and "
				     "written by the endpoint), "
				     "or a ring that the endpoint should only read",
	[VSMMU_EVENT_F_TLB_CONFLICT] =
		"a mapping whose page size was changed without an invalidation in between",
	[VSMMU_EVENT_F_CFG_CONFLICT] = "a stream table entry or context descriptor that was "
				       "changed without an invalidation",
	[VSMMU_EVENT_E_PAGE_REQUEST] = "an endpoint that speculates; nothing is wrong",
	[VSMMU_EVENT_F_VMS_FETCH] =
		"a VMS pointer of the stream table entry that is not readable memory",
};

const char *vsmmu_event_causes(const struct vsmmu_event *event)
{
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_S2) && event->s2)
		return stage2;
	if (event->id < sizeof(causes) / sizeof(causes[0]) && causes[event->id])
		return causes[event->id];
	return "see the manual of this SMMU";
}
