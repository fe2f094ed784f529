/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/retry.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#define BACKOFF_FIRST UINT64_C(100000000)
#define BACKOFF_LAST  UINT64_C(10000000000)

struct orphan {
	struct orphan *next;
	uint32_t id;
	int error;
	uint32_t round; /* of recovery, in which it was tried last */
};

void retry_later(struct vsmmu *vsmmu, int error)
{
	struct recovery *recovery = &vsmmu->recovery;

	if (!host_error_passes(error))
		return;
	if (!recovery->backoff)
		recovery->backoff = BACKOFF_FIRST;
	pollset_timer_start(&vsmmu->cmdq.pollset, POLLSET_RETRY, pollset_now() + recovery->backoff);
}

void retry_again(struct vsmmu *vsmmu, int error)
{
	struct recovery *recovery = &vsmmu->recovery;

	recovery->backoff *= 2;
	if (recovery->backoff > BACKOFF_LAST)
		recovery->backoff = BACKOFF_LAST;
	retry_later(vsmmu, error);
}

static void orphan_add(struct vsmmu *vsmmu, uint32_t id, int error)
{
	struct orphan *orphan = calloc(1, sizeof(*orphan)), **link = &vsmmu->recovery.orphans;

	/* Without memory it is left to the kernel, which frees all with the iommufd. */
	if (!orphan)
		return;
	orphan->id = id;
	orphan->error = error;
	/* At the end: objects that others need come after those. */
	while (*link)
		link = &(*link)->next;
	*link = orphan;
	retry_later(vsmmu, error);
}

static int host_destroy(struct vsmmu *vsmmu, uint32_t id)
{
	int ret = vsmmu->host->ops->destroy(vsmmu->host, id);

	/* An object that is not there any more was closed by its VMM. */
	return ret == -ENOENT ? 0 : ret;
}

int object_destroy(struct vsmmu *vsmmu, uint32_t id)
{
	int ret = host_destroy(vsmmu, id);

	if (ret)
		orphan_add(vsmmu, id, ret);
	return ret;
}

int object_destroy_unlocked(struct vsmmu *vsmmu, uint32_t id)
{
	int ret = host_destroy(vsmmu, id);

	if (ret) {
		pthread_mutex_lock(&vsmmu->control_lock);
		orphan_add(vsmmu, id, ret);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	return ret;
}

bool retry_is_due(const struct retry_round *round, uint32_t tried, int error)
{
	return tried != round->number && (round->all || host_error_passes(error));
}

void retry_note(struct retry_round *round, int error)
{
	round->error = round->error ? round->error : error;
	if (host_error_passes(error) && !round->passing)
		round->passing = error;
}

void retry_pause(struct vsmmu *vsmmu)
{
	pthread_mutex_unlock(&vsmmu->control_lock);
	sched_yield();
	pthread_mutex_lock(&vsmmu->control_lock);
}

static struct orphan *orphan_next(struct vsmmu *vsmmu, const struct retry_round *round)
{
	list_for_each(orphan, vsmmu->recovery.orphans)
		if (retry_is_due(round, orphan->round, orphan->error))
			return orphan;
	return NULL;
}

void orphans_try(struct vsmmu *vsmmu, struct retry_round *round)
{
	struct orphan *orphan;

	while ((orphan = orphan_next(vsmmu, round))) {
		orphan->round = round->number;
		orphan->error = host_destroy(vsmmu, orphan->id);
		retry_note(round, orphan->error);
		if (!orphan->error) {
			list_remove(vsmmu->recovery.orphans, orphan);
			free(orphan);
		}
		retry_pause(vsmmu);
	}
}

int orphans_destroy(struct vsmmu *vsmmu)
{
	struct retry_round round = {.all = true};

	pthread_mutex_lock(&vsmmu->control_lock);
	round.number = ++vsmmu->recovery.round;
	orphans_try(vsmmu, &round);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return round.error;
}

void retry_pass(struct vsmmu *from, struct vsmmu *to)
{
	struct recovery *recovery = &to->recovery;
	struct orphan **link = &recovery->orphans;

	while (*link)
		link = &(*link)->next;
	*link = from->recovery.orphans;
	from->recovery.orphans = NULL;
	if (recovery->round < from->recovery.round)
		recovery->round = from->recovery.round;
	if (from->recovery.backoff)
		retry_later(to, -EBUSY);
	from->recovery.backoff = 0;
}

void orphans_forget(struct vsmmu *vsmmu)
{
	struct orphan *orphan;

	while ((orphan = vsmmu->recovery.orphans)) {
		vsmmu->recovery.orphans = orphan->next;
		free(orphan);
	}
}
