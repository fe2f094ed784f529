/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host objects that an endpoint shares with its neighbours. Which physical SMMU it is
 * behind only the kernel knows: objects of another one answer EINVAL (Linux
 * drivers/iommu/iommufd/viommu.c). Nothing is attached to find out, as a parent HWPT
 * would open the guest's memory.
 */
#include <errno.h>
#include <stdlib.h>

#include "smmu/endpoint.h"

static const struct host_ops *build_ops(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->vsmmu->host->ops;
}

static int parent_new(struct vsmmu_endpoint *endpoint, struct nesting_parent **out)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct nesting_parent *parent = calloc(1, sizeof(*parent));
	int ret;

	if (!parent)
		return -ENOMEM;
	ret = build_ops(endpoint)->parent_alloc(vsmmu->host, &endpoint->host, &parent->id);
	if (ret) {
		free(parent);
		return ret;
	}
	parent->next = vsmmu->parents;
	vsmmu->parents = parent;
	*out = parent;
	return 0;
}

/* The last one out destroys it. Return: 0 or -errno. */
static int parent_put(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	struct nesting_parent **link = &vsmmu->parents;
	int ret;

	if (parent->viommus)
		return 0;
	ret = vsmmu->host->ops->destroy(vsmmu->host, parent->id);
	while (*link != parent)
		link = &(*link)->next;
	*link = parent->next;
	free(parent);
	return ret;
}

static int build_vdevice(struct vsmmu_endpoint *endpoint, struct viommu *viommu)
{
	int ret = build_ops(endpoint)->vdevice_alloc(endpoint->vsmmu->host, &endpoint->host,
		viommu->viommu_id, endpoint->vsid, &endpoint->vdevice_id);

	if (ret)
		return ret;
	endpoint->viommu = viommu;
	viommu->endpoints++;
	return 0;
}

/* On a vIOMMU that is there. Return: 0; -EINVAL when none is of its SMMU; -errno. */
static int build_shared(struct vsmmu_endpoint *endpoint)
{
	int ret = -EINVAL;

	for (struct viommu *viommu = endpoint->vsmmu->viommus; viommu && ret == -EINVAL;
		viommu = viommu->next)
		if (viommu->parent)
			ret = build_vdevice(endpoint, viommu);
	return ret;
}

static int build_viommu(struct vsmmu_endpoint *endpoint, struct nesting_parent *parent)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct viommu *viommu;
	int ret = viommu_new(vsmmu, &endpoint->host, parent, &viommu);

	if (ret)
		return ret;
	viommu->hardware = endpoint->hardware;
	ret = build_vdevice(endpoint, viommu);
	if (ret)
		viommu_free(vsmmu, viommu);
	return ret;
}

/* As build_shared(), on a vIOMMU of its own. */
static int build_isolated(struct vsmmu_endpoint *endpoint)
{
	int ret = -EINVAL;

	for (struct nesting_parent *parent = endpoint->vsmmu->parents; parent && ret == -EINVAL;
		parent = parent->next)
		ret = build_viommu(endpoint, parent);
	return ret;
}

int endpoint_build(struct vsmmu_endpoint *endpoint)
{
	struct nesting_parent *parent;
	int ret;

	ret = endpoint->vsmmu->config.isolate ? build_isolated(endpoint) : build_shared(endpoint);
	if (ret != -EINVAL)
		return ret;
	ret = parent_new(endpoint, &parent);
	if (ret)
		return ret;
	ret = build_viommu(endpoint, parent);
	if (ret)
		parent_put(endpoint->vsmmu, parent);
	return ret;
}

int endpoint_unbuild(struct vsmmu_endpoint *endpoint)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	struct nesting_parent *parent = endpoint->viommu->parent;
	int ret, destroyed;

	if (--endpoint->viommu->endpoints || !parent)
		return 0;
	ret = viommu_free(vsmmu, endpoint->viommu);
	destroyed = parent_put(vsmmu, parent);
	return ret ? ret : destroyed;
}
