/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/vsid.h"

#include <errno.h>

#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/entry.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/refusal.h"
#include "smmu/stats.h"

/* A guest has no way to name a StreamID beyond SIDSIZE. */
static unsigned int sid_bits(const struct vsmmu *vsmmu)
{
	return vsmmu_is_whole(vsmmu) ? vsmmu->features.sid_bits : 32;
}

/*
 * Records that a snapshot brought belong to the endpoint that had the StreamID there. An @heir may
 * be that endpoint and takes them over; for any other one they are discarded. Under the event lock.
 */
static int vsid_reserve_awaited(struct vsmmu *vsmmu, uint32_t index, bool heir)
{
	if (heir) {
		stream_go_heir(&vsmmu->streams, index);
		return 0;
	}
	pending_discard_stream(vsmmu, vsmmu->streams.entries[index].vsid);
	stream_go_new(&vsmmu->streams, index);
	return 0;
}

/* Under the event lock. Return: 0, -EEXIST, -EAGAIN, -ENOMEM. */
static int vsid_reserve(struct vsmmu *vsmmu, uint32_t vsid, bool heir)
{
	struct stream_table *streams = &vsmmu->streams;
	uint32_t index = stream_find(streams, vsid);

	if (index == STREAM_NONE) {
		pending_discard_stream(vsmmu, vsid);
		return stream_reserve(streams, vsid);
	}
	switch (streams->entries[index].state) {
	case STREAM_SAVED:
		return vsid_reserve_awaited(vsmmu, index, heir);
	case STREAM_STALE:
		return -EAGAIN;
	default:
		return -EEXIST;
	}
}

int vsid_try_claim(struct vsmmu *vsmmu, uint64_t wide, bool heir)
{
	struct stream_table *streams = &vsmmu->streams;
	const uint32_t vsid = (uint32_t)wide;
	struct event_source *source;
	int ret;

	if (wide >> sid_bits(vsmmu))
		return -EINVAL;
	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	ret = vsid_reserve(vsmmu, vsid, heir);
	if (ret == -EAGAIN) {
		source = streams->entries[stream_find(streams, vsid)].source;
		pthread_mutex_unlock(&vsmmu->event_lock);
		forwarder_run(vsmmu, source);
		pthread_mutex_lock(&vsmmu->event_lock);
		ret = vsid_reserve(vsmmu, vsid, heir);
	}
	if (ret == -EAGAIN)
		streams->entries[stream_find(streams, vsid)].wanted = true;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

int vsid_claim(struct vsmmu *vsmmu, uint64_t vsid, bool heir)
{
	int ret = vsid_try_claim(vsmmu, vsid, heir);
	const unsigned long long number = vsid;

	if (ret == -EINVAL)
		refuse(vsmmu, vsid, ret,
			"StreamID %#llx does not fit into the %u bits of IDR1.SIDSIZE that the "
			"guest sees: give the endpoint a lower one, or the vSMMU more sid_bits",
			number, sid_bits(vsmmu));
	else if (ret == -EEXIST)
		refuse(vsmmu, vsid, ret, "StreamID %#llx is another endpoint's", number);
	else if (ret == -EAGAIN)
		refuse(vsmmu, vsid, ret,
			"events of StreamID %#llx's last holder wait in the host, as the guest's "
			"queue takes none: try again when VSMMU_REPORT_VSID_FREE comes",
			number);
	return ret;
}

static void stream_change(struct vsmmu *vsmmu, uint64_t vsid,
	void (*change)(struct stream_table *table, uint32_t index))
{
	pthread_mutex_lock(&vsmmu->event_lock);
	change(&vsmmu->streams, stream_find(&vsmmu->streams, (uint32_t)vsid));
	pthread_mutex_unlock(&vsmmu->event_lock);
}

void vsid_release(struct vsmmu *vsmmu, uint64_t vsid)
{
	stream_change(vsmmu, vsid, stream_remove);
}

int vsid_enter(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	const uint32_t vsid = (uint32_t)endpoint->vsid;
	int ret = 0;

	if (endpoint->viommu)
		ret = vsmmu->host->ops->vdevice_alloc(vsmmu->host, &endpoint->host,
			endpoint->viommu->id, vsid, &endpoint->vdevice_id);
	if (ret) {
		endpoint->vdevice_id = 0;
		/* An earlier vDEVICE of the StreamID or of the device may be an orphan. */
		return ret == -EEXIST && vsmmu->recovery.orphans ? -EBUSY : ret;
	}
	endpoint->fault_override = (struct fault_override){0};
	pthread_mutex_lock(&vsmmu->event_lock);
	endpoint->stream = stream_find(&vsmmu->streams, vsid);
	stream_go_live(&vsmmu->streams, endpoint->stream, endpoint, endpoint->source,
		endpoint->source->tag);
	pthread_mutex_unlock(&vsmmu->event_lock);
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

/* The guest no longer gets events of the StreamID that the vEVENTQ holds. */
static void vsid_go_stale(struct vsmmu_endpoint *endpoint)
{
	const uint32_t vsid = (uint32_t)endpoint->vsid;
	struct vsmmu *vsmmu = endpoint->vsmmu;

	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	pending_discard_stream(vsmmu, vsid);
	stats_add_stream(
		vsmmu, endpoint->stream, &endpoint->delivered_before, &endpoint->discarded_before);
	endpoint->stream = STREAM_NONE;
	stream_go_stale(&vsmmu->streams, stream_find(&vsmmu->streams, vsid));
	endpoint->source->stale++;
	endpoint->source->stale_left = endpoint->source->depth;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

void vsid_lose(struct vsmmu_endpoint *endpoint)
{
	struct stream_table *streams = &endpoint->vsmmu->streams;
	const uint32_t vsid = (uint32_t)endpoint->vsid;

	pthread_mutex_lock(&endpoint->vsmmu->event_lock);
	stats_add_stream(endpoint->vsmmu, endpoint->stream, &endpoint->delivered_before,
		&endpoint->discarded_before);
	stream_remove(streams, endpoint->stream);
	endpoint->stream = STREAM_NONE;
	/* This cannot fail: there is the place of the one that was removed. */
	stream_reserve(streams, vsid);
	pthread_mutex_unlock(&endpoint->vsmmu->event_lock);
}

static void vsid_forward(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	fairlock_lock(&vsmmu->dispatch_lock);
	forwarder_run(vsmmu, endpoint->source);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

void vsid_retire(struct vsmmu_endpoint *endpoint)
{
	vsid_go_stale(endpoint);
	vsid_forward(endpoint);
}

void vsid_end_waiting(struct vsmmu *vsmmu)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->heir)
			return;
	vsid_forget_saved(vsmmu);
}

void vsid_forget_saved(struct vsmmu *vsmmu)
{
	list_for_each(endpoint, vsmmu->endpoints)
		endpoint->heir = false;
	pthread_mutex_lock(&vsmmu->event_lock);
	stream_forget_saved(&vsmmu->streams);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

void vsid_settle(struct vsmmu_endpoint *endpoint, uint64_t vsid)
{
	endpoint->vsid = vsid;
	endpoint->wanted = endpoint->told = VSMMU_NO_VSID;
	if (!endpoint->heir || vsid == VSMMU_NO_VSID)
		return;
	endpoint->heir = false;
	vsid_end_waiting(endpoint->vsmmu);
}

int vsid_try_leave(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = endpoint_park(endpoint);

	if (!ret && endpoint->vdevice_id)
		ret = vsmmu->host->ops->destroy(vsmmu->host, endpoint->vdevice_id);
	if (ret)
		return ret;
	if (endpoint->vdevice_id) {
		endpoint->vdevice_id = 0;
		vsid_go_stale(endpoint);
	} else {
		vsid_release(vsmmu, endpoint->vsid);
	}
	endpoint->vsid = VSMMU_NO_VSID;
	return 0;
}

int vsid_leave(struct vsmmu_endpoint *endpoint)
{
	int ret = vsid_try_leave(endpoint);

	if (ret)
		endpoint_block(endpoint, "giving up a StreamID", ret);
	return ret;
}

/* Linux looks the vSID up when it attaches a nested HWPT (arm-smmu-v3-iommufd.c), so park first. */
static int vsid_take(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint->installed == INSTALLED_NESTED ? endpoint_park(endpoint) : 0;

	return ret ? ret : vsid_enter(endpoint);
}

int vsid_begin(struct vsmmu_endpoint *endpoint)
{
	const bool takes = endpoint_is_numbered(endpoint) && !endpoint->vdevice_id;
	int ret = takes ? vsid_take(endpoint) : 0;

	if (ret) {
		endpoint_block(endpoint, "taking a StreamID", ret);
		return ret;
	}
	ret = endpoint_refresh(endpoint);
	return ret < 0 ? ret : 0;
}

/* Return: 0 or -errno, as vsmmu_endpoint_set_vsid(). */
static int vsid_set_same(struct vsmmu_endpoint *endpoint)
{
	const bool lacks =
		endpoint->blocked || endpoint->wanted != VSMMU_NO_VSID || !endpoint->vdevice_id;

	vsid_settle(endpoint, endpoint->vsid);
	return lacks ? vsid_begin(endpoint) : 0;
}

static int vsid_set(struct vsmmu_endpoint *endpoint, uint64_t vsid)
{
	const bool taken = vsid != VSMMU_NO_VSID;
	int ret;

	if (!endpoint->viommu)
		return refuse(endpoint->vsmmu, vsid, -EOPNOTSUPP,
			"the endpoint is on an adopted vEVENTQ: detach it, and attach it anew");
	if (vsid == endpoint->vsid)
		return vsid_set_same(endpoint);
	ret = taken ? vsid_claim(endpoint->vsmmu, vsid, endpoint->heir) : 0;
	if (ret)
		return ret;
	ret = endpoint_is_numbered(endpoint) ? vsid_leave(endpoint) : 0;
	if (ret) {
		if (taken)
			vsid_release(endpoint->vsmmu, vsid);
		return ret;
	}
	vsid_forward(endpoint);
	vsid_settle(endpoint, vsid);
	return vsid_begin(endpoint);
}

int vsmmu_endpoint_set_vsid(struct vsmmu_endpoint *endpoint, uint64_t vsid)
{
	const unsigned int made = report_made();
	struct vsmmu *vsmmu = endpoint ? endpoint->vsmmu : NULL;
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = vsid_set(endpoint, vsid);
	pthread_mutex_unlock(&vsmmu->control_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return refusal_end(vsmmu, made, vsid, ret, "vsmmu_endpoint_set_vsid()");
}

int vsmmu_endpoint_get_vsid(const struct vsmmu_endpoint *endpoint, uint64_t *vsid)
{
	int ret = endpoint && vsid ? entry_check(endpoint->vsmmu) : -EINVAL;

	if (ret)
		return ret;
	pthread_mutex_lock(&endpoint->vsmmu->control_lock);
	*vsid = endpoint->vsid;
	pthread_mutex_unlock(&endpoint->vsmmu->control_lock);
	return 0;
}
