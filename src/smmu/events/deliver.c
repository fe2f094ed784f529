/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/deliver.h"

#include "arch/record.h"
#include "smmu/entry.h"
#include "smmu/irq.h"
#include "smmu/report.h"
#include "smmu/stats.h"

#define OVERFLOW_INTERVAL UINT64_C(100000000) /* nanoseconds between two changes of OVFLG */

bool deliver_is_on(const struct vsmmu *vsmmu)
{
	const uint32_t on = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN;

	return (vsmmu->registers.cr0 & on) == on;
}

enum eventq_state deliver_state(const struct vsmmu *vsmmu)
{
	if (vsmmu->eventq.held)
		return EVENTQ_HELD;
	if (!deliver_is_on(vsmmu))
		return EVENTQ_DISABLED;
	if (gerror_active(vsmmu) & SMMU_GERROR_EVENTQ_ABT_ERR)
		return EVENTQ_ABORTED;
	return eventq_room(&vsmmu->eventq) ? EVENTQ_READY : EVENTQ_FULL;
}

/* Return: whether OVFLG is to change now. If only later, the timer is started, once. */
static bool overflow_is_due(struct vsmmu *vsmmu, bool lost)
{
	struct eventq *queue = &vsmmu->eventq;
	uint64_t now;

	if (vsmmu->config.loss_policy != VSMMU_LOSS_OVERFLOW || !(lost || queue->overflow_pending))
		return false;
	if (eventq_overflow_is_active(queue)) {
		queue->overflow_pending = false;
		return false;
	}
	now = pollset_now();
	if (now < queue->overflow_after) {
		pollset_timer_start(&vsmmu->pollset, POLLSET_OVERFLOW, queue->overflow_after);
		queue->overflow_pending = true;
		return false;
	}
	queue->overflow_pending = false;
	queue->overflow_after = now + OVERFLOW_INTERVAL;
	return true;
}

struct eventq_commit deliver_staged(struct vsmmu *vsmmu, bool lost)
{
	bool overflow = overflow_is_due(vsmmu, lost);
	struct eventq_commit commit;
	struct callback callback;

	callback_begin(&callback, vsmmu);
	commit = eventq_commit(&vsmmu->eventq, &vsmmu->ops, vsmmu->config.opaque, overflow);
	callback_end(&callback);
	vsmmu->stats.overflows += overflow;
	if (vsmmu->ops.delivered && commit.written)
		vmm_delivered(vsmmu, vsmmu->eventq.records, commit.written);
	if (commit.signal)
		irq_eventq(vsmmu);
	if (commit.aborted) {
		vsmmu->stats.aborts++;
		gerror_raise(vsmmu, SMMU_GERROR_EVENTQ_ABT_ERR);
	}
	return commit;
}

struct eventq_commit deliver_events(struct vsmmu *vsmmu, bool lost)
{
	const uint32_t staged = vsmmu->eventq.staged;
	struct eventq_commit commit = deliver_staged(vsmmu, lost);

	vsmmu->stats.delivered += commit.written;
	/* An aborted write ends the batch: the streams had been credited with the rest. */
	for (uint32_t i = commit.written; i < staged; i++) {
		uint64_t word0 = record_load_word(vsmmu->eventq.records[i], 0);
		const uint32_t at = stream_place(&vsmmu->streams, (uint32_t)(word0 >> 32));

		vsmmu->streams.slots[at].delivered--;
		stats_discard(vsmmu, vsmmu->streams.slot_index[at], VSMMU_DISCARD_ABORT);
	}
	return commit;
}

static bool has_overflow(const struct vsmmu *vsmmu)
{
	enum eventq_state state = deliver_state(vsmmu);

	return vsmmu->eventq.overflow_pending && (state == EVENTQ_READY || state == EVENTQ_FULL);
}

bool deliver_overflow_is_due(const struct vsmmu *vsmmu)
{
	return has_overflow(vsmmu) && vsmmu->eventq.overflow_after <= pollset_now();
}

void deliver_overflow(struct vsmmu *vsmmu)
{
	if (has_overflow(vsmmu))
		deliver_staged(vsmmu, false);
}

void deliver_report_abort(struct vsmmu *vsmmu)
{
	report(vsmmu, VSMMU_REPORT_EVENTQ_ABORT, VSMMU_WARNING, VSMMU_NO_VSID,
		"the guest's event queue is not writable memory: EVENTQ_ABT_ERR raised, events are "
		"discarded until the guest acknowledges it");
}
