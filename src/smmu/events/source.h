/* SPDX-License-Identifier: BSD-2-Clause */
/* When a vEVENTQ is polled, waits to be read, or is left alone. Under the dispatch lock. */
#ifndef SMMU_EVENTS_SOURCE_H
#define SMMU_EVENTS_SOURCE_H

#include "smmu/vsmmu.h"

/*
 * Makes a reader and begins to read; @source->veventq and @depth are filled in. Under the
 * control lock alone. Return: 0 or -errno.
 */
int source_begin(struct vsmmu *vsmmu, struct event_source *source);

/* Stops; nothing tells of it any more. Under the control lock too. */
void source_remove(struct vsmmu *vsmmu, struct event_source *source);

/*
 * Another vSMMU reads it from now on. No stream of @from has it any more. Under the control locks
 * of both, without the dispatch locks.
 */
void source_pass(struct vsmmu *from, struct vsmmu *to, struct event_source *source);

/* Whether it holds something now. */
bool source_readable(const struct event_source *source);

/* In the poll set the vSMMU's fd tells when something comes in. Return: 0 or -errno. */
int source_poll(struct vsmmu *vsmmu, struct event_source *source);
void source_unpoll(struct vsmmu *vsmmu, struct event_source *source);

/* Puts it among those that are read next, @first or last, unless it is in there. */
void source_wait(struct vsmmu *vsmmu, struct event_source *source, bool first);
/* Takes the first one out. Return: NULL when there is none. */
struct event_source *source_next_waiting(struct vsmmu *vsmmu);

/* After a read that failed it is left alone: for a while, or (DISARMED) until vsmmu_rearm(). */
void source_backoff(struct vsmmu *vsmmu, struct event_source *source);
void source_leave(struct vsmmu *vsmmu, struct event_source *source, enum source_state state);

/* The backoff's time is over: those that had to wait are read again. */
void source_retry_all(struct vsmmu *vsmmu);

/*
 * With config.isolate no source fills more than half of the guest's queue. Under the event lock
 * too. Return: records that it may deliver now; 0 until CONS has passed its last one.
 */
uint32_t source_share(const struct vsmmu *vsmmu, struct event_source *source);

/* Notes that it has delivered so many. Under the event lock too. */
void source_delivered(const struct vsmmu *vsmmu, struct event_source *source, uint32_t records);

#endif
