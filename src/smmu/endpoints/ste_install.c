/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each change replaces one HWPT by another in one attach, so that there is no moment
 * without either (IHI 0070 3.21.3 leaves it to us which of the two a transaction meets).
 */
#include "smmu/endpoints/ste_install.h"

#include <errno.h>
#include <string.h>

#include "smmu/endpoints/ste_target.h"
#include "smmu/events/forwarder.h"

static const struct host_ops *install_ops(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsmmu->host->ops;
}

static bool target_is_installed(const struct vsmmu_endpoint *endpoint, const struct ste_target *target)
{
	if (endpoint->blocked || endpoint->installed != target->installed)
		return false;
	return target->installed != INSTALLED_NESTED ||
	       !memcmp(endpoint->vste, target->vste, sizeof(target->vste));
}

/*
 * What C_BAD_STE stands for; what the vEVENTQ holds already is still the old. But where the
 * guest's full queue keeps it there, it is taken for the new.
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
	vsmmu->forwarded += forwarder_run(vsmmu, endpoint->viommu);
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->streams.holders[stream_find(&vsmmu->streams, endpoint->vsid)].fault_override = *fault_override;
	fairlock_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* The nested HWPT that is attached no more. What cannot be destroyed is no failure. */
static void endpoint_drop_nested(struct vsmmu_endpoint *endpoint)
{
	int ret;

	if (!endpoint->nested_id)
		return;
	ret = install_ops(endpoint)->destroy(endpoint->vsmmu->host, endpoint->nested_id);
	endpoint->nested_id = 0;
	if (ret)
		report(endpoint->vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, endpoint->vsid,
			"replacing an STE: the host said %s; the old HWPT may be left until the "
			"iommufd is closed",
			strerror(-ret));
}

static int endpoint_install_parent(struct vsmmu_endpoint *endpoint)
{
	int ret = install_ops(endpoint)->attach(
		endpoint->vsmmu->host, &endpoint->host, endpoint->viommu->parent->id);

	if (ret)
		return ret;
	endpoint_drop_nested(endpoint);
	endpoint->installed = INSTALLED_PARENT;
	endpoint->blocked = false;
	return 0;
}

int endpoint_install_vste(struct vsmmu_endpoint *endpoint, const uint64_t vste[2])
{
	const struct host_ops *ops = install_ops(endpoint);
	struct vsmmu *vsmmu = endpoint->vsmmu;
	uint32_t nested;
	int ret;

	ret = ops->nested_alloc(
		vsmmu->host, &endpoint->host, endpoint->viommu->viommu_id, vste, &nested);
	if (ret)
		return ret;
	ret = ops->attach(vsmmu->host, &endpoint->host, nested);
	if (ret) {
		ops->destroy(vsmmu->host, nested);
		return ret;
	}
	endpoint_drop_nested(endpoint);
	endpoint->nested_id = nested;
	endpoint->installed = INSTALLED_NESTED;
	endpoint->blocked = false;
	endpoint->vste[0] = vste[0];
	endpoint->vste[1] = vste[1];
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.stes++;
	fairlock_unlock(&vsmmu->event_lock);
	return 0;
}

static void report_bad(const struct vsmmu_endpoint *endpoint, const struct ste_target *target)
{
	report(endpoint->vsmmu, VSMMU_REPORT_STREAM_BAD, target->severity, endpoint->vsid,
		"the STE of stream %#x cannot be used: %s; DMA is aborted until the guest "
		"corrects it and says so with CMD_CFGI_STE",
		endpoint->vsid, target->bad);
}

int endpoint_try_refresh(struct vsmmu_endpoint *endpoint)
{
	const char *told = endpoint->bad;
	struct ste_target target;
	int ret;

	/* Nothing to install on: its vEVENTQ was adopted, or it has no StreamID. */
	if (!endpoint->vdevice_id)
		return 0;
	ste_target_from_guest(endpoint, &target);
	if (target.fault_override.event)
		endpoint_set_fault_override(endpoint, &target.fault_override);
	if (!target_is_installed(endpoint, &target)) {
		ret = viommu_resync(endpoint->vsmmu, endpoint->viommu);
		if (!ret)
			ret = target.installed == INSTALLED_PARENT
				      ? endpoint_install_parent(endpoint)
				      : endpoint_install_vste(endpoint, target.vste);
		if (ret)
			return ret;
		told = NULL;
	}
	endpoint->bad = target.bad;
	if (target.bad && target.bad != told)
		report_bad(endpoint, &target);
	endpoint_set_fault_override(endpoint, &target.fault_override);
	return 0;
}

int endpoint_cut(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int ret;

	if (endpoint->installed == INSTALLED_NOTHING)
		return 0;
	ret = vsmmu->host->ops->detach(vsmmu->host, &endpoint->host);
	if (ret)
		return ret;
	endpoint->installed = INSTALLED_NOTHING;
	if (endpoint->nested_id)
		ret = vsmmu->host->ops->destroy(vsmmu->host, endpoint->nested_id);
	endpoint->nested_id = 0;
	return ret;
}

bool endpoint_shut(struct vsmmu_endpoint *endpoint, int *ret)
{
	*ret = endpoint_cut(endpoint);
	/* Its VMM's attach callback may fail to detach, and yet attach what aborts. */
	return endpoint->installed == INSTALLED_NOTHING ||
	       !endpoint_install_vste(endpoint, ste_target_abort);
}

void endpoint_block_for(struct vsmmu_endpoint *endpoint, const char *what, int error)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	int unused;
	bool shut = endpoint_shut(endpoint, &unused);

	/* So that the next refresh replaces it, whatever it is. */
	endpoint->blocked = true;
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.blocked++;
	fairlock_unlock(&vsmmu->event_lock);
	report(vsmmu, VSMMU_REPORT_BLOCKED, VSMMU_ERROR, endpoint->vsid,
		"%s: the host said %s; the endpoint %s, until its guest configures the stream "
		"again or is reset; the host's log may say why",
		what, strerror(-error),
		shut ? "is cut off from memory" : "could not even be cut off from memory");
}

void endpoint_block_again(struct vsmmu_endpoint *endpoint)
{
	const bool aborts = endpoint->installed == INSTALLED_NESTED &&
			    !memcmp(endpoint->vste, ste_target_abort, sizeof(endpoint->vste));
	int unused;

	if (!endpoint->blocked || endpoint->installed == INSTALLED_NOTHING || aborts)
		return;
	endpoint_shut(endpoint, &unused);
	endpoint->blocked = true;
}

void endpoint_block(struct vsmmu_endpoint *endpoint)
{
	if (endpoint->viommu->parent)
		endpoint_block_for(endpoint, "invalidating", -EIO);
}

int endpoint_refresh(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint_try_refresh(endpoint);

	if (ret)
		endpoint_block_for(endpoint, "installing an STE", ret);
	return ret;
}

int install_refresh_all(struct vsmmu *vsmmu)
{
	int ret = 0;

	for (struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next) {
		int failed = endpoint_refresh(endpoint);

		ret = ret ? ret : failed;
	}
	return ret;
}

bool install_any_blocked(const struct vsmmu *vsmmu)
{
	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next)
		if (endpoint->blocked)
			return true;
	return false;
}

static struct vsmmu_endpoint *install_find(struct vsmmu *vsmmu, uint32_t vsid)
{
	struct vsmmu_endpoint *endpoint = NULL;
	uint32_t index;

	fairlock_lock(&vsmmu->event_lock);
	index = stream_find(&vsmmu->streams, vsid);
	if (index != STREAM_NONE)
		endpoint = vsmmu->streams.holders[index].endpoint;
	fairlock_unlock(&vsmmu->event_lock);
	return endpoint;
}

static uint32_t install_streams(struct vsmmu *vsmmu)
{
	uint32_t live;

	fairlock_lock(&vsmmu->event_lock);
	live = vsmmu->streams.live;
	fairlock_unlock(&vsmmu->event_lock);
	return live;
}

int install_refresh_range(struct vsmmu *vsmmu, uint32_t first, uint64_t count)
{
	struct vsmmu_endpoint *endpoint;
	int ret = 0, failed;

	/* Whichever is shorter: the range, or the list of endpoints. */
	if (count <= install_streams(vsmmu)) {
		for (uint64_t i = 0; i < count && first + i <= UINT32_MAX; i++) {
			endpoint = install_find(vsmmu, (uint32_t)(first + i));
			failed = endpoint ? endpoint_refresh(endpoint) : 0;
			ret = ret ? ret : failed;
		}
		return ret;
	}
	for (endpoint = vsmmu->endpoints; endpoint; endpoint = endpoint->next) {
		if (endpoint->vsid < first || endpoint->vsid - first >= count)
			continue;
		failed = endpoint_refresh(endpoint);
		ret = ret ? ret : failed;
	}
	return ret;
}
