/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/eventq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "smmu/stream.h"

#define RECORD_SIZE VSMMU_EVENT_RECORD_SIZE

int eventq_init(struct eventq *queue, unsigned int log2_max)
{
	/* Untouched pages cost nothing: a guest with a small queue pays for a small one. */
	queue->owner = calloc(queue_size(log2_max), sizeof(*queue->owner));
	if (!queue->owner)
		return -ENOMEM;
	queue->log2_max = log2_max;
	eventq_reset(queue);
	return 0;
}

void eventq_destroy(struct eventq *queue)
{
	free(queue->owner);
	queue->owner = NULL;
}

void eventq_reset(struct eventq *queue)
{
	queue->enabled = false;
	queue->log2 = 0;
	queue->address = 0;
	queue->released = 0;
	queue->staged = 0;
}

void eventq_enable(struct eventq *queue, bool enable)
{
	unsigned int log2 = queue->base & SMMU_QUEUE_BASE_LOG2SIZE;
	uint32_t cons;
	uint64_t bytes;

	queue->enabled = enable;
	if (!enable)
		return;
	queue->log2 = log2 < queue->log2_max ? log2 : queue->log2_max;
	/* Aligned to the queue's size, the low bits are treated as zero (6.3.94). */
	bytes = (uint64_t)RECORD_SIZE << queue->log2;
	queue->address = queue->base & SMMU_QUEUE_BASE_ADDR & ~(bytes - 1);

	/* Bits above the wrap bit are RES0 in what is the SMMU's (3.5.1). */
	atomic_fetch_and(&queue->prod, SMMU_EVENTQ_PROD_OVFLG | queue_mask(queue->log2));
	/* What stands between CONS and PROD is not of this enabling: nobody's. */
	cons = atomic_load(&queue->cons);
	queue->released = cons & queue_mask(queue->log2);
	for (uint32_t i = 0; i < queue_size(queue->log2); i++)
		queue->owner[i] = EVENTQ_NOBODY;
}

static void eventq_give_back(const uint32_t *owner, uint32_t count, struct stream *streams)
{
	for (const uint32_t *end = owner + count; owner < end; owner++)
		if (*owner != EVENTQ_NOBODY)
			streams[*owner].queued--;
}

/* Nothing that is in the queue belongs to anybody. */
static void eventq_forget(struct eventq *queue, struct stream_table *streams, uint32_t cons)
{
	queue->released = cons;
	for (uint32_t i = 0; i < queue_size(queue->log2); i++)
		queue->owner[i] = EVENTQ_NOBODY;
	stream_unqueue_all(streams);
}

void eventq_release(struct eventq *queue, struct stream_table *streams)
{
	uint32_t prod = atomic_load_explicit(&queue->prod, memory_order_relaxed);
	uint32_t cons = atomic_load(&queue->cons) & queue_mask(queue->log2);
	uint32_t used = queue_distance(prod, queue->released, queue->log2);
	uint32_t consumed = queue_distance(cons, queue->released, queue->log2);
	uint32_t first, to_wrap;

	/* A guest that moves CONS to and fro can have slots written twice: start anew. While it
	 * leaves CONS there the queue is full, and there is nothing more to forget. */
	if (used > queue_size(queue->log2)) {
		if (consumed)
			eventq_forget(queue, streams, cons);
		return;
	}
	/* A CONS beyond PROD is nonsense: nothing was consumed. */
	if (consumed > used)
		return;
	first = queue_index(queue->released, queue->log2);
	to_wrap = queue_size(queue->log2) - first;
	if (to_wrap > consumed)
		to_wrap = consumed;
	eventq_give_back(queue->owner + first, to_wrap, streams->entries);
	eventq_give_back(queue->owner, consumed - to_wrap, streams->entries);
	queue->released = queue_advance(queue->released, consumed, queue->log2);
}

void eventq_disown(struct eventq *queue, const struct stream_table *streams)
{
	for (uint32_t i = 0; i < queue_size(queue->log2); i++) {
		const uint32_t owner = queue->owner[i];

		if (owner != EVENTQ_NOBODY && streams->entries[owner].state == STREAM_FREE)
			queue->owner[i] = EVENTQ_NOBODY;
	}
}

uint32_t eventq_room(struct eventq *queue)
{
	uint32_t prod = atomic_load_explicit(&queue->prod, memory_order_relaxed);
	uint32_t room = queue_free(prod, atomic_load(&queue->cons), queue->log2);

	return room > queue->staged ? room - queue->staged : 0;
}

/* Return: how many of the records from @first on the guest's memory took. */
static uint32_t eventq_write(struct eventq *queue, const struct vsmmu_ops *ops, void *opaque,
	uint32_t first, uint32_t count, uint32_t prod)
{
	uint64_t address = queue->address + (uint64_t)queue_index(prod, queue->log2) * RECORD_SIZE;

	if (ops->memory_write(
		    opaque, address, queue->records[first], (size_t)count * RECORD_SIZE) >= 0)
		return count;
	/* Somewhere in there memory ends: one by one, to deliver what can be. */
	for (uint32_t i = 0; count > 1 && i < count; i++)
		if (ops->memory_write(opaque, address + (uint64_t)i * RECORD_SIZE,
			    queue->records[first + i], RECORD_SIZE) < 0)
			return i;
	return count > 1 ? count : 0;
}

/* @to_wrap: slots from PROD up to the end of the ring. */
static void eventq_own(struct eventq *queue, uint32_t prod, uint32_t written, uint32_t to_wrap)
{
	uint32_t first = written < to_wrap ? written : to_wrap;
	uint32_t *owner = &queue->owner[queue_index(prod, queue->log2)];

	memcpy(owner, queue->owners, first * sizeof(*owner));
	memcpy(queue->owner, queue->owners + first, (written - first) * sizeof(*owner));
}

struct eventq_commit eventq_commit(
	struct eventq *queue, const struct vsmmu_ops *ops, void *opaque, bool loss)
{
	uint32_t old = atomic_load_explicit(&queue->prod, memory_order_relaxed);
	uint32_t prod = old & queue_mask(queue->log2);
	uint32_t overflow = old & SMMU_EVENTQ_PROD_OVFLG;
	uint32_t staged = queue->staged;
	struct eventq_commit commit = {0};

	queue->staged = 0;
	if (staged) {
		uint32_t to_wrap = queue_size(queue->log2) - queue_index(prod, queue->log2);
		uint32_t first = staged < to_wrap ? staged : to_wrap;

		commit.written = eventq_write(queue, ops, opaque, 0, first, prod);
		if (commit.written == first && first < staged)
			commit.written += eventq_write(queue, ops, opaque, first, staged - first,
				queue_advance(prod, first, queue->log2));
		commit.aborted = commit.written < staged;
		eventq_own(queue, prod, commit.written, to_wrap);
	}
	if (loss) {
		uint32_t acknowledged = atomic_load(&queue->cons) & SMMU_EVENTQ_CONS_OVACKFLG;

		/* One unacknowledged overflow is all that can be told (7.4). */
		commit.overflowed = !overflow == !acknowledged;
		if (commit.overflowed)
			overflow ^= SMMU_EVENTQ_PROD_OVFLG;
	}
	if (!commit.written && !commit.overflowed)
		return commit;

	/*
	 * Records, then PROD, then a look at CONS, all sequentially consistent: a guest
	 * that writes CONS and then finds PROD unchanged is seen here as empty, so it
	 * gets its interrupt (3.5.2, 3.18.2). At worst it gets one too many.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&queue->prod, queue_advance(prod, commit.written, queue->log2) | overflow);
	commit.signal =
		commit.overflowed || queue_empty(prod, atomic_load(&queue->cons), queue->log2);
	return commit;
}
