/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest may be told. */
#include <string.h>

#include <vsmmu/event.h>

#include "arch/event_filter.h"
#include "arch/event_table.h"
#include "lib/unit.h"

#define STALL UINT64_C(0x0000000080000000)
#define S2    UINT64_C(0x0000008000000000)
#define SSV   UINT64_C(0x800)
#define ONES  UINT64_MAX

static const uint8_t forwarded[] = {0x04, 0x06, 0x08, 0x0a, 0x10, 0x11, 0x12, 0x13};
static const uint8_t faults[] = {0x10, 0x11, 0x12, 0x13};

static bool is_forwarded(unsigned int id)
{
	return memchr(forwarded, (int)id, sizeof(forwarded)) != NULL;
}

/* The verdict, and that a refused record stays as it was. */
static enum event_verdict judge(uint64_t word[4], unsigned int ssid_bits)
{
	uint64_t before[4];
	enum event_verdict verdict;

	memcpy(before, word, sizeof(before));
	verdict = arch_event_filter(word, ssid_bits);
	if (verdict != EVENT_OK)
		assert_memory_equal(before, word, sizeof(before));
	return verdict;
}

TEST(filter_takes_only_forwarded_ids)
{
	for (unsigned int id = 0; id < 256; id++) {
		uint64_t word[4] = {id, 0, 0, 0};

		assert_int_equal(judge(word, 20), is_forwarded(id) ? EVENT_OK : EVENT_UNKNOWN_ID);
	}
}

TEST(filter_refuses_stall)
{
	for (size_t i = 0; i < sizeof(faults); i++) {
		uint64_t word[4] = {faults[i], STALL, 0, 0};

		assert_int_equal(judge(word, 0), EVENT_STALL);
		word[1] = STALL | S2;
		assert_int_equal(judge(word, 0), EVENT_STALL);
	}
}

TEST(filter_refuses_stage2)
{
	for (size_t i = 0; i < sizeof(faults); i++) {
		uint64_t word[4] = {faults[i], S2, 0, 0};

		assert_int_equal(judge(word, 0), EVENT_STAGE2);
	}
}

/* In records that have neither Stall nor S2 those bits are just reserved. */
TEST(filter_ignores_stall_and_stage2_elsewhere)
{
	static const uint8_t ids[] = {0x04, 0x06, 0x08, 0x0a};

	for (size_t i = 0; i < sizeof(ids); i++) {
		uint64_t word[4] = {ids[i], STALL | S2, 0, 0};

		assert_int_equal(judge(word, 0), EVENT_OK);
		assert_int_equal(word[1], 0);
	}
}

TEST(filter_checks_the_substream)
{
	static const uint8_t ids[] = {0x04, 0x0a, 0x10, 0x11, 0x12, 0x13};

	for (size_t i = 0; i < sizeof(ids); i++) {
		for (unsigned int bits = 0; bits <= 20; bits++) {
			uint64_t last = (UINT64_C(1) << bits) - 1;
			uint64_t word[4] = {ids[i] | SSV | last << 12, 0, 0, 0};

			assert_int_equal(judge(word, bits), bits ? EVENT_OK : EVENT_SUBSTREAM);
			assert_int_equal(word[0], ids[i] | SSV | last << 12);
			if (bits == 20)
				continue;
			word[0] = ids[i] | SSV | (last + 1) << 12;
			assert_int_equal(judge(word, bits), EVENT_SUBSTREAM);
		}
	}
}

TEST(filter_clears_the_substream_that_is_not_valid)
{
	uint64_t word[4] = {0xfffffffffffff010, 0, 0, 0};

	assert_int_equal(judge(word, 0), EVENT_OK);
	assert_int_equal(word[0], 0xffffffff00000010);
}

/* C_BAD_SUBSTREAMID reports just the SubstreamIDs that do not exist. */
TEST(filter_keeps_the_bad_substream)
{
	for (unsigned int bits = 0; bits <= 20; bits++) {
		uint64_t word[4] = {0x00000042fffff008 | SSV, 0, 0, 0};

		assert_int_equal(judge(word, bits), EVENT_OK);
		assert_int_equal(word[0], 0x00000042fffff008);
	}
}

TEST(filter_drops_the_substream_of_a_disabled_stream)
{
	uint64_t word[4] = {0x00000042fffff006 | SSV, ONES, ONES, ONES};
	static const uint64_t clean[4] = {0x0000004200000006};

	assert_int_equal(judge(word, 0), EVENT_OK);
	assert_memory_equal(word, clean, sizeof(clean));
}

TEST(filter_cleans_a_fault)
{
	/* All but Stall and S2 is set: what stays is CLASS, RnW, InD, PnU, InputAddr. */
	static const uint64_t config[4] = {0xfffffffffffff800};
	static const uint64_t fault[4] = {0xfffffffffffff800, 0x0000030e00000000, ONES};

	for (size_t i = 0; i < sizeof(faults); i++) {
		uint64_t word[4] = {
			(ONES & ~UINT64_C(0xff)) | faults[i], ~(STALL | S2), ONES, ONES};

		assert_int_equal(judge(word, 20), EVENT_OK);
		assert_int_equal(word[0], fault[0] | faults[i]);
		assert_memory_equal(word + 1, fault + 1, 3 * sizeof(word[0]));
	}
	for (uint8_t id = 0x04; id <= 0x0a; id += 6) {
		uint64_t word[4] = {(ONES & ~UINT64_C(0xff)) | id, ONES, ONES, ONES};

		assert_int_equal(judge(word, 20), EVENT_OK);
		assert_int_equal(word[0], config[0] | id);
		assert_memory_equal(word + 1, config + 1, 3 * sizeof(word[0]));
	}
}

TEST(filter_leaves_real_records_alone)
{
	static const uint64_t records[][4] = {
		{0x0000004200000010, 0x0000020800000000, 0x101000, 0},
		{0x0000004200000013, 0x0000020000000000, 0x102000, 0},
		{0x0000004200000012, 0x0000020800000000, 0x103000, 0},
		{0x0000004200000011, 0x0000020800000000, 0x104000, 0},
		{0x000000420000000a, 0, 0, 0},
		{0x0000004200000004, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		uint64_t word[4];

		memcpy(word, records[i], sizeof(word));
		assert_int_equal(judge(word, 0), EVENT_OK);
		assert_memory_equal(word, records[i], sizeof(word));
	}
}

/* The rules are written out; here is what they follow from. */
TEST(rules_follow_from_the_fields)
{
	static const enum vsmmu_event_field cleared[] = {VSMMU_EVENT_FIELD_STAG,
		VSMMU_EVENT_FIELD_STALL, VSMMU_EVENT_FIELD_NSIPA, VSMMU_EVENT_FIELD_S2,
		VSMMU_EVENT_FIELD_TTRNW, VSMMU_EVENT_FIELD_ASSURED_ONLY, VSMMU_EVENT_FIELD_OVERLAY,
		VSMMU_EVENT_FIELD_DIRTY_BIT, VSMMU_EVENT_FIELD_IMPDEF, VSMMU_EVENT_FIELD_IPA};

	for (unsigned int id = 0; id < EVENT_RULES; id++) {
		const struct event_rule *rule = &arch_event_rules[id];
		uint64_t fields = arch_event_id_fields((uint8_t)id);
		uint64_t keep[4] = {0}, refuse = 0, plain;

		for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++) {
			const struct event_field *field = &arch_event_fields[cleared[i]];

			if (cleared[i] == VSMMU_EVENT_FIELD_STALL ||
				cleared[i] == VSMMU_EVENT_FIELD_S2)
				refuse |=
					fields >> cleared[i] & 1 ? arch_event_field_mask(field) : 0;
			fields &= ~(UINT64_C(1) << cleared[i]);
		}
		for (unsigned int f = 0; f < EVENT_FIELDS; f++) {
			if (fields >> f & 1)
				keep[arch_event_fields[f].word] |=
					arch_event_field_mask(&arch_event_fields[f]);
		}
		plain = keep[0];
		if (fields >> VSMMU_EVENT_FIELD_SSV & 1)
			plain &= ~(EVENT_WORD0_SSV | EVENT_WORD0_SSID);
		if (!is_forwarded(id)) {
			memset(keep, 0, sizeof(keep));
			plain = refuse = 0;
		}
		assert_int_equal(rule->keep0, keep[0]);
		assert_int_equal(rule->plain0, plain);
		assert_int_equal(rule->keep1, keep[1]);
		assert_int_equal(rule->keep2, keep[2]);
		assert_int_equal(keep[3], 0);
		assert_int_equal(rule->refuse1, refuse);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E12", filter_takes_only_forwarded_ids),
		UNIT_TEST("E12", filter_refuses_stall),
		UNIT_TEST("E12", filter_refuses_stage2),
		UNIT_TEST("E12", filter_ignores_stall_and_stage2_elsewhere),
		UNIT_TEST("E12", filter_checks_the_substream),
		UNIT_TEST("E12", filter_clears_the_substream_that_is_not_valid),
		UNIT_TEST("E12", filter_keeps_the_bad_substream),
		UNIT_TEST("E12", filter_drops_the_substream_of_a_disabled_stream),
		UNIT_TEST("E12", filter_cleans_a_fault),
		UNIT_TEST("E12", filter_leaves_real_records_alone),
		UNIT_TEST("E12", rules_follow_from_the_fields),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
