/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Only the kernel knows which physical SMMU an endpoint is behind: it answers EINVAL when objects
 * of two of them meet (Linux drivers/iommu/iommufd/hw_pagetable.c). So the abort HWPT on a parking
 * vIOMMU is tried, which needs neither a vDEVICE nor an attachment.
 */
#include "smmu/endpoints/parents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "smmu/endpoints/retry.h"
#include "smmu/refusal.h"

/* V = 1; Config = 0b000 aborts in silence, 0b100 bypasses stage 1 (IHI 0070 5.2). */
static const uint64_t vste_abort[2] = {0x1, 0}, vste_bypass[2] = {0x9, 0};

static void parent_list(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	list_push(vsmmu->parents, parent);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

static void parent_unlist(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	pthread_mutex_lock(&vsmmu->control_lock);
	list_remove(vsmmu->parents, parent);
	pthread_mutex_unlock(&vsmmu->control_lock);
}

/* Not under the control lock, as this unpins the guest's memory. Return: 0 or -errno. */
static int parent_destroy(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	const struct host_ops *ops = vsmmu->host->ops;
	int ret = parent->parking_id ? ops->destroy(vsmmu->host, parent->parking_id) : 0;

	if (ret && ret != -ENOENT)
		return ret;
	parent->parking_id = 0;
	ret = ops->destroy(vsmmu->host, parent->id);
	return ret == -ENOENT ? 0 : ret;
}

/*
 * A parent that cannot be destroyed stays in the list, as it keeps the guest's memory pinned,
 * unless this is the @last chance. Return: 0 or -errno.
 */
static int parent_free(struct vsmmu *vsmmu, struct nesting_parent *parent, bool last)
{
	int ret = parent_destroy(vsmmu, parent);

	if (ret && !last)
		return ret;
	parent_unlist(vsmmu, parent);
	free(parent);
	return ret;
}

int parents_drop(struct vsmmu *vsmmu, bool last)
{
	struct nesting_parent *next;
	int ret = orphans_destroy(vsmmu), failed;

	for (struct nesting_parent *parent = vsmmu->parents; parent; parent = next) {
		next = parent->next;
		failed = parent->endpoints ? 0 : parent_free(vsmmu, parent, last);
		ret = ret ? ret : failed;
	}
	return ret;
}

static int parking_new(struct vsmmu_endpoint *endpoint, struct nesting_parent *parent)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	return vsmmu->host->ops->viommu_alloc(
		vsmmu->host, &endpoint->host, parent->id, &parent->parking_id);
}

/* Not under the control lock, as this maps and pins the guest's memory. Return: 0 or -errno. */
static int parent_new(struct vsmmu_endpoint *endpoint, struct nesting_parent **out)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct nesting_parent *parent = calloc(1, sizeof(*parent));
	int ret = -ENOMEM;

	if (parent)
		ret = vsmmu->host->ops->parent_alloc(vsmmu->host, &endpoint->host, &parent->id);
	if (ret) {
		free(parent);
		return ret;
	}
	parent->hardware = endpoint->hardware;
	parent_list(vsmmu, parent);
	ret = parking_new(endpoint, parent);
	if (ret)
		parent_free(vsmmu, parent, false);
	*out = parent;
	return ret;
}

/*
 * A VMM's parent keeps its VMID for life, so an earlier guest or vSMMU, or this one before its last
 * endpoint left the parent, may have left entries in the TLB. On an event path alone the VMM
 * invalidates them. Return: 0 or -errno.
 */
static int parent_new_vmms(struct vsmmu_endpoint *endpoint, struct nesting_parent **out)
{
	struct nesting_parent *parent = calloc(1, sizeof(*parent));
	int ret;

	if (!parent)
		return -ENOMEM;
	parent->id = endpoint->parent_hwpt;
	parent->is_vmms = true;
	parent->hardware = endpoint->hardware;
	parent->needs_tlb_inval = vsmmu_is_whole(endpoint->vsmmu);
	ret = parking_new(endpoint, parent);
	if (ret) {
		free(parent);
		return ret;
	}
	parent_list(endpoint->vsmmu, parent);
	*out = parent;
	return 0;
}

static int parking_alloc(struct vsmmu_endpoint *endpoint, const struct nesting_parent *parent,
	const uint64_t vste[2], uint32_t *id)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;

	return vsmmu->host->ops->nested_alloc(
		vsmmu->host, &endpoint->host, parent->parking_id, vste, id);
}

static void parent_join(struct vsmmu_endpoint *endpoint, struct nesting_parent *parent)
{
	endpoint->parent = parent;
	parent->endpoints++;
}

/* Finds the parent of the physical SMMU, by an abort HWPT, or makes both. Return: 0 or -errno. */
static int parent_get_own(struct vsmmu_endpoint *endpoint)
{
	struct nesting_parent *parent;
	int ret;

	list_for_each(it, endpoint->vsmmu->parents) {
		/* A parent without a parking vIOMMU is half destroyed. */
		if (it->is_vmms || !it->parking_id)
			continue;
		ret = parking_alloc(endpoint, it, vste_abort, &endpoint->abort_id);
		if (!ret)
			parent_join(endpoint, it);
		if (ret != -EINVAL)
			return ret;
	}
	ret = parent_new(endpoint, &parent);
	if (ret)
		return ret;
	parent_join(endpoint, parent);
	return parking_alloc(endpoint, parent, vste_abort, &endpoint->abort_id);
}

/* Whether the library made the parent. */
static bool parent_is_own(const struct nesting_parent *parent)
{
	return parent && !parent->is_vmms;
}

static const char *unfit_because(const struct nesting_parent *parent, int error)
{
	if (parent_is_own(parent))
		return "it is none of its VMM's, but one that the library made";
	if (error == -ENOENT)
		return "this iommufd has no HWPT of that id that others can nest on";
	return "it belongs to another physical SMMU than the endpoint, or was not allocated as a "
	       "nesting parent";
}

/* Only these two errors have the parent as their reason. */
static void report_unfit(
	const struct vsmmu_endpoint *endpoint, const struct nesting_parent *parent, int error)
{
	if (error != -ENOENT && error != -EINVAL)
		return;
	refuse(endpoint->vsmmu, endpoint->vsid, error,
		"endpoint %" PRIu32 " cannot be attached on nesting parent %" PRIu32 ": %s",
		endpoint->host.dev_id, endpoint->parent_hwpt, unfit_because(parent, error));
}

static struct nesting_parent *parent_of_id(struct vsmmu *vsmmu, uint32_t id)
{
	list_for_each(parent, vsmmu->parents)
		if (parent->id == id)
			return parent;
	return NULL;
}

static int parent_get_vmms(struct vsmmu_endpoint *endpoint)
{
	struct nesting_parent *parent = parent_of_id(endpoint->vsmmu, endpoint->parent_hwpt);
	int ret = 0;

	if (parent_is_own(parent))
		ret = -EINVAL;
	else if (!parent)
		ret = parent_new_vmms(endpoint, &parent);
	if (!ret) {
		parent_join(endpoint, parent);
		ret = parking_alloc(endpoint, parent, vste_abort, &endpoint->abort_id);
	}
	if (ret)
		report_unfit(endpoint, parent, ret);
	return ret;
}

int parent_get(struct vsmmu_endpoint *endpoint)
{
	int ret = endpoint->parent_hwpt ? parent_get_vmms(endpoint) : parent_get_own(endpoint);

	return ret ? ret
		   : parking_alloc(endpoint, endpoint->parent, vste_bypass, &endpoint->bypass_id);
}

int parent_put(struct vsmmu_endpoint *endpoint)
{
	struct nesting_parent *parent = endpoint->parent;
	int ret;

	endpoint->parent = NULL;
	if (!parent || --parent->endpoints || !parent->is_vmms)
		return 0;
	parent_unlist(endpoint->vsmmu, parent);
	ret = object_destroy_unlocked(endpoint->vsmmu, parent->parking_id);
	free(parent);
	return ret;
}
