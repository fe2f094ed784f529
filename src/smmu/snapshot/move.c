/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vSMMU's guest goes over to another vSMMU while its devices work: by a snapshot, and with host
 * objects that are all new but the nesting parents. What can be made before is made first, under
 * the attach locks alone. Then, under the control locks, each endpoint is switched over; the events
 * that came meanwhile are read out with the old vSMMU's snapshot, which the new one takes. Up to
 * there all can be undone, and nothing after it can fail.
 *
 * The lock of the vSMMU with the lower address is taken first.
 */
#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "smmu/commands/cmdq.h"
#include "smmu/commands/invalidation.h"
#include "smmu/endpoints/adopt.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/moving.h"
#include "smmu/endpoints/retry.h"
#include "smmu/entry.h"
#include "smmu/events/dispatch.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/events/source.h"
#include "smmu/identity.h"
#include "smmu/refusal.h"
#include "smmu/registers/table.h"
#include "smmu/snapshot/parts.h"

struct move {
	struct vsmmu *from, *to;
	struct vsmmu *first, *second; /* of the locks */
	uint32_t count;
	struct moving *moving; /* for each endpoint */
	struct snapshot snapshot;
	uint8_t *bytes; /* of @snapshot */
	uint64_t lost;	/* records that had no room in pending */
	bool began;	/* to switch endpoints */
};

static void lock_attach(struct move *move)
{
	pthread_mutex_lock(&move->first->attach_lock);
	pthread_mutex_lock(&move->second->attach_lock);
}

static void unlock_attach(struct move *move)
{
	pthread_mutex_unlock(&move->second->attach_lock);
	pthread_mutex_unlock(&move->first->attach_lock);
}

static void lock_commands(struct move *move)
{
	fairlock_lock(&move->first->command_lock);
	fairlock_lock(&move->second->command_lock);
}

static void unlock_commands(struct move *move)
{
	fairlock_unlock(&move->second->command_lock);
	fairlock_unlock(&move->first->command_lock);
}

static void lock_control(struct move *move)
{
	pthread_mutex_lock(&move->first->control_lock);
	pthread_mutex_lock(&move->second->control_lock);
}

static void unlock_control(struct move *move)
{
	pthread_mutex_unlock(&move->second->control_lock);
	pthread_mutex_unlock(&move->first->control_lock);
}

/* With the dispatch lock no read is under way. */
static void hold_events(struct vsmmu *vsmmu, bool held)
{
	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->eventq.held = held;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* Under the command and control locks. Return: 0 or -errno, reported. */
static int check_locked(struct move *move)
{
	struct vsmmu *from = move->from, *to = move->to;
	int ret;

	if (to->host != from->host)
		return refuse(to, VSMMU_NO_VSID, -ENODEV,
			"the two vSMMUs of a move have different hosts: the endpoints' objects are "
			"made on those that are there");
	if (to->endpoints || to->sources.first || to->parents)
		return refuse(to, VSMMU_NO_VSID, -EBUSY,
			"a vSMMU that another one is to be moved to has endpoints, an adopted "
			"vEVENTQ or a nesting parent already");
	ret = restore_check_fresh(to);
	if (!ret)
		ret = save_look(from, &move->snapshot);
	return ret ? ret : restore_check_config(to, &move->snapshot);
}

static int move_check(struct move *move)
{
	int ret;

	lock_commands(move);
	lock_control(move);
	ret = check_locked(move);
	unlock_control(move);
	unlock_commands(move);
	snapshot_release(&move->snapshot);
	return ret;
}

/* Under the attach locks alone. Return: 0 or -errno: what was made is to be freed. */
static int move_make(struct move *move)
{
	int ret = 0;

	list_for_each(endpoint, move->from->endpoints)
		move->count++;
	move->moving = calloc(move->count + 1, sizeof(*move->moving));
	if (!move->moving) {
		move->count = 0;
		return -ENOMEM;
	}
	move->count = 0;
	for (struct vsmmu_endpoint *endpoint = move->from->endpoints; endpoint && !ret;
		endpoint = endpoint->next)
		ret = moving_make(&move->moving[move->count++], endpoint, move->to);
	return ret;
}

static int move_endpoints(struct move *move)
{
	int ret = 0;

	for (uint32_t i = 0; i < move->count && !ret; i++)
		ret = moving_prepare(&move->moving[i]);
	move->began = !ret;
	for (uint32_t i = 0; i < move->count && !ret; i++)
		ret = moving_switch(&move->moving[i]);
	return ret;
}

/* All that may fail. Under the command and control locks. */
static int move_switch(struct move *move)
{
	size_t length = 0;
	int ret;

	hold_events(move->from, true);
	hold_events(move->to, true);
	ret = move_endpoints(move);
	if (!ret)
		ret = save_take(move->from, &move->bytes, &length, &move->lost);
	if (ret)
		return ret;
	ret = snapshot_read(&move->snapshot, move->bytes, length);
	if (!ret)
		ret = restore_reserve(move->to, &move->snapshot);
	return ret ? ret : restore_await_streams(move->to, &move->snapshot);
}

/* Sources, parents and orphans of one vSMMU are another's from now on. Under the control locks. */
static void pass_on(struct vsmmu *from, struct vsmmu *to)
{
	struct nesting_parent *parent;

	while (from->sources.first)
		source_pass(from, to, from->sources.first);
	adopted_belong(to);
	while ((parent = from->parents)) {
		from->parents = parent->next;
		list_push(to->parents, parent);
	}
	retry_pass(from, to);
}

/*
 * Endpoints go back, as far as they had come. Their events are read out in the order in which they
 * came: those from before, then those of the new vEVENTQs. Under the command and control locks.
 */
static void move_undo(struct move *move)
{
	struct vsmmu *from = move->from, *to = move->to;

	fairlock_lock(&from->dispatch_lock);
	if (move->began)
		forwarder_read_ahead(from, &move->lost);
	fairlock_unlock(&from->dispatch_lock);
	for (uint32_t i = move->count; i--;)
		moving_undo(&move->moving[i]);
	pass_on(to, from);
	fairlock_lock(&from->dispatch_lock);
	moving_read_ahead(move->moving, move->count, &move->lost);
	fairlock_unlock(&from->dispatch_lock);
	pthread_mutex_lock(&to->event_lock);
	stream_table_clear(&to->streams);
	pthread_mutex_unlock(&to->event_lock);
	hold_events(from, false);
	hold_events(to, false);
}

/* It becomes as new, but for what its guest was promised. */
static void from_forget(struct vsmmu *from)
{
	fairlock_lock(&from->dispatch_lock);
	pthread_mutex_lock(&from->event_lock);
	pending_destroy(&from->pending);
	registers_reset(from);
	from->stats = (struct vsmmu_stats){0};
	stream_table_clear(&from->streams);
	pthread_mutex_unlock(&from->event_lock);
	fairlock_unlock(&from->dispatch_lock);
	invalidation_reset(&from->invalidation);
	atomic_store(&from->asked, 0);
}

/* Under the command and control locks. */
static void move_commit(struct move *move)
{
	const struct idr_registers id = restore_id(move->to, &move->snapshot);
	struct vsmmu *from = move->from, *to = move->to;

	identity_take(to, &id);
	atomic_store(&to->identity_is_frozen, true);
	restore_registers(to, &move->snapshot);
	pass_on(from, to);
	for (uint32_t i = 0; i < move->count; i++)
		moving_commit(&move->moving[i]);
	to->endpoints = from->endpoints;
	from->endpoints = NULL;
	list_for_each(endpoint, to->endpoints)
		vsid_ask_begin(endpoint);
	/* A StreamID that was refused may be free by now. */
	if (atomic_load(&to->asked))
		retry_later(to, -EAGAIN);
	from_forget(from);
	restore_events(to, &move->snapshot);
}

/* Under the attach locks. Return: 0; -errno: all is as it was, as far as the host allows that. */
static int move_locked(struct move *move)
{
	int ret = move_make(move);

	lock_commands(move);
	lock_control(move);
	if (!ret)
		ret = move_switch(move);
	if (ret)
		move_undo(move);
	else
		move_commit(move);
	unlock_control(move);
	if (!ret) {
		restore_batch(move->to, &move->snapshot);
		restore_pulse(move->to);
	}
	unlock_commands(move);
	for (uint32_t i = 0; i < move->count; i++)
		moving_free(&move->moving[i], ret ? move->from : move->to);
	return ret;
}

/* The guest goes on. */
static void go_on(struct vsmmu *vsmmu)
{
	dispatch_resume(vsmmu);
	pollset_kick(&vsmmu->pollset);
	cmdq_doorbell(vsmmu);
}

static int move_run(struct move *move)
{
	const bool ascends = (uintptr_t)move->from < (uintptr_t)move->to;
	int ret;

	move->first = ascends ? move->from : move->to;
	move->second = ascends ? move->to : move->from;
	lock_attach(move);
	ret = move_check(move);
	if (!ret)
		ret = move_locked(move);
	unlock_attach(move);
	save_report(ret ? move->from : move->to, move->lost);
	go_on(move->from);
	go_on(move->to);
	snapshot_release(&move->snapshot);
	free(move->moving);
	free(move->bytes);
	return ret;
}

/* Inside a callback of one of the two, the locks of both are held. */
static int move_marked(struct move *move)
{
	struct callback from, to;
	int ret;

	callback_begin(&from, move->from);
	callback_begin(&to, move->to);
	from.looks = to.looks = true;
	ret = move_run(move);
	callback_end(&to);
	callback_end(&from);
	return ret;
}

int vsmmu_move(struct vsmmu *from, struct vsmmu *to)
{
	const unsigned int made = report_made();
	struct move *move;
	int ret = entry_check(from);

	if (!ret)
		ret = entry_check(to);
	if (ret)
		return ret;
	if (from == to)
		return refuse(to, VSMMU_NO_VSID, -EINVAL, "a vSMMU is to be moved to itself");
	move = calloc(1, sizeof(*move));
	if (!move)
		return refusal_end(to, made, VSMMU_NO_VSID, -ENOMEM, "vsmmu_move()");
	move->from = from;
	move->to = to;
	ret = move_marked(move);
	free(move);
	return refusal_end(to, made, VSMMU_NO_VSID, ret, "vsmmu_move(): everything is as it was");
}
