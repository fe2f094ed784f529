/* SPDX-License-Identifier: BSD-2-Clause */
/* The public check of a record: the rules themselves are tested in test_event_filter.c. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/unit.h"

#define STALL UINT64_C(0x0000000080000000)
#define S2    UINT64_C(0x0000008000000000)
#define SSV   UINT64_C(0x800)
#define SSID  (UINT64_C(1) << 12)
#define SID   (UINT64_C(0x42) << 32)

static void expect_refused(struct vsmmu_event_record record, unsigned int ssid_bits, int refusal)
{
	const struct vsmmu_event_record before = record;

	assert_int_equal(vsmmu_event_filter(&record, ssid_bits), refusal);
	assert_memory_equal(&record, &before, sizeof(record));
}

#define RECORD(...) ((struct vsmmu_event_record){{__VA_ARGS__}})

TEST(each_refusal_has_its_reason)
{
	expect_refused(RECORD(VSMMU_EVENT_F_UUT), 20, VSMMU_EVENT_REFUSAL_ID);
	expect_refused(RECORD(VSMMU_EVENT_IMPDEF_FIRST), 20, VSMMU_EVENT_REFUSAL_ID);
	expect_refused(RECORD(VSMMU_EVENT_F_ACCESS, STALL), 20, VSMMU_EVENT_REFUSAL_STALL);
	expect_refused(RECORD(VSMMU_EVENT_F_ACCESS, S2), 20, VSMMU_EVENT_REFUSAL_STAGE2);
	expect_refused(RECORD(VSMMU_EVENT_F_ACCESS | SSV | SSID), 0, VSMMU_EVENT_REFUSAL_SUBSTREAM);
	expect_refused(
		RECORD(VSMMU_EVENT_F_ACCESS | SSV | SSID << 8), 8, VSMMU_EVENT_REFUSAL_SUBSTREAM);
}

TEST(a_record_that_passes_is_cleaned)
{
	/* STAG and bits that the architecture does not define, and RnW, which stays. */
	struct vsmmu_event_record record = RECORD(VSMMU_EVENT_F_TRANSLATION | SSV | SSID | SID,
		0xffff | UINT64_C(1) << 35 | UINT64_C(0xff) << 56, UINT64_C(0xfffff000),
		UINT64_MAX);

	assert_int_equal(vsmmu_event_filter(&record, 1), 0);
	assert_int_equal(record.word[0], VSMMU_EVENT_F_TRANSLATION | SSV | SSID | SID);
	assert_int_equal(record.word[1], UINT64_C(1) << 35);
	assert_int_equal(record.word[2], UINT64_C(0xfffff000));
	assert_int_equal(record.word[3], 0);
	/* Without SSV there is no SubstreamID, whatever the bits say. */
	record.word[0] = VSMMU_EVENT_F_TRANSLATION | SSID | SID;
	assert_int_equal(vsmmu_event_filter(&record, 0), 0);
	assert_int_equal(record.word[0], VSMMU_EVENT_F_TRANSLATION | SID);
}

TEST(misuse_is_einval)
{
	struct vsmmu_event_record record = {{VSMMU_EVENT_F_TRANSLATION}};

	assert_int_equal(vsmmu_event_filter(NULL, 0), -EINVAL);
	assert_int_equal(vsmmu_event_filter(&record, 21), -EINVAL);
	assert_int_equal(vsmmu_event_filter(&record, 20), 0);
}

TEST(each_reason_has_a_name)
{
	int refusal = VSMMU_EVENT_REFUSAL_NONE;

	assert_null(vsmmu_event_refusal_name(VSMMU_EVENT_REFUSAL_NONE));
	while (vsmmu_event_refusal_name((enum vsmmu_event_refusal)(refusal + 1)))
		refusal++;
	assert_int_equal(refusal, VSMMU_EVENT_REFUSAL_SUBSTREAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E12", each_refusal_has_its_reason),
		UNIT_TEST("E12", a_record_that_passes_is_cleaned),
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST_PLAIN(each_reason_has_a_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
