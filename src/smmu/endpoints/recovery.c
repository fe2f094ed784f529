/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/recovery.h"

#include <errno.h>

#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/report.h"

/*
 * Without the vDEVICE of its StreamID the guest may have what it wants of an endpoint now, and yet
 * not for long; with a StreamID that it could not give up for the one that it wants it has not.
 */
static bool endpoint_is_broken(const struct vsmmu_endpoint *endpoint)
{
	const bool numbered = endpoint->viommu && endpoint_is_numbered(endpoint);

	return endpoint->blocked ||
	       (numbered && (!endpoint->vdevice_id || endpoint->wanted != VSMMU_NO_VSID));
}

/* Another endpoint may have failed to give up the StreamID that this one wants. */
static bool is_free_now(const struct vsmmu_endpoint *endpoint)
{
	if (endpoint->refused != -EEXIST)
		return false;
	list_for_each(other, endpoint->vsmmu->endpoints)
		if (other->vsid == endpoint->wanted)
			return false;
	return true;
}

/* Whether it waits for a StreamID that it may have now. */
static bool number_is_due(const struct vsmmu_endpoint *endpoint, const struct retry_round *round)
{
	if (!vsid_ask_is_refused(endpoint) || endpoint->round == round->number)
		return false;
	return retry_is_due(round, endpoint->round, endpoint->refused) || is_free_now(endpoint);
}

static bool endpoint_is_due(const struct vsmmu_endpoint *endpoint, const struct retry_round *round)
{
	return endpoint_is_broken(endpoint) &&
	       (retry_is_due(round, endpoint->round, endpoint->error) ||
		       retry_is_due(round, endpoint->round, endpoint->park_error));
}

/* Return: an endpoint that is due and was not tried in this round, marked as tried, or NULL. */
static struct vsmmu_endpoint *recovery_next(struct vsmmu *vsmmu, const struct retry_round *round,
	bool (*is_due)(const struct vsmmu_endpoint *endpoint, const struct retry_round *round))
{
	list_for_each(endpoint, vsmmu->endpoints) {
		if (!is_due(endpoint, round))
			continue;
		endpoint->round = round->number;
		return endpoint;
	}
	return NULL;
}

/* Return: 0 or -errno of the host. */
static int endpoint_try(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint->wanted != VSMMU_NO_VSID ? vsid_ask_again(endpoint) : 0;

	if (!ret && endpoint_is_numbered(endpoint) && !endpoint->vdevice_id)
		ret = vsid_enter(endpoint);
	if (!ret)
		ret = endpoint_try_refresh(endpoint);
	return ret < 0 ? ret : 0;
}

/* Under the control lock. Return: whether it has its access back. */
static bool endpoint_recover(struct vsmmu_endpoint *endpoint, struct retry_round *round)
{
	/* After errors that do not pass, endpoints are only cut off again. */
	if (round->all || host_error_passes(endpoint->error)) {
		endpoint->error = endpoint_try(endpoint);
		if (!endpoint->error)
			return true;
	}
	retry_note(round, endpoint->error);
	retry_note(round, endpoint_block_again(endpoint));
	return false;
}

/* The endpoint only waits for a StreamID; the host has not failed it, so nothing is counted. */
static void endpoint_ask_again(struct vsmmu_endpoint *endpoint, struct retry_round *round)
{
	if (!vsid_ask_again(endpoint) && endpoint_is_numbered(endpoint))
		vsid_begin(endpoint);
	else if (endpoint->refused == -ENOMEM)
		retry_note(round, -ENOMEM);
}

/* Return: 0, or first -errno. */
static int recovery_try(struct vsmmu *vsmmu, bool all)
{
	struct retry_round round = {.all = all};
	struct vsmmu_endpoint *endpoint;
	uint32_t recovered = 0;

	pthread_mutex_lock(&vsmmu->control_lock);
	round.number = ++vsmmu->recovery.round;
	/* Orphans go first, as an endpoint may need that one of them is gone. */
	orphans_try(vsmmu, &round);
	while ((endpoint = recovery_next(vsmmu, &round, endpoint_is_due))) {
		recovered += endpoint_recover(endpoint, &round);
		retry_pause(vsmmu);
	}
	/* Some of these endpoints may have given up StreamIDs that others wait for. */
	round.number = ++vsmmu->recovery.round;
	while ((endpoint = recovery_next(vsmmu, &round, number_is_due))) {
		endpoint_ask_again(endpoint, &round);
		retry_pause(vsmmu);
	}
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
	int ret = entry_check(vsmmu);

	return ret ? ret : recovery_try(vsmmu, true);
}
