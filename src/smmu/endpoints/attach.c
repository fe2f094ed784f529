/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints come and go. Host calls that map or pin the guest's memory, or wait for that, are made
 * under the attach lock alone: no register write ever waits for them.
 */
#include "smmu/endpoints/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/endpoints/adopt.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/host_objects.h"
#include "smmu/endpoints/parents.h"
#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/ste_target.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/identity.h"
#include "smmu/refusal.h"
#include "util/errno_name.h"
#include "util/fd.h"
#include "util/sized.h"

static void endpoint_free(struct vsmmu_endpoint *endpoint)
{
	fd_close(endpoint->host.vfio_fd);
	free(endpoint);
}

/* The endpoint is parked: it gets its vDEVICE, and access as the guest's registers say. */
static int endpoint_begin(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = 0;

	/* The guest may have looked at its ID registers since host_objects_make() asked. */
	if (endpoint->viommu)
		ret = identity_admit(vsmmu, &endpoint->host, endpoint->vsid, &endpoint->hardware);
	if (!ret && endpoint_is_numbered(endpoint))
		ret = vsid_enter(endpoint);
	if (ret)
		return ret;
	list_push(vsmmu->endpoints, endpoint);
	ret = endpoint_try_refresh(endpoint);
	if (ret >= 0) {
		vsid_ask_begin(endpoint);
		identity_update(vsmmu);
		return 0;
	}
	list_remove(vsmmu->endpoints, endpoint);
	/* The guest's commands no longer find it, so it can be taken apart without the lock. */
	if (endpoint_is_numbered(endpoint))
		vsid_exit(endpoint);
	if (ret == -ENOENT)
		refuse(vsmmu, endpoint->vsid, ret,
			"the host refused endpoint %u its guest's STE; another device of its IOMMU "
			"group may be why",
			endpoint->host.dev_id);
	return ret;
}

/* On an adopted vEVENTQ an endpoint has no host objects: its VMM has them. */
static int endpoint_adopt(struct vsmmu_endpoint *endpoint, struct vsmmu_adopted *adopted)
{
	if (!adopted_is_here(endpoint->vsmmu, adopted))
		return refuse(endpoint->vsmmu, endpoint->vsid, -EINVAL,
			"the adopted vEVENTQ is none of this vSMMU, or was freed");
	endpoint->source = &adopted->source;
	endpoint->source->endpoints++;
	return 0;
}

/* Only its VMM can make another attempt at a DETACH: the device may be anybody's by then. */
static void report_left(struct vsmmu *vsmmu, const char *what, int error)
{
	if (error)
		report(vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, VSMMU_NO_VSID,
			"%s: the host said %s; objects that are left are destroyed later, or with "
			"the iommufd; if the device is still attached, to what aborts, they wait "
			"until its VMM detaches or closes it, or attaches it again",
			what, errno_name(-error));
}

/*
 * At no moment does the endpoint reach more than the guest lets it: what is attached first
 * aborts. Return: 0 or -errno, nothing left but the reserved StreamID.
 */
static int endpoint_set_up(struct vsmmu_endpoint *endpoint, struct vsmmu_adopted *adopted)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = adopted ? endpoint_adopt(endpoint, adopted) : host_objects_make(endpoint);

	if (!ret) {
		pthread_mutex_lock(&vsmmu->control_lock);
		ret = endpoint_begin(endpoint);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	if (ret)
		report_left(vsmmu, "undoing an attach that failed", host_objects_free(endpoint));
	return ret;
}

/* Under the attach lock. */
static int endpoint_attach(struct vsmmu_endpoint *endpoint, struct vsmmu_adopted *adopted)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	if (!adopted && !vsmmu->host)
		return refuse(vsmmu, endpoint->vsid, -EINVAL,
			"endpoint %u cannot be attached: config.host is NULL, and there was no "
			"vsmmu_set_host()",
			endpoint->host.dev_id);
	if (!endpoint_is_numbered(endpoint))
		return endpoint_set_up(endpoint, adopted);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = vsid_claim(vsmmu, endpoint->vsid, false);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (ret)
		return ret;
	ret = endpoint_set_up(endpoint, adopted);
	if (ret) {
		pthread_mutex_lock(&vsmmu->control_lock);
		vsid_release(vsmmu, endpoint->vsid);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	return ret;
}

/* Return: what is wrong with the config's members about nesting parents, or NULL. */
static const char *parent_config_fault(const struct vsmmu_endpoint_config *config)
{
	if (config->put_back && !config->parent_hwpt)
		return "put_back without a parent_hwpt to put it back on";
	if (config->parent_hwpt && config->adopted)
		return "a parent_hwpt, and an adopted vEVENTQ, for whose endpoints the library "
		       "makes no host calls";
	if (config->reserved[0] || config->reserved[1] || config->reserved[2])
		return "reserved members that are not 0";
	return NULL;
}

static bool parent_config_fits(struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *config)
{
	const char *fault = parent_config_fault(config);

	if (fault)
		refuse(vsmmu, config->vsid, -EINVAL, "the config of endpoint %u has %s",
			config->dev_id, fault);
	return !fault;
}

/* The host calls this in place of the VMM's attach, so that the callback is noted. */
static int attach_callback(void *opaque, const struct vsmmu_attachment *attachment)
{
	const struct vsmmu_endpoint *endpoint = opaque;
	struct callback callback;
	int ret;

	callback_begin(&callback, endpoint->vsmmu);
	ret = endpoint->attach(endpoint->attach_opaque, attachment);
	callback_end(&callback);
	return ret;
}

static int endpoint_new(struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *config,
	struct vsmmu_endpoint **out)
{
	struct vsmmu_endpoint *endpoint;
	int fd = -1;

	if (!parent_config_fits(vsmmu, config))
		return -EINVAL;
	if (config->adopted && config->vsid == VSMMU_NO_VSID)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"an endpoint on an adopted vEVENTQ needs the StreamID that its VMM gave "
			"its vDEVICE");
	if (!config->adopted && !config->attach && config->vfio_fd >= 0) {
		fd = fd_dup(config->vfio_fd);
		if (fd < 0)
			return refuse(vsmmu, config->vsid, fd, "vfio_fd %d cannot be duplicated",
				config->vfio_fd);
	}
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint) {
		fd_close(fd);
		return -ENOMEM;
	}
	endpoint->vsmmu = vsmmu;
	endpoint->opaque = config->opaque;
	endpoint->vsid = config->vsid;
	endpoint->parent_hwpt = config->parent_hwpt;
	endpoint->put_back = config->put_back;
	endpoint->late = !endpoint_is_numbered(endpoint);
	endpoint->wanted = endpoint->told = VSMMU_NO_VSID;
	endpoint->stream = STREAM_NONE;
	endpoint->host = (struct host_endpoint){
		.dev_id = config->dev_id,
		.vfio_fd = fd,
		.attach = config->attach ? attach_callback : NULL,
		.opaque = endpoint,
	};
	endpoint->attach = config->attach;
	endpoint->attach_opaque = config->attach_opaque;
	*out = endpoint;
	return 0;
}

int vsmmu_endpoint_attach(
	struct vsmmu *vsmmu, const struct vsmmu_endpoint_config *given, struct vsmmu_endpoint **out)
{
	const unsigned int made = report_made();
	struct vsmmu_endpoint_config config = {0};
	struct vsmmu_endpoint *endpoint = NULL;
	int ret;

	ret = entry_check(vsmmu);
	if (ret)
		return ret;
	ret = refusal_copy_in(vsmmu, &config, given, sizeof(config), "vsmmu_endpoint_config");
	if (!ret && !out)
		ret = refuse(vsmmu, config.vsid, -EINVAL, "out is NULL");
	if (!ret)
		ret = endpoint_new(vsmmu, &config, &endpoint);
	if (ret)
		return refusal_end(vsmmu, made, config.vsid, ret, "vsmmu_endpoint_attach()");
	pthread_mutex_lock(&vsmmu->attach_lock);
	ret = endpoint_attach(endpoint, config.adopted);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	if (ret)
		endpoint_free(endpoint);
	else
		*out = endpoint;
	return refusal_end(vsmmu, made, config.vsid, ret, "vsmmu_endpoint_attach()");
}

void *vsmmu_endpoint_get_opaque(const struct vsmmu_endpoint *endpoint)
{
	return endpoint ? endpoint->opaque : NULL;
}

/* Under the control lock. */
static int set_ste_check(const struct vsmmu_endpoint *endpoint, const uint64_t ste[2])
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	if (!ste)
		return refuse(vsmmu, endpoint->vsid, -EINVAL, "ste is NULL");
	if (!endpoint->viommu)
		return refuse(vsmmu, endpoint->vsid, -EOPNOTSUPP,
			"the endpoint is on an adopted vEVENTQ: its VMM installs STEs itself");
	if (vsmmu_is_whole(vsmmu))
		return refuse(vsmmu, endpoint->vsid, -EOPNOTSUPP,
			"the vSMMU reads the guest's STEs itself, as event_path_only is not set");
	if (!ste_target_takes(endpoint, ste))
		return refuse(vsmmu, endpoint->vsid, -ENOENT,
			"the endpoint has no StreamID, which stage 1 needs, or "
			"vsmmu_endpoint_set_vsid() failed");
	return 0;
}

int vsmmu_endpoint_set_ste(struct vsmmu_endpoint *endpoint, const uint64_t ste[2])
{
	const unsigned int made = report_made();
	struct vsmmu *vsmmu = endpoint ? endpoint->vsmmu : NULL;
	int ret = entry_check(vsmmu);
	uint64_t vsid;

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->control_lock);
	vsid = endpoint->vsid;
	ret = set_ste_check(endpoint, ste);
	if (!ret)
		ret = endpoint_install_vste(endpoint, ste);
	if (!ret) {
		endpoint->ste_is_set = true;
		endpoint->blocked = false;
		memcpy(endpoint->ste, ste, sizeof(endpoint->ste));
	}
	pthread_mutex_unlock(&vsmmu->control_lock);
	return refusal_end(vsmmu, made, vsid, ret,
		"vsmmu_endpoint_set_ste(): the host refused the STE, and the old one is in force");
}

/* No lock: an endpoint's vIOMMU is the same from attach to detach, but for a move. */
int vsmmu_endpoint_get_viommu(struct vsmmu_endpoint *endpoint, uint32_t *viommu_id)
{
	int ret = viommu_id && endpoint ? entry_check(endpoint->vsmmu) : -EINVAL;

	if (ret)
		return ret;
	if (!endpoint->viommu)
		return -EOPNOTSUPP;
	*viommu_id = endpoint->viommu->id;
	return 0;
}

/*
 * Frees the endpoint's StreamID, if it has one, at once or when its events have been read. The
 * vDEVICE goes first, or the host would refuse one to the next holder. Under the control lock.
 * Return: 0 or -errno of destroying the vDEVICE.
 */
static int endpoint_end_stream(struct vsmmu_endpoint *endpoint)
{
	const uint32_t vdevice_id = endpoint->vdevice_id;
	int ret = vdevice_id ? object_destroy(endpoint->vsmmu, vdevice_id) : 0;

	endpoint->vdevice_id = 0;
	if (!endpoint_is_numbered(endpoint))
		return 0;
	if (endpoint->viommu && !vdevice_id)
		vsid_release(endpoint->vsmmu, endpoint->vsid);
	else
		vsid_retire(endpoint);
	return ret;
}

/*
 * Parks and unlinks an endpoint; one that cannot be parked may cause events until it is detached.
 * Return: 0 or -errno of parking. @failed gets -errno of destroying the vDEVICE.
 */
static int endpoint_end(struct vsmmu_endpoint *endpoint, int *failed)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoint->viommu ? endpoint_park(endpoint) : 0;
	list_remove(vsmmu->endpoints, endpoint);
	vsid_ask_end(endpoint);
	identity_update(vsmmu);
	if (!ret)
		*failed = endpoint_end_stream(endpoint);
	else if (endpoint_is_numbered(endpoint))
		vsid_disown(endpoint);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int endpoint_remove(struct vsmmu_endpoint *endpoint, int *left)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int failed = 0;
	const int parked = endpoint_end(endpoint, &failed);
	const int astray = host_objects_put_back(endpoint, parked ? parked : failed);
	const int ret = host_objects_detach(endpoint);

	if (parked) {
		pthread_mutex_lock(&vsmmu->control_lock);
		failed = endpoint_end_stream(endpoint);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	if (parked && ret)
		report(vsmmu, VSMMU_REPORT_BLOCKED, VSMMU_ERROR, endpoint->vsid,
			"removing an endpoint: the host said %s; it could not even be cut off from "
			"memory, and reaches the guest's until its device is closed",
			errno_name(-ret));
	*left = host_objects_free(endpoint);
	endpoint_free(endpoint);
	*left = failed ? failed : *left;
	*left = ret ? ret : *left;
	return astray ? astray : *left;
}

int vsmmu_endpoint_detach(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu;
	int ret, left;

	if (!endpoint)
		return 0;
	vsmmu = endpoint->vsmmu;
	ret = entry_check(vsmmu);
	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	ret = endpoint_remove(endpoint, &left);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	report_left(vsmmu, "detaching an endpoint", left);
	return ret;
}

int vsmmu_drop_parents(struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	ret = parents_drop(vsmmu, false);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}
