/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/ste_install.h"

#include <errno.h>
#include <string.h>

#include "arch/ste.h"
#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_target.h"
#include "smmu/events/forwarder.h"
#include "smmu/report.h"
#include "smmu/viommu/invalidate.h"
#include "util/errno_name.h"

static const struct host_ops *install_ops(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsmmu->host->ops;
}

static bool target_is_installed(
	const struct vsmmu_endpoint *endpoint, const struct ste_target *target)
{
	if (endpoint->blocked || endpoint->installed != target->installed)
		return false;
	return target->installed != INSTALLED_NESTED ||
	       !memcmp(endpoint->vste, target->vste, sizeof(target->vste));
}

/*
 * Changes what C_BAD_STE stands for; events that the vEVENTQ holds already are still of the old
 * meaning. But where the guest's full queue keeps them there, they are taken for the new.
 */
static void endpoint_set_fault_override(
	struct vsmmu_endpoint *endpoint, const struct fault_override *fault_override)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	if (endpoint->fault_override.event == fault_override->event &&
		endpoint->fault_override.fetch_address == fault_override->fetch_address)
		return;
	endpoint->fault_override = *fault_override;
	fairlock_lock(&vsmmu->dispatch_lock);
	forwarder_run(vsmmu, endpoint->source);
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->streams.entries[stream_find(&vsmmu->streams, (uint32_t)endpoint->vsid)]
		.fault_override = *fault_override;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

enum vsmmu_attach_purpose ste_purpose(enum arch_ste_kind kind)
{
	switch (kind) {
	case ARCH_STE_S1:
		return VSMMU_ATTACH_STAGE1;
	case ARCH_STE_BYPASS:
		return VSMMU_ATTACH_BYPASS;
	default:
		return VSMMU_ATTACH_ABORT;
	}
}

enum vsmmu_attach_purpose endpoint_purpose(const struct vsmmu_endpoint *endpoint)
{
	switch (endpoint->installed) {
	case INSTALLED_NESTED:
		return ste_purpose(arch_ste_vste_kind(endpoint->vste));
	case INSTALLED_BYPASS:
		return VSMMU_ATTACH_BYPASS;
	case INSTALLED_ABORT:
		return VSMMU_ATTACH_ABORT;
	default:
		return VSMMU_ATTACH_NOTHING;
	}
}

int endpoint_attach_its(const struct vsmmu_endpoint *objects, enum installed installed)
{
	struct vsmmu_host *host = objects->vsmmu->host;
	uint32_t id = objects->abort_id;
	enum vsmmu_attach_purpose purpose = VSMMU_ATTACH_ABORT;

	if (installed == INSTALLED_BYPASS) {
		id = objects->bypass_id;
		purpose = VSMMU_ATTACH_BYPASS;
	} else if (installed == INSTALLED_NESTED) {
		id = objects->nested_id;
		purpose = ste_purpose(arch_ste_vste_kind(objects->vste));
	}
	return host->ops->attach(host, &objects->host, id, purpose);
}

/* A HWPT that takes the place of the one that is attached to an endpoint. */
struct replacement {
	uint32_t id;
	enum installed installed;
	enum vsmmu_attach_purpose purpose;
};

/* Destroys the nested HWPT that was attached before. Return: 0 or -errno. */
static int endpoint_replace(struct vsmmu_endpoint *endpoint, const struct replacement *by)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret = install_ops(endpoint)->attach(vsmmu->host, &endpoint->host, by->id, by->purpose);

	if (ret)
		return ret;
	/* An HWPT that cannot be destroyed now becomes an orphan. */
	if (endpoint->nested_id)
		object_destroy(vsmmu, endpoint->nested_id);
	endpoint->nested_id = by->installed == INSTALLED_NESTED ? by->id : 0;
	endpoint->installed = by->installed;
	return 0;
}

int endpoint_install_vste(struct vsmmu_endpoint *endpoint, const uint64_t vste[2])
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct replacement nested = {
		.installed = INSTALLED_NESTED, .purpose = ste_purpose(arch_ste_vste_kind(vste))};
	int ret;

	ret = install_ops(endpoint)->nested_alloc(
		vsmmu->host, &endpoint->host, endpoint->viommu->id, vste, &nested.id);
	if (ret)
		return ret;
	ret = endpoint_replace(endpoint, &nested);
	if (ret) {
		object_destroy(vsmmu, nested.id);
		return ret;
	}
	memcpy(endpoint->vste, vste, sizeof(endpoint->vste));
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->stats.stes++;
	pthread_mutex_unlock(&vsmmu->event_lock);
	return 0;
}

int endpoint_park(struct vsmmu_endpoint *endpoint)
{
	const struct replacement parked = {endpoint->abort_id, INSTALLED_ABORT, VSMMU_ATTACH_ABORT};

	if (endpoint->installed == INSTALLED_ABORT)
		return 0;
	return endpoint_replace(endpoint, &parked);
}

static int endpoint_bypass(struct vsmmu_endpoint *endpoint)
{
	const struct replacement bypass = {
		endpoint->bypass_id, INSTALLED_BYPASS, VSMMU_ATTACH_BYPASS};

	return endpoint_replace(endpoint, &bypass);
}

static int endpoint_install(struct vsmmu_endpoint *endpoint, const struct ste_target *target)
{
	int ret = 0;

	if (target->installed != INSTALLED_ABORT)
		ret = viommu_resync(endpoint->vsmmu, endpoint->viommu);
	if (ret)
		return ret;
	switch (target->installed) {
	case INSTALLED_NESTED:
		return endpoint_install_vste(endpoint, target->vste);
	case INSTALLED_BYPASS:
		return endpoint_bypass(endpoint);
	default:
		return endpoint_park(endpoint);
	}
}

static void report_bad(const struct vsmmu_endpoint *endpoint, const struct ste_target *target)
{
	report(endpoint->vsmmu, VSMMU_REPORT_STREAM_BAD, target->severity, endpoint->vsid,
		"the STE of stream %#x cannot be used: %s; DMA is aborted until the guest "
		"corrects it and says so with CMD_CFGI_STE",
		(uint32_t)endpoint->vsid, target->bad);
}

int endpoint_try_refresh(struct vsmmu_endpoint *endpoint)
{
	const char *told = endpoint->bad;
	struct ste_target target;
	int ret, changed = 0;

	/* On an adopted vEVENTQ there is nothing to install. */
	if (!endpoint->viommu)
		return 0;
	ste_target_from_guest(endpoint, &target);
	if (target.fault_override.event)
		endpoint_set_fault_override(endpoint, &target.fault_override);
	if (!target_is_installed(endpoint, &target)) {
		ret = endpoint_install(endpoint, &target);
		/* Linux refuses stage 1, which an ILLEGAL one poses as, with ENOENT while another
		 * device of the IOMMU group has no vDEVICE: then it aborts without an event. */
		if (ret && target.bad && !host_error_passes(ret)) {
			target.installed = INSTALLED_ABORT;
			ret = endpoint_install(endpoint, &target);
		}
		if (ret)
			return ret;
		endpoint->blocked = false;
		told = NULL;
		changed = 1;
	}
	endpoint->bad = target.bad;
	if (target.bad && target.bad != told)
		report_bad(endpoint, &target);
	if (endpoint->vdevice_id)
		endpoint_set_fault_override(endpoint, &target.fault_override);
	return changed;
}

void endpoint_block(struct vsmmu_endpoint *endpoint, const char *what, int error)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int failed = endpoint_park(endpoint);

	/* So that the next refresh replaces it, whatever it is. */
	endpoint->blocked = true;
	endpoint->error = error;
	endpoint->park_error = failed;
	retry_later(vsmmu, error);
	retry_later(vsmmu, failed);
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->stats.blocked++;
	pthread_mutex_unlock(&vsmmu->event_lock);
	report(vsmmu, VSMMU_REPORT_BLOCKED, VSMMU_ERROR, endpoint->vsid,
		"%s: the host said %s; the endpoint %s, until %s; %s", what, errno_name(-error),
		failed ? "could not even be cut off from memory" : "is cut off from memory",
		host_error_passes(error) ? "the host works again: it is tried every 10 s at least"
					 : "vsmmu_recover() is called, or its guest configures the "
					   "stream again or is reset",
		error == -ENOENT ? "another device of its IOMMU group may be why"
				 : "the host's log may say why");
}

int endpoint_block_again(struct vsmmu_endpoint *endpoint)
{
	if (!endpoint->blocked || endpoint->installed == INSTALLED_ABORT)
		return 0;
	endpoint->park_error = endpoint_park(endpoint);
	return endpoint->park_error;
}

int endpoint_refresh(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint_try_refresh(endpoint);

	if (ret < 0)
		endpoint_block(endpoint, "installing an STE", ret);
	return ret;
}

int install_refresh_all(struct vsmmu *vsmmu)
{
	int ret = 0;

	list_for_each(endpoint, vsmmu->endpoints) {
		int failed = endpoint_refresh(endpoint);

		if (failed < 0 && !ret)
			ret = failed;
	}
	return ret;
}

bool install_any_blocked(const struct vsmmu *vsmmu)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->blocked)
			return true;
	return false;
}
