/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/moving.h"

#include <string.h>

#include "smmu/endpoints/host_objects.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/events/forwarder.h"
#include "smmu/stats.h"

int moving_make(struct moving *moving, struct vsmmu_endpoint *endpoint, struct vsmmu *to)
{
	moving->endpoint = endpoint;
	moving->other = (struct vsmmu_endpoint){
		.vsmmu = to,
		.host = endpoint->host,
		.vsid = endpoint->vsid,
		.hardware = endpoint->hardware,
	};
	/* An adopted vEVENTQ goes over as it is. */
	if (!endpoint->viommu)
		return 0;
	/* Whoever made the parent, it is not to be made here. */
	moving->other.parent_hwpt = endpoint->parent->id;
	return host_objects_get(&moving->other);
}

/* An endpoint that the host has cut off stays so for now. */
static enum installed target_of(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->blocked ? INSTALLED_ABORT : endpoint->installed;
}

int moving_prepare(struct moving *moving)
{
	const struct vsmmu_endpoint *endpoint = moving->endpoint;
	struct vsmmu_endpoint *other = &moving->other;
	struct vsmmu *to = other->vsmmu;
	int ret = 0;

	moving->target = target_of(endpoint);
	other->vsid = endpoint->vsid;
	memcpy(other->vste, endpoint->vste, sizeof(other->vste));
	if (moving->target == INSTALLED_NESTED)
		ret = to->host->ops->nested_alloc(
			to->host, &other->host, other->viommu->id, other->vste, &other->nested_id);
	if (ret || !endpoint_is_numbered(endpoint))
		return ret;
	pthread_mutex_lock(&to->event_lock);
	ret = stream_reserve(&to->streams, (uint32_t)endpoint->vsid);
	pthread_mutex_unlock(&to->event_lock);
	return ret;
}

/* On failure @vdevice_id is 0. */
static int vdevice_make(struct vsmmu_endpoint *objects)
{
	struct vsmmu_host *host = objects->vsmmu->host;
	int ret = host->ops->vdevice_alloc(host, &objects->host, objects->viommu->id,
		(uint32_t)objects->vsid, &objects->vdevice_id);

	if (ret)
		objects->vdevice_id = 0;
	return ret;
}

static int vdevice_destroy(struct vsmmu_endpoint *objects)
{
	struct vsmmu_host *host = objects->vsmmu->host;
	int ret = host->ops->destroy(host, objects->vdevice_id);

	if (!ret)
		objects->vdevice_id = 0;
	return ret;
}

int moving_switch(struct moving *moving)
{
	struct vsmmu_endpoint *endpoint = moving->endpoint, *other = &moving->other;
	int ret = 0;

	if (!endpoint->viommu)
		return 0;
	if (endpoint->vdevice_id) {
		ret = vdevice_destroy(endpoint);
		moving->had_vdevice = !ret;
		if (!ret)
			ret = vdevice_make(other);
	}
	if (!ret)
		ret = endpoint_attach_its(other, moving->target);
	if (!ret)
		other->installed = moving->target;
	return ret;
}

/* Return: 0; -errno: it has its old vDEVICE and its old HWPT, or one of them, or none. */
static int move_back(struct moving *moving)
{
	struct vsmmu_endpoint *endpoint = moving->endpoint, *other = &moving->other;
	int ret = other->vdevice_id ? vdevice_destroy(other) : 0;

	if (!ret && moving->had_vdevice)
		ret = vdevice_make(endpoint);
	if (ret || !other->installed)
		return ret;
	ret = endpoint_attach_its(endpoint, moving->target);
	if (ret)
		return ret;
	endpoint->installed = moving->target;
	other->installed = INSTALLED_NOTHING;
	return 0;
}

void moving_undo(struct moving *moving)
{
	struct vsmmu_endpoint *endpoint = moving->endpoint, *other = &moving->other;
	int ret;

	if (!moving->had_vdevice && !other->installed)
		return;
	ret = move_back(moving);
	if (!ret)
		return;
	if (other->installed)
		endpoint->installed = INSTALLED_STRAY;
	other->installed = INSTALLED_NOTHING;
	if (moving->had_vdevice && !endpoint->vdevice_id)
		vsid_lose(endpoint);
	endpoint_block(endpoint, "undoing a move that failed", ret);
}

/* The vSMMU that the endpoint is back at takes its events from one source or the other. */
static void set_source(struct moving *moving, bool other)
{
	const struct vsmmu_endpoint *endpoint = moving->endpoint;
	struct event_source *source = other ? moving->other.source : endpoint->source;
	struct vsmmu *vsmmu = endpoint->vsmmu;

	if (!source || endpoint->stream == STREAM_NONE)
		return;
	pthread_mutex_lock(&vsmmu->event_lock);
	stream_set_source(&vsmmu->streams, endpoint->stream, source, source->tag);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

void moving_read_ahead(struct moving *moving, uint32_t count, uint64_t *lost)
{
	for (uint32_t i = 0; i < count; i++)
		set_source(&moving[i], true);
	/* Events that cannot be read now are discarded with the vEVENTQ. */
	for (uint32_t i = 0; i < count; i++)
		if (moving[i].other.source)
			forwarder_read_one_ahead(
				moving[i].endpoint->vsmmu, moving[i].other.source, lost);
	for (uint32_t i = 0; i < count; i++)
		set_source(&moving[i], false);
}

static void take_objects(struct vsmmu_endpoint *to, const struct vsmmu_endpoint *from)
{
	to->parent = from->parent;
	to->source = from->source;
	to->viommu = from->viommu;
	to->abort_id = from->abort_id;
	to->bypass_id = from->bypass_id;
	to->vdevice_id = from->vdevice_id;
	to->nested_id = from->nested_id;
	to->installed = from->installed;
}

static void swap_objects(struct vsmmu_endpoint *endpoint, struct vsmmu_endpoint *other)
{
	const struct vsmmu_endpoint old = *endpoint;

	take_objects(endpoint, other);
	take_objects(other, &old);
	/* It is attached no more. */
	other->installed = INSTALLED_NOTHING;
	if (other->viommu->needs_cd_inval)
		endpoint->viommu->needs_cd_inval = true;
	endpoint->parent->needs_tlb_inval = other->parent->needs_tlb_inval;
	/* A parent of the library's own belongs to the new vSMMU now. */
	if (!other->parent->is_vmms)
		endpoint->parent->is_vmms = false;
	other->parent->is_vmms = true;
}

/* Under the event lock of the new vSMMU. */
static void stream_begin(struct vsmmu_endpoint *endpoint)
{
	struct stream_table *streams = &endpoint->vsmmu->streams;
	uint32_t index;

	if (endpoint->stream == STREAM_NONE)
		return;
	index = stream_find(streams, (uint32_t)endpoint->vsid);
	stream_go_live(streams, index, endpoint, endpoint->source, endpoint->source->tag);
	streams->entries[index].fault_override = endpoint->fault_override;
	endpoint->stream = index;
}

void moving_commit(struct moving *moving)
{
	struct vsmmu_endpoint *endpoint = moving->endpoint;
	struct vsmmu *from = endpoint->vsmmu, *to = moving->other.vsmmu;

	pthread_mutex_lock(&from->event_lock);
	stats_add_stream(
		from, endpoint->stream, &endpoint->delivered_before, &endpoint->discarded_before);
	pthread_mutex_unlock(&from->event_lock);
	if (endpoint->viommu)
		swap_objects(endpoint, &moving->other);
	endpoint->vsmmu = to;
	pthread_mutex_lock(&to->event_lock);
	stream_begin(endpoint);
	pthread_mutex_unlock(&to->event_lock);
}

void moving_free(struct moving *moving, struct vsmmu *owner)
{
	moving->other.vsmmu = owner;
	/* Objects that cannot be destroyed now are orphans. */
	host_objects_free(&moving->other);
}
