/* SPDX-License-Identifier: BSD-2-Clause */
/* From a fault to the guest's queue, through the public API. */
#include <errno.h>

#include "arch/regs.h"
#include "conformance/guest.h"
#include "conformance/suite.h"
#include "smmu/viommu/viommu.h"

/* The suite runs one test at a time, and a guest is too large for some stacks. */
static struct guest guest;

static void open_guest(void *context, const struct guest_options *options)
{
	TAP_EQ(guest_open(&guest, suite_machine(context), options), 0);
}

static void fault(unsigned int n, unsigned int count)
{
	TAP_EQ(guest.machine->ops->fault(guest.machine, n, count), 0);
}

static void fault_dropped(unsigned int n)
{
	TAP_EQ(guest.machine->ops->fault_dropped(guest.machine, n), 0);
}

/* @sequenced is what the test made the producer produce. */
static void expect_accounted(
	uint64_t sequenced, uint64_t delivered, uint64_t lost, uint64_t discarded)
{
	struct vsmmu_stats stats = guest_stats(&guest);

	TAP_EQ(stats.sequenced, sequenced);
	TAP_EQ(stats.delivered, delivered);
	TAP_EQ(stats.lost, lost);
	TAP_EQ(stats.discarded, discarded);
	TAP_EQ(stats.pending, 0);
}

static void expect_discarded(enum vsmmu_discard reason, uint64_t count)
{
	TAP_EQ(guest_stats(&guest).discarded_by[reason], count);
}

static void fault_reaches_the_guest(void *context)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event;

	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	TAP_CHECK(!guest_readable(&guest), "readable with nothing to do");
	fault(0, 1);
	TAP_CHECK(guest_readable(&guest), "not readable with an event to take");
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_CHECK(guest_consume(&guest, &record), "nothing in the guest's queue");
	vsmmu_event_decode(&record, &event);
	TAP_EQ(event.id, VSMMU_EVENT_F_TRANSLATION);
	TAP_EQ(event.sid, GUEST_VSID(0));
	TAP_EQ(event.stall, 0);
	TAP_EQ(event.s2, 0);
	TAP_EQ(event.ipa, 0);
	for (int i = 0; i < 4; i++)
		TAP_EQ(event.reserved[i], 0);
	expect_accounted(1, 1, 0, 0);
	guest_close(&guest);
}

static void a_batch_is_one_interrupt(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 5);
	fault(0, 12);
	TAP_EQ(guest_dispatch(&guest), 12);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	/* Not empty: the guest has been told and looks again by itself. */
	fault(0, 3);
	TAP_EQ(guest_dispatch(&guest), 3);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_EQ(guest_consume_all(&guest), 15);
	fault(0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	/* Three dispatches that found something: one read each, and at most one that found
	 * the queue empty. */
	TAP_CHECK(guest_stats(&guest).reads <= 6, "one read per event?");
	expect_accounted(16, 16, 0, 0);
	guest_close(&guest);
}

static void first_event_before_the_queue_is_enabled(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	fault(0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	expect_discarded(VSMMU_DISCARD_DISABLED, 1);
	TAP_EQ(guest_read(&guest, SMMU_GERROR), 0);
	TAP_EQ(guest_read(&guest, SMMU_EVENTQ_PROD), 0);
	guest_enable(&guest, 4);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ] + guest.irqs[VSMMU_IRQ_GERROR], 0);
	TAP_EQ(guest_pending(&guest), 0);
	fault(0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	expect_accounted(2, 1, 0, 1);
	guest_close(&guest);
}

static void queue_without_smmuen_discards(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_write(&guest, SMMU_CR0, SMMU_CR0_EVENTQEN);
	fault(0, 2);
	TAP_EQ(guest_dispatch(&guest), 2);
	expect_discarded(VSMMU_DISCARD_DISABLED, 2);
	TAP_EQ(guest_pending(&guest), 0);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	guest_close(&guest);
}

static void last_event_before_a_reset(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 4});
	guest_enable(&guest, 4);
	fault(0, 1);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	TAP_CHECK(!guest_readable(&guest), "something is left after the reset");
	expect_discarded(VSMMU_DISCARD_RESET, 1);
	TAP_EQ(guest_read(&guest, SMMU_CR0), 0);

	/* Losses are no news for the next driver either. */
	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], guest.machine->ste[0]), 0);
	fault(0, 6);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	guest_enable(&guest, 4);
	TAP_EQ(guest_dispatch(&guest), 0);
	TAP_EQ(guest_read(&guest, SMMU_EVENTQ_PROD), 0);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	expect_accounted(7, 0, 2, 5);

	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], guest.machine->ste[0]), 0);
	fault(0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_close(&guest);
}

static void loss_right_before_the_first_record(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	fault_dropped(0);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 1);
	TAP_CHECK(guest_overflowed(&guest), "the guest was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	expect_accounted(2, 1, 1, 0);
	guest_close(&guest);
}

static void loss_alone_raises_one_interrupt(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	fault_dropped(0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "the guest was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_EQ(guest_pending(&guest), 0);
	/* Not acknowledged: nothing more can be told, and nothing is toggled back. */
	fault_dropped(0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "a second loss took the first one back");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	guest_acknowledge_overflow(&guest);
	fault_dropped(0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "the third loss was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	TAP_EQ(guest.reports[VSMMU_REPORT_EVENTS_LOST], 3);
	expect_accounted(3, 0, 3, 0);
	guest_close(&guest);
}

static void loss_can_be_counted_only(void *context)
{
	open_guest(
		context, &(struct guest_options){.depth = 4, .loss_policy = VSMMU_LOSS_COUNT_ONLY});
	guest_enable(&guest, 4);
	fault(0, 9);
	guest_dispatch(&guest);
	TAP_CHECK(!guest_overflowed(&guest), "the guest was told all the same");
	TAP_EQ(guest_pending(&guest), 4);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	expect_accounted(9, 4, 5, 0);
	guest_close(&guest);
}

static void full_queue_leaves_events_with_the_kernel(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 2);
	fault(0, 7);
	TAP_EQ(guest_dispatch(&guest), 4);
	TAP_EQ(guest_pending(&guest), 4);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	TAP_CHECK(!guest_overflowed(&guest), "nothing was lost");
	TAP_EQ(guest_read(&guest, SMMU_GERROR), 0);
	expect_accounted(4, 4, 0, 0);
	/* Room for one. */
	TAP_CHECK(guest_consume(&guest, &(struct vsmmu_event_record){0}), "empty");
	TAP_CHECK(guest_readable(&guest), "room was made and nobody told");
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 4);
	TAP_EQ(guest_dispatch(&guest), 2);
	TAP_EQ(guest_consume_all(&guest), 2);
	expect_accounted(7, 7, 0, 0);
	guest_close(&guest);
}

static void disabling_a_full_queue_resumes(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 1);
	fault(0, 5);
	TAP_EQ(guest_dispatch(&guest), 2);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	guest_disable(&guest);
	TAP_EQ(guest_dispatch(&guest), 3);
	expect_accounted(5, 2, 0, 3);
	expect_discarded(VSMMU_DISCARD_DISABLED, 3);
	guest_close(&guest);
}

static void unwritable_queue_aborts_until_acknowledged(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 4);
	guest.memory_gone = true;
	fault(0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_read(&guest, SMMU_GERROR), SMMU_GERROR_EVENTQ_ABT_ERR);
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	TAP_EQ(guest_pending(&guest), 0);
	/* Until then nothing is written, though it could be again. */
	guest.memory_gone = false;
	fault(0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 0);
	TAP_CHECK(!guest_overflowed(&guest), "an abort is no overflow");
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 1);
	expect_discarded(VSMMU_DISCARD_ABORT, 4);
	guest_write(&guest, SMMU_GERRORN, SMMU_GERROR_EVENTQ_ABT_ERR);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_consume_all(&guest), 1);
	expect_accounted(5, 1, 0, 4);
	guest_close(&guest);
}

static void queue_comes_back_with_another_size(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 1);
	fault(0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 2);
	guest_disable(&guest);
	guest_enable(&guest, 5);
	fault(0, 20);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 20);
	TAP_EQ(guest_consume_all(&guest), 20);
	guest_disable(&guest);
	guest_enable(&guest, 0);
	fault(0, 2);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	expect_accounted(24, 24, 0, 0);
	guest_close(&guest);
}

static void interrupts_obey_irq_ctrl(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 4);
	guest_write(&guest, SMMU_IRQ_CTRL, 0);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 1);
	guest_write(&guest, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	TAP_EQ(guest_consume_all(&guest), 2);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	guest_close(&guest);
}

static void budget_is_kept(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 6);
	fault(0, 30);
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 7), 7);
	TAP_CHECK(guest_readable(&guest), "the rest is hidden");
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 1), 1);
	TAP_EQ(guest_dispatch(&guest), 22);
	expect_accounted(30, 30, 0, 0);
	guest_close(&guest);
}

static void a_storm_leaves_room_for_others(void *context)
{
	struct vsmmu_stream_stats stream = {.size = sizeof(stream)};

	open_guest(context, &(struct guest_options){.depth = 64, .endpoints = 2});
	guest_enable(&guest, 4);
	fault(0, 30);
	guest_dispatch(&guest);
	/* Of 16 slots the last 4 are not for who has half or more. */
	TAP_EQ(guest_pending(&guest), 12);
	TAP_CHECK(guest_overflowed(&guest), "its excess is a loss, and the guest must know");
	fault(1, 4);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 16);
	TAP_EQ(vsmmu_get_stream_stats(guest.vsmmu, GUEST_VSID(0), &stream), 0);
	TAP_EQ(stream.delivered, 12);
	TAP_EQ(stream.fair_share, 18);
	TAP_EQ(stream.queued, 12);
	TAP_EQ(vsmmu_get_stream_stats(guest.vsmmu, GUEST_VSID(1), &stream), 0);
	TAP_EQ(stream.delivered, 4);
	TAP_EQ(stream.discarded, 0);
	expect_discarded(VSMMU_DISCARD_FAIR_SHARE, 18);
	expect_accounted(34, 16, 0, 18);
	guest_close(&guest);
}

static void without_fair_share_a_storm_is_held_back(void *context)
{
	open_guest(context,
		&(struct guest_options){.depth = 64, .endpoints = 2, .no_fair_share = true});
	guest_enable(&guest, 4);
	fault(0, 30);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 16);
	TAP_CHECK(!guest_readable(&guest), "a full queue must not spin its poller");
	expect_accounted(16, 16, 0, 0);
	guest_close(&guest);
}

static void isolated_storm_costs_others_nothing(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 8, .endpoints = 2, .isolate = true});
	guest_enable(&guest, 8);
	fault(0, 40);
	fault(1, 8);
	guest_dispatch(&guest);
	/* 8 of each: in one queue, the second endpoint's would all have been lost. */
	TAP_EQ(guest_consume_all(&guest), 16);
	expect_accounted(48, 16, 32, 0);
	guest_close(&guest);
}

/* The guest makes room for one record at a time: who gets it? */
static void vqueues_take_turns_for_room(void *context)
{
	struct vsmmu_stream_stats stream[2] = {
		{.size = sizeof(stream[0])}, {.size = sizeof(stream[1])}};
	struct vsmmu_event_record record;

	open_guest(context,
		&(struct guest_options){
			.depth = 64, .endpoints = 2, .isolate = true, .no_fair_share = true});
	guest_enable(&guest, 1);
	fault(0, 40);
	fault(1, 40);
	guest_dispatch(&guest);
	for (int turn = 0; turn < 38; turn++) {
		TAP_CHECK(guest_consume(&guest, &record), "nothing came for the room made");
		TAP_EQ(guest_dispatch(&guest), 1);
	}
	for (unsigned int n = 0; n < 2; n++)
		TAP_EQ(vsmmu_get_stream_stats(guest.vsmmu, GUEST_VSID(n), &stream[n]), 0);
	TAP_EQ(stream[0].delivered + stream[1].delivered, 40);
	TAP_CHECK(stream[0].delivered >= 18 && stream[1].delivered >= 18,
		"one starves: %u and %u delivered", (unsigned int)stream[0].delivered,
		(unsigned int)stream[1].delivered);
	guest_close(&guest);
}

static void events_of_a_detached_endpoint_are_stale(void *context)
{
	struct vsmmu_endpoint_config config;
	struct machine *machine;
	struct vsmmu_event_record record;

	open_guest(context, &(struct guest_options){.depth = 64, .endpoints = 2});
	machine = guest.machine;
	guest_enable(&guest, 4);
	fault(0, 3);
	fault(1, 2);
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[0]), 0);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 2);
	while (guest_consume(&guest, &record))
		TAP_EQ(record.word[0] >> 32, GUEST_VSID(1));
	expect_discarded(VSMMU_DISCARD_STALE, 3);
	TAP_CHECK(!guest_overflowed(&guest), "stale events are no loss for the guest");

	config = (struct vsmmu_endpoint_config){
		.size = sizeof(config),
		.vsid = GUEST_VSID(0),
		.dev_id = machine->endpoint[0].dev_id,
		.vfio_fd = machine->endpoint[0].vfio_fd,
		.attach = machine->endpoint[0].attach,
		.attach_opaque = machine->endpoint[0].opaque,
	};
	TAP_EQ(vsmmu_endpoint_attach(guest.vsmmu, &config, &guest.endpoint[0]), 0);
	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], machine->ste[0]), 0);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_CHECK(guest_consume(&guest, &record), "the new holder's event did not come");
	TAP_EQ(record.word[0] >> 32, GUEST_VSID(0));
	expect_accounted(6, 3, 0, 3);
	guest_close(&guest);
}

/* The counters are gone with the vSMMU: what can be seen is that nothing is in the way. */
static void teardown_with_events_in_flight(void *context)
{
	struct machine *machine = suite_machine(context);

	for (int round = 0; round < 2; round++) {
		TAP_EQ(guest_open(&guest, machine,
			       &(struct guest_options){.depth = 4, .endpoints = 2}),
			0);
		guest_enable(&guest, 2);
		fault(0, 9);
		fault(1, 3);
		guest_close(&guest);
		TAP_EQ(guest.reports[VSMMU_REPORT_HOST_FAILED], 0);
		TAP_EQ(guest.reports[VSMMU_REPORT_EVENTS_LOST], 1);
	}
}

static void short_of_memory_is_not_the_end(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	fault_dropped(0);
	TAP_EQ(guest.machine->ops->fail_lost_copy(guest.machine), 0);
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
	TAP_EQ(guest_stats(&guest).memory_reads, 1);
	TAP_EQ(guest.reports[VSMMU_REPORT_QUEUE_BACKOFF], 1);
	TAP_EQ(guest_stats(&guest).lost, 0);
	/* The backoff ends by itself, and the header was kept. */
	for (int tries = 0; tries < 1000000 && !guest_stats(&guest).lost; tries++)
		guest_dispatch(&guest);
	fault(0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_consume_all(&guest), 1);
	expect_accounted(2, 1, 1, 0);
	guest_close(&guest);
}

/* The kernel cannot write to where this wants it: EFAULT, for as long as it lasts. */
static ssize_t read_to_nowhere(void *ctx, void *buffer, size_t length)
{
	const struct veventq_source *source = ctx;

	(void)buffer;
	return source->read(source->ctx, NULL, length);
}

static void lasting_read_error_disarms_once(void *context)
{
	struct veventq_source source;
	struct veventq_reader *reader;

	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	reader = &guest.vsmmu->viommus->reader;
	source = reader->source;
	reader->source = (struct veventq_source){read_to_nowhere, &source};
	fault(0, 1);
	for (unsigned int episode = 1; episode <= 2; episode++) {
		TAP_CHECK(guest_readable(&guest), "an armed queue is not polled");
		TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
		TAP_CHECK(!guest_readable(&guest), "a failing queue spins its poller");
		fault(0, 1);
		TAP_CHECK(!guest_readable(&guest), "a failing queue spins its poller");
		TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
		TAP_EQ(guest.reports[VSMMU_REPORT_QUEUE_DISARMED], episode);
		TAP_EQ(guest_stats(&guest).failed_reads, episode);
		TAP_EQ(vsmmu_rearm(guest.vsmmu), 1);
	}
	reader->source = source;
	TAP_EQ(guest_dispatch(&guest), 3);
	TAP_EQ(guest_consume_all(&guest), 3);
	expect_accounted(3, 3, 0, 0);
	guest_close(&guest);
}

static void storm_is_accounted_to_the_last_event(void *context)
{
	uint64_t produced = 0, consumed = 0;
	struct vsmmu_stats stats;

	open_guest(context, &(struct guest_options){.depth = 32, .endpoints = 2});
	guest_enable(&guest, 4);
	for (unsigned int round = 0; round < 8; round++) {
		fault(round % 2, 50);
		fault(!(round % 2), 3);
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

const struct tap_test suite_path[] = {
	{"fault_reaches_the_guest", "E7 E12", fault_reaches_the_guest},
	{"a_batch_is_one_interrupt", "E2 E8", a_batch_is_one_interrupt},
	{"first_event_before_the_queue_is_enabled", "E7 P5",
		first_event_before_the_queue_is_enabled},
	{"queue_without_smmuen_discards", "E7 P5", queue_without_smmuen_discards},
	{"last_event_before_a_reset", "E10 P20", last_event_before_a_reset},
	{"loss_right_before_the_first_record", "E5 E6", loss_right_before_the_first_record},
	{"loss_alone_raises_one_interrupt", "E7 E8 P17", loss_alone_raises_one_interrupt},
	{"loss_can_be_counted_only", "E7", loss_can_be_counted_only},
	{"full_queue_leaves_events_with_the_kernel", "E7 P6",
		full_queue_leaves_events_with_the_kernel},
	{"disabling_a_full_queue_resumes", "E7", disabling_a_full_queue_resumes},
	{"unwritable_queue_aborts_until_acknowledged", "E7 P6",
		unwritable_queue_aborts_until_acknowledged},
	{"queue_comes_back_with_another_size", "P7", queue_comes_back_with_another_size},
	{"interrupts_obey_irq_ctrl", "E8 P16", interrupts_obey_irq_ctrl},
	{"budget_is_kept", "E9", budget_is_kept},
	{"a_storm_leaves_room_for_others", "E9", a_storm_leaves_room_for_others},
	{"without_fair_share_a_storm_is_held_back", "E9", without_fair_share_a_storm_is_held_back},
	{"isolated_storm_costs_others_nothing", "E9", isolated_storm_costs_others_nothing},
	{"vqueues_take_turns_for_room", "E9", vqueues_take_turns_for_room},
	{"events_of_a_detached_endpoint_are_stale", "E10 P20",
		events_of_a_detached_endpoint_are_stale},
	{"teardown_with_events_in_flight", "E11", teardown_with_events_in_flight},
	{"short_of_memory_is_not_the_end", "E3 P8", short_of_memory_is_not_the_end},
	{"lasting_read_error_disarms_once", "E3 P19", lasting_read_error_disarms_once},
	{"storm_is_accounted_to_the_last_event", "E6", storm_is_accounted_to_the_last_event},
};
const size_t suite_path_count = sizeof(suite_path) / sizeof(suite_path[0]);
