/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/source.h"

#include <errno.h>
#include <poll.h>

#include "smmu/entry.h"

#define BACKOFF_FIRST UINT64_C(1000000)
#define BACKOFF_LAST  UINT64_C(128000000)

bool source_readable(const struct event_source *source)
{
	struct pollfd fd = {.fd = source->veventq.fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

int source_poll(struct vsmmu *vsmmu, struct event_source *source)
{
	int ret = source->polled ? 0 : pollset_add(&vsmmu->pollset, source->veventq.fd, source);

	if (!ret)
		source->polled = true;
	return ret;
}

void source_unpoll(struct vsmmu *vsmmu, struct event_source *source)
{
	if (source->polled)
		pollset_remove(&vsmmu->pollset, source->veventq.fd);
	source->polled = false;
}

void source_wait(struct vsmmu *vsmmu, struct event_source *source, bool first)
{
	struct sources *sources = &vsmmu->sources;
	struct event_source *before = first ? NULL : sources->waiting_last;

	if (source->waiting)
		return;
	source->waiting = true;
	source->next_waiting = before ? NULL : sources->waiting;
	*(before ? &before->next_waiting : &sources->waiting) = source;
	if (!source->next_waiting)
		sources->waiting_last = source;
	sources->waiting_count++;
}

struct event_source *source_next_waiting(struct vsmmu *vsmmu)
{
	struct event_source *source = vsmmu->sources.waiting;

	if (source) {
		vsmmu->sources.waiting = source->next_waiting;
		if (!source->next_waiting)
			vsmmu->sources.waiting_last = NULL;
		vsmmu->sources.waiting_count--;
		source->waiting = false;
	}
	return source;
}

static void source_unwait(struct vsmmu *vsmmu, struct event_source *source)
{
	struct event_source *other, *end = vsmmu->sources.waiting_last;

	if (!source->waiting)
		return;
	/* Once round, so that the order of the others stays. */
	do {
		other = source_next_waiting(vsmmu);
		if (other != source)
			source_wait(vsmmu, other, false);
	} while (other != end);
}

void source_leave(struct vsmmu *vsmmu, struct event_source *source, enum source_state state)
{
	source_unpoll(vsmmu, source);
	source_unwait(vsmmu, source);
	source->state = state;
}

int source_begin(struct vsmmu *vsmmu, struct event_source *source)
{
	const struct host_veventq *veventq = &source->veventq;
	int ret;

	/* A guest's event queue takes SMMUv3 records and nothing else. */
	if (veventq->type != VSMMU_VEVENTQ_ARM_SMMUV3)
		return -EINVAL;
	ret = veventq_reader_init(&source->reader, &veventq->source, veventq->type,
		veventq->first_sequence, EVENTQ_BATCH);
	if (ret)
		return ret;
	fairlock_lock(&vsmmu->dispatch_lock);
	ret = source_poll(vsmmu, source);
	if (!ret) {
		source->tag = ++vsmmu->sources.tags;
		list_push(vsmmu->sources.first, source);
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	if (ret)
		veventq_reader_destroy(&source->reader);
	return ret;
}

void source_remove(struct vsmmu *vsmmu, struct event_source *source)
{
	source_leave(vsmmu, source, SOURCE_DISARMED);
	list_remove(vsmmu->sources.first, source);
}

void source_pass(struct vsmmu *from, struct vsmmu *to, struct event_source *source)
{
	const enum source_state state = source->state;

	fairlock_lock(&from->dispatch_lock);
	source_remove(from, source);
	fairlock_unlock(&from->dispatch_lock);
	source->turn = source->since = 0;
	fairlock_lock(&to->dispatch_lock);
	source->tag = ++to->sources.tags;
	list_push(to->sources.first, source);
	source->state = state;
	if (state == SOURCE_BACKOFF || (state == SOURCE_ARMED && source_poll(to, source)))
		source_backoff(to, source);
	fairlock_unlock(&to->dispatch_lock);
}

void source_backoff(struct vsmmu *vsmmu, struct event_source *source)
{
	source->backoff = source->backoff ? 2 * source->backoff : BACKOFF_FIRST;
	if (source->backoff > BACKOFF_LAST)
		source->backoff = BACKOFF_LAST;
	pollset_timer_start(&vsmmu->pollset, POLLSET_RETRY, pollset_now() + source->backoff);
	source_leave(vsmmu, source, SOURCE_BACKOFF);
}

/* Return: whether it is read again; if not, it is as before. */
static bool source_rearm(struct vsmmu *vsmmu, struct event_source *source)
{
	if (source_poll(vsmmu, source))
		return false;
	source->state = SOURCE_ARMED;
	return true;
}

void source_retry_all(struct vsmmu *vsmmu)
{
	list_for_each(source, vsmmu->sources.first)
		if (source->state == SOURCE_BACKOFF && !source_rearm(vsmmu, source))
			source_backoff(vsmmu, source);
}

int vsmmu_rearm(struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu), rearmed = 0;

	if (ret)
		return ret;
	fairlock_lock(&vsmmu->dispatch_lock);
	list_for_each(source, vsmmu->sources.first)
		if (source->state == SOURCE_DISARMED && source_rearm(vsmmu, source))
			rearmed++;
	fairlock_unlock(&vsmmu->dispatch_lock);
	return rearmed;
}

uint32_t source_share(const struct vsmmu *vsmmu, struct event_source *source)
{
	const uint32_t half = queue_size(vsmmu->eventq.queue.log2) / 2, share = half ? half : 1;

	if (!vsmmu->config.isolate)
		return UINT32_MAX;
	if (eventq_consumed(&vsmmu->eventq) >= source->end)
		source->since = 0;
	return source->since < share ? share - source->since : 0;
}

void source_delivered(const struct vsmmu *vsmmu, struct event_source *source, uint32_t records)
{
	if (!records)
		return;
	source->since += records;
	source->end = vsmmu->eventq.written;
}
