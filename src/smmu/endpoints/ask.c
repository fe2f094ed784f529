/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/ask.h"

#include <errno.h>

#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/report.h"

/* On the event path alone the VMM reads the guest's commands, and knows by itself when. */
static bool is_asked(const struct vsmmu_endpoint *endpoint)
{
	const struct vsmmu *vsmmu = endpoint->vsmmu;

	return endpoint->late && vsmmu->ops.vsid && vsmmu_is_whole(vsmmu);
}

void vsid_ask_begin(struct vsmmu_endpoint *endpoint)
{
	if (is_asked(endpoint))
		atomic_fetch_add(&endpoint->vsmmu->asked, 1);
}

void vsid_ask_end(struct vsmmu_endpoint *endpoint)
{
	if (is_asked(endpoint))
		atomic_fetch_sub(&endpoint->vsmmu->asked, 1);
	if (endpoint->heir)
		vsid_end_waiting(endpoint->vsmmu);
}

bool vsid_ask_is_refused(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->wanted != VSMMU_NO_VSID && !endpoint_is_numbered(endpoint);
}

/* Sets @called if it called the host. Return: whether the endpoint is to have another StreamID. */
static bool ask(struct vsmmu_endpoint *endpoint, bool *called)
{
	const struct vsmmu *vsmmu = endpoint->vsmmu;
	const uint64_t vsid = vmm_vsid(vsmmu, endpoint->opaque);

	endpoint->unsure = vsid == VSMMU_NO_VSID;
	if (endpoint->unsure)
		return endpoint->wanted != VSMMU_NO_VSID;
	if (vsid != endpoint->vsid) {
		endpoint->wanted = vsid;
		return true;
	}
	/* The endpoint could not give this StreamID up, or the host refused its vDEVICE. */
	if (endpoint->wanted != VSMMU_NO_VSID || !endpoint->vdevice_id) {
		vsid_settle(endpoint, vsid);
		vsid_begin(endpoint);
		*called = true;
	}
	return false;
}

static const char *refusal(int error)
{
	switch (error) {
	case -EEXIST:
		return "another endpoint has it";
	case -EAGAIN:
		return "events of its last holder are still in a vEVENTQ";
	case -EINVAL:
		return "it does not fit into IDR1.SIDSIZE that the guest sees";
	default:
		return "memory is short";
	}
}

/* Reports each answer once, not each time that it is tried again. */
static void answer_refuse(struct vsmmu_endpoint *endpoint, int error)
{
	const uint64_t vsid = endpoint->wanted;
	struct vsmmu *vsmmu = endpoint->vsmmu;

	endpoint->refused = error;
	/* For a stale StreamID, batch_report() starts the next try. */
	if (error == -ENOMEM)
		retry_later(vsmmu, error);
	if (endpoint->told == vsid)
		return;
	endpoint->told = vsid;
	report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_WARNING, vsid,
		"endpoint %u is to have StreamID %#llx, but %s: it has none, and aborts while "
		"SMMUEN is 1, until it can have it or is to have another one",
		endpoint->host.dev_id, (unsigned long long)vsid, refusal(error));
}

int vsid_ask_again(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint_is_numbered(endpoint) ? vsid_try_leave(endpoint) : 0;

	if (ret)
		return ret;
	ret = vsid_try_claim(endpoint->vsmmu, endpoint->wanted, endpoint->heir);
	if (ret)
		answer_refuse(endpoint, ret);
	else
		vsid_settle(endpoint, endpoint->wanted);
	return 0;
}

static bool is_wanted(const struct vsmmu *vsmmu, uint64_t vsid)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->wanted == vsid)
			return true;
	return false;
}

static bool has_to_leave(const struct vsmmu_endpoint *endpoint)
{
	if (!endpoint_is_numbered(endpoint) || !is_asked(endpoint))
		return false;
	return endpoint->wanted != VSMMU_NO_VSID ||
	       (endpoint->unsure && is_wanted(endpoint->vsmmu, endpoint->vsid));
}

/* Return: whether the host was called. */
static bool leave_all(struct vsmmu *vsmmu)
{
	bool called = false;

	list_for_each(endpoint, vsmmu->endpoints) {
		if (!has_to_leave(endpoint))
			continue;
		vsid_leave(endpoint);
		called = true;
	}
	return called;
}

/* Return: whether the host was called. */
static bool enter_all(struct vsmmu *vsmmu)
{
	bool called = false;

	list_for_each(endpoint, vsmmu->endpoints) {
		if (!vsid_ask_is_refused(endpoint))
			continue;
		vsid_ask_again(endpoint);
		if (!endpoint_is_numbered(endpoint))
			continue;
		vsid_begin(endpoint);
		called = true;
	}
	return called;
}

/* Endpoints that gave up a StreamID and got no other are parked, but GBPA may allow more. */
static void refresh_unnumbered(struct vsmmu *vsmmu)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (is_asked(endpoint) && !endpoint_is_numbered(endpoint))
			endpoint_refresh(endpoint);
}

bool vsid_ask(struct vsmmu *vsmmu)
{
	bool wanted = false, called = false;

	if (!atomic_load(&vsmmu->asked))
		return false;
	list_for_each(endpoint, vsmmu->endpoints)
		if (is_asked(endpoint))
			wanted = ask(endpoint, &called) || wanted;
	if (!wanted)
		return called;
	if (leave_all(vsmmu))
		called = true;
	if (enter_all(vsmmu))
		called = true;
	refresh_unnumbered(vsmmu);
	return called;
}
