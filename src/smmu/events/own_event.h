/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events that no vEVENTQ brings: of accesses that vsmmu_translate() finds at fault, and those that
 * the VMM records itself. Nobody numbers them, so they are in no sum of stats.sequenced.
 */
#ifndef SMMU_EVENTS_OWN_EVENT_H
#define SMMU_EVENTS_OWN_EVENT_H

#include "smmu/vsmmu.h"

/*
 * Puts an event into the guest's queue as hardware does (7.2, 7.4): a queue that is off or stopped
 * by an abort drops it, a full one notes an overflow. @events or @drops, which are of the vSMMU's
 * stats, grows. Without the event lock. Return: whether the guest has it.
 */
bool own_event_record(
	struct vsmmu *vsmmu, const uint64_t word[4], uint64_t *events, uint64_t *drops);

#endif
