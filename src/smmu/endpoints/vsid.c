/* SPDX-License-Identifier: BSD-2-Clause */
/* Which endpoint has which StreamID. */
#include <errno.h>

#include "smmu/endpoints/ste_install.h"
#include "smmu/events/backlog.h"
#include "smmu/events/forwarder.h"

/* A guest has no way to name a StreamID beyond SIDSIZE. */
static int vsid_check(struct vsmmu *vsmmu, uint32_t vsid)
{
	const unsigned int bits = vsmmu->features.sid_bits;

	if (!vsmmu_is_whole(vsmmu) || !((uint64_t)vsid >> bits))
		return 0;
	report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, vsid,
		"StreamID %#x does not fit into the %u bits of IDR1.SIDSIZE that the guest sees: "
		"give the endpoint a lower one, or the vSMMU more sid_bits",
		vsid, bits);
	return -EINVAL;
}

/* Return: 0, -EEXIST or -EAGAIN; then @stale is the vEVENTQ to be read. */
static int vsid_look(struct vsmmu *vsmmu, uint32_t vsid, struct viommu **stale)
{
	const struct stream *stream;
	uint32_t index;
	int ret = 0;

	fairlock_lock(&vsmmu->event_lock);
	index = stream_find(&vsmmu->streams, vsid);
	if (index != STREAM_NONE) {
		stream = &vsmmu->streams.entries[index];
		ret = stream->state == STREAM_LIVE ? -EEXIST : -EAGAIN;
		*stale = (struct viommu *)(uintptr_t)stream->viommu;
	}
	fairlock_unlock(&vsmmu->event_lock);
	return ret;
}

int endpoint_claim_vsid(struct vsmmu *vsmmu, uint32_t vsid)
{
	struct viommu *stale;
	int ret = vsid_check(vsmmu, vsid);

	if (ret)
		return ret;
	fairlock_lock(&vsmmu->dispatch_lock);
	ret = vsid_look(vsmmu, vsid, &stale);
	if (ret == -EAGAIN) {
		forwarder_run(vsmmu, stale);
		ret = vsid_look(vsmmu, vsid, &stale);
	}
	/* A snapshot's are of who had it elsewhere. */
	if (!ret) {
		fairlock_lock(&vsmmu->event_lock);
		backlog_forget_stream(vsmmu, vsid);
		fairlock_unlock(&vsmmu->event_lock);
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

int endpoint_add_stream(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	uint32_t index;
	int ret;

	endpoint->fault_override = (struct fault_override){0};
	fairlock_lock(&vsmmu->event_lock);
	ret = stream_reserve(&vsmmu->streams);
	if (!ret) {
		index = stream_add(&vsmmu->streams, endpoint->vsid, endpoint->viommu);
		vsmmu->streams.holders[index].endpoint = endpoint;
	}
	fairlock_unlock(&vsmmu->event_lock);
	return ret;
}

void endpoint_drop_stream(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	fairlock_lock(&vsmmu->event_lock);
	stream_remove(&vsmmu->streams, stream_find(&vsmmu->streams, endpoint->vsid));
	fairlock_unlock(&vsmmu->event_lock);
}

void endpoint_retire_stream(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	uint32_t index;

	fairlock_lock(&vsmmu->dispatch_lock);
	fairlock_lock(&vsmmu->event_lock);
	index = stream_find(&vsmmu->streams, endpoint->vsid);
	vsmmu->streams.entries[index].state = STREAM_STALE;
	vsmmu->streams.holders[index].endpoint = NULL;
	vsmmu->streams.live--;
	endpoint->viommu->stale++;
	endpoint->viommu->stale_left =
		endpoint->viommu->parent ? vsmmu->config.veventq_depth : VEVENTQ_DEPTH_MAX;
	backlog_forget_stream(vsmmu, endpoint->vsid);
	fairlock_unlock(&vsmmu->event_lock);
	forwarder_run(vsmmu, endpoint->viommu);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* The old StreamID is given up. Return: 0 or -errno: then it has not been. */
static int vsid_leave(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = endpoint_cut(endpoint);

	if (!ret && endpoint->vdevice_id)
		ret = vsmmu->host->ops->destroy(vsmmu->host, endpoint->vdevice_id);
	if (ret) {
		endpoint_block_for(endpoint, "giving up a StreamID", ret);
		return ret;
	}
	if (endpoint->vdevice_id) {
		endpoint->vdevice_id = 0;
		endpoint_retire_stream(endpoint);
	}
	return 0;
}

/* The kernel takes the vSID over when a HWPT is attached: the endpoint was cut before. */
static int vsid_enter(struct vsmmu_endpoint *endpoint, uint32_t vsid)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	uint32_t vdevice;
	int ret;

	endpoint->vsid = vsid;
	ret = vsmmu->host->ops->vdevice_alloc(
		vsmmu->host, &endpoint->host, endpoint->viommu->viommu_id, vsid, &vdevice);
	if (ret)
		return ret;
	ret = endpoint_add_stream(endpoint);
	if (ret) {
		vsmmu->host->ops->destroy(vsmmu->host, vdevice);
		return ret;
	}
	endpoint->vdevice_id = vdevice;
	return endpoint_refresh(endpoint);
}

static int endpoint_change_vsid(struct vsmmu_endpoint *endpoint, uint32_t vsid)
{
	int ret;

	if (!endpoint->viommu->parent)
		return -EOPNOTSUPP;
	if (vsid == endpoint->vsid && endpoint->vdevice_id)
		return endpoint->blocked ? endpoint_refresh(endpoint) : 0;
	ret = endpoint_claim_vsid(endpoint->vsmmu, vsid);
	if (!ret)
		ret = vsid_leave(endpoint);
	return ret ? ret : vsid_enter(endpoint, vsid);
}

int vsmmu_endpoint_set_vsid(struct vsmmu_endpoint *endpoint, uint32_t vsid)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoint_change_vsid(endpoint, vsid);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}
