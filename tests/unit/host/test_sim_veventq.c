/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator's vEVENTQ, rule by rule, against what the kernel's does. */
#include <errno.h>

#include "sim_fixture.h"

/* E4: records */

TEST(a_record_is_the_hardwares_with_the_vsid)
{
	const uint8_t expected[RECORD - 8] = {0x13, 0x08, 0, 0x80, 0x42, 0, 0, 0, 1, 0, 0, 0, 2, 0,
		0, 3, 8, 7, 6, 5, 4, 3, 2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct vsmmu_event_record record = {
		.word = {UINT64_C(0xdeadbeef80000813), UINT64_C(0x0300000200000001),
			UINT64_C(0x0102030405060708), UINT64_MAX}};
	struct sim_fixture *s = build_depth(4);
	uint32_t header[2];

	assert_int_equal(vsmmu_sim_fault(s->host, s->endpoint.dev_id, &record), 0);
	assert_int_equal(read_bytes(s, ROOM), RECORD);
	memcpy(header, s->buffer, sizeof(header));
	assert_int_equal(header[0], 0);
	assert_int_equal(header[1], 0);
	assert_memory_equal(s->buffer + 8, expected, sizeof(expected));
	tear_down(s);
}

TEST(sizes_are_judged_as_the_kernel_does)
{
	struct sim_fixture *s = build_depth(2);

	for (size_t length = 0; length < 8; length++)
		assert_int_equal(read_bytes(s, length), -EINVAL);
	assert_int_equal(read_bytes(s, 8), 0);
	raise(s, 3);
	for (size_t length = 0; length < RECORD; length++)
		assert_int_equal(read_bytes(s, length), -EINVAL);
	assert_reads(s, 2 * RECORD - 1, "0"); /* no record is split */
	assert_reads(s, RECORD + 7, "1");
	assert_int_equal(read_bytes(s, 7), -EINVAL);
	assert_reads(s, 8, "L2");
	assert_int_equal(read_bytes(s, ROOM), 0); /* and again, never EAGAIN */
	assert_int_equal(read_bytes(s, ROOM), 0);
	assert_int_equal(stats_of(s).reads, 8 + 1 + RECORD + 6);
	tear_down(s);
}

TEST(a_batch_takes_what_fits)
{
	struct sim_fixture *s = build_depth(5);

	raise(s, 7);
	assert_reads(s, 3 * RECORD, "0 1 2");
	assert_reads(s, 2 * RECORD + 8, "3 4 L6");
	for (unsigned int i = 0; i < 40; i++) { /* around the ring */
		raise(s, 3);
		assert_int_equal(read_bytes(s, ROOM), 3 * RECORD);
	}
	raise(s, 1);
	assert_reads(s, ROOM, "127");
	tear_down(s);
}

TEST(a_long_batch_keeps_order_and_payload)
{
	struct sim_fixture *s = build_depth(60);
	uint64_t seen = 0;

	for (unsigned int round = 0; round < 6; round++) {
		raise(s, 40); /* so that some copies go around the ring's end */
		assert_int_equal(read_bytes(s, ROOM), 40 * RECORD);
		for (const uint8_t *at = s->buffer; at < s->buffer + 40 * RECORD; at += RECORD) {
			struct vsmmu_event_record record;
			uint32_t header[2];

			memcpy(header, at, sizeof(header));
			vsmmu_event_record_load(at + 8, &record);
			assert_int_equal(header[1], seen);
			assert_int_equal(record.word[2], seen++);
		}
	}
	tear_down(s);
}

/* E5, P1, P3: numbers and loss */

TEST(numbers_wrap_after_int_max)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config), .first_sequence = INT32_MAX - 1};
	struct sim_fixture *s = build(&config, 4);

	assert_int_equal(s->queue.first_sequence, INT32_MAX - 1);
	raise(s, 3);
	assert_reads(s, ROOM, "2147483646 2147483647 0");
	tear_down(s);
}

TEST(lost_numbers_wrap_too)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config), .first_sequence = INT32_MAX - 1};
	struct sim_fixture *s = build(&config, 1);

	raise(s, 2);
	assert_reads(s, ROOM, "2147483646 L2147483647");
	raise(s, 2);
	assert_reads(s, ROOM, "0 L1");
	tear_down(s);
}

TEST(drops_restamp_one_header)
{
	struct sim_fixture *s = build_depth(2);

	raise(s, 2 + 5);
	assert_reads(s, ROOM, "0 1 L6");
	raise(s, 1);
	assert_reads(s, ROOM, "7");
	assert_int_equal(stats_of(s).numbered, 8);
	assert_int_equal(stats_of(s).dropped, 5);
	tear_down(s);
}

TEST(an_event_behind_the_header_removes_it)
{
	struct sim_fixture *s = build_depth(2);

	raise(s, 4);
	assert_reads(s, RECORD, "0");
	raise(s, 1); /* number 4: only the gap tells of 2 and 3 */
	assert_reads(s, ROOM, "1 4");
	raise(s, 3);
	assert_reads(s, RECORD, "5");
	raise(s, 2); /* 8 is kept, 9 is dropped */
	assert_reads(s, ROOM, "6 8 L9");
	tear_down(s);
}

TEST(no_memory_drops_though_not_full)
{
	struct sim_fixture *s = build_depth(8);

	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 1, 0), 0);
	raise(s, 2);
	assert_reads(s, ROOM, "0 L1");
	assert_int_equal(stats_of(s).printed, 1);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
	raise(s, 1);
	assert_reads(s, ROOM, "L2"); /* nothing but a header in the queue */
	raise(s, 1);
	assert_reads(s, ROOM, "3");
	tear_down(s);
}

/* P4: what gets in while the header is out */

static void overflow_again(void *opaque)
{
	raise(opaque, 2);
}

TEST(two_headers_in_one_read)
{
	struct sim_fixture *s = build_depth(2);

	raise(s, 3);
	assert_reads(s, 2 * RECORD, "0 1");
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, overflow_again, s), 0);
	/* 3 has no memory, and 4 takes that header off again */
	assert_reads(s, 16, "L2");
	assert_reads(s, ROOM, "4");

	raise(s, 3);
	assert_reads(s, 2 * RECORD, "5 6");
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 1, 0), 0);
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, overflow_again, s), 0);
	assert_reads(s, ROOM, "L7 8 L9");
	tear_down(s);
}

static void drop_one(void *opaque)
{
	struct sim_fixture *s = opaque;

	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
	raise(s, 1);
}

TEST(sixteen_bytes_hold_two_headers)
{
	struct sim_fixture *s = build_depth(1);

	raise(s, 4);
	assert_reads(s, RECORD, "0");
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, drop_one, s), 0);
	assert_reads(s, 16, "L3 L4");
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, drop_one, s), 0);
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, NULL, NULL), 0);
	drop_one(s);
	assert_reads(s, ROOM, "L5"); /* taken back */
	tear_down(s);
}

/* P8 and EFAULT */

TEST(a_header_without_memory_stays)
{
	struct sim_fixture *s = build_depth(1);

	raise(s, 2);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_LOST_COPY, 0, 0), 0);
	assert_reads(s, ROOM, "0"); /* what was delivered before counts */
	assert_true(is_readable(s));
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_LOST_COPY, 0, 0), 0);
	assert_int_equal(read_bytes(s, ROOM), -ENOMEM);
	assert_true(is_readable(s));
	assert_reads(s, ROOM, "L1");
	tear_down(s);
}

TEST(a_payload_fault_puts_the_event_back)
{
	struct sim_fixture *s = build_depth(4);

	raise(s, 5);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 0, 0), 0);
	assert_int_equal(read_bytes(s, ROOM), -EFAULT);
	raise(s, 1); /* the space is still taken */
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 2, 0), 0);
	assert_reads(s, ROOM, "0 1");
	assert_reads(s, ROOM, "2 3 L5");
	tear_down(s);
}

static void push_events(void *opaque)
{
	raise(opaque, 1);
}

TEST(a_header_fault_has_two_fates)
{
	struct sim_fixture *s = build_depth(1);
	const struct veventq_source *source = &s->queue.source;

	raise(s, 2);
	assert_int_equal(source->read(source->ctx, NULL, RECORD), -EFAULT);
	assert_reads(s, RECORD, "0");
	assert_int_equal(source->read(source->ctx, NULL, RECORD), -EFAULT);
	assert_true(is_readable(s)); /* the list was empty: it is back */
	assert_int_equal(vsmmu_sim_on_lost_copy(s->host, push_events, s), 0);
	assert_int_equal(source->read(source->ctx, NULL, RECORD), -EFAULT);
	assert_reads(s, ROOM, "2"); /* the gap tells */
	assert_int_equal(source->read(source->ctx, NULL, RECORD), 0);
	tear_down(s);
}

TEST(kernels_before_2026_hide_it)
{
	struct sim_fixture *s = build_old(2);

	assert_int_equal(read_bytes(s, 0), 0);
	raise(s, 3);
	assert_int_equal(read_bytes(s, 0), 0);
	assert_int_equal(read_bytes(s, RECORD - 1), 0);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 0, 0), 0);
	assert_int_equal(read_bytes(s, ROOM), 8); /* a header with nothing behind it */
	assert_reads(s, 2 * RECORD, "0 1");
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_LOST_COPY, 0, 0), 0);
	assert_int_equal(read_bytes(s, ROOM), 0);
	assert_true(is_readable(s));
	assert_reads(s, ROOM, "L2");
	assert_int_equal(s->queue.source.read(s->queue.source.ctx, NULL, RECORD), 0);
	tear_down(s);
}

/* E3: poll */

TEST(readable_iff_the_list_is_not_empty)
{
	struct sim_fixture *s = build_depth(2);

	assert_false(is_readable(s));
	raise(s, 1);
	assert_true(is_readable(s));
	raise(s, 2);
	assert_reads(s, RECORD, "0");
	assert_true(is_readable(s));
	assert_reads(s, RECORD, "1");
	assert_true(is_readable(s)); /* a LOST header alone */
	assert_reads(s, RECORD, "L2");
	assert_false(is_readable(s));
	raise(s, 1);
	assert_int_equal(read_bytes(s, 8), -EINVAL);
	assert_true(is_readable(s));
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 0, 0), 0);
	assert_int_equal(read_bytes(s, RECORD), -EFAULT);
	assert_true(is_readable(s));
	assert_reads(s, RECORD, "3");
	assert_false(is_readable(s));
	tear_down(s);
}

static void not_readable_while_the_header_is_out(void *opaque)
{
	assert_false(is_readable(opaque));
	raise(opaque, 1);
	assert_true(is_readable(opaque));
}

TEST(poll_follows_the_list_within_a_read)
{
	struct sim_fixture *s = build_depth(1);

	raise(s, 2);
	assert_reads(s, RECORD, "0");
	assert_int_equal(
		vsmmu_sim_on_lost_copy(s->host, not_readable_while_the_header_is_out, s), 0);
	assert_reads(s, ROOM, "L1 2");
	assert_false(is_readable(s));
	tear_down(s);
}

TEST(reads_fail_on_demand)
{
	struct sim_fixture *s = build_depth(4);

	raise(s, 1);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_READ, 1, EINTR), 0);
	assert_reads(s, ROOM, "0");
	assert_int_equal(read_bytes(s, ROOM), -EINTR);
	assert_int_equal(read_bytes(s, ROOM), 0);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_READ_ALWAYS, 1, EIO), 0);
	assert_int_equal(read_bytes(s, ROOM), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(read_bytes(s, ROOM), -EIO);
	assert_int_equal(vsmmu_sim_fail(s->host, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0), 0);
	assert_int_equal(read_bytes(s, ROOM), 0);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E4", a_record_is_the_hardwares_with_the_vsid),
		UNIT_TEST("E3 E4", sizes_are_judged_as_the_kernel_does),
		UNIT_TEST("E2", a_batch_takes_what_fits),
		UNIT_TEST("E2", a_long_batch_keeps_order_and_payload),
		UNIT_TEST("E5 P1", numbers_wrap_after_int_max),
		UNIT_TEST("E5 P1", lost_numbers_wrap_too),
		UNIT_TEST("E5 P3", drops_restamp_one_header),
		UNIT_TEST("E5 P3", an_event_behind_the_header_removes_it),
		UNIT_TEST("E5", no_memory_drops_though_not_full),
		UNIT_TEST("P3 P4", two_headers_in_one_read),
		UNIT_TEST("P4", sixteen_bytes_hold_two_headers),
		UNIT_TEST("P8", a_header_without_memory_stays),
		UNIT_TEST("E4", a_payload_fault_puts_the_event_back),
		UNIT_TEST("E5", a_header_fault_has_two_fates),
		UNIT_TEST("E3 P8", kernels_before_2026_hide_it),
		UNIT_TEST("E3", readable_iff_the_list_is_not_empty),
		UNIT_TEST("E3", poll_follows_the_list_within_a_read),
		UNIT_TEST("E3", reads_fail_on_demand),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
