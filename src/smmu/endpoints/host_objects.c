/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/host_objects.h"

#include <errno.h>
#include <stdlib.h>

#include "smmu/endpoints/parents.h"
#include "smmu/endpoints/retry.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/source.h"
#include "smmu/identity.h"
#include "smmu/refusal.h"
#include "util/errno_name.h"

static const struct host_ops *ops_of(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsmmu->host->ops;
}

static void destroy(struct vsmmu *vsmmu, uint32_t id, int *ret)
{
	int failed = id ? object_destroy_unlocked(vsmmu, id) : 0;

	*ret = *ret ? *ret : failed;
}

/* Destroys it once its vEVENTQ is not read any more. */
static void viommu_free(struct vsmmu *vsmmu, struct viommu *viommu, int *ret)
{
	/* The fd goes first, else the kernel answers EBUSY. */
	vsmmu->host->ops->veventq_close(vsmmu->host, &viommu->source.veventq);
	destroy(vsmmu, viommu->source.veventq.id, ret);
	destroy(vsmmu, viommu->id, ret);
	free(viommu);
}

/* With no endpoint left: stops polling, drains, and takes it out of all lists. */
static void viommu_unlink(struct vsmmu *vsmmu, struct viommu *viommu)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	forwarder_end(vsmmu, &viommu->source);
	list_remove(viommu->parent->viommus, viommu);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

/* Return: 0 or -errno: what there is of it is to be freed. */
static int viommu_make(struct vsmmu_endpoint *endpoint, struct viommu *viommu)
{
	const struct host_ops *ops = ops_of(endpoint);
	struct nesting_parent *parent = viommu->parent;
	struct event_source *source = &viommu->source;
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = ops->viommu_alloc(vsmmu->host, &endpoint->host, parent->id, &viommu->id);

	if (!ret)
		ret = ops->veventq_alloc(vsmmu->host, viommu->id, source->depth, &source->veventq);
	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = source_begin(vsmmu, source);
	if (!ret)
		list_push(parent->viommus, viommu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

static int viommu_new(struct vsmmu_endpoint *endpoint, struct viommu **out)
{
	struct viommu *viommu = calloc(1, sizeof(*viommu));
	int ret, unused = 0;

	if (!viommu)
		return -ENOMEM;
	viommu->parent = endpoint->parent;
	viommu->source.depth = endpoint->vsmmu->config.veventq_depth;
	viommu->source.veventq.fd = -1;
	ret = viommu_make(endpoint, viommu);
	if (ret)
		viommu_free(endpoint->vsmmu, viommu, &unused);
	else
		*out = viommu;
	return ret;
}

static int viommu_get(struct vsmmu_endpoint *endpoint)
{
	struct viommu *viommu = endpoint->vsmmu->config.isolate ? NULL : endpoint->parent->viommus;
	int ret = viommu ? 0 : viommu_new(endpoint, &viommu);

	if (ret)
		return ret;
	endpoint->viommu = viommu;
	endpoint->source = &viommu->source;
	endpoint->source->endpoints++;
	return 0;
}

/* An adopted vEVENTQ stays when its last endpoint goes. */
static void source_put(struct vsmmu_endpoint *endpoint, int *ret)
{
	struct viommu *viommu = endpoint->viommu;

	if (!endpoint->source || --endpoint->source->endpoints || !viommu)
		return;
	viommu_unlink(endpoint->vsmmu, viommu);
	viommu_free(endpoint->vsmmu, viommu, ret);
}

/*
 * iommufd moves the whole IOMMU group of a device at once, and compares only at a first attach
 * (Linux drivers/iommu/iommufd/device.c): so it begins with a detach, which does no harm if
 * nothing is attached, and with a HWPT that nobody else has. Both may wait for whoever maps or
 * pins memory. Return: 0 or -errno.
 */
static int park_first(struct vsmmu_endpoint *endpoint)
{
	const struct host_ops *ops = ops_of(endpoint);
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = ops->detach(vsmmu->host, &endpoint->host);

	if (!ret)
		ret = ops->attach(
			vsmmu->host, &endpoint->host, endpoint->abort_id, VSMMU_ATTACH_ABORT);
	if (ret == -EINVAL)
		refuse(vsmmu, endpoint->vsid, ret,
			"endpoint %u cannot be attached: it shares an IOMMU group with a device "
			"that is attached already, and would meet what that one does; functions of "
			"one slot without ACS do: assign one of them, or all to the host",
			endpoint->host.dev_id);
	/* VFIO itself answers otherwise; devices opened through a group have no such call. */
	if (!endpoint->host.attach && (ret == -ENOTTY || ret == -EBADF))
		refuse(vsmmu, endpoint->vsid, ret,
			"endpoint %u cannot be attached: vfio_fd %s; 0, if nobody set it, is "
			"standard input",
			endpoint->host.dev_id,
			endpoint->host.vfio_fd < 0 ? "is negative, and attach is NULL"
						   : "is no device opened in /dev/vfio/devices");
	if (!ret)
		endpoint->installed = INSTALLED_ABORT;
	return ret;
}

/* A second endpoint of one device begins with a detach, which costs the first one its access. */
static int check_only_one(const struct vsmmu_endpoint *endpoint)
{
	list_for_each(other, endpoint->vsmmu->endpoints) {
		if (!other->viommu || other->host.dev_id != endpoint->host.dev_id)
			continue;
		return refuse(endpoint->vsmmu, endpoint->vsid, -EEXIST,
			"endpoint %u is behind this vSMMU already: detach it first, or give it "
			"another StreamID",
			endpoint->host.dev_id);
	}
	return 0;
}

int host_objects_get(struct vsmmu_endpoint *endpoint)
{
	int ret = parent_get(endpoint);

	return ret ? ret : viommu_get(endpoint);
}

int host_objects_make(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = check_only_one(endpoint);

	if (!ret)
		ret = identity_check(vsmmu, &endpoint->host, endpoint->vsid, &endpoint->hardware);
	if (ret)
		return ret;
	/* This device may have had one of them: it can have one vDEVICE only. */
	orphans_destroy(vsmmu);
	ret = host_objects_get(endpoint);
	return ret ? ret : park_first(endpoint);
}

static int put_back(struct vsmmu_endpoint *endpoint)
{
	int ret = ops_of(endpoint)->attach(endpoint->vsmmu->host, &endpoint->host,
		endpoint->parent->id, VSMMU_ATTACH_PUT_BACK);

	if (!ret)
		endpoint->installed = INSTALLED_NOTHING;
	return ret;
}

int host_objects_put_back(struct vsmmu_endpoint *endpoint, int failed)
{
	int ret = failed;

	if (!endpoint->put_back)
		return 0;
	if (!ret)
		ret = put_back(endpoint);
	if (ret)
		report(endpoint->vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, endpoint->vsid,
			"the host said %s: endpoint %u is not put back on nesting parent %u, but "
			"detached; what could not be destroyed is destroyed later",
			errno_name(-ret), endpoint->host.dev_id, endpoint->parent_hwpt);
	return ret;
}

int host_objects_detach(struct vsmmu_endpoint *endpoint)
{
	if (endpoint->installed == INSTALLED_NOTHING)
		return 0;
	endpoint->installed = INSTALLED_NOTHING;
	return ops_of(endpoint)->detach(endpoint->vsmmu->host, &endpoint->host);
}

int host_objects_free(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = host_objects_detach(endpoint), failed;

	destroy(vsmmu, endpoint->nested_id, &ret);
	destroy(vsmmu, endpoint->vdevice_id, &ret);
	destroy(vsmmu, endpoint->abort_id, &ret);
	destroy(vsmmu, endpoint->bypass_id, &ret);
	source_put(endpoint, &ret);
	failed = parent_put(endpoint);
	return ret ? ret : failed;
}
