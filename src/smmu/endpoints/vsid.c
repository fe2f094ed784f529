/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/vsid.h"

#include <errno.h>

#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/report.h"

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

/* Under the event lock. Return: 0, -EEXIST, -EAGAIN, -ENOMEM. */
static int vsid_reserve(struct vsmmu *vsmmu, uint32_t vsid)
{
	struct stream_table *streams = &vsmmu->streams;
	uint32_t index = stream_find(streams, vsid);

	if (index != STREAM_NONE)
		return streams->entries[index].state == STREAM_STALE ? -EAGAIN : -EEXIST;
	/* Records that a snapshot brought are of the endpoint that had it elsewhere. */
	pending_discard_stream(vsmmu, vsid);
	return stream_reserve(streams, vsid);
}

int vsid_claim(struct vsmmu *vsmmu, uint32_t vsid)
{
	struct stream_table *streams = &vsmmu->streams;
	struct event_source *source;
	int ret = vsid_check(vsmmu, vsid);

	if (ret)
		return ret;
	fairlock_lock(&vsmmu->dispatch_lock);
	fairlock_lock(&vsmmu->event_lock);
	ret = vsid_reserve(vsmmu, vsid);
	if (ret == -EAGAIN) {
		source = streams->entries[stream_find(streams, vsid)].source;
		fairlock_unlock(&vsmmu->event_lock);
		forwarder_run(vsmmu, source);
		fairlock_lock(&vsmmu->event_lock);
		ret = vsid_reserve(vsmmu, vsid);
	}
	if (ret == -EAGAIN)
		streams->entries[stream_find(streams, vsid)].wanted = true;
	fairlock_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

static void stream_change(struct vsmmu *vsmmu, uint32_t vsid,
	void (*change)(struct stream_table *table, uint32_t index))
{
	fairlock_lock(&vsmmu->event_lock);
	change(&vsmmu->streams, stream_find(&vsmmu->streams, vsid));
	fairlock_unlock(&vsmmu->event_lock);
}

void vsid_release(struct vsmmu *vsmmu, uint32_t vsid)
{
	stream_change(vsmmu, vsid, stream_remove);
}

int vsid_enter(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = 0;

	if (endpoint->viommu)
		ret = vsmmu->host->ops->vdevice_alloc(vsmmu->host, &endpoint->host,
			endpoint->viommu->id, endpoint->vsid, &endpoint->vdevice_id);
	if (ret) {
		endpoint->vdevice_id = 0;
		return ret;
	}
	endpoint->fault_override = (struct fault_override){0};
	fairlock_lock(&vsmmu->event_lock);
	stream_go_live(&vsmmu->streams, stream_find(&vsmmu->streams, endpoint->vsid), endpoint,
		endpoint->source, endpoint->source->tag);
	fairlock_unlock(&vsmmu->event_lock);
	return 0;
}

void vsid_exit(struct vsmmu_endpoint *endpoint)
{
	stream_change(endpoint->vsmmu, endpoint->vsid, stream_go_reserved);
}

void vsid_disown(struct vsmmu_endpoint *endpoint)
{
	stream_change(endpoint->vsmmu, endpoint->vsid, stream_disown);
}

void vsid_retire(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	fairlock_lock(&vsmmu->dispatch_lock);
	fairlock_lock(&vsmmu->event_lock);
	pending_discard_stream(vsmmu, endpoint->vsid);
	stream_go_stale(&vsmmu->streams, stream_find(&vsmmu->streams, endpoint->vsid));
	endpoint->source->stale++;
	endpoint->source->stale_left = endpoint->source->depth;
	fairlock_unlock(&vsmmu->event_lock);
	forwarder_run(vsmmu, endpoint->source);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* The old StreamID is given up. Return: 0 or -errno: then it has not been. */
static int vsid_leave(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = endpoint_park(endpoint);

	if (!ret && endpoint->vdevice_id)
		ret = vsmmu->host->ops->destroy(vsmmu->host, endpoint->vdevice_id);
	if (ret) {
		endpoint_block(endpoint, "giving up a StreamID", ret);
		return ret;
	}
	if (endpoint->vdevice_id) {
		endpoint->vdevice_id = 0;
		vsid_retire(endpoint);
	} else {
		vsid_release(vsmmu, endpoint->vsid);
	}
	return 0;
}

/* The number is its own, so a failure to take it is made good later. */
static int vsid_begin(struct vsmmu_endpoint *endpoint)
{
	int ret = vsid_enter(endpoint);

	if (ret) {
		endpoint_block(endpoint, "taking a StreamID", ret);
		return ret;
	}
	ret = endpoint_refresh(endpoint);
	return ret < 0 ? ret : 0;
}

static int vsid_change(struct vsmmu_endpoint *endpoint, uint32_t vsid)
{
	int ret;

	if (!endpoint->viommu)
		return -EOPNOTSUPP;
	if (vsid == endpoint->vsid) {
		if (!endpoint->vdevice_id)
			return vsid_begin(endpoint);
		ret = endpoint->blocked ? endpoint_refresh(endpoint) : 0;
		return ret < 0 ? ret : 0;
	}
	ret = vsid_claim(endpoint->vsmmu, vsid);
	if (ret)
		return ret;
	ret = vsid_leave(endpoint);
	if (ret) {
		vsid_release(endpoint->vsmmu, vsid);
		return ret;
	}
	endpoint->vsid = vsid;
	return vsid_begin(endpoint);
}

int vsmmu_endpoint_set_vsid(struct vsmmu_endpoint *endpoint, uint32_t vsid)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->attach_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = vsid_change(endpoint, vsid);
	pthread_mutex_unlock(&vsmmu->control_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}
