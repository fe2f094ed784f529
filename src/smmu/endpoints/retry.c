/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/retry.h"

#include <errno.h>
#include <stdlib.h>

#define BACKOFF_FIRST UINT64_C(100000000)
#define BACKOFF_LAST  UINT64_C(10000000000)

struct orphan {
	struct orphan *next;
	uint32_t id;
	int error;
	uint32_t round; /* of recovery, in which it was tried last */
};

bool retry_is_worth(int error)
{
	switch (error) {
	case -ETIMEDOUT:
	case -EBUSY:
	case -ENOMEM:
	case -EAGAIN:
	case -EINTR:
		return true;
	default:
		return false;
	}
}

void retry_later(struct vsmmu *vsmmu, int error)
{
	struct recovery *recovery = &vsmmu->recovery;

	if (!retry_is_worth(error))
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

bool orphan_try(struct vsmmu *vsmmu, uint32_t round, bool all, int *error)
{
	struct orphan **link = &vsmmu->recovery.orphans, *orphan;

	while ((orphan = *link) &&
		(orphan->round == round || !(all || retry_is_worth(orphan->error))))
		link = &orphan->next;
	if (!orphan)
		return false;
	orphan->round = round;
	orphan->error = *error = host_destroy(vsmmu, orphan->id);
	if (!*error) {
		*link = orphan->next;
		free(orphan);
	}
	return true;
}

int orphans_destroy(struct vsmmu *vsmmu)
{
	int ret = 0, failed = 0;
	uint32_t round;

	pthread_mutex_lock(&vsmmu->control_lock);
	round = ++vsmmu->recovery.round;
	while (orphan_try(vsmmu, round, true, &failed)) {
		ret = ret ? ret : failed;
		pthread_mutex_unlock(&vsmmu->control_lock);
		pthread_mutex_lock(&vsmmu->control_lock);
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

void orphans_forget(struct vsmmu *vsmmu)
{
	struct orphan *orphan;

	while ((orphan = vsmmu->recovery.orphans)) {
		vsmmu->recovery.orphans = orphan->next;
		free(orphan);
	}
}
