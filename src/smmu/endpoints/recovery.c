/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/recovery.h"

#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/report.h"

/* Without a vDEVICE the guest may have what it wants of it now, and yet not for long. */
static bool endpoint_is_due(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->blocked || (endpoint->viommu && !endpoint->vdevice_id);
}

/* Return: an endpoint that was not tried in this round, or NULL. */
static struct vsmmu_endpoint *recovery_next(struct vsmmu *vsmmu, const struct retry_round *round)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint_is_due(endpoint) &&
			(retry_is_due(round, endpoint->round, endpoint->error) ||
				retry_is_due(round, endpoint->round, endpoint->park_error)))
			return endpoint;
	return NULL;
}

/* Under the control lock. Return: whether it has its access back. */
static bool endpoint_recover(struct vsmmu_endpoint *endpoint, struct retry_round *round)
{
	int ret = 0;

	/* The others have yet to be cut off, and no more. */
	if (round->all || host_error_passes(endpoint->error)) {
		if (!endpoint->vdevice_id)
			ret = vsid_enter(endpoint);
		if (!ret)
			ret = endpoint_try_refresh(endpoint);
		if (ret >= 0)
			return true;
		endpoint->error = ret;
	}
	retry_note(round, endpoint->error);
	retry_note(round, endpoint_block_again(endpoint));
	return false;
}

/* Return: 0, or first -errno. */
static int recovery_try(struct vsmmu *vsmmu, bool all)
{
	struct retry_round round = {.all = all};
	struct vsmmu_endpoint *endpoint;
	uint32_t recovered = 0;

	pthread_mutex_lock(&vsmmu->control_lock);
	round.number = ++vsmmu->recovery.round;
	while ((endpoint = recovery_next(vsmmu, &round))) {
		endpoint->round = round.number;
		recovered += endpoint_recover(endpoint, &round);
		retry_pause(vsmmu);
	}
	orphans_try(vsmmu, &round);
	if (round.passing)
		retry_again(vsmmu, round.passing);
	else
		vsmmu->recovery.backoff = 0;
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (recovered)
		report(vsmmu, VSMMU_REPORT_RECOVERED, VSMMU_INFO, VSMMU_NO_VSID,
			"the host works again: %u endpoints that it had cost their access have it "
			"back",
			recovered);
	return round.error;
}

void recovery_run(struct vsmmu *vsmmu)
{
	if (pollset_timer_expired(&vsmmu->cmdq.pollset, POLLSET_RETRY))
		recovery_try(vsmmu, false);
}

int vsmmu_recover(struct vsmmu *vsmmu)
{
	return recovery_try(vsmmu, true);
}
