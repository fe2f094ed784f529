/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter's rules, written out so that the compiler can place them in read-only
 * memory; tests/unit/test_event_filter.c checks them against the table of fields.
 *
 * The ids are those that Linux hands to a vEVENTQ (drivers/iommu/arm/arm-smmu-v3/
 * arm-smmu-v3.c, arm_smmu_handle_event()).
 */
#include "arch/event_filter.h"

#define CONFIG                                                                                     \
	{                                                                                          \
		.keep0 = EVENT_KEEP0_STREAM, .plain0 = EVENT_KEEP0_SID                             \
	}

const struct event_rule arch_event_rules[EVENT_RULES] = {
	[VSMMU_EVENT_C_BAD_STE] = CONFIG,
	[VSMMU_EVENT_F_STREAM_DISABLED] = {.keep0 = EVENT_KEEP0_SID, .plain0 = EVENT_KEEP0_SID},
	/* The SubstreamID is what this event reports: always valid, in range or not. */
	[VSMMU_EVENT_C_BAD_SUBSTREAMID] = {.keep0 = EVENT_KEEP0_SID | EVENT_WORD0_SSID,
		.plain0 = EVENT_KEEP0_SID | EVENT_WORD0_SSID},
	[VSMMU_EVENT_C_BAD_CD] = CONFIG,
	[VSMMU_EVENT_F_TRANSLATION] = EVENT_RULE_FAULT,
	[VSMMU_EVENT_F_ADDR_SIZE] = EVENT_RULE_FAULT,
	[VSMMU_EVENT_F_ACCESS] = EVENT_RULE_FAULT,
	[VSMMU_EVENT_F_PERMISSION] = EVENT_RULE_FAULT,
};
