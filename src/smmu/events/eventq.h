/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's event queue, producer side (IHI 0070 3.5, 7.2, 7.4): wrap, overflow, and the
 * records staged for the batch under way. Belongs to the holder of the vSMMU's event lock, but
 * for PROD and CONS.
 */
#ifndef SMMU_EVENTS_EVENTQ_H
#define SMMU_EVENTS_EVENTQ_H

#include <vsmmu/event.h>
#include <vsmmu/smmu.h>

#include "arch/guest_queue.h"

#define EVENTQ_BATCH 256 /* records that one batch can stage */

struct eventq {
	struct guest_queue queue;
	unsigned int log2_max;
	uint64_t written;  /* records, ever */
	bool held;	   /* in a restore or a move, and at the end: nothing is read for it */
	uint32_t reserved; /* slots for the read that is under way without the event lock */
	uint32_t enables;  /* counts changes of EVENTQEN, and resets */

	/* Losses that the guest has not been told of yet, and when OVFLG may change again. */
	bool overflow_pending;
	uint64_t overflow_after; /* of pollset_now() */

	uint32_t staged;
	/* Aligned for the stores of the fast path, whatever stands in front of it. */
	_Alignas(16) uint8_t records[EVENTQ_BATCH][VSMMU_EVENT_RECORD_SIZE];
};

/* Gives all registers their reset values; disabled. */
void eventq_reset(struct eventq *queue);

/* CR0.EVENTQEN changed. Enabling takes BASE, PROD and CONS as they stand, at any size. */
void eventq_enable(struct eventq *queue, bool enable);

/*
 * Return: slots that a record can go into, but for the reserved ones; nothing is staged. Looks
 * at CONS once.
 */
uint32_t eventq_room(const struct eventq *queue);

/* Return: how much of @written the guest has consumed. */
uint64_t eventq_consumed(const struct eventq *queue);

/* Whether the guest has not acknowledged the last change of OVFLG (7.4). */
bool eventq_overflow_is_active(const struct eventq *queue);

struct eventq_commit {
	uint32_t written; /* records of the batch that the guest's memory took, in order */
	bool aborted;	  /* the next one was refused; those from it on were dropped */
	bool signal;	  /* the guest must be interrupted */
};

/*
 * Writes the staged records, then PROD, once: after this the guest sees them. With @overflow,
 * which only follows an acknowledged one, OVFLG changes too.
 */
struct eventq_commit eventq_commit(
	struct eventq *queue, const struct vsmmu_ops *ops, void *opaque, bool overflow);

#endif
