/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All records get into the guest's event queue by these functions: they say what the queue can
 * take, and do all that follows from a batch. Under the event lock, but for the report.
 */
#ifndef SMMU_EVENTS_DELIVER_H
#define SMMU_EVENTS_DELIVER_H

#include "smmu/vsmmu.h"

/* Tells if the guest's queue can take events (IHI 0070 7.2). */
enum eventq_state {
	EVENTQ_HELD,	 /* nothing for now, whatever the registers say: a restore is under way */
	EVENTQ_DISABLED, /* nothing: events are discarded */
	EVENTQ_ABORTED,	 /* the same, until EVENTQ_ABT_ERR is acknowledged */
	EVENTQ_FULL,	 /* nothing now */
	EVENTQ_READY,
};

enum eventq_state deliver_state(const struct vsmmu *vsmmu);

/* Whether the guest has its queue on, held or not. */
bool deliver_is_on(const struct vsmmu *vsmmu);

/*
 * Gives the staged records to the guest. With @lost, or if an earlier loss has not been told
 * yet, OVFLG too: but an overflow that the guest has not acknowledged says all there is to say,
 * and it changes once in 100 ms at most, as Linux prints a line for each. Return: how many
 * records the guest has.
 */
struct eventq_commit deliver_staged(struct vsmmu *vsmmu, bool lost);

/* Does so for records of live streams, which are counted. */
struct eventq_commit deliver_events(struct vsmmu *vsmmu, bool lost);

/* Return: whether a loss waits that may be told now. */
bool deliver_overflow_is_due(const struct vsmmu *vsmmu);

/* Tells a loss that waits, if that may be now; else the timer will say when. */
void deliver_overflow(struct vsmmu *vsmmu);

/* Reports that EVENTQ_ABT_ERR was raised. Without the event lock. */
void deliver_report_abort(struct vsmmu *vsmmu);

#endif
