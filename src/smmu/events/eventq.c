/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/eventq.h"

#define RECORD_SIZE VSMMU_EVENT_RECORD_SIZE

void eventq_reset(struct eventq *queue)
{
	guest_queue_reset(&queue->queue);
	queue->overflow_pending = false;
	queue->overflow_after = 0;
	queue->staged = 0;
	queue->held = false;
	queue->reserved = 0;
	queue->enables++;
}

void eventq_enable(struct eventq *eventq, bool enable)
{
	struct guest_queue *queue = &eventq->queue;

	guest_queue_enable(queue, enable, eventq->log2_max, RECORD_SIZE);
	eventq->reserved = 0;
	eventq->enables++;
	if (!enable) {
		eventq->overflow_pending = false;
		return;
	}
	/* Bits above the wrap bit are RES0 in a register that the SMMU writes (3.5.1). */
	atomic_fetch_and(&queue->prod, SMMU_EVENTQ_PROD_OVFLG | queue_mask(queue->log2));
}

uint32_t eventq_room(const struct eventq *eventq)
{
	const struct guest_queue *queue = &eventq->queue;
	const uint32_t room = queue_free(atomic_load_explicit(&queue->prod, memory_order_relaxed),
		atomic_load(&queue->cons), queue->log2);

	/* A guest may set CONS back, and so take away what was reserved. */
	return room > eventq->reserved ? room - eventq->reserved : 0;
}

uint64_t eventq_consumed(const struct eventq *eventq)
{
	const struct guest_queue *queue = &eventq->queue;
	uint32_t left =
		queue_distance(atomic_load(&queue->prod), atomic_load(&queue->cons), queue->log2);

	/* The queue may have been enabled with records in it that are nobody's. */
	return eventq->written > left ? eventq->written - left : 0;
}

bool eventq_overflow_is_active(const struct eventq *eventq)
{
	const struct guest_queue *queue = &eventq->queue;

	return !(atomic_load(&queue->prod) & SMMU_EVENTQ_PROD_OVFLG) !=
	       !(atomic_load(&queue->cons) & SMMU_EVENTQ_CONS_OVACKFLG);
}

/* Return: how many of the records from @first on the guest's memory took. */
static uint32_t eventq_write(struct eventq *eventq, const struct vsmmu_ops *ops, void *opaque,
	uint32_t first, uint32_t count, uint32_t prod)
{
	const struct guest_queue *queue = &eventq->queue;
	uint64_t address = queue->address + (uint64_t)queue_index(prod, queue->log2) * RECORD_SIZE;

	if (ops->memory_write(
		    opaque, address, eventq->records[first], (size_t)count * RECORD_SIZE) >= 0)
		return count;
	/* Memory ends somewhere in there: one by one, to deliver what can be. */
	for (uint32_t i = 0; count > 1 && i < count; i++)
		if (ops->memory_write(opaque, address + (uint64_t)i * RECORD_SIZE,
			    eventq->records[first + i], RECORD_SIZE) < 0)
			return i;
	return count > 1 ? count : 0;
}

/* Return: how many of the staged records the guest's memory took. */
static uint32_t eventq_write_staged(
	struct eventq *eventq, const struct vsmmu_ops *ops, void *opaque, uint32_t prod)
{
	const unsigned int log2 = eventq->queue.log2;
	const uint32_t staged = eventq->staged;
	uint32_t to_wrap = queue_size(log2) - queue_index(prod, log2);
	uint32_t first = staged < to_wrap ? staged : to_wrap;
	uint32_t written = eventq_write(eventq, ops, opaque, 0, first, prod);

	if (written == first && first < staged)
		written += eventq_write(eventq, ops, opaque, first, staged - first,
			queue_advance(prod, first, log2));
	return written;
}

struct eventq_commit eventq_commit(
	struct eventq *eventq, const struct vsmmu_ops *ops, void *opaque, bool overflow)
{
	struct guest_queue *queue = &eventq->queue;
	const uint32_t old = atomic_load_explicit(&queue->prod, memory_order_relaxed);
	const uint32_t prod = old & queue_mask(queue->log2);
	uint32_t flag = old & SMMU_EVENTQ_PROD_OVFLG;
	struct eventq_commit commit = {0};
	uint32_t next, cons;

	if (eventq->staged) {
		commit.written = eventq_write_staged(eventq, ops, opaque, prod);
		commit.aborted = commit.written < eventq->staged;
		eventq->staged = 0;
	}
	if (!commit.written && !overflow)
		return commit;
	if (overflow)
		flag ^= SMMU_EVENTQ_PROD_OVFLG;

	/*
	 * Records, then PROD, then a look at CONS, all sequentially consistent: a guest that
	 * writes CONS and then finds PROD unchanged is seen here as empty, so it gets its
	 * interrupt (3.5.2, 3.18.2). A queue that is empty still is never signalled, not for
	 * OVFLG either: a handler may dequeue before it looks.
	 */
	eventq->written += commit.written;
	next = queue_advance(prod, commit.written, queue->log2);
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&queue->prod, next | flag);
	cons = atomic_load(&queue->cons);
	commit.signal = (overflow || queue_empty(prod, cons, queue->log2)) &&
			!queue_empty(next, cons, queue->log2);
	return commit;
}
