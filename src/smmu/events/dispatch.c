/* SPDX-License-Identifier: BSD-2-Clause */
/* Which vEVENTQ is read when, and when reading stops. */
#include "smmu/events/dispatch.h"

#include "smmu/events/forwarder.h"

#define BUDGET_DEFAULT 1024
#define READY_MAX      64

/* Those that were told to wait are tried again. */
static void dispatch_retry(struct vsmmu *vsmmu)
{
	if (!pollset_timer_expired(&vsmmu->pollset))
		return;
	for (struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		if (viommu->state == VIOMMU_BACKOFF && viommu_arm(vsmmu, viommu))
			viommu_backoff(vsmmu, viommu);
}

/*
 * The guest's queue is full: the kernel keeps what it has. The guest may have made room
 * meanwhile, and then its write of CONS came too early to see the pause.
 */
static void dispatch_pause(struct vsmmu *vsmmu)
{
	bool full;

	pollset_pause(&vsmmu->pollset);
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.pauses++;
	full = forwarder_is_full(vsmmu);
	fairlock_unlock(&vsmmu->event_lock);
	if (!full)
		pollset_resume(&vsmmu->pollset);
}

/* Reads @viommu until it is empty or @records are used up. */
static enum forward dispatch_viommu(
	struct vsmmu *vsmmu, struct viommu *viommu, uint32_t records, uint32_t *handled)
{
	enum forward forward = FORWARD_MORE;
	uint32_t mine = 0;

	while (forward == FORWARD_MORE && mine < records)
		forward = forwarder_step(vsmmu, viommu, records - mine, &mine);
	/* poll said readable, read said empty: kernels before mid-2026 do so when they are
	 * short of memory. Do not spin on it. */
	if (forward == FORWARD_DRAINED && !mine && viommu_readable(viommu))
		viommu_backoff(vsmmu, viommu);
	*handled += mine;
	return forward;
}

/*
 * What a snapshot brought is older than anything that a vEVENTQ holds: as long as there is
 * some of it, nothing else is read. Return: whether the others may be.
 */
static bool dispatch_restored(
	struct vsmmu *vsmmu, uint32_t budget, uint32_t *handled, enum forward *forward)
{
	if (!viommu_restored_waits(vsmmu))
		return true;
	*forward = dispatch_viommu(vsmmu, vsmmu->restored, budget, handled);
	return !viommu_restored_waits(vsmmu);
}

/*
 * Reads what is readable, @budget records at most. Under the dispatch lock. Return: whether
 * it stopped because the guest's queue is full.
 */
static bool dispatch_read(struct vsmmu *vsmmu, uint32_t budget, uint32_t *handled)
{
	enum forward forward = FORWARD_MORE;
	void *ready[READY_MAX];
	bool more = true;

	if (!dispatch_restored(vsmmu, budget, handled, &forward))
		return forward == FORWARD_FULL;
	while (more && *handled < budget) {
		int count = pollset_wait(&vsmmu->pollset, ready, READY_MAX);
		uint32_t slice = (budget - *handled) / (uint32_t)(count ? count : 1);
		uint32_t before = *handled;

		/*
		 * epoll gives those that stay readable in the same order again, and the guest
		 * may make room for one record at a time: each has its turn to be the first.
		 */
		vsmmu->turn++;
		more = count == READY_MAX;
		for (int i = 0; i < count && *handled < budget; i++) {
			void *viommu = ready[(vsmmu->turn + (uint32_t)i) % (uint32_t)count];

			forward = dispatch_viommu(vsmmu, viommu, slice ? slice : 1, handled);
			if (forward == FORWARD_FULL)
				return true;
			more = more || forward == FORWARD_MORE;
		}
		if (*handled == before && count < READY_MAX)
			break;
	}
	return false;
}

/*
 * A restored vEVENTQ that has been emptied goes at once, unless somebody has the control lock,
 * which may be for an ioctl's time: then the next dispatch sees to it. Without locks.
 */
static void dispatch_tidy(struct vsmmu *vsmmu)
{
	if (pthread_mutex_trylock(&vsmmu->control_lock))
		return;
	viommu_drop_emptied(vsmmu);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

int vsmmu_dispatch(struct vsmmu *vsmmu, uint32_t budget)
{
	uint32_t handled = 0;
	bool emptied;

	if (!budget)
		budget = BUDGET_DEFAULT;
	if (budget > INT32_MAX / 2)
		budget = INT32_MAX / 2;
	fairlock_lock(&vsmmu->dispatch_lock);
	dispatch_retry(vsmmu);
	if (dispatch_read(vsmmu, budget, &handled))
		dispatch_pause(vsmmu);
	emptied = vsmmu->restored && !viommu_restored_waits(vsmmu);
	fairlock_unlock(&vsmmu->dispatch_lock);
	if (emptied)
		dispatch_tidy(vsmmu);
	return (int)handled;
}

uint32_t dispatch_readable(struct vsmmu *vsmmu, uint32_t budget)
{
	uint32_t handled = 0;

	/* A full queue is for vsmmu_dispatch() to find: its fd stays readable until then. */
	fairlock_lock(&vsmmu->dispatch_lock);
	dispatch_read(vsmmu, budget, &handled);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return handled;
}
