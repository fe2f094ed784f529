/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filter's rules, written out so that the compiler can place them in read-only
 * memory; tests/unit/test_event_filter.c checks them against the table of fields.
 *
 * The ids are those that Linux hands to a vEVENTQ (drivers/iommu/arm/arm-smmu-v3/
 * arm-smmu-v3.c, arm_smmu_handle_event()).
 */
#include "arch/event_filter.h"

#include <errno.h>
#include <string.h>

#include "arch/event_table.h"

#define FETCH_ADDRESS UINT64_C(0x00fffffffffffff8) /* FetchAddr of F_STE_FETCH (7.3.4) */

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

#define F(field) (UINT64_C(1) << VSMMU_EVENT_FIELD_##field)

/* Fields that a guest without stage 2, stalls and granule protection has no use for. */
#define MEANINGLESS (F(STAG) | F(STALL) | F(S2) | F(NSIPA) | F(IPA) | F(IMPDEF) | F(GPCF))

static bool record_has(uint8_t id, const uint64_t word[4], enum vsmmu_event_field which)
{
	const struct event_field *field = &arch_event_fields[which];

	return arch_event_id_fields(id) >> which & 1 &&
	       word[field->word] & arch_event_field_mask(field);
}

enum event_verdict arch_event_filter_own(uint64_t word[4], unsigned int ssid_bits)
{
	const uint8_t id = (uint8_t)word[0];
	uint64_t fields = arch_event_id_fields(id), keep[4] = {0};

	if (id < EVENT_RULES && arch_event_rules[id].plain0)
		return arch_event_filter(word, ssid_bits);
	/* Reserved and IMPLEMENTATION DEFINED numbers have no known StreamID. */
	if (!(fields & F(SID)))
		return EVENT_UNKNOWN_ID;
	if (record_has(id, word, VSMMU_EVENT_FIELD_S2))
		return EVENT_STAGE2;
	if (!record_has(id, word, VSMMU_EVENT_FIELD_SSV))
		fields &= ~F(SSID);
	else if (!ssid_bits || (word[0] & EVENT_WORD0_SSID) >> 12 >> ssid_bits)
		return EVENT_SUBSTREAM;
	for (fields &= ~MEANINGLESS; fields; fields &= fields - 1) {
		const struct event_field *field = &arch_event_fields[__builtin_ctzll(fields)];

		keep[field->word] |= arch_event_field_mask(field);
	}
	for (unsigned int i = 0; i < 4; i++)
		word[i] &= keep[i];
	return EVENT_OK;
}

static void set_id(uint64_t word[4], uint8_t id)
{
	word[0] = (word[0] & ~UINT64_C(0xff)) | id;
}

void arch_event_override(uint64_t word[4], const struct fault_override *override)
{
	if (!override->event)
		return;
	set_id(word, override->event);
	word[3] = override->fetch_address;
}

/* Those that C_BAD_STE stood for have its fields, and a FetchAddr in one of them. */
bool arch_event_is_clean(const uint64_t word[4], unsigned int ssid_bits)
{
	const uint8_t id = (uint8_t)word[0];
	uint64_t before[4], clean[4];

	memcpy(before, word, sizeof(before));
	if (id == VSMMU_EVENT_F_STE_FETCH && !(word[3] & ~FETCH_ADDRESS))
		before[3] = 0;
	if (id == VSMMU_EVENT_F_STE_FETCH || id == VSMMU_EVENT_C_BAD_STREAMID)
		set_id(before, VSMMU_EVENT_C_BAD_STE);
	memcpy(clean, before, sizeof(clean));
	return arch_event_filter(clean, ssid_bits) == EVENT_OK &&
	       !memcmp(clean, before, sizeof(clean));
}

int vsmmu_event_filter(struct vsmmu_event_record *record, unsigned int ssid_bits)
{
	if (!record || ssid_bits > 20)
		return -EINVAL;
	return (int)arch_event_filter(record->word, ssid_bits);
}

const char *vsmmu_event_refusal_name(enum vsmmu_event_refusal refusal)
{
	switch (refusal) {
	case VSMMU_EVENT_REFUSAL_NONE:
		break;
	case VSMMU_EVENT_REFUSAL_ID:
		return "not an event for a guest";
	case VSMMU_EVENT_REFUSAL_STALL:
		return "stalled";
	case VSMMU_EVENT_REFUSAL_STAGE2:
		return "of stage 2";
	case VSMMU_EVENT_REFUSAL_SUBSTREAM:
		return "SubstreamID out of range";
	}
	return NULL;
}
