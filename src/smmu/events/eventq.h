/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's event queue, producer side (IHI 0070 3.5, 7.2, 7.4): registers, wrap,
 * overflow, and the records staged for the batch under way.
 *
 * PROD and CONS may be accessed at any time from any thread; all the rest belongs to
 * the holder of the vSMMU's event lock.
 */
#ifndef SMMU_EVENTS_EVENTQ_H
#define SMMU_EVENTS_EVENTQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/event.h>
#include <vsmmu/smmu.h>

/* Records that one batch can stage. */
#define EVENTQ_BATCH 256

/* In eventq.owner: nobody's record. */
#define EVENTQ_NOBODY UINT32_MAX

struct stream_table;

struct eventq {
	/* Registers as the guest reads them; OVFLG and OVACKFLG are in PROD and CONS. */
	atomic_uint prod;
	atomic_uint cons;
	uint64_t base;

	/* Taken from them when the queue is enabled. */
	bool enabled;
	unsigned int log2;
	uint64_t address;

	/* Who owns each slot, to know each stream's share: index of the stream. Means
	 * something only from @released up to PROD. */
	unsigned int log2_max;
	uint32_t *owner;
	uint32_t released; /* CONS up to which owners have been given back their slots */

	/* The batch. */
	uint32_t staged;
	uint8_t records[EVENTQ_BATCH][VSMMU_EVENT_RECORD_SIZE];
	uint32_t owners[EVENTQ_BATCH];
};

int eventq_init(struct eventq *queue, unsigned int log2_max);
void eventq_destroy(struct eventq *queue);

/* Disables it; registers_reset() resets its registers. */
void eventq_reset(struct eventq *queue);

/* CR0.EVENTQEN changed. Enabling takes BASE, PROD and CONS as they stand, at any size. */
void eventq_enable(struct eventq *queue, bool enable);

/* Slots that the guest has consumed since the last call go back to their streams. */
void eventq_release(struct eventq *queue, struct stream_table *streams);

/* Streams went away: their records in the queue stay, but are nobody's now. */
void eventq_disown(struct eventq *queue, const struct stream_table *streams);

/* Return: slots that a record can go into, less what is staged. */
uint32_t eventq_room(struct eventq *queue);

/* The place for record @n of the batch; who uses it keeps @staged. */
static inline uint8_t *eventq_place(struct eventq *queue, uint32_t n, uint32_t owner)
{
	queue->owners[n] = owner;
	return queue->records[n];
}

/* The place for the next record of the batch: there must be room, and in the batch too. */
static inline uint8_t *eventq_stage(struct eventq *queue, uint32_t owner)
{
	return eventq_place(queue, queue->staged++, owner);
}

struct eventq_commit {
	uint32_t written; /* records of the batch that the guest's memory took, in order */
	bool aborted;	  /* the next one was refused; those from it on were dropped */
	bool overflowed;  /* OVFLG was toggled */
	bool signal;	  /* the queue went from empty to not empty, or OVFLG changed */
};

/*
 * Writes the staged records, then PROD, once: after this the guest sees them. With
 * @loss, OVFLG is toggled if the guest has acknowledged the last one.
 */
struct eventq_commit eventq_commit(
	struct eventq *queue, const struct vsmmu_ops *ops, void *opaque, bool loss);

#endif
