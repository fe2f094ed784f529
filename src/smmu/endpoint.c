/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/fd.h"
#include "smmu/forwarder.h"
#include "util/sized.h"

static void endpoint_free(struct vsmmu_endpoint *endpoint)
{
	host_fd_close(endpoint->host.vfio_fd);
	free(endpoint);
}

static const struct host_ops *endpoint_ops(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsmmu->host->ops;
}

/* Return: 0; -EEXIST; -EAGAIN while events of its last holder may still come. */
static int endpoint_claim_vsid(struct vsmmu *vsmmu, uint32_t vsid)
{
	struct vqueue *stale = NULL;
	uint32_t index;
	int ret = 0;

	pthread_mutex_lock(&vsmmu->dispatch_lock);
	for (int drained = 0; drained < 2; drained++) {
		pthread_mutex_lock(&vsmmu->event_lock);
		index = stream_find(&vsmmu->streams, vsid);
		if (index == STREAM_NONE)
			ret = 0;
		else if (vsmmu->streams.entries[index].state == STREAM_LIVE)
			ret = -EEXIST;
		else
			ret = -EAGAIN;
		if (ret == -EAGAIN)
			stale = (struct vqueue *)(uintptr_t)vsmmu->streams.entries[index].vqueue;
		pthread_mutex_unlock(&vsmmu->event_lock);
		if (ret != -EAGAIN || drained)
			break;
		forwarder_run(vsmmu, stale);
	}
	pthread_mutex_unlock(&vsmmu->dispatch_lock);
	return ret;
}

static int endpoint_add_stream(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->event_lock);
	ret = stream_reserve(&vsmmu->streams);
	if (!ret)
		stream_add(&vsmmu->streams, endpoint->vsid, endpoint->vqueue);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return ret;
}

static void parent_put(struct vsmmu *vsmmu, struct parent *parent)
{
	struct parent **link = &vsmmu->parents;

	if (parent->vqueues)
		return;
	while (*link != parent)
		link = &(*link)->next;
	*link = parent->next;
	free(parent);
}

/*
 * Attaches the endpoint to the parent of its physical SMMU. Which one that is only the
 * kernel knows: it answers EINVAL for another's. Return: 0 or -errno, nothing left.
 */
static int endpoint_attach_parent(struct vsmmu_endpoint *endpoint, struct parent **out)
{
	const struct host_ops *ops = endpoint_ops(endpoint);
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct parent *parent;
	int ret;

	for (parent = vsmmu->parents; parent; parent = parent->next) {
		ret = ops->attach(vsmmu->host, &endpoint->host, parent->id);
		if (!ret)
			*out = parent;
		if (ret != -EINVAL)
			return ret;
	}
	parent = calloc(1, sizeof(*parent));
	if (!parent)
		return -ENOMEM;
	ret = ops->parent_alloc(vsmmu->host, &endpoint->host, &parent->id);
	if (ret)
		goto fail_free;
	ret = ops->attach(vsmmu->host, &endpoint->host, parent->id);
	if (ret)
		goto fail_destroy;
	parent->next = vsmmu->parents;
	vsmmu->parents = parent;
	*out = parent;
	return 0;
fail_destroy:
	ops->destroy(vsmmu->host, parent->id);
fail_free:
	free(parent);
	return ret;
}

/* Detaches from the parent; the last one out destroys it. Return: first -errno. */
static int endpoint_detach_parent(struct vsmmu_endpoint *endpoint, struct parent *parent)
{
	const struct host_ops *ops = endpoint_ops(endpoint);
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret, destroyed = 0;

	ret = ops->detach(vsmmu->host, &endpoint->host);
	if (!parent->vqueues)
		destroyed = ops->destroy(vsmmu->host, parent->id);
	parent_put(vsmmu, parent);
	return ret ? ret : destroyed;
}

static int endpoint_find_vqueue(struct vsmmu_endpoint *endpoint, struct parent *parent)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct vqueue *vqueue;

	for (vqueue = vsmmu->vqueues; vqueue; vqueue = vqueue->next)
		if (vqueue->parent == parent && !vsmmu->config.isolate)
			break;
	if (!vqueue) {
		int ret = vqueue_new(vsmmu, &endpoint->host, parent, &vqueue);

		if (ret)
			return ret;
	}
	endpoint->vqueue = vqueue;
	vqueue->endpoints++;
	return 0;
}

/* Return: first -errno of taking the vEVENTQ down, if this was its last endpoint. */
static int endpoint_put_vqueue(struct vsmmu_endpoint *endpoint)
{
	struct vqueue *vqueue = endpoint->vqueue;

	if (--vqueue->endpoints || !vqueue->parent)
		return 0;
	return vqueue_free(endpoint->vsmmu, vqueue);
}

/* All host objects of an endpoint that is not on an adopted vEVENTQ. */
static int endpoint_build(struct vsmmu_endpoint *endpoint)
{
	const struct host_ops *ops = endpoint_ops(endpoint);
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct parent *parent = NULL;
	int ret;

	ret = endpoint_attach_parent(endpoint, &parent);
	if (ret)
		return ret;
	ret = endpoint_find_vqueue(endpoint, parent);
	if (ret)
		goto fail_parent;
	ret = ops->vdevice_alloc(vsmmu->host, &endpoint->host, endpoint->vqueue->viommu_id,
		endpoint->vsid, &endpoint->vdevice_id);
	if (ret)
		goto fail_vqueue;
	ret = endpoint_add_stream(endpoint);
	if (ret)
		goto fail_vdevice;
	return 0;
fail_vdevice:
	ops->destroy(vsmmu->host, endpoint->vdevice_id);
fail_vqueue:
	endpoint_put_vqueue(endpoint);
fail_parent:
	endpoint_detach_parent(endpoint, parent);
	return ret;
}

static int endpoint_adopted(struct vsmmu_endpoint *endpoint, struct vqueue *vqueue)
{
	int ret;

	endpoint->vqueue = vqueue;
	ret = endpoint_add_stream(endpoint);
	if (!ret)
		vqueue->endpoints++;
	return ret;
}

int vsmmu_endpoint_attach(
	struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *given, struct vsmmu_endpoint **out)
{
	struct vsmmu_endpoint_config config;
	struct vsmmu_endpoint *endpoint;
	int ret;

	ret = sized_copy_in(&config, given, sizeof(config));
	if (ret)
		return ret;
	if (!config.source && !vsmmu->host)
		return -EINVAL;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return -ENOMEM;
	endpoint->vsmmu = vsmmu;
	endpoint->vsid = config.vsid;
	endpoint->host = (struct host_endpoint){
		.dev_id = config.dev_id,
		.vfio_fd = -1,
		.attach = config.attach,
		.opaque = config.attach_opaque,
	};
	if (!config.source && !config.attach && config.vfio_fd >= 0) {
		endpoint->host.vfio_fd = host_fd_dup(config.vfio_fd);
		ret = endpoint->host.vfio_fd < 0 ? endpoint->host.vfio_fd : 0;
	}
	if (ret) {
		endpoint_free(endpoint);
		return ret;
	}

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoint_claim_vsid(vsmmu, config.vsid);
	if (!ret && config.source)
		ret = endpoint_adopted(endpoint, &config.source->vqueue);
	else if (!ret)
		ret = endpoint_build(endpoint);
	if (!ret) {
		endpoint->next = vsmmu->endpoints;
		vsmmu->endpoints = endpoint;
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (ret) {
		endpoint_free(endpoint);
		return ret;
	}
	*out = endpoint;
	return 0;
}

int vsmmu_endpoint_set_ste(struct vsmmu_endpoint *endpoint, const uint64_t ste[2])
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	const struct host_ops *ops;
	uint32_t nested;
	int ret, left = 0;

	if (!endpoint->vqueue->parent)
		return -EOPNOTSUPP;
	ops = endpoint_ops(endpoint);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = ops->nested_alloc(
		vsmmu->host, &endpoint->host, endpoint->vqueue->viommu_id, ste, &nested);
	if (ret)
		goto out;
	ret = ops->attach(vsmmu->host, &endpoint->host, nested);
	if (ret) {
		ops->destroy(vsmmu->host, nested);
		goto out;
	}
	if (endpoint->nested_id)
		left = ops->destroy(vsmmu->host, endpoint->nested_id);
	endpoint->nested_id = nested;
out:
	pthread_mutex_unlock(&vsmmu->control_lock);
	/* The new one is in force: what could not be destroyed is no failure of this. */
	if (left)
		report(vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, endpoint->vsid,
			"replacing an STE: the host said %s; the old HWPT may be left until the "
			"iommufd is closed",
			strerror(-left));
	return ret;
}

int endpoint_park(struct vsmmu_endpoint *endpoint)
{
	const struct host_ops *ops;
	int ret, destroyed;

	if (!endpoint->vqueue->parent || !endpoint->nested_id)
		return 0;
	ops = endpoint_ops(endpoint);
	ret = ops->attach(endpoint->vsmmu->host, &endpoint->host, endpoint->vqueue->parent->id);
	/* The kernel stops forwarding as well when nothing is attached. */
	if (ret)
		ops->detach(endpoint->vsmmu->host, &endpoint->host);
	destroyed = ops->destroy(endpoint->vsmmu->host, endpoint->nested_id);
	endpoint->nested_id = 0;
	return ret ? ret : destroyed;
}

/* Events that come from now on are stale; the StreamID is free once they are read. */
static void endpoint_retire_stream(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	uint32_t index;

	pthread_mutex_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	index = stream_find(&vsmmu->streams, endpoint->vsid);
	vsmmu->streams.entries[index].state = STREAM_STALE;
	vsmmu->streams.live--;
	endpoint->vqueue->stale++;
	endpoint->vqueue->stale_left =
		endpoint->vqueue->parent ? vsmmu->config.veventq_depth : VEVENTQ_DEPTH_MAX;
	pthread_mutex_unlock(&vsmmu->event_lock);
	forwarder_run(vsmmu, endpoint->vqueue);
	pthread_mutex_unlock(&vsmmu->dispatch_lock);
}

int endpoint_remove(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct vsmmu_endpoint **link = &vsmmu->endpoints;
	struct parent *parent = endpoint->vqueue->parent;
	int ret, failed;

	ret = endpoint_park(endpoint);
	endpoint_retire_stream(endpoint);
	if (parent) {
		failed = endpoint_ops(endpoint)->destroy(vsmmu->host, endpoint->vdevice_id);
		ret = ret ? ret : failed;
	}
	failed = endpoint_put_vqueue(endpoint);
	ret = ret ? ret : failed;
	if (parent) {
		failed = endpoint_detach_parent(endpoint, parent);
		ret = ret ? ret : failed;
	}
	while (*link != endpoint)
		link = &(*link)->next;
	*link = endpoint->next;
	endpoint_free(endpoint);
	return ret;
}

int vsmmu_endpoint_detach(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu;
	int ret;

	if (!endpoint)
		return 0;
	vsmmu = endpoint->vsmmu;
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoint_remove(endpoint);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (ret)
		report(vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, VSMMU_NO_VSID,
			"detaching an endpoint: the host said %s; some of its objects may be "
			"left until the iommufd is closed",
			strerror(-ret));
	return ret;
}
