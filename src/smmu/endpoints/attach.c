/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/endpoints/ste_install.h"
#include "smmu/idregs.h"
#include "util/fd.h"
#include "util/sized.h"

static void endpoint_free(struct vsmmu_endpoint *endpoint)
{
	fd_close(endpoint->host.vfio_fd);
	free(endpoint);
}

/*
 * All host objects of an endpoint that is not on an adopted vEVENTQ. At no moment does it
 * reach more than the guest lets it: the first thing that is attached is what the guest's
 * registers and stream table say. Return: 0 or -errno, nothing left.
 */
static int endpoint_set_up(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = 0;

	if (vsmmu_is_whole(vsmmu))
		ret = identity_check(vsmmu, &endpoint->host, endpoint->vsid, &endpoint->hardware);
	if (!ret)
		ret = endpoint_build(endpoint);
	if (ret)
		return ret;
	ret = endpoint_add_stream(endpoint);
	if (ret)
		goto fail_vdevice;
	ret = endpoint_try_refresh(endpoint);
	if (ret)
		goto fail_stream;
	return 0;
fail_stream:
	endpoint_drop_stream(endpoint);
fail_vdevice:
	vsmmu->host->ops->destroy(vsmmu->host, endpoint->vdevice_id);
	endpoint_unbuild(endpoint);
	return ret;
}

static int endpoint_adopted(struct vsmmu_endpoint *endpoint, struct vsmmu_veventq_source *source)
{
	struct viommu *viommu = viommu_of_source(endpoint->vsmmu, source);
	int ret;

	if (!viommu)
		return -EINVAL;
	endpoint->viommu = viommu;
	ret = endpoint_add_stream(endpoint);
	if (!ret)
		viommu->endpoints++;
	return ret;
}

int vsmmu_endpoint_attach(
	struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *given, struct vsmmu_endpoint **out)
{
	struct vsmmu_endpoint_config config;
	struct vsmmu_endpoint *endpoint;
	int ret;

	ret = out ? sized_copy_in(&config, given, sizeof(config)) : -EINVAL;
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
		endpoint->host.vfio_fd = fd_dup(config.vfio_fd);
		ret = endpoint->host.vfio_fd < 0 ? endpoint->host.vfio_fd : 0;
	}
	if (ret) {
		endpoint_free(endpoint);
		return ret;
	}

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoint_claim_vsid(vsmmu, config.vsid);
	if (!ret && config.source)
		ret = endpoint_adopted(endpoint, config.source);
	else if (!ret)
		ret = endpoint_set_up(endpoint);
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
	int ret = -EOPNOTSUPP;

	if (!ste)
		return -EINVAL;
	pthread_mutex_lock(&vsmmu->control_lock);
	/* Without a StreamID it stays without access. */
	if (endpoint->viommu->parent && !vsmmu_is_whole(vsmmu))
		ret = endpoint->vdevice_id ? endpoint_install_vste(endpoint, ste) : -ENOENT;
	if (!ret) {
		endpoint->ste_is_set = true;
		memcpy(endpoint->ste, ste, sizeof(endpoint->ste));
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int endpoint_remove(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct vsmmu_endpoint **link = &vsmmu->endpoints;
	bool adopted = !endpoint->viommu->parent;
	int ret, failed;

	if (!endpoint_shut(endpoint, &ret))
		report(vsmmu, VSMMU_REPORT_BLOCKED, VSMMU_ERROR, endpoint->vsid,
			"removing an endpoint: the host said %s; it could not even be cut off from "
			"memory, and reaches the guest's until its device is closed",
			strerror(-ret));
	if (adopted || endpoint->vdevice_id)
		endpoint_retire_stream(endpoint);
	if (endpoint->vdevice_id) {
		failed = vsmmu->host->ops->destroy(vsmmu->host, endpoint->vdevice_id);
		ret = ret ? ret : failed;
	}
	failed = endpoint_unbuild(endpoint);
	ret = ret ? ret : failed;
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
