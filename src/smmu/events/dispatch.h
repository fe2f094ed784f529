/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vEVENTQ is read when, and when reading stops and goes on. */
#ifndef SMMU_EVENTS_DISPATCH_H
#define SMMU_EVENTS_DISPATCH_H

#include "smmu/vsmmu.h"

/*
 * A CMD_SYNC's share of the work: forwards events that are readable now, @budget records at
 * most, and never waits for room in the guest's queue. Without the dispatch lock.
 */
void dispatch_for_sync(struct vsmmu *vsmmu, uint32_t budget);

/* The guest has written CONS: reading goes on if that is worth it. Any thread, no lock. */
void dispatch_consumed(struct vsmmu *vsmmu);

/* Reading goes on in any case: the guest has written CR0 or GERRORN. Without the event lock. */
void dispatch_resume(struct vsmmu *vsmmu);

#endif
