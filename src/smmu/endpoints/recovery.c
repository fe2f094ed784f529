/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/recovery.h"

#include <sched.h>

#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/report.h"

struct recovery_round {
	uint32_t number;
	bool all; /* also what failed with an error that does not pass by itself */
	uint32_t recovered;
	int error;   /* first -errno of this round */
	int passing; /* first one that passes by itself */
};

static void round_failed(struct recovery_round *round, int error)
{
	round->error = round->error ? round->error : error;
	if (retry_is_worth(error) && !round->passing)
		round->passing = error;
}

/* Return: an endpoint that was not tried in this round, or NULL. */
static struct vsmmu_endpoint *round_next(struct vsmmu *vsmmu, const struct recovery_round *round)
{
	struct vsmmu_endpoint *endpoint = vsmmu->endpoints;

	while (endpoint && (!endpoint->blocked || endpoint->round == round->number ||
				   !(round->all || retry_is_worth(endpoint->error) ||
					   retry_is_worth(endpoint->park_error))))
		endpoint = endpoint->next;
	return endpoint;
}

/* Under the control lock. */
static void endpoint_recover(struct vsmmu_endpoint *endpoint, struct recovery_round *round)
{
	int ret = 0;

	endpoint->round = round->number;
	/* The others have yet to be cut off, and no more. */
	if (round->all || retry_is_worth(endpoint->error)) {
		if (!endpoint->vdevice_id)
			ret = vsid_enter(endpoint);
		if (!ret)
			ret = endpoint_try_refresh(endpoint);
		if (ret >= 0) {
			round->recovered++;
			return;
		}
		endpoint->error = ret;
	}
	round_failed(round, endpoint->error);
	round_failed(round, endpoint_block_again(endpoint));
}

/* Lets others have the control lock, though the host may take its time. */
static void round_pause(struct vsmmu *vsmmu)
{
	pthread_mutex_unlock(&vsmmu->control_lock);
	sched_yield();
	pthread_mutex_lock(&vsmmu->control_lock);
}

/* Return: 0, or first -errno. */
static int recovery_try(struct vsmmu *vsmmu, bool all)
{
	struct recovery_round round = {.all = all};
	struct vsmmu_endpoint *endpoint;
	int error = 0;

	pthread_mutex_lock(&vsmmu->control_lock);
	round.number = ++vsmmu->recovery.round;
	while ((endpoint = round_next(vsmmu, &round))) {
		endpoint_recover(endpoint, &round);
		round_pause(vsmmu);
	}
	while (orphan_try(vsmmu, round.number, all, &error)) {
		round_failed(&round, error);
		round_pause(vsmmu);
	}
	if (round.passing)
		retry_again(vsmmu, round.passing);
	else
		vsmmu->recovery.backoff = 0;
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (round.recovered)
		report(vsmmu, VSMMU_REPORT_RECOVERED, VSMMU_INFO, VSMMU_NO_VSID,
			"the host works again: %u endpoints that it had cost their access have it "
			"back",
			round.recovered);
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
