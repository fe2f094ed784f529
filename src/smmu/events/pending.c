/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/record.h"
#include "smmu/events/deliver.h"
#include "smmu/stats.h"

int pending_reserve(struct pending *pending, uint32_t count)
{
	const uint32_t kept = pending_count(pending);
	uint8_t(*records)[VSMMU_EVENT_RECORD_SIZE];
	uint32_t size = pending->size ? pending->size : EVENTQ_BATCH;

	if (count > pending_room(pending))
		count = pending_room(pending);
	if (pending->size - pending->end >= count)
		return 0;
	while (size - kept < count)
		size *= 2;
	records = malloc(size * sizeof(*records));
	if (!records)
		return -ENOMEM;
	if (kept)
		memcpy(records, pending->records + pending->begin, kept * sizeof(*records));
	free(pending->records);
	*pending = (struct pending){.records = records, .end = kept, .size = size};
	return 0;
}

void pending_append(struct vsmmu *vsmmu, const void *records, uint32_t count)
{
	struct pending *pending = &vsmmu->pending;

	if (!count)
		return;
	memcpy(pending->records + pending->end, records, count * sizeof(*pending->records));
	pending->end += count;
	vsmmu->stats.pending += count;
}

void pending_destroy(struct pending *pending)
{
	free(pending->records);
	*pending = (struct pending){0};
}

/* The first @count have found their end. */
static void pending_take(struct vsmmu *vsmmu, uint32_t count)
{
	struct pending *pending = &vsmmu->pending;

	pending->begin += count;
	vsmmu->stats.pending -= count;
	if (!pending_count(pending))
		pending_destroy(pending);
}

static uint32_t record_vsid(const uint8_t *record)
{
	return (uint32_t)(record_load_word(record, 0) >> 32);
}

/* Stages the first @count for the guest. A stream may have gone since. */
static void pending_stage(struct vsmmu *vsmmu, uint32_t count)
{
	const struct pending *pending = &vsmmu->pending;
	struct eventq *queue = &vsmmu->eventq;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *record = pending->records[pending->begin + i];
		uint32_t index = stream_find_known(&vsmmu->streams, record_vsid(record));

		if (index == STREAM_NONE) {
			stats_discard(vsmmu, index, VSMMU_DISCARD_STALE);
			continue;
		}
		memcpy(queue->records[queue->staged++], record, sizeof(queue->records[0]));
		stream_probe(&vsmmu->streams, record_vsid(record))->delivered++;
	}
}

/* Under the event lock. Return: how many of the first @most have found their end. */
static uint32_t pending_batch(struct vsmmu *vsmmu, uint32_t most, bool *aborted)
{
	const enum eventq_state state = deliver_state(vsmmu);
	uint32_t count = pending_count(&vsmmu->pending), room;

	count = count < EVENTQ_BATCH ? count : EVENTQ_BATCH;
	count = count < most ? count : most;
	if (state == EVENTQ_FULL || state == EVENTQ_HELD)
		return 0;
	if (state != EVENTQ_READY) {
		pending_discard(vsmmu, count,
			state == EVENTQ_DISABLED ? VSMMU_DISCARD_DISABLED : VSMMU_DISCARD_ABORT);
		return count;
	}
	room = eventq_room(&vsmmu->eventq);
	count = count < room ? count : room;
	pending_stage(vsmmu, count);
	if (deliver_events(vsmmu, false).aborted)
		*aborted = true;
	pending_take(vsmmu, count);
	return count;
}

bool pending_deliver(struct vsmmu *vsmmu, uint32_t budget, uint32_t *handled)
{
	uint32_t left = budget, done = 1;
	bool aborted = false;

	for (; pending_count(&vsmmu->pending) && left && done; left -= done) {
		pthread_mutex_lock(&vsmmu->event_lock);
		done = pending_batch(vsmmu, left, &aborted);
		pthread_mutex_unlock(&vsmmu->event_lock);
	}
	*handled += budget - left;
	if (aborted)
		deliver_report_abort(vsmmu);
	return pending_count(&vsmmu->pending);
}

void pending_discard(struct vsmmu *vsmmu, uint32_t count, enum vsmmu_discard reason)
{
	const struct pending *pending = &vsmmu->pending;

	for (uint32_t i = pending->begin; i < pending->begin + count; i++)
		stats_discard(vsmmu, stream_find(&vsmmu->streams, record_vsid(pending->records[i])),
			reason);
	pending_take(vsmmu, count);
}

bool pending_has_stream(const struct pending *pending, uint32_t vsid)
{
	for (uint32_t i = pending->begin; i < pending->end; i++)
		if (record_vsid(pending->records[i]) == vsid)
			return true;
	return false;
}

/* A record that is @gone is counted as discarded, any other is moved to where @kept ends. */
static uint32_t pending_sort(struct vsmmu *vsmmu, uint32_t at, uint32_t kept, bool gone)
{
	struct pending *pending = &vsmmu->pending;
	const uint8_t *record = pending->records[at];

	if (gone) {
		stats_discard(vsmmu, stream_find(&vsmmu->streams, record_vsid(record)),
			VSMMU_DISCARD_STALE);
		return kept;
	}
	memmove(pending->records[kept], record, sizeof(pending->records[kept]));
	return kept + 1;
}

/* Records up to @kept are left. */
static void pending_cut(struct vsmmu *vsmmu, uint32_t kept)
{
	vsmmu->stats.pending -= vsmmu->pending.end - kept;
	vsmmu->pending.end = kept;
	pending_take(vsmmu, 0);
}

void pending_discard_stream(struct vsmmu *vsmmu, uint32_t vsid)
{
	const struct pending *pending = &vsmmu->pending;
	uint32_t kept = pending->begin;

	for (uint32_t i = pending->begin; i < pending->end; i++)
		kept = pending_sort(vsmmu, i, kept, record_vsid(pending->records[i]) == vsid);
	pending_cut(vsmmu, kept);
}

void pending_discard_gone(struct vsmmu *vsmmu)
{
	const struct pending *pending = &vsmmu->pending;
	uint32_t kept = pending->begin;

	for (uint32_t i = pending->begin; i < pending->end; i++) {
		const uint32_t vsid = record_vsid(pending->records[i]);

		kept = pending_sort(
			vsmmu, i, kept, stream_find_known(&vsmmu->streams, vsid) == STREAM_NONE);
	}
	pending_cut(vsmmu, kept);
}
