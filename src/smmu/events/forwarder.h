/* SPDX-License-Identifier: BSD-2-Clause */
/* From a vEVENTQ towards the guest: reads, validates, counts, decides. Under the dispatch lock. */
#ifndef SMMU_EVENTS_FORWARDER_H
#define SMMU_EVENTS_FORWARDER_H

#include "smmu/vsmmu.h"

/* Tells what became of a read. */
enum forward {
	FORWARD_MORE,	 /* read on */
	FORWARD_DRAINED, /* the vEVENTQ was empty just now */
	FORWARD_FULL,	 /* the guest's queue is: nothing was read */
	FORWARD_HELD,	 /* it has its share of the guest's queue: nothing was read */
	FORWARD_LATER,	 /* the read failed, for now or for good */
};

/*
 * Makes one read at most, of @records records at most, and does what follows from it. @handled
 * grows by the events and losses that it brought. A CMD_SYNC (@sync) does not ask for shares.
 */
enum forward forwarder_step(struct vsmmu *vsmmu, struct event_source *source, uint32_t records,
	bool sync, uint32_t *handled);

/*
 * Forwards all that the vEVENTQ holds now, within the guest's room, and no more than it can
 * hold; records that wait already come first. What is then left of a detached endpoint is known
 * to be stale.
 */
void forwarder_run(struct vsmmu *vsmmu, struct event_source *source);

/*
 * Reads all vEVENTQs to empty and discards every event for @reason, and the records that wait;
 * touches no register.
 */
void forwarder_drain_all(struct vsmmu *vsmmu, enum vsmmu_discard reason);

/*
 * Reads all vEVENTQs to empty and keeps their records as pending. Those beyond PENDING_MAX are
 * lost, and counted in @lost too. Return: 0; -errno of a read: all that was read is kept.
 */
int forwarder_read_ahead(struct vsmmu *vsmmu, uint64_t *lost);
int forwarder_read_one_ahead(struct vsmmu *vsmmu, struct event_source *source, uint64_t *lost);

/*
 * Ends a source: nothing polls it any more, what it holds is counted as discarded, its streams
 * are free. Under the control lock, without the dispatch lock.
 */
void forwarder_end(struct vsmmu *vsmmu, struct event_source *source);

#endif
