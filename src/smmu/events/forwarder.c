/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/forwarder.h"

#include <errno.h>
#include <string.h>

#include "smmu/events/batch.h"
#include "smmu/events/deliver.h"
#include "smmu/events/pending.h"
#include "smmu/events/source.h"
#include "smmu/report.h"
#include "util/errno_name.h"

#define TRIES 8 /* of a read that fails for a while, where there is no later */

/* A read that gave nothing says when to read again. */
static void source_read_failed(struct vsmmu *vsmmu, struct event_source *source, ssize_t got)
{
	if (got == -ENOMEM)
		report(vsmmu, VSMMU_REPORT_QUEUE_BACKOFF, VSMMU_WARNING, VSMMU_NO_VSID,
			"the host kernel has no memory to hand out events; nothing is lost, "
			"trying again");
	if (got == -ENOMEM || got == -EAGAIN) {
		if (source->state == SOURCE_ARMED)
			source_backoff(vsmmu, source);
		return;
	}
	if (source->state == SOURCE_DISARMED)
		return;
	source_leave(vsmmu, source, SOURCE_DISARMED);
	report(vsmmu, VSMMU_REPORT_QUEUE_DISARMED, VSMMU_ERROR, VSMMU_NO_VSID,
		"reading a vEVENTQ failed: %s; no more events come from it until vsmmu_rearm() is "
		"called",
		errno_name((int)-got));
}

static void count_down(uint32_t *left, uint32_t events)
{
	*left -= events < *left ? events : *left;
}

/*
 * Once the vEVENTQ was empty, or as much was read as it can hold, no event of a detached
 * endpoint is in it any more: the second is for neighbours that never let it be empty. A read
 * that came back short may have been cut by a fault: poll knows. So it is for what a drain had
 * to leave there.
 */
static void streams_retire(struct vsmmu *vsmmu, struct batch *batch)
{
	struct event_source *source = batch->source;

	if (!(source->stale || source->old_left) || batch->got < 0)
		return;
	count_down(&source->stale_left, batch->events);
	count_down(&source->old_left, batch->events);
	if (source->reader.drained && !source_readable(source))
		source->stale_left = source->old_left = 0;
	if (!source->stale || source->stale_left)
		return;
	batch->freed = stream_sweep(&vsmmu->streams, source, false, &batch->freed_vsid);
	source->stale = 0;
}

/* Return: records that may be read now for the guest, or none and why. */
static uint32_t batch_begin(
	struct vsmmu *vsmmu, struct batch *batch, bool sync, enum forward *forward)
{
	uint32_t share = UINT32_MAX, room;

	switch (deliver_state(vsmmu)) {
	case EVENTQ_DISABLED:
		batch->sink = SINK_NOWHERE;
		batch->reason = VSMMU_DISCARD_DISABLED;
		return EVENTQ_BATCH;
	case EVENTQ_ABORTED:
		batch->sink = SINK_NOWHERE;
		batch->reason = VSMMU_DISCARD_ABORT;
		return EVENTQ_BATCH;
	case EVENTQ_HELD:
	case EVENTQ_FULL:
		*forward = FORWARD_FULL;
		return 0;
	case EVENTQ_READY:
		break;
	}
	room = eventq_room(&vsmmu->eventq);
	if (!sync)
		share = source_share(vsmmu, batch->source);
	if (!share)
		*forward = FORWARD_HELD;
	room = room < share ? room : share;
	room = room < EVENTQ_BATCH ? room : EVENTQ_BATCH;
	batch->enables = vsmmu->eventq.enables;
	vsmmu->eventq.reserved = room;
	return room;
}

/*
 * Only threads that want the dispatch lock wait for the read. Meanwhile the guest may have turned
 * its queue off, or off and on: then the records are older than that, and discarded.
 */
static void batch_arrive(struct vsmmu *vsmmu, struct batch *batch)
{
	const bool same = batch->enables == vsmmu->eventq.enables;
	enum eventq_state state;

	vsmmu->eventq.reserved = 0;
	state = same ? deliver_state(vsmmu) : EVENTQ_DISABLED;
	if (batch->sink != SINK_GUEST || !(state == EVENTQ_DISABLED || state == EVENTQ_ABORTED))
		return;
	batch->sink = SINK_NOWHERE;
	batch->reason = state == EVENTQ_ABORTED ? VSMMU_DISCARD_ABORT : VSMMU_DISCARD_DISABLED;
}

static enum forward batch_end(struct vsmmu *vsmmu, struct batch *batch)
{
	struct event_source *source = batch->source;

	batch_report(vsmmu, batch);
	if (batch->got < 0) {
		source_read_failed(vsmmu, source, batch->got);
		return FORWARD_LATER;
	}
	if (batch->got > 0)
		source->backoff = 0;
	return source->reader.drained ? FORWARD_DRAINED : FORWARD_MORE;
}

/*
 * Reads without the event lock, which is held before and after. Records that will be discarded are
 * read with the lock held: a guest that then enables its queue, or acknowledges its error, must get
 * all events from that moment on.
 */
static void batch_fetch(struct vsmmu *vsmmu, struct batch *batch, uint32_t records)
{
	if (batch->sink == SINK_NOWHERE) {
		batch_read(batch, records);
		return;
	}
	pthread_mutex_unlock(&vsmmu->event_lock);
	batch_read(batch, records);
	pthread_mutex_lock(&vsmmu->event_lock);
	batch_arrive(vsmmu, batch);
}

enum forward forwarder_step(struct vsmmu *vsmmu, struct event_source *source, uint32_t records,
	bool sync, uint32_t *handled)
{
	struct batch batch = {.source = source};
	enum forward forward = FORWARD_FULL;
	uint32_t limit;

	pthread_mutex_lock(&vsmmu->event_lock);
	limit = batch_begin(vsmmu, &batch, sync, &forward);
	if (limit) {
		batch_fetch(vsmmu, &batch, records < limit ? records : limit);
		batch_forward(vsmmu, &batch);
		streams_retire(vsmmu, &batch);
	}
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (!limit)
		return forward;
	*handled += batch.items;
	return batch_end(vsmmu, &batch);
}

/* More than all that it can hold: events, a loss before each, and the header of a last one. */
static uint32_t source_holds(const struct event_source *source)
{
	return 2 * source->depth + 2;
}

void forwarder_run(struct vsmmu *vsmmu, struct event_source *source)
{
	const uint32_t holds = source_holds(source);
	enum forward forward = FORWARD_MORE;
	struct batch batch = {.source = source};
	uint32_t handled = 0, unused = 0;

	if (!pending_deliver(vsmmu, UINT32_MAX, &unused))
		while (forward == FORWARD_MORE && handled < holds)
			forward = forwarder_step(vsmmu, source, EVENTQ_BATCH, true, &handled);
	/* Nothing can be read for a guest whose queue is full, but poll tells if there is any. */
	if (!source->stale || source_readable(source))
		return;
	pthread_mutex_lock(&vsmmu->event_lock);
	batch.freed = stream_sweep(&vsmmu->streams, source, false, &batch.freed_vsid);
	source->stale = 0;
	pthread_mutex_unlock(&vsmmu->event_lock);
	batch_report(vsmmu, &batch);
}

/* Whether a read failed for good; a drain tries again even then, as it is the last one to read. */
static bool read_is_over(const struct batch *batch)
{
	return batch->got < 0 && batch->got != -ENOMEM && batch->got != -EAGAIN;
}

/*
 * Reads on until the vEVENTQ is empty, a read fails for good, or as much came as it can hold.
 * There may be no later, so a read that brings nothing is tried again while poll says that there
 * is something: memory may have been short, of which kernels before mid-2026 say nothing, or a
 * record is cut short each time. An error that lasts ends a save, which can be made again, but
 * not a drain: what goes nowhere is counted now or never. Return: 0 or -errno.
 */
static int source_read_all(struct vsmmu *vsmmu, struct batch *batch, uint64_t *left_out)
{
	const struct batch first = *batch;
	const uint32_t holds = source_holds(batch->source);
	unsigned int tries = TRIES;

	for (uint32_t handled = 0; handled < holds; handled += batch->items) {
		*batch = first;
		if (batch->sink == SINK_PENDING && pending_reserve(&vsmmu->pending, EVENTQ_BATCH))
			return -ENOMEM;
		batch_read(batch, EVENTQ_BATCH);
		pthread_mutex_lock(&vsmmu->event_lock);
		batch_forward(vsmmu, batch);
		streams_retire(vsmmu, batch);
		pthread_mutex_unlock(&vsmmu->event_lock);
		batch_end(vsmmu, batch);
		*left_out += batch->left_out;
		if (batch->events || batch->lost)
			tries = TRIES;
		else if (first.sink == SINK_PENDING && read_is_over(batch))
			return (int)batch->got;
		else if (!source_readable(batch->source))
			return 0;
		else if (!tries--)
			return batch->got > 0 ? -EPROTO : -ENOMEM;
	}
	return 0;
}

static void source_drain(
	struct vsmmu *vsmmu, struct event_source *source, enum vsmmu_discard reason)
{
	struct batch batch = {.source = source, .sink = SINK_NOWHERE, .reason = reason};
	uint64_t unused = 0;

	/* An event that cannot be read now must not reach the guest when it can. */
	source->old_left = source_read_all(vsmmu, &batch, &unused) ? source->depth : 0;
	source->old_reason = reason;
}

void forwarder_drain_all(struct vsmmu *vsmmu, enum vsmmu_discard reason)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	pending_discard(vsmmu, pending_count(&vsmmu->pending), reason);
	pthread_mutex_unlock(&vsmmu->event_lock);
	list_for_each(source, vsmmu->sources.first)
		source_drain(vsmmu, source, reason);
}

void forwarder_end(struct vsmmu *vsmmu, struct event_source *source)
{
	struct batch batch = {.source = source};

	fairlock_lock(&vsmmu->dispatch_lock);
	source_remove(vsmmu, source);
	source_drain(vsmmu, source, VSMMU_DISCARD_TEARDOWN);
	pthread_mutex_lock(&vsmmu->event_lock);
	batch.freed = stream_sweep(&vsmmu->streams, source, true, &batch.freed_vsid);
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
	veventq_reader_destroy(&source->reader);
	batch_report(vsmmu, &batch);
}

int forwarder_read_one_ahead(struct vsmmu *vsmmu, struct event_source *source, uint64_t *lost)
{
	struct batch batch = {.source = source, .sink = SINK_PENDING};

	return source_readable(source) ? source_read_all(vsmmu, &batch, lost) : 0;
}

int forwarder_read_ahead(struct vsmmu *vsmmu, uint64_t *lost)
{
	int ret = 0;

	for (struct event_source *source = vsmmu->sources.first; source && !ret;
		source = source->next)
		ret = forwarder_read_one_ahead(vsmmu, source, lost);
	return ret;
}
