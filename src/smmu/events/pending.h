/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that are older than all that the vEVENTQs hold. Under the dispatch lock. */
#ifndef SMMU_EVENTS_PENDING_H
#define SMMU_EVENTS_PENDING_H

#include "smmu/vsmmu.h"

#define PENDING_MAX 65536 /* records of one vSMMU */

static inline uint32_t pending_count(const struct pending *pending)
{
	return pending->end - pending->begin;
}

/* Return: how many more it may ever take. */
static inline uint32_t pending_room(const struct pending *pending)
{
	return PENDING_MAX - pending_count(pending);
}

/* Makes room for @count more, or for pending_room(). Return: 0 or -ENOMEM. */
int pending_reserve(struct pending *pending, uint32_t count);

/* There must be room. Under the event lock too. */
void pending_append(struct vsmmu *vsmmu, const void *records, uint32_t count);

/*
 * Gives the guest @budget of them at most, or as many as its queue takes; discards as many if
 * it takes none for good. @handled grows by how many. Return: whether some are left.
 */
bool pending_deliver(struct vsmmu *vsmmu, uint32_t budget, uint32_t *handled);

/* Counts the first @count, or those of a StreamID, as discarded. Under the event lock too. */
void pending_discard(struct vsmmu *vsmmu, uint32_t count, enum vsmmu_discard reason);
void pending_discard_stream(struct vsmmu *vsmmu, uint32_t vsid);

/* Discards those whose stream has gone, as would happen when their turn comes. */
void pending_discard_gone(struct vsmmu *vsmmu);

/* Whether some are of a StreamID. */
bool pending_has_stream(const struct pending *pending, uint32_t vsid);

/* Frees the memory; nothing is counted. */
void pending_destroy(struct pending *pending);

#endif
