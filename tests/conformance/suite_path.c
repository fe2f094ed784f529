/* SPDX-License-Identifier: BSD-2-Clause */
/* From a fault to the guest's queue, through the public API. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "arch/regs.h"
#include "conformance/guest.h"
#include "conformance/suite.h"
#include "smmu/viommu/viommu.h"

#define LOSSES	 4
#define PATIENCE 60000 /* ms for what must happen by itself */

/* The suite runs one test at a time, and a guest is too large for some stacks. */
static struct guest guest;

static void open_guest(void *context, const struct guest_options *options)
{
	TAP_EQ(guest_open(&guest, suite_machine(context), options), 0);
}

static void fault_reaches_the_guest(void *context)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};

	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	TAP_CHECK(!guest_readable(&guest), "readable with nothing to do");
	guest_fault(&guest, 0, 1);
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
	guest_expect_accounted(&guest, 1, 1, 0, 0);
	guest_close(&guest);
}

static void a_batch_is_one_interrupt(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 5);
	guest_fault(&guest, 0, 12);
	TAP_EQ(guest_dispatch(&guest), 12);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	/* Not empty: the guest has been told and looks again by itself. */
	guest_fault(&guest, 0, 3);
	TAP_EQ(guest_dispatch(&guest), 3);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_EQ(guest_consume_all(&guest), 15);
	guest_fault(&guest, 0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	/* Three dispatches that found something: one read each, and at most one that found
	 * the queue empty. */
	TAP_CHECK(guest_stats(&guest).reads <= 6, "one read per event?");
	guest_expect_accounted(&guest, 16, 16, 0, 0);
	guest_close(&guest);
}

static void first_event_before_the_queue_is_enabled(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_fault(&guest, 0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	guest_expect_discarded(&guest, VSMMU_DISCARD_DISABLED, 1);
	TAP_EQ(guest_read(&guest, SMMU_GERROR), 0);
	TAP_EQ(guest_read(&guest, SMMU_EVENTQ_PROD), 0);
	guest_enable(&guest, 4);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ] + guest.irqs[VSMMU_IRQ_GERROR], 0);
	TAP_EQ(guest_pending(&guest), 0);
	guest_fault(&guest, 0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_expect_accounted(&guest, 2, 1, 0, 1);
	guest_close(&guest);
}

static void queue_without_smmuen_discards(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_write(&guest, SMMU_CR0, SMMU_CR0_EVENTQEN);
	guest_fault(&guest, 0, 2);
	TAP_EQ(guest_dispatch(&guest), 2);
	guest_expect_discarded(&guest, VSMMU_DISCARD_DISABLED, 2);
	TAP_EQ(guest_pending(&guest), 0);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	guest_close(&guest);
}

static void last_event_before_a_reset(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 4});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 1);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	TAP_CHECK(!guest_readable(&guest), "something is left after the reset");
	guest_expect_discarded(&guest, VSMMU_DISCARD_RESET, 1);
	TAP_EQ(guest_read(&guest, SMMU_CR0), 0);

	/* Losses are no news for the next driver either. */
	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], guest.machine->ste[0]), 0);
	guest_fault(&guest, 0, 6);
	TAP_EQ(vsmmu_reset(guest.vsmmu), 0);
	guest_enable(&guest, 4);
	TAP_EQ(guest_dispatch(&guest), 0);
	TAP_EQ(guest_read(&guest, SMMU_EVENTQ_PROD), 0);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	guest_expect_accounted(&guest, 7, 0, 2, 5);

	TAP_EQ(vsmmu_endpoint_set_ste(guest.endpoint[0], guest.machine->ste[0]), 0);
	guest_fault(&guest, 0, 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_close(&guest);
}

static void loss_right_before_the_first_record(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_fault_dropped(&guest, 0);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 1);
	TAP_CHECK(guest_overflowed(&guest), "the guest was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	guest_expect_accounted(&guest, 2, 1, 1, 0);
	guest_close(&guest);
}

/*
 * A handler may dequeue before it looks: an empty queue is never signalled. The flag is seen
 * with the event that comes next.
 */
static void loss_of_an_empty_queue_raises_no_interrupt(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_fault_dropped(&guest, 0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "the guest was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	TAP_EQ(guest_pending(&guest), 0);
	TAP_EQ(guest.reports[VSMMU_REPORT_EVENTS_LOST], 1);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	TAP_CHECK(guest_overflowed(&guest), "the flag is gone before the guest has seen it");
	guest_expect_accounted(&guest, 2, 1, 1, 0);
	guest_close(&guest);
}

static void loss_beside_records_raises_an_interrupt(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	guest_fault_dropped(&guest, 0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "the guest was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	/* Not acknowledged: nothing more can be told, and nothing is toggled back. */
	guest_fault_dropped(&guest, 0);
	guest_dispatch(&guest);
	TAP_CHECK(guest_overflowed(&guest), "a second loss took the first one back");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2);
	TAP_EQ(guest_pending(&guest), 1);
	TAP_EQ(guest.reports[VSMMU_REPORT_EVENTS_LOST], 2);
	guest_expect_accounted(&guest, 3, 1, 2, 0);
	guest_close(&guest);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Waits until the vSMMU's fd has something to say, and dispatches. */
static bool wait_and_dispatch(void)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(guest.vsmmu), .events = POLLIN};

	if (poll(&fd, 1, PATIENCE) != 1)
		return false;
	guest_dispatch(&guest);
	return true;
}

/*
 * A guest prints a line for each of them, and need not do so for each of many losses. They are
 * few, as the host's kernel prints each event that it drops for want of memory, and tests/rig/dmesg
 * wants its rate limit untouched.
 */
static void overflow_is_told_once_in_100_ms(void *context)
{
	uint64_t begin, overflows;

	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	begin = milliseconds();
	for (unsigned int losses = 0; losses < LOSSES; losses++) {
		guest_fault_dropped(&guest, 0);
		guest_dispatch(&guest);
		if (guest_overflowed(&guest))
			guest_acknowledge_overflow(&guest);
	}
	overflows = guest_stats(&guest).overflows;
	TAP_CHECK(overflows >= 1 && overflows <= 1 + (milliseconds() - begin) / 100,
		"told %u times in %u ms", (unsigned int)overflows,
		(unsigned int)(milliseconds() - begin));
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1 + overflows);
	/* The last one is told in the end, by the timer, even if nothing happens any more. */
	guest_fault_dropped(&guest, 0);
	guest_dispatch(&guest);
	if (!guest_overflowed(&guest))
		TAP_CHECK(wait_and_dispatch(), "nothing came of a loss that waits");
	TAP_CHECK(guest_overflowed(&guest), "the last loss was not told");
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 2 + overflows);
	TAP_CHECK(!guest_readable(&guest), "told, and the poller spins");
	guest_expect_accounted(&guest, LOSSES + 2, 1, LOSSES + 1, 0);
	guest_close(&guest);
}

static void loss_can_be_counted_only(void *context)
{
	open_guest(
		context, &(struct guest_options){.depth = 4, .loss_policy = VSMMU_LOSS_COUNT_ONLY});
	guest_enable(&guest, 4);
	guest_fault(&guest, 0, 9);
	guest_dispatch(&guest);
	TAP_CHECK(!guest_overflowed(&guest), "the guest was told all the same");
	TAP_EQ(guest_pending(&guest), 4);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
	guest_expect_accounted(&guest, 9, 4, 5, 0);
	guest_close(&guest);
}

static void unwritable_queue_aborts_until_acknowledged(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 4);
	guest.memory_gone = true;
	guest_fault(&guest, 0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_read(&guest, SMMU_GERROR), SMMU_GERROR_EVENTQ_ABT_ERR);
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 1);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	TAP_EQ(guest_pending(&guest), 0);
	/* Until then nothing is written, though it could be again. */
	guest.memory_gone = false;
	guest_fault(&guest, 0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 0);
	TAP_CHECK(!guest_overflowed(&guest), "an abort is no overflow");
	TAP_EQ(guest.irqs[VSMMU_IRQ_GERROR], 1);
	guest_expect_discarded(&guest, VSMMU_DISCARD_ABORT, 4);
	guest_write(&guest, SMMU_GERRORN, SMMU_GERROR_EVENTQ_ABT_ERR);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_expect_accounted(&guest, 5, 1, 0, 4);
	guest_close(&guest);
}

static void queue_comes_back_with_another_size(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 1);
	guest_fault(&guest, 0, 2);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 2);
	guest_disable(&guest);
	guest_enable(&guest, 5);
	guest_fault(&guest, 0, 20);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 20);
	TAP_EQ(guest_consume_all(&guest), 20);
	guest_disable(&guest);
	guest_enable(&guest, 0);
	guest_fault(&guest, 0, 2);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	TAP_EQ(guest_dispatch(&guest), 1);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_expect_accounted(&guest, 24, 24, 0, 0);
	guest_close(&guest);
}

static void interrupts_obey_irq_ctrl(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 64});
	guest_enable(&guest, 4);
	guest_write(&guest, SMMU_IRQ_CTRL, 0);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 1);
	guest_write(&guest, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 0);
	TAP_EQ(guest_consume_all(&guest), 2);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest.irqs[VSMMU_IRQ_EVENTQ], 1);
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
	guest_fault(&guest, 0, 3);
	guest_fault(&guest, 1, 2);
	TAP_EQ(vsmmu_endpoint_detach(guest.endpoint[0]), 0);
	guest_dispatch(&guest);
	TAP_EQ(guest_pending(&guest), 2);
	while (guest_consume(&guest, &record))
		TAP_EQ(record.word[0] >> 32, GUEST_VSID(1));
	guest_expect_discarded(&guest, VSMMU_DISCARD_STALE, 3);
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
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_CHECK(guest_consume(&guest, &record), "the new holder's event did not come");
	TAP_EQ(record.word[0] >> 32, GUEST_VSID(0));
	guest_expect_accounted(&guest, 6, 3, 0, 3);
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
		guest_fault(&guest, 0, 9);
		guest_fault(&guest, 1, 3);
		guest_close(&guest);
		TAP_EQ(guest.reports[VSMMU_REPORT_HOST_FAILED], 0);
		TAP_EQ(guest.reports[VSMMU_REPORT_EVENTS_LOST], 1);
	}
}

static void short_of_memory_is_not_the_end(void *context)
{
	open_guest(context, &(struct guest_options){.depth = 16});
	guest_enable(&guest, 4);
	guest_fault_dropped(&guest, 0);
	TAP_EQ(guest.machine->ops->fail_lost_copy(guest.machine), 0);
	TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
	TAP_EQ(guest_stats(&guest).memory_reads, 1);
	TAP_EQ(guest.reports[VSMMU_REPORT_QUEUE_BACKOFF], 1);
	TAP_EQ(guest_stats(&guest).lost, 0);
	/* The backoff ends by itself, and the header was kept. */
	for (int tries = 0; tries < 1000000 && !guest_stats(&guest).lost; tries++)
		guest_dispatch(&guest);
	guest_fault(&guest, 0, 1);
	guest_dispatch(&guest);
	TAP_EQ(guest_consume_all(&guest), 1);
	guest_expect_accounted(&guest, 2, 1, 1, 0);
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
	reader = &guest.vsmmu->sources.first->reader;
	source = reader->source;
	reader->source = (struct veventq_source){read_to_nowhere, &source};
	guest_fault(&guest, 0, 1);
	for (unsigned int episode = 1; episode <= 2; episode++) {
		TAP_CHECK(guest_readable(&guest), "an armed queue is not polled");
		TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
		TAP_CHECK(!guest_readable(&guest), "a failing queue spins its poller");
		guest_fault(&guest, 0, 1);
		TAP_CHECK(!guest_readable(&guest), "a failing queue spins its poller");
		TAP_EQ(vsmmu_dispatch(guest.vsmmu, 0), 0);
		TAP_EQ(guest.reports[VSMMU_REPORT_QUEUE_DISARMED], episode);
		TAP_EQ(guest_stats(&guest).failed_reads, episode);
		TAP_EQ(vsmmu_rearm(guest.vsmmu), 1);
	}
	reader->source = source;
	TAP_EQ(guest_dispatch(&guest), 3);
	TAP_EQ(guest_consume_all(&guest), 3);
	guest_expect_accounted(&guest, 3, 3, 0, 0);
	guest_close(&guest);
}

static const struct tap_test tests[] = {
	{"fault_reaches_the_guest", "E7 E12", fault_reaches_the_guest},
	{"a_batch_is_one_interrupt", "E2 E8", a_batch_is_one_interrupt},
	{"first_event_before_the_queue_is_enabled", "E7 P5",
		first_event_before_the_queue_is_enabled},
	{"queue_without_smmuen_discards", "E7 P5", queue_without_smmuen_discards},
	{"last_event_before_a_reset", "E10 P20", last_event_before_a_reset},
	{"loss_right_before_the_first_record", "E5 E6", loss_right_before_the_first_record},
	{"loss_of_an_empty_queue_raises_no_interrupt", "E7 E8 P22 A2 D4",
		loss_of_an_empty_queue_raises_no_interrupt},
	{"loss_beside_records_raises_an_interrupt", "E7 E8 P17",
		loss_beside_records_raises_an_interrupt},
	{"overflow_is_told_once_in_100_ms", "E7 P17 A6", overflow_is_told_once_in_100_ms},
	{"loss_can_be_counted_only", "E7", loss_can_be_counted_only},
	{"unwritable_queue_aborts_until_acknowledged", "E7 P6",
		unwritable_queue_aborts_until_acknowledged},
	{"queue_comes_back_with_another_size", "P7", queue_comes_back_with_another_size},
	{"interrupts_obey_irq_ctrl", "E8 P16", interrupts_obey_irq_ctrl},
	{"events_of_a_detached_endpoint_are_stale", "E10 P20",
		events_of_a_detached_endpoint_are_stale},
	{"teardown_with_events_in_flight", "E11", teardown_with_events_in_flight},
	{"short_of_memory_is_not_the_end", "E3 P8", short_of_memory_is_not_the_end},
	{"lasting_read_error_disarms_once", "E3 P19", lasting_read_error_disarms_once},
};
const struct suite_part suite_path = {tests, sizeof(tests) / sizeof(tests[0])};
