/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter's rules, written out so that the compiler can place them in read-only
 * memory; tests/unit/test_event_filter.c checks them against the table of fields.
 *
 * The ids are those that Linux hands to a vEVENTQ (drivers/iommu/arm/arm-smmu-v3/
 * arm-smmu-v3.c, arm_smmu_handle_event()).
 */
#include <vsmmu/event.h>

#include "event_filter.h"

#define ID_SID (UINT64_C(0xffffffff) << 32 | 0xff)
#define STREAM (ID_SID | EVENT_WORD0_SSV | EVENT_WORD0_SSID)

/* CLASS, RnW, InD, PnU */
#define FAULT1 (UINT64_C(3) << 40 | UINT64_C(7) << 33)

#define CONFIG                                                                                     \
	{                                                                                          \
		.keep0 = STREAM, .plain0 = ID_SID                                                  \
	}
#define FAULT                                                                                      \
	{                                                                                          \
		.keep0 = STREAM, .plain0 = ID_SID, .keep1 = FAULT1, .keep2 = ~UINT64_C(0),         \
		.refuse1 = EVENT_WORD1_STALL | EVENT_WORD1_STAGE2                                  \
	}

const struct event_rule arch_event_rules[EVENT_RULES] = {
	[VSMMU_EVENT_C_BAD_STE] = CONFIG,
	[VSMMU_EVENT_F_STREAM_DISABLED] = {.keep0 = ID_SID, .plain0 = ID_SID},
	/* The SubstreamID is what this event reports: always valid, in range or not. */
	[VSMMU_EVENT_C_BAD_SUBSTREAMID] = {.keep0 = ID_SID | EVENT_WORD0_SSID,
		.plain0 = ID_SID | EVENT_WORD0_SSID},
	[VSMMU_EVENT_C_BAD_CD] = CONFIG,
	[VSMMU_EVENT_F_TRANSLATION] = FAULT,
	[VSMMU_EVENT_F_ADDR_SIZE] = FAULT,
	[VSMMU_EVENT_F_ACCESS] = FAULT,
	[VSMMU_EVENT_F_PERMISSION] = FAULT,
};
