/* SPDX-License-Identifier: BSD-2-Clause */
/* Room in the guest's queue: who waits for it, for how long, and what that costs. */
#include "arch/regs.h"
#include "conformance/guest.h"
#include "conformance/suite.h"

/* The suite runs one test at a time, and a guest is too large for some stacks. */
static struct guest guest;

static void open_guest(void *context, const struct guest_options *options)
{
	TAP_EQ(guest_open(&guest, suite_machine(context), options), 0);
}

static void full_queue_leaves_events_with_the_kernel(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 2);
	guest_fault(&guest, 0, 7);
	TAP_EQ(guest_dispatch(&guest), 4);
	TAP_EQ(guest_pending(&guest), 4);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	TAP_CHECK(!guest_overflowed(&guest), "nothing was lost");
	TAP_EQ(guest_read(&guest, SMMU_GERROR), 0);
	guest_expect_accounted(&guest, 4, 4, 0, 0);
	/* Room for one. */
	TAP_CHECK(guest_consume(&guest, &(struct vsmmu_event_record){0}), "empty");
	TAP_CHECK(guest_readable(&guest), "room was made and nobody told");
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 4);
	TAP_EQ(guest_dispatch(&guest), 2);
	TAP_EQ(guest_consume_all(&guest), 2);
	guest_expect_accounted(&guest, 7, 7, 0, 0);
	guest_close(&guest);
}

/*
 * Linux writes CONS for each record that it takes: reading goes on when a quarter of the queue
 * is free, or there would be system calls for each event.
 */
static void paused_guest_frees_a_quarter_first(void *context)
{
	struct vsmmu_event_record record;
	uint64_t reads;

	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 40);
	TAP_EQ(guest_dispatch(&guest), 16);
	for (unsigned int round = 0; round < 6; round++) {
		reads = guest_stats(&guest).reads;
		for (unsigned int freed = 1; freed < 4; freed++) {
			TAP_CHECK(guest_consume(&guest, &record), "empty");
			TAP_CHECK(!guest_readable(&guest), "with %u of 16 free", freed);
		}
		TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
		TAP_EQ(guest_stats(&guest).reads, reads);
		TAP_CHECK(guest_consume(&guest, &record), "empty");
		TAP_CHECK(guest_readable(&guest), "a quarter is free and nobody told");
		TAP_EQ(guest_dispatch(&guest), 4);
		TAP_CHECK(guest_stats(&guest).reads - reads <= 2, "more than one read for it");
	}
	TAP_EQ(guest_consume_all(&guest), 16);
	guest_expect_accounted(&guest, 40, 40, 0, 0);
	guest_close(&guest);
}

static void disabling_a_full_queue_resumes(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 1);
	guest_fault(&guest, 0, 5);
	TAP_EQ(guest_dispatch(&guest), 2);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	guest_disable(&guest);
	TAP_EQ(guest_dispatch(&guest), 3);
	guest_expect_accounted(&guest, 5, 2, 0, 3);
	guest_expect_discarded(&guest, VSMMU_DISCARD_DISABLED, 3);
	guest_close(&guest);
}

static void budget_is_kept(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 6);
	guest_fault(&guest, 0, 30);
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 7), 7);
	TAP_CHECK(guest_readable(&guest), "the rest is hidden");
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 1), 1);
	TAP_EQ(guest_dispatch(&guest), 22);
	guest_expect_accounted(&guest, 30, 30, 0, 0);
	guest_close(&guest);
}

/* Its events wait in the kernel: nothing is thrown away for the others. */
static void isolated_storm_leaves_room_for_others(void *context)
{
	struct vsmmu_endpoint_stats stream = {.size = sizeof(stream)};
	struct vsmmu_event_record record;

	open_guest(context, &(struct guest_options){.depth = 64, .endpoints = 2, .isolate = true});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 30);
	guest_dispatch(&guest);
	/* Half of the guest's queue, and no more. */
	TAP_EQ(guest_pending(&guest), 8);
	TAP_CHECK(!guest_readable(&guest), "what has its share spins the poller");
	TAP_CHECK(!guest_overflowed(&guest), "nothing was lost");
	guest_fault(&guest, 1, 4);
	TAP_CHECK(guest_readable(&guest), "the other one's events are not seen");
	TAP_EQ(guest_dispatch(&guest), 4);
	TAP_EQ(guest_pending(&guest), 12);
	/* Up to the end of what is its own. */
	for (unsigned int i = 0; i < 8; i++) {
		TAP_CHECK(!guest_readable(&guest), "after %u of its records", i);
		TAP_CHECK(guest_consume(&guest, &record), "empty");
		TAP_EQ(record.word[0] >> 32, GUEST_VSID(0));
	}
	TAP_CHECK(guest_readable(&guest), "it waits though all of its records are taken");
	TAP_EQ(guest_dispatch(&guest), 8);
	for (unsigned int round = 0; round < 3; round++) {
		guest_consume_all(&guest);
		guest_dispatch(&guest);
	}
	TAP_EQ(vsmmu_endpoint_get_stats(guest.endpoint[0], &stream), 0);
	TAP_EQ(stream.delivered, 30);
	TAP_EQ(stream.discarded, 0);
	TAP_EQ(vsmmu_endpoint_get_stats(guest.endpoint[1], &stream), 0);
	TAP_EQ(stream.delivered, 4);
	guest_expect_accounted(&guest, 34, 34, 0, 0);
	guest_close(&guest);
}

static void shared_veventq_may_fill_the_queue(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64, .endpoints = 2});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 30);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 16);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	TAP_CHECK(!guest_overflowed(&guest), "nothing was lost");
	guest_expect_accounted(&guest, 16, 16, 0, 0);
	while (guest_consume_all(&guest))
		guest_dispatch(&guest);
	guest_expect_accounted(&guest, 30, 30, 0, 0);
	guest_close(&guest);
}

static void isolated_storm_costs_others_nothing(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 8, .endpoints = 2, .isolate = true});
	guest_enable(&guest, 8);
	guest_fault(&guest, 0, 40);
	guest_fault(&guest, 1, 8);
	guest_dispatch(&guest);
	/* 8 of each: in one queue, the second endpoint's would all have been lost. */
	TAP_EQ(guest_consume_all(&guest), 16);
	guest_expect_accounted(&guest, 48, 16, 32, 0);
	guest_close(&guest);
}

/* The guest makes room for one record at a time: who gets it? */
static void veventqs_take_turns_for_room(void *context)
{
	struct vsmmu_endpoint_stats stream[2] = {
		{.size = sizeof(stream[0])}, {.size = sizeof(stream[1])}};
	struct vsmmu_event_record record;

	open_guest(context, &(struct guest_options){.depth = 64, .endpoints = 2, .isolate = true});
	guest_enable(&guest, 1);
	guest_fault(&guest, 0, 40);
	guest_fault(&guest, 1, 40);
	guest_dispatch(&guest);
	for (int turn = 0; turn < 38; turn++) {
		TAP_CHECK(guest_consume(&guest, &record), "nothing came for the room made");
		TAP_EQ(guest_dispatch(&guest), 1);
	}
	for (unsigned int n = 0; n < 2; n++)
		TAP_EQ(vsmmu_endpoint_get_stats(guest.endpoint[n], &stream[n]), 0);
	TAP_EQ(stream[0].delivered + stream[1].delivered, 40);
	TAP_CHECK(stream[0].delivered >= 18 && stream[1].delivered >= 18,
		"one starves: %u and %u delivered", (unsigned int)stream[0].delivered,
		(unsigned int)stream[1].delivered);
	guest_close(&guest);
}

static void storm_is_accounted_to_the_last_event(void *context)
{
	uint64_t produced = 0, consumed = 0;
	struct vsmmu_stats stats;

	open_guest(context, &(struct guest_options){.depth = 32, .endpoints = 2});
	guest_enable(&guest, 4);
	for (unsigned int round = 0; round < 8; round++) {
		guest_fault(&guest, round % 2, 50);
		guest_fault(&guest, !(round % 2), 3);
		produced += 53;
		vsmmu_dispatch(guest.vsmmu, 1 + 7 * round);
		consumed += guest_consume_all(&guest);
		if (guest_overflowed(&guest))
			guest_acknowledge_overflow(&guest);
		stats = guest_stats(&guest);
		TAP_EQ(stats.sequenced,
			stats.delivered + stats.lost + stats.discarded + stats.pending);
	}
	while (guest_readable(&guest)) {
		vsmmu_dispatch(guest.vsmmu, 0);
		consumed += guest_consume_all(&guest);
	}
	stats = guest_stats(&guest);
	TAP_EQ(stats.sequenced, produced);
	TAP_EQ(stats.delivered, consumed);
	TAP_CHECK(stats.lost > 0, "the storm was none");
	TAP_EQ(stats.sequenced, stats.delivered + stats.lost + stats.discarded);
	guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"full_queue_leaves_events_with_the_kernel", "E7 P6",
		full_queue_leaves_events_with_the_kernel},
	{"paused_guest_frees_a_quarter_first", "E2 E7 A1", paused_guest_frees_a_quarter_first},
	{"disabling_a_full_queue_resumes", "E7", disabling_a_full_queue_resumes},
	{"budget_is_kept", "E9", budget_is_kept},
	{"isolated_storm_leaves_room_for_others", "E9 A3", isolated_storm_leaves_room_for_others},
	{"shared_veventq_may_fill_the_queue", "E9 A3", shared_veventq_may_fill_the_queue},
	{"isolated_storm_costs_others_nothing", "E9", isolated_storm_costs_others_nothing},
	{"veventqs_take_turns_for_room", "E9", veventqs_take_turns_for_room},
	{"storm_is_accounted_to_the_last_event", "E6", storm_is_accounted_to_the_last_event},
};
const struct suite_part suite_room = {tests, sizeof(tests) / sizeof(tests[0])};
