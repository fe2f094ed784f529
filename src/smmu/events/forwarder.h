/* SPDX-License-Identifier: BSD-2-Clause */
/* From the vEVENTQs into the guest's queue: validates, counts, decides. */
#ifndef SMMU_EVENTS_FORWARDER_H
#define SMMU_EVENTS_FORWARDER_H

#include "smmu/viommu/viommu.h"

/* What became of one read. */
enum forward {
	FORWARD_MORE,	 /* read on */
	FORWARD_DRAINED, /* the vEVENTQ was empty just now */
	FORWARD_FULL,	 /* the guest's queue is: nothing was read */
	FORWARD_LATER,	 /* the read failed, for now or for good */
};

/* Under the event lock: whether reading must stop until the guest makes room. */
bool forwarder_is_full(struct vsmmu *vsmmu);

/* All below under the dispatch lock. */

/*
 * At most one read, of at most @records records, and what follows from it. @handled
 * grows by the events and losses that it brought.
 */
enum forward forwarder_step(
	struct vsmmu *vsmmu, struct viommu *viommu, uint32_t records, uint32_t *handled);

/*
 * As @step, for all that the vEVENTQ holds now, within the guest's room, and no more than it
 * can hold; what a snapshot brought is older and comes first. Return: records and losses.
 */
uint32_t forwarder_run(struct vsmmu *vsmmu, struct viommu *viommu);

/* Reads it to empty and discards every event for @reason; touches no register. */
void forwarder_drain(struct vsmmu *vsmmu, struct viommu *viommu, enum vsmmu_discard reason);
void forwarder_drain_all(struct vsmmu *vsmmu, enum vsmmu_discard reason);

/* Its streams, live or stale, are no more. */
void forwarder_forget(struct vsmmu *vsmmu, struct viommu *viommu);

#endif
