/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/dispatch.h"

#include "smmu/entry.h"
#include "smmu/events/deliver.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/events/source.h"

#define BUDGET_DEFAULT 1024
#define READY_MAX      64
#define SLICE_MIN      64 /* records */

/* Reads @source until it is empty or @records are used up. */
static enum forward dispatch_source(struct vsmmu *vsmmu, struct event_source *source,
	uint32_t records, bool sync, uint32_t *handled)
{
	enum forward forward = FORWARD_MORE;
	uint32_t mine = 0;

	while (forward == FORWARD_MORE && mine < records)
		forward = forwarder_step(vsmmu, source, records - mine, sync, &mine);
	/* poll said readable, read said empty: kernels before mid-2026 do so when they are short
	 * of memory. Backing off keeps us from spinning on it. */
	if (forward == FORWARD_DRAINED && !mine && !sync && source_readable(source)) {
		source_backoff(vsmmu, source);
		forward = FORWARD_LATER;
	}
	*handled += mine;
	return forward;
}

/* Readable sources join those that wait. Return: whether there may be more of them. */
static bool dispatch_gather(struct vsmmu *vsmmu)
{
	struct event_source *only = vsmmu->sources.first;
	void *ready[READY_MAX];
	int count;

	/* With one alone there is nothing to choose: reading it says what poll would. */
	if (only && !only->next) {
		if (only->state == SOURCE_ARMED)
			source_wait(vsmmu, only, false);
		return false;
	}
	count = pollset_wait(&vsmmu->pollset, ready, READY_MAX);
	for (int i = 0; i < count; i++)
		source_wait(vsmmu, ready[i], false);
	return count >= READY_MAX - POLLSET_OWN;
}

/*
 * Records that a source may have before it is another's turn: its part of the budget, if that is
 * worth a read, but no more than becomes free when the guest's queue was full.
 */
static uint32_t dispatch_turn(
	const struct vsmmu *vsmmu, const struct event_source *source, uint32_t budget)
{
	const uint32_t quarter = (queue_size(vsmmu->eventq.queue.log2) + 3) / 4;
	uint32_t turn = budget / (vsmmu->sources.waiting_count + 1);

	if (!vsmmu->sources.waiting)
		return budget;
	if (source->turn)
		return source->turn;
	turn = turn > SLICE_MIN ? turn : SLICE_MIN;
	turn = turn < quarter ? turn : quarter;
	return turn < budget ? turn : budget;
}

/* Serves the first in the list. Return: how that went. */
static enum forward dispatch_next(
	struct vsmmu *vsmmu, uint32_t budget, bool sync, uint32_t *handled)
{
	struct event_source *source = source_next_waiting(vsmmu);
	uint32_t turn = dispatch_turn(vsmmu, source, budget);
	uint32_t left = budget - *handled, got = 0;
	enum forward forward =
		dispatch_source(vsmmu, source, turn < left ? turn : left, sync, &got);

	*handled += got;
	source->turn = 0;
	switch (forward) {
	case FORWARD_FULL:
	case FORWARD_MORE:
		/* A source that was cut short is the first next time. */
		if (got < turn)
			source->turn = turn - got;
		source_wait(vsmmu, source, source->turn);
		break;
	case FORWARD_HELD:
		source_wait(vsmmu, source, false);
		break;
	case FORWARD_DRAINED:
		if (source_poll(vsmmu, source))
			source_backoff(vsmmu, source);
		break;
	case FORWARD_LATER:
		break;
	}
	return forward;
}

/*
 * Reads what is readable, @budget records at most. Under the dispatch lock. Return: whether it
 * ended because the guest's queue is full.
 */
static bool dispatch_read(struct vsmmu *vsmmu, uint32_t budget, bool sync, uint32_t *handled)
{
	uint32_t before;
	bool more;

	if (pending_deliver(vsmmu, budget, handled))
		return *handled < budget;
	do {
		uint32_t held = 0;

		before = *handled;
		more = dispatch_gather(vsmmu);
		/* Once round the list with nobody but those that have their share ends it. */
		while (held < vsmmu->sources.waiting_count) {
			enum forward forward;

			if (*handled >= budget)
				return false;
			forward = dispatch_next(vsmmu, budget, sync, handled);
			if (forward == FORWARD_FULL)
				return true;
			held = forward == FORWARD_HELD ? held + 1 : 0;
		}
		/* Sources that are readable and give nothing are asked once. */
	} while (more && *handled > before);
	return false;
}

/* Finds those that have their share. Under the event lock. Return: whether there are any. */
static bool hold_find(struct vsmmu *vsmmu)
{
	const struct eventq *eventq = &vsmmu->eventq;
	struct event_pause *pause = &vsmmu->pause;
	uint64_t end = UINT64_MAX;
	bool any;

	for (struct event_source *source = vsmmu->sources.waiting; source;
		source = source->next_waiting) {
		source->held = !source_share(vsmmu, source);
		/* CONS comes to this one first. */
		if (source->held && source->end < end)
			end = source->end;
	}
	any = end != UINT64_MAX;
	vsmmu->stats.pauses += any;
	atomic_store(
		&pause->end, atomic_load(&eventq->queue.prod) - (uint32_t)(eventq->written - end));
	atomic_store(&pause->held, any);
	return any && eventq_consumed(eventq) >= end;
}

/*
 * Those that have their share are not polled until CONS has passed the end of one of them.
 * Return: whether to dispatch again: the guest's write of CONS came too early to be seen, or
 * others wait that nothing else would tell of.
 */
static bool dispatch_hold(struct vsmmu *vsmmu)
{
	bool again = pending_count(&vsmmu->pending);

	if (!vsmmu->sources.waiting)
		return again;
	pthread_mutex_lock(&vsmmu->event_lock);
	again = hold_find(vsmmu) || again;
	pthread_mutex_unlock(&vsmmu->event_lock);
	for (struct event_source *source = vsmmu->sources.waiting; source;
		source = source->next_waiting) {
		if (source->held)
			source_unpoll(vsmmu, source);
		else
			again = again || !source->polled;
	}
	return again;
}

/*
 * The guest's queue is full, or was and is not worth filling yet: the kernel keeps what it has.
 * Return: whether to dispatch again, as the guest made room before the pause could be seen.
 */
static bool dispatch_pause(struct vsmmu *vsmmu)
{
	const struct guest_queue *queue = &vsmmu->eventq.queue;
	struct event_pause *pause = &vsmmu->pause;
	enum eventq_state state;
	bool more;

	do {
		more = dispatch_gather(vsmmu);
		for (struct event_source *source = vsmmu->sources.waiting; source;
			source = source->next_waiting)
			source_unpoll(vsmmu, source);
	} while (more);
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->stats.pauses++;
	atomic_store(&pause->full, true);
	state = deliver_state(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	/* Writers of CONS see the pause from now on, and earlier ones are seen here. */
	return state == EVENTQ_READY ? queue_quarter_is_free(atomic_load(&queue->prod),
					       atomic_load(&queue->cons), queue->log2)
				     : state != EVENTQ_FULL && state != EVENTQ_HELD;
}

/* Does what a timer or another thread has asked for. */
static void dispatch_wake(struct vsmmu *vsmmu)
{
	bool kicked = pollset_unkick(&vsmmu->pollset);

	if (pollset_timer_expired(&vsmmu->pollset, POLLSET_RETRY))
		source_retry_all(vsmmu);
	if (!pollset_timer_expired(&vsmmu->pollset, POLLSET_OVERFLOW) && !kicked)
		return;
	pthread_mutex_lock(&vsmmu->event_lock);
	deliver_overflow(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

int vsmmu_dispatch(struct vsmmu *vsmmu, uint32_t budget)
{
	int ret = entry_check(vsmmu);
	uint32_t handled = 0;
	bool again;

	if (ret)
		return ret;
	if (!budget)
		budget = BUDGET_DEFAULT;
	if (budget > INT32_MAX / 2)
		budget = INT32_MAX / 2;
	fairlock_lock(&vsmmu->dispatch_lock);
	dispatch_wake(vsmmu);
	if (atomic_load(&vsmmu->pause.full) || dispatch_read(vsmmu, budget, false, &handled))
		again = dispatch_pause(vsmmu);
	else
		again = dispatch_hold(vsmmu);
	if (again) {
		atomic_store(&vsmmu->pause.full, false);
		atomic_store(&vsmmu->pause.held, false);
		pollset_kick(&vsmmu->pollset);
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	return (int)handled;
}

void dispatch_for_sync(struct vsmmu *vsmmu, uint32_t budget)
{
	uint32_t handled = 0;

	/* A full queue is for vsmmu_dispatch() to find: its fd stays readable until then. */
	fairlock_lock(&vsmmu->dispatch_lock);
	dispatch_read(vsmmu, budget, true, &handled);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

void dispatch_resume(struct vsmmu *vsmmu)
{
	bool full = atomic_exchange(&vsmmu->pause.full, false);
	bool held = atomic_exchange(&vsmmu->pause.held, false), overflow;

	pthread_mutex_lock(&vsmmu->event_lock);
	overflow = deliver_overflow_is_due(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (full || held || overflow)
		pollset_kick(&vsmmu->pollset);
}

void dispatch_consumed(struct vsmmu *vsmmu)
{
	const struct guest_queue *queue = &vsmmu->eventq.queue;
	struct event_pause *pause = &vsmmu->pause;
	const bool full = atomic_load(&pause->full);
	uint32_t prod, cons;
	bool worth;

	if (!full && !atomic_load(&pause->held))
		return;
	prod = atomic_load(&queue->prod);
	cons = atomic_load(&queue->cons);
	worth = full ? queue_quarter_is_free(prod, cons, queue->log2)
		     : queue_has_passed(prod, cons, atomic_load(&pause->end), queue->log2);
	/* Only who ends the pause rings. */
	if (worth && atomic_exchange(full ? &pause->full : &pause->held, false))
		pollset_kick(&vsmmu->pollset);
}
