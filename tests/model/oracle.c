/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include <errno.h>
#include <string.h>

#define BATCH 256

/* All that a read() brings. */
struct batch {
	struct oracle_event events[ORACLE_DEPTH];
	unsigned int count;
	bool lost;
	uint64_t lost_number;
	int error;
	bool drained;
};

void oracle_init(struct oracle *oracle, unsigned int depth)
{
	memset(oracle, 0, sizeof(*oracle));
	oracle->kernel.depth = depth;
	oracle->bad_slot = UINT32_MAX;
}

bool oracle_fault(struct oracle *oracle, unsigned int stream, uint64_t serial,
	enum vsmmu_discard refused, bool no_memory)
{
	struct oracle_kernel *kernel = &oracle->kernel;

	if (!oracle->streams[stream].forwards)
		return false;
	if (no_memory || kernel->count == kernel->depth) {
		kernel->lost = true;
		kernel->lost_number = kernel->next;
	} else {
		kernel->lost = false;
		kernel->events[kernel->count++] =
			(struct oracle_event){kernel->next, stream, serial, refused};
	}
	kernel->next++;
	return true;
}

static bool readable(const struct oracle *oracle)
{
	return oracle->kernel.count || oracle->kernel.lost;
}

/* Room for @records records of 40 bytes; a LOST header takes 8. */
static struct batch kernel_read(struct oracle *oracle, unsigned int records)
{
	struct oracle_kernel *kernel = &oracle->kernel;
	struct batch batch = {.count = 0};
	unsigned int left = records;

	oracle->stats.reads++;
	batch.error = kernel->fail_read;
	kernel->fail_read = 0;
	if (batch.error == ENOMEM)
		oracle->stats.memory_reads++;
	else if (batch.error)
		oracle->stats.failed_reads++;
	if (batch.error)
		return batch;
	batch.count = kernel->count < left ? kernel->count : left;
	memcpy(batch.events, kernel->events, batch.count * sizeof(batch.events[0]));
	kernel->count -= batch.count;
	memmove(kernel->events, kernel->events + batch.count,
		kernel->count * sizeof(kernel->events[0]));
	left -= batch.count;
	batch.lost = kernel->lost && !kernel->count && left;
	batch.lost_number = kernel->lost_number;
	if (batch.lost)
		kernel->lost = false;
	if (!batch.count && !batch.lost)
		oracle->stats.empty_reads++;
	/* The library believes so when another record would have fitted. */
	batch.drained = left * 40 >= 40u + (batch.lost ? 8 : 0);
	return batch;
}

static void discard(struct oracle *oracle, enum vsmmu_discard reason)
{
	oracle->stats.discarded++;
	oracle->stats.discarded_by[reason]++;
}

static void irq(struct oracle *oracle)
{
	oracle->stats.eventq_irqs += oracle->eventq_irqen;
}

static unsigned int size_of(const struct oracle *oracle)
{
	return 1u << oracle->log2;
}

static unsigned int room_of(const struct oracle *oracle)
{
	return oracle->nonsense ? 0 : size_of(oracle) - oracle->queued;
}

static bool is_full(const struct oracle *oracle)
{
	return oracle->smmuen && oracle->eventqen && !oracle->abort_active && !room_of(oracle);
}

static bool quarter_is_free(const struct oracle *oracle)
{
	return 4 * room_of(oracle) >= size_of(oracle);
}

/* Linux prints a line for each change of OVFLG. Return: whether it changes now. */
static bool overflow(struct oracle *oracle, bool loss)
{
	if (oracle->policy != VSMMU_LOSS_OVERFLOW || !(loss || oracle->overflow_waits))
		return false;
	oracle->overflow_waits = !oracle->overflow_active && oracle->now < oracle->overflow_after;
	if (oracle->overflow_active || oracle->overflow_waits)
		return false;
	oracle->overflow_active = true;
	oracle->overflow_after = oracle->now + 100000000;
	oracle->stats.overflows++;
	return true;
}

/* The staged ones, behind those in the queue, become the guest's: up to bad memory. */
static void commit(struct oracle *oracle, unsigned int staged, bool loss)
{
	bool empty = !oracle->queued, overflowed = overflow(oracle, loss);
	unsigned int written = 0;

	while (written < staged &&
		((oracle->prod + written) & (size_of(oracle) - 1)) < oracle->bad_slot)
		written++;
	oracle->queued += written;
	oracle->prod = (oracle->prod + written) & (2 * size_of(oracle) - 1);
	oracle->stats.delivered += written;
	for (unsigned int i = written; i < staged; i++)
		discard(oracle, VSMMU_DISCARD_ABORT);
	/* Never of an empty queue. */
	if ((oracle->queued || oracle->nonsense) && (overflowed || (written && empty)))
		irq(oracle);
	if (written < staged) {
		oracle->abort_active = true;
		oracle->stats.aborts++;
		oracle->stats.gerror_irqs += oracle->gerror_irqen;
	}
}

/* Return: whether the event is one more for the guest. */
static bool decide(struct oracle *oracle, const struct oracle_event *event, unsigned int staged)
{
	const struct oracle_stream *stream = &oracle->streams[event->stream];

	if (stream->state == ORACLE_STALE) {
		discard(oracle, VSMMU_DISCARD_STALE);
		return false;
	}
	if (event->refused != DISCARD_COUNT) {
		discard(oracle, event->refused);
		return false;
	}
	oracle->fifo[oracle->queued + staged] = *event;
	return true;
}

static unsigned int handle(
	struct oracle *oracle, const struct batch *batch, bool deliver, enum vsmmu_discard reason)
{
	unsigned int staged = 0, items = 0;
	uint64_t lost = 0;

	for (unsigned int i = 0; i < batch->count; i++) {
		const struct oracle_event *event = &batch->events[i];

		lost += event->number - oracle->expected;
		items += event->number != oracle->expected;
		oracle->expected = event->number + 1;
		oracle->stats.sequenced++;
		items++;
		if (!deliver)
			discard(oracle, reason);
		else
			staged += decide(oracle, event, staged);
	}
	if (batch->lost) {
		lost += batch->lost_number + 1 - oracle->expected;
		oracle->expected = batch->lost_number + 1;
		items++;
	}
	oracle->stats.lost += lost;
	oracle->stats.sequenced += lost;
	if (deliver && (staged || lost))
		commit(oracle, staged, lost);
	return items;
}

static void sweep(struct oracle *oracle, const struct batch *batch)
{
	uint64_t left = oracle->stale_left;

	oracle->stale_left = left > batch->count ? left - batch->count : 0;
	if (batch->error || (oracle->stale_left && (!batch->drained || readable(oracle))))
		return;
	for (unsigned int n = 0; n < ORACLE_STREAMS; n++)
		if (oracle->streams[n].state == ORACLE_STALE)
			oracle->streams[n].state = ORACLE_ABSENT;
}

static void read_failed(struct oracle *oracle, int error)
{
	if (error != ENOMEM)
		oracle->armed = ORACLE_DISARMED;
	else if (oracle->armed == ORACLE_ARMED)
		oracle->armed = ORACLE_BACKOFF;
}

enum outcome { MORE, DRAINED, FULL, LATER };

static enum outcome step(struct oracle *oracle, unsigned int records, unsigned int *items)
{
	bool deliver = oracle->smmuen && oracle->eventqen && !oracle->abort_active;
	unsigned int limit = BATCH;
	struct batch batch;

	if (is_full(oracle))
		return FULL;
	if (deliver && room_of(oracle) < limit)
		limit = room_of(oracle);
	batch = kernel_read(oracle, records < limit ? records : limit);
	*items += handle(oracle, &batch, deliver,
		oracle->abort_active && oracle->smmuen && oracle->eventqen
			? VSMMU_DISCARD_ABORT
			: VSMMU_DISCARD_DISABLED);
	sweep(oracle, &batch);
	if (batch.error) {
		read_failed(oracle, batch.error);
		return LATER;
	}
	return batch.drained ? DRAINED : MORE;
}

/* It is alone, so it is read whether poll says something or not. */
static enum outcome dispatch_read(struct oracle *oracle, unsigned int budget, unsigned int *handled)
{
	enum outcome outcome = MORE;

	if (!oracle->exists || oracle->armed != ORACLE_ARMED)
		return DRAINED;
	while (outcome == MORE && *handled < budget)
		outcome = step(oracle, budget - *handled, handled);
	if (outcome == DRAINED && !*handled && readable(oracle))
		oracle->armed = ORACLE_BACKOFF;
	return outcome;
}

unsigned int oracle_dispatch(struct oracle *oracle, unsigned int budget)
{
	bool deliver = oracle->smmuen && oracle->eventqen && !oracle->abort_active;
	unsigned int handled = 0;

	if (deliver && oracle->overflow_waits && oracle->now >= oracle->overflow_after)
		commit(oracle, 0, false);
	if (oracle->paused || dispatch_read(oracle, budget, &handled) == FULL)
		oracle->paused = is_full(oracle) || (deliver && !quarter_is_free(oracle));
	return handled;
}

/* Forwards as much as there is now, within the guest's room. */
static void run(struct oracle *oracle)
{
	unsigned int items = 0;

	while (step(oracle, BATCH, &items) == MORE)
		;
	if (!readable(oracle))
		sweep(oracle, &(struct batch){.drained = true});
}

static void drain(struct oracle *oracle, enum vsmmu_discard reason)
{
	for (;;) {
		struct batch batch = kernel_read(oracle, BATCH);

		handle(oracle, &batch, false, reason);
		sweep(oracle, &batch);
		if (batch.error)
			read_failed(oracle, batch.error);
		if (!batch.count && !batch.lost && !readable(oracle))
			break;
	}
}

void oracle_timer(struct oracle *oracle)
{
	if (oracle->armed == ORACLE_BACKOFF)
		oracle->armed = ORACLE_ARMED;
}

void oracle_rearm(struct oracle *oracle)
{
	if (oracle->armed == ORACLE_DISARMED)
		oracle->armed = ORACLE_ARMED;
}

int oracle_attach(struct oracle *oracle, unsigned int stream)
{
	if (oracle->streams[stream].state == ORACLE_LIVE)
		return -EEXIST;
	if (oracle->streams[stream].state == ORACLE_STALE)
		run(oracle);
	if (oracle->streams[stream].state == ORACLE_STALE)
		return -EAGAIN;
	if (!oracle->exists) {
		unsigned int depth = oracle->kernel.depth;

		memset(&oracle->kernel, 0, sizeof(oracle->kernel));
		oracle->kernel.depth = depth;
		oracle->expected = 0;
		oracle->armed = ORACLE_ARMED;
		oracle->exists = true;
	}
	oracle->streams[stream].state = ORACLE_LIVE;
	return 0;
}

void oracle_detach(struct oracle *oracle, unsigned int stream)
{
	bool last = true;

	oracle->streams[stream].forwards = false;
	oracle->streams[stream].state = ORACLE_STALE;
	oracle->stale_left = oracle->kernel.depth;
	run(oracle);
	for (unsigned int i = 0; i < ORACLE_STREAMS; i++)
		last &= oracle->streams[i].state != ORACLE_LIVE;
	if (!last)
		return;
	drain(oracle, VSMMU_DISCARD_TEARDOWN);
	sweep(oracle, &(struct batch){.drained = true});
	oracle->exists = false;
}

void oracle_reset(struct oracle *oracle)
{
	for (unsigned int i = 0; i < ORACLE_STREAMS; i++)
		oracle->streams[i].forwards = false;
	if (oracle->exists)
		drain(oracle, VSMMU_DISCARD_RESET);
	oracle->smmuen = oracle->eventqen = false;
	oracle->eventq_irqen = oracle->gerror_irqen = false;
	oracle->abort_active = oracle->nonsense = oracle->paused = false;
	oracle->overflow_active = oracle->overflow_waits = false;
	oracle->overflow_after = 0;
	oracle->queued = 0;
	oracle->prod = 0;
}

void oracle_cr0(struct oracle *oracle, bool smmuen, bool eventqen, unsigned int log2, uint32_t prod)
{
	if (eventqen && !oracle->eventqen) {
		oracle->log2 = log2;
		oracle->prod = prod & ((2u << log2) - 1);
		oracle->queued = 0;
	}
	oracle->smmuen = smmuen;
	oracle->eventqen = eventqen;
	oracle->overflow_waits = oracle->overflow_waits && eventqen;
	oracle->paused = false;
}

void oracle_consume(struct oracle *oracle, unsigned int count)
{
	oracle->queued -= count;
	memmove(oracle->fifo, oracle->fifo + count, oracle->queued * sizeof(oracle->fifo[0]));
	oracle->paused = oracle->paused && !quarter_is_free(oracle);
}

void oracle_ack_abort(struct oracle *oracle)
{
	oracle->abort_active = oracle->paused = false;
}
