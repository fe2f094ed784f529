/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder, rule by rule: what each stream means, written as text (stream_text.h). */
#include <errno.h>
#include <limits.h>

#include "stream_text.h"

#define SMMU	VSMMU_VEVENTQ_ARM_SMMUV3
#define UNKNOWN VSMMU_SEQUENCE_UNKNOWN

static struct stream stream;

/* Feeds @records to a new decoder: it must say exactly @items, and count them so. */
static struct vsmmu_decoder_stats check_type(
	uint32_t type, uint32_t first, const char *records, const char *items)
{
	uint64_t events = 0, errors = 0, lost = 0;
	struct vsmmu_decoder_stats stats;
	struct vsmmu_decoder *decoder;
	char text[STREAM_TEXT_SIZE];

	assert_int_equal(stream_decoder_new(&decoder, type, first), 0);
	stream.payload = (uint32_t)vsmmu_decoder_record_size(decoder) - 8;
	stream.length = 0;
	stream_put_text(&stream, records);
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	stream_decode(decoder, text, stream.payload);
	assert_string_equal(text, items);

	for (const char *at = items; *at; at++) {
		events += *at == 'E';
		errors += *at == '!';
		lost += *at == 'x' ? strtoull(at + 1, NULL, 10) : 0;
	}
	stats = stream_stats(decoder);
	assert_int_equal(stats.events, events);
	assert_int_equal(stats.errors, errors);
	assert_int_equal(stats.lost, lost);
	assert_int_equal(stats.sequenced, events + lost);
	vsmmu_decoder_free(decoder);
	return stats;
}

static void check(uint32_t first, const char *records, const char *items)
{
	check_type(SMMU, first, records, items);
}

TEST(events_in_sequence_come_out_as_they_are)
{
	check(0, "", "");
	check(0, "E0", "E0");
	check(0, "E0 E1 E2 E3", "E0 E1 E2 E3");
	check(5, "E5 E6", "E5 E6");
}

TEST(the_three_types_have_their_sizes)
{
	struct vsmmu_decoder *decoder;

	assert_int_equal(stream_decoder_new(&decoder, SMMU, 0), 0);
	assert_int_equal(vsmmu_decoder_record_size(decoder), 40);
	vsmmu_decoder_free(decoder);
	assert_int_equal(stream_decoder_new(&decoder, VSMMU_VEVENTQ_TEGRA241_CMDQV, 0), 0);
	assert_int_equal(vsmmu_decoder_record_size(decoder), 24);
	vsmmu_decoder_free(decoder);
	assert_int_equal(stream_decoder_new(&decoder, UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST, 0), 0);
	assert_int_equal(vsmmu_decoder_record_size(decoder), 12);
	vsmmu_decoder_free(decoder);
	check_type(VSMMU_VEVENTQ_TEGRA241_CMDQV, 0, "E0 L1 E2 E4", "E0 L1x1 E2 L3x1 E4");
	/* 12-byte records: the headers that follow are not aligned to anything much. */
	check_type(UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST, 0, "E0 L1 E2 E4", "E0 L1x1 E2 L3x1 E4");
	check_type(UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST, 0, "E0 E1/11", "E0 !short");
}

TEST(misuse_is_einval)
{
	struct vsmmu_decoder *decoder = NULL;
	struct vsmmu_decoder_stats stats = {.size = 0};

	assert_int_equal(stream_decoder_new(&decoder, 0, 0), -EINVAL);
	assert_int_equal(stream_decoder_new(&decoder, 3, 0), -EINVAL);
	assert_int_equal(stream_decoder_new(&decoder, SMMU, (uint32_t)INT_MAX + 1), -EINVAL);
	assert_int_equal(stream_decoder_new(&decoder, SMMU, UINT32_MAX - 1), -EINVAL);
	assert_null(decoder);
	vsmmu_decoder_free(NULL);
	assert_int_equal(stream_decoder_new(&decoder, SMMU, INT_MAX), 0);
	assert_int_equal(vsmmu_decoder_get_stats(decoder, &stats), -EINVAL);
	assert_int_equal(vsmmu_decoder_get_stats(decoder, NULL), -EINVAL);
	assert_int_equal(vsmmu_decoder_feed(decoder, NULL, 1), -EINVAL);
	assert_int_equal(vsmmu_decoder_feed(decoder, NULL, 0), 0);
	assert_int_equal(vsmmu_decoder_get_sequence(decoder, NULL), -EINVAL);
	assert_int_equal(vsmmu_decoder_set_sequence(decoder, UINT32_C(1) << 31), -EINVAL);
	vsmmu_decoder_free(decoder);
}

TEST(bytes_are_fed_when_the_last_are_used_up)
{
	struct vsmmu_decoder *decoder;
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(stream_decoder_new(&decoder, SMMU, 0), 0);
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 0);
	stream.payload = 32;
	stream.length = 0;
	stream_put_text(&stream, "E0 E2");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), -EBUSY);
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_LOST);
	/* The event behind the gap is still to come. */
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), -EBUSY);
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, 2);
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, 0), 0);
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 0);
	vsmmu_decoder_free(decoder);
}

TEST(a_gap_is_lost_before_its_event)
{
	check(0, "E0 E2", "E0 L1x1 E2");
	check(0, "E0 E10 E11 E14", "E0 L9x9 E10 E11 L13x2 E14");
}

TEST(a_lost_header_counts_to_its_own_number)
{
	check(0, "E0 L1", "E0 L1x1");
	check(0, "E0 L5", "E0 L5x5");
	/* What follows it continues it: no loss is added (facts A4 4). */
	check(0, "E0 L5 E6", "E0 L5x5 E6");
	check(0, "L0 E1", "L0x1 E1");
}

TEST(both_tests_are_needed)
{
	/* The header that was replaced by an event leaves a gap only (facts A4 5). */
	check(0, "E0 E4 L6 E7 E9", "E0 L3x3 E4 L6x2 E7 L8x1 E9");
}

TEST(loss_after_a_lost_header_is_counted)
{
	check(0, "E0 L5 E9", "E0 L5x5 L8x3 E9");
	check(0, "L3 L7 E9", "L3x4 L7x4 L8x1 E9");
}

TEST(two_lost_headers_in_one_read)
{
	check(0, "L0 L1", "L0x1 L1x1");
	assert_int_equal(stream.length, 16);
	check(10, "L11 L19", "L11x2 L19x8");
	/* Five headers are as long as one record. */
	check(0, "L0 L1 L2 L3 L4", "L0x1 L1x1 L2x1 L3x1 L4x1");
	assert_int_equal(stream.length, 40);
}

TEST(loss_before_the_first_record_counts)
{
	check(0, "E3", "L2x3 E3");
	check(0, "L3", "L3x4");
	check(100, "E103", "L102x3 E103");
	check(100, "L103 E104", "L103x4 E104");
}

TEST(an_adopted_queue_starts_anywhere)
{
	check(UNKNOWN, "E3 E4 E6", "E3 E4 L5x1 E6");
	check(UNKNOWN, "E0x7fffffff E0", "E2147483647 E0");
	/* A LOST header says that at least its own event is lost. */
	check(UNKNOWN, "L3 E4", "L3x1 E4");
	check(UNKNOWN, "E2000000000 E2000000001", "E2000000000 E2000000001");
}

TEST(int_max_is_followed_by_zero)
{
	check(0x7ffffffe, "E0x7ffffffe E0x7fffffff E0 E1", "E2147483646 E2147483647 E0 E1");
	check(0x7fffffff, "E0x7fffffff E0", "E2147483647 E0");
	/* gaps over the wrap, up to it, and from it */
	check(0x7ffffffe, "E0x7ffffffe E1", "E2147483646 L0x2 E1");
	check(0x7ffffffd, "E0x7ffffffd E0", "E2147483645 L2147483647x2 E0");
	check(0x7fffffff, "E0x7fffffff E3", "E2147483647 L2x3 E3");
	/* LOST headers over the wrap */
	check(0x7ffffffe, "E0x7ffffffe L1 E2", "E2147483646 L1x3 E2");
	check(0x7ffffffe, "L0x7fffffff E0", "L2147483647x2 E0");
	check(0x7fffffff, "L0x7fffffff L0 E1", "L2147483647x1 L0x1 E1");
}

TEST(a_long_gap_is_exact)
{
	/* The longest that is not taken for a step back: 2^31 - 2^19 - 1. */
	check(0, "E0 E0x7ff80000", "E0 L2146959359x2146959359 E2146959360");
	check(0, "E0x7ff7ffff", "L2146959358x2146959359 E2146959359");
	check(0, "L0x7ff7ffff E0x7ff80000", "L2146959359x2146959360 E2146959360");
	check(1000, "E1000 E0x7ff803e8", "E1000 L2146960359x2146959359 E2146960360");
	check(0x40000000, "E0x40000000 E0x3ff80000",
		"E1073741824 L1073217535x2146959359 E1073217536");
}

TEST(counters_are_wider_than_the_numbers)
{
	struct vsmmu_decoder_stats stats;

	stats = check_type(SMMU, 0, "E0x40000000 E0 E0x40000000 E0 E0x40000000",
		"L1073741823x1073741824 E1073741824 L2147483647x1073741823 E0 "
		"L1073741823x1073741823 E1073741824 L2147483647x1073741823 E0 "
		"L1073741823x1073741823 E1073741824");
	assert_int_equal(stats.sequenced, UINT64_C(5) * 0x40000000 + 1);
}

TEST(a_repeat_is_an_error_and_no_loss)
{
	check(0, "E0 E0 E1", "E0 !order E0 E1");
	check(0, "E0 E1 E1 E3", "E0 E1 !order E1 L2x1 E3");
	check(0, "E0 L1 L1 E2", "E0 L1x1 !order E2");
	check(0, "E0 L1 E1 E2", "E0 L1x1 !order E1 E2");
}

TEST(a_step_back_is_an_error_and_no_loss)
{
	check(0, "E9 E5 E6", "L8x9 E9 !order E5 E6");
	check(0, "E9 L5 E6", "L8x9 E9 !order E6");
	/* 2^19 back is the deepest queue; more is a gap. */
	check(0x100000, "E0x80000 E0x80001", "!order E524288 E524289");
	check(0x100000, "E0x7ffff", "L524286x2146959359 E524287");
	/* back over the wrap */
	check(0, "E0x7fffffff E0", "!order E2147483647 E0");
	check(0, "E0 E0x7ffffffe", "E0 !order E2147483646");
}

TEST(a_number_above_int_max_is_an_error)
{
	check(0, "E0 E0x80000001 E2", "E0 !order E1 E2");
	check(0, "E0 E0x80000009 E10", "E0 !order E9 E10");
	check(0, "E0 L0x80000003 E4", "E0 !order E4");
	check(0, "E0xffffffff E0", "!order E2147483647 E0");
	check(UNKNOWN, "E0x80000005 E6", "!order E5 E6");
	check(UNKNOWN, "L0x80000005 E6", "!order E6");
}

TEST(what_precedes_a_partial_record_is_delivered)
{
	check(0, "E0 E1/7", "E0 !short"); /* in the header */
	check(0, "E0 E1/1", "E0 !short");
	check(0, "E0 E1/9", "E0 !short"); /* in the payload */
	check(0, "E0 E1/39", "E0 !short");
	check(0, "E0 L1/7", "E0 !short");
	check(0, "E0/39", "!short");
}

TEST(a_header_alone_was_not_delivered)
{
	struct vsmmu_decoder *decoder;
	char text[STREAM_TEXT_SIZE];

	/* Kernels before mid-2026: the payload's copy faulted, the event comes again. */
	assert_int_equal(stream_decoder_new(&decoder, SMMU, 0), 0);
	stream.payload = 32;
	stream.length = 0;
	stream_put_text(&stream, "E0 E1/8");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	stream_decode(decoder, text, 32);
	assert_string_equal(text, "E0 !short");
	stream.length = 0;
	stream_put_text(&stream, "E1 E2");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	stream_decode(decoder, text, 32);
	assert_string_equal(text, "E1 E2");
	vsmmu_decoder_free(decoder);
}

TEST(unknown_flags_are_counted)
{
	assert_int_equal(check_type(SMMU, 0, "E0 F1 E2", "E0 E1 E2").unknown_flags, 1);
	assert_int_equal(check_type(SMMU, 0, "F0 F2", "E0 L1x1 E2").unknown_flags, 2);
	assert_int_equal(check_type(SMMU, 0, "M0 F1", "L0x1 E1").unknown_flags, 2);
	assert_int_equal(check_type(SMMU, 0, "E0 L1", "E0 L1x1").unknown_flags, 0);
	assert_int_equal(check_type(SMMU, 0, "F0/20", "!short").unknown_flags, 0);
}

TEST(statistics_fit_an_older_caller)
{
	struct {
		size_t size;
		uint64_t sequenced;
		uint64_t canary;
	} old = {.size = 16, .canary = 77};
	struct {
		struct vsmmu_decoder_stats now;
		uint64_t later;
	} new = {.now.size = sizeof(new), .later = 77};
	struct vsmmu_decoder *decoder;
	char text[STREAM_TEXT_SIZE];

	assert_int_equal(stream_decoder_new(&decoder, SMMU, 0), 0);
	stream.payload = 32;
	stream.length = 0;
	stream_put_text(&stream, "E2");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	stream_decode(decoder, text, 32);
	assert_int_equal(vsmmu_decoder_get_stats(decoder, (void *)&old), 0);
	assert_int_equal(old.sequenced, 3);
	assert_int_equal(old.size, 16);
	assert_int_equal(old.canary, 77);
	assert_int_equal(vsmmu_decoder_get_stats(decoder, &new.now), 0);
	assert_int_equal(new.now.lost, 2);
	assert_int_equal(new.later, 0);
	vsmmu_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E4 E5", events_in_sequence_come_out_as_they_are),
		UNIT_TEST("E4", the_three_types_have_their_sizes),
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST_PLAIN(bytes_are_fed_when_the_last_are_used_up),
		UNIT_TEST("E5", a_gap_is_lost_before_its_event),
		UNIT_TEST("E4 E5", a_lost_header_counts_to_its_own_number),
		UNIT_TEST("E5", both_tests_are_needed),
		UNIT_TEST("E5 P3", loss_after_a_lost_header_is_counted),
		UNIT_TEST("E4 P4", two_lost_headers_in_one_read),
		UNIT_TEST("E5", loss_before_the_first_record_counts),
		UNIT_TEST("E5", an_adopted_queue_starts_anywhere),
		UNIT_TEST("E5 P1", int_max_is_followed_by_zero),
		UNIT_TEST("E5", a_long_gap_is_exact),
		UNIT_TEST("E6", counters_are_wider_than_the_numbers),
		UNIT_TEST("E5", a_repeat_is_an_error_and_no_loss),
		UNIT_TEST("E5", a_step_back_is_an_error_and_no_loss),
		UNIT_TEST("E5", a_number_above_int_max_is_an_error),
		UNIT_TEST("E4", what_precedes_a_partial_record_is_delivered),
		UNIT_TEST("E4", a_header_alone_was_not_delivered),
		UNIT_TEST_PLAIN(unknown_flags_are_counted),
		UNIT_TEST_PLAIN(statistics_fit_an_older_caller),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
