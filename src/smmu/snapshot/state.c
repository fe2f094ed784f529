/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot becomes a vSMMU's state. */
#include "smmu/commands/cmdq.h"
#include "smmu/commands/invalidation.h"
#include "smmu/events/pending.h"
#include "smmu/irq.h"
#include "smmu/registers/table.h"
#include "smmu/snapshot/parts.h"
#include "smmu/stats.h"

int restore_await_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret = 0;

	pthread_mutex_lock(&vsmmu->event_lock);
	for (uint32_t i = 0; i < snapshot->streams && !ret; i++)
		if (stream_find(&vsmmu->streams, snapshot->vsid[i]) == STREAM_NONE)
			ret = stream_await(&vsmmu->streams, snapshot->vsid[i]);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return ret;
}

void restore_registers(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		register_put(vsmmu, row, snapshot->registers[row]);
	/* Events that come in from now on are younger than the snapshot's. */
	vsmmu->eventq.held = true;
	eventq_enable(&vsmmu->eventq, vsmmu->registers.cr0 & SMMU_CR0_EVENTQEN);
	cmdq_enable(vsmmu, vsmmu->registers.cr0 & SMMU_CR0_CMDQEN);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

void restore_batch(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->commands; i++)
		invalidation_add(vsmmu, snapshot->command[i]);
	vsmmu->invalidation.atc_lost = snapshot->atc_lost;
}

void restore_pulse(struct vsmmu *vsmmu)
{
	const struct guest_queue *queue = &vsmmu->eventq.queue;
	uint32_t prod, cons;

	pthread_mutex_lock(&vsmmu->event_lock);
	prod = atomic_load(&queue->prod);
	cons = atomic_load(&queue->cons);
	/* Never for an empty queue, nor for OVFLG on one: see eventq_commit(). */
	if (queue->enabled && !queue_empty(prod, cons, queue->log2))
		irq_eventq(vsmmu);
	/* MSI_GERROR_ABT is the one error that raises no interrupt (7.5). */
	if (gerror_active(vsmmu) & ~SMMU_GERROR_MSI_GERROR_ABT)
		irq_gerror(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

void restore_events(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	stats_go_on(vsmmu, &snapshot->stats);
	vsmmu->stats.pending -= snapshot->events_count;
	pending_append(vsmmu, snapshot->events, snapshot->events_count);
	vsmmu->eventq.held = false;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

int restore_reserve(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret;

	fairlock_lock(&vsmmu->dispatch_lock);
	ret = pending_reserve(&vsmmu->pending, snapshot->events_count);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}
