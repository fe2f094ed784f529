/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides what a guest may be told: the check that every record from the host passes before it
 * is written to a guest's event queue. On the hot path of an event storm.
 */
#ifndef ARCH_EVENT_FILTER_H
#define ARCH_EVENT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/event.h>

/* enum vsmmu_event_refusal has the words. */
enum event_verdict {
	EVENT_OK = VSMMU_EVENT_REFUSAL_NONE,
	EVENT_UNKNOWN_ID = VSMMU_EVENT_REFUSAL_ID,
	EVENT_STALL = VSMMU_EVENT_REFUSAL_STALL,
	EVENT_STAGE2 = VSMMU_EVENT_REFUSAL_STAGE2,
	EVENT_SUBSTREAM = VSMMU_EVENT_REFUSAL_SUBSTREAM,
};

/**
 * struct event_rule - what to do with one id
 * @keep0: word 0: bits that stay when SSV = 1 or the id has no SSV
 * @plain0: word 0: bits that stay otherwise (SubstreamID is UNKNOWN then, 7.3)
 * @keep1: word 1: bits that stay
 * @keep2: word 2: bits that stay
 * @refuse1: word 1: bits of which none may be set
 * Word 3 is cleared: no id that passes has a field there which means anything for a
 * guest (an IPA is UNKNOWN with S2 = 0, 7.3.13).
 */
struct event_rule {
	uint64_t keep0;
	uint64_t plain0;
	uint64_t keep1;
	uint64_t keep2;
	uint64_t refuse1;
};

#define EVENT_WORD0_SSV	   (UINT64_C(1) << 11)
#define EVENT_WORD0_SSID   (UINT64_C(0xfffff) << 12)
#define EVENT_WORD1_STALL  (UINT64_C(1) << 31)
#define EVENT_WORD1_STAGE2 (UINT64_C(1) << 39)

/* Bits that stay: event id and StreamID; with SSV and SubstreamID; CLASS, RnW, InD, PnU. */
#define EVENT_KEEP0_SID	   (UINT64_C(0xffffffff) << 32 | 0xff)
#define EVENT_KEEP0_STREAM (EVENT_KEEP0_SID | EVENT_WORD0_SSV | EVENT_WORD0_SSID)
#define EVENT_KEEP1_FAULT  (UINT64_C(3) << 40 | UINT64_C(7) << 33)

/* The rule of the four faults, F_TRANSLATION to F_PERMISSION: what storms are made of. */
#define EVENT_RULE_FAULT                                                                           \
	{                                                                                          \
		.keep0 = EVENT_KEEP0_STREAM, .plain0 = EVENT_KEEP0_SID,                            \
		.keep1 = EVENT_KEEP1_FAULT, .keep2 = ~UINT64_C(0),                                 \
		.refuse1 = EVENT_WORD1_STALL | EVENT_WORD1_STAGE2                                  \
	}

/*
 * A plain fault is one of those four without a SubstreamID, with Stall = 0 and S2 = 0: in word 0
 * these bits, and no others of them, are the id's; in word 1 none of these is set.
 */
#define EVENT_PLAIN_WORD0    (UINT64_C(0xfc) | EVENT_WORD0_SSV)
#define EVENT_PLAIN_ID	     UINT64_C(0x10)
#define EVENT_PLAIN_REFUSED1 (EVENT_WORD1_STALL | EVENT_WORD1_STAGE2)

#define EVENT_RULES 0x14

/* By id. An id that does not pass has plain0 = 0. */
extern const struct event_rule arch_event_rules[EVENT_RULES];

static inline enum event_verdict event_filter_by(
	const struct event_rule *rule, uint64_t word[4], unsigned int ssid_bits)
{
	uint64_t word0 = word[0];

	if (!rule->plain0)
		return EVENT_UNKNOWN_ID;
	if (word[1] & rule->refuse1)
		return word[1] & EVENT_WORD1_STALL ? EVENT_STALL : EVENT_STAGE2;
	if (word0 & EVENT_WORD0_SSV & rule->keep0) {
		word0 &= rule->keep0;
		if (!ssid_bits || (word0 & EVENT_WORD0_SSID) >> 12 >> ssid_bits)
			return EVENT_SUBSTREAM;
	} else {
		word0 &= rule->plain0;
	}
	word[0] = word0;
	word[1] &= rule->keep1;
	word[2] &= rule->keep2;
	word[3] = 0;
	return EVENT_OK;
}

/**
 * arch_event_filter() - judge and clean one record
 * @word: the record in host byte order; changed only when the verdict is EVENT_OK
 * @ssid_bits: SSIDSIZE of the guest's SMMU (IDR1), 0 to 20
 *
 * Clears all bits that the architecture does not define for the id, and those that mean
 * nothing in a record with Stall = 0 and S2 = 0 from a Non-secure SMMU: STAG, NSIPA,
 * IPA, the TTRnW group, IMPLEMENTATION DEFINED bits, and SubstreamID with SSV = 0.
 * Whether the StreamID is one of the guest's is the caller's to know.
 */
static inline enum event_verdict arch_event_filter(uint64_t word[4], unsigned int ssid_bits)
{
	static const struct event_rule fault = EVENT_RULE_FAULT;
	uint8_t id = (uint8_t)word[0];

	/* It says the same as the table, with the masks as constants in the code. */
	if (__builtin_expect(id >= VSMMU_EVENT_F_TRANSLATION && id <= VSMMU_EVENT_F_PERMISSION, 1))
		return event_filter_by(&fault, word, ssid_bits);
	if (id >= EVENT_RULES)
		return EVENT_UNKNOWN_ID;
	return event_filter_by(&arch_event_rules[id], word, ssid_bits);
}

/**
 * arch_event_filter_own() - judge and clean a record that comes from no host
 * @word: as above
 * @ssid_bits: as above
 *
 * Does so for all ids of the architecture: an SMMU records more of them than Linux forwards.
 */
enum event_verdict arch_event_filter_own(uint64_t word[4], unsigned int ssid_bits);

/*
 * The event that a record of C_BAD_STE really stands for, which hardware has no way to know, as
 * the STE is ILLEGAL on purpose where a guest has none, or one that cannot be read (7.3.3, 7.3.4);
 * and its FetchAddr. With @event = 0 it stands for itself.
 */
struct fault_override {
	uint8_t event;
	uint64_t fetch_address;
};

/* Makes a record of C_BAD_STE, which the filter let through, what it stands for. */
void arch_event_override(uint64_t word[4], const struct fault_override *override);

/**
 * arch_event_is_clean() - could a record have come out of the filter, and of an override?
 * @word: the record in host byte order, from anywhere
 * @ssid_bits: as above
 */
bool arch_event_is_clean(const uint64_t word[4], unsigned int ssid_bits);

#endif
