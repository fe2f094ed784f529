/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iommufd's ioctls on the simulated objects, checked in the kernel's order so that a call
 * with two mistakes gets the kernel's errno (Linux drivers/iommu/iommufd/viommu.c,
 * hw_pagetable.c, eventq.c).
 */
#include "host/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/sim/sim_ste.h"
#include "veventq/decoder.h"

static struct sim *enter(struct vsmmu_host *host)
{
	struct sim *sim = sim_of(host);

	pthread_mutex_lock(&sim->lock);
	return sim;
}

static int leave(struct sim *sim, int ret)
{
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

/* Makes an object: *ret is not 0 when a test wants the call to fail. */
static struct sim *enter_alloc(struct vsmmu_host *host, enum vsmmu_sim_call call, int *ret)
{
	struct sim *sim = sim_of(host);

	*ret = sim_calls_run(&sim->calls, call);
	if (!*ret)
		*ret = sim_fail_call(sim);
	return enter(host);
}

static struct sim_endpoint *get_endpoint(struct sim *sim, const struct host_endpoint *endpoint)
{
	return sim_object_get(sim, endpoint->dev_id, SIM_ENDPOINT);
}

static int parent_alloc(struct sim *sim, const struct sim_endpoint *device, uint32_t *out)
{
	struct sim_parent *parent;

	if (!device)
		return -ENOENT;
	parent = sim_object_new(sim, SIM_PARENT, sizeof(*parent));
	if (!parent)
		return -ENOMEM;
	parent->physical_smmu = device->physical_smmu;
	*out = parent->object.id;
	sim->parents++;
	return 0;
}

/* Maps and pins the whole IOAS: iopt_table_add_domain(). */
static int sim_parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	struct sim *sim = sim_of(host);
	int ret;

	pthread_mutex_lock(&sim->iova_lock);
	enter_alloc(host, VSMMU_SIM_CALL_PARENT_ALLOC, &ret);
	if (!ret)
		ret = parent_alloc(sim, get_endpoint(sim, endpoint), out);
	leave(sim, ret);
	pthread_mutex_unlock(&sim->iova_lock);
	return ret;
}

int vsmmu_sim_parent_new(struct vsmmu_host *host, uint32_t dev_id, uint32_t *hwpt_id)
{
	const struct host_endpoint endpoint = {.dev_id = dev_id, .vfio_fd = -1};

	if (!sim_is(host) || !hwpt_id)
		return -EINVAL;
	return sim_parent_alloc(host, &endpoint, hwpt_id);
}

static int sim_viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	int ret;
	struct sim *sim = enter_alloc(host, VSMMU_SIM_CALL_VIOMMU_ALLOC, &ret);
	struct sim_endpoint *device = get_endpoint(sim, endpoint);
	struct sim_parent *parent = sim_object_get(sim, parent_id, SIM_PARENT);
	struct sim_viommu *viommu;

	if (ret)
		return leave(sim, ret);
	if (!device || !parent)
		return leave(sim, -ENOENT);
	if (device->physical_smmu != parent->physical_smmu)
		return leave(sim, -EINVAL);
	viommu = sim_object_new(sim, SIM_VIOMMU, sizeof(*viommu));
	if (!viommu)
		return leave(sim, -ENOMEM);
	viommu->parent = parent;
	viommu->vmid = host->vmid_per_viommu ? &viommu->own_vmid : &parent->vmid;
	parent->object.users++;
	*out = viommu->object.id;
	return leave(sim, 0);
}

static bool vsid_is_taken(const struct sim_viommu *viommu, uint32_t vsid)
{
	for (const struct sim_vdevice *it = viommu->vdevices; it; it = it->next)
		if (it->vsid == vsid)
			return true;
	return false;
}

static int sim_vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	int ret;
	struct sim *sim = enter_alloc(host, VSMMU_SIM_CALL_VDEVICE_ALLOC, &ret);
	struct sim_viommu *viommu = sim_object_get(sim, viommu_id, SIM_VIOMMU);
	struct sim_endpoint *device = get_endpoint(sim, endpoint);
	struct sim_vdevice *vdevice;

	if (ret)
		return leave(sim, ret);
	if (!viommu || !device)
		return leave(sim, -ENOENT);
	if (device->physical_smmu != viommu->parent->physical_smmu)
		return leave(sim, -EINVAL);
	if (device->vdevice || vsid_is_taken(viommu, vsid))
		return leave(sim, -EEXIST);
	vdevice = sim_object_new(sim, SIM_VDEVICE, sizeof(*vdevice));
	if (!vdevice)
		return leave(sim, -ENOMEM);
	vdevice->viommu = viommu;
	vdevice->endpoint = device;
	vdevice->vsid = vsid;
	vdevice->next = viommu->vdevices;
	viommu->vdevices = vdevice;
	viommu->object.users++;
	device->vdevice = vdevice;
	*out = vdevice->object.id;
	return leave(sim, 0);
}

/* iommufd_hwpt_alloc(): the one call that answers EINVAL to an unknown id. */
static int check_nested_parent(const struct sim_endpoint *device, const struct sim_object *pt)
{
	if (!device)
		return -ENOENT;
	if (!pt)
		return -EINVAL;
	/* The driver nests on a vIOMMU only, not on its parent. */
	if (pt->type == SIM_PARENT)
		return -EOPNOTSUPP;
	if (pt->type != SIM_VIOMMU)
		return -EINVAL;
	if (((const struct sim_viommu *)pt)->parent->physical_smmu != device->physical_smmu)
		return -EINVAL;
	return 0;
}

static int sim_nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	int ret;
	struct sim *sim = enter_alloc(host, VSMMU_SIM_CALL_NESTED_ALLOC, &ret);
	struct sim_object *pt = sim_object_find(sim, viommu_id);
	struct sim_nested *nested;
	uint32_t config;

	if (!ret)
		ret = check_nested_parent(get_endpoint(sim, endpoint), pt);
	if (!ret)
		ret = sim_ste_validate(ste, &config);
	if (ret)
		return leave(sim, ret);
	nested = sim_object_new(sim, SIM_NESTED, sizeof(*nested));
	if (!nested)
		return leave(sim, -ENOMEM);
	nested->viommu = (struct sim_viommu *)pt;
	nested->config = config;
	nested->ste[0] = ste[0];
	nested->ste[1] = ste[1];
	pt->users++;
	*out = nested->object.id;
	return leave(sim, 0);
}

static int sim_veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	int ret;
	struct sim *sim = enter_alloc(host, VSMMU_SIM_CALL_VEVENTQ_ALLOC, &ret);
	struct sim_viommu *viommu = sim_object_get(sim, viommu_id, SIM_VIOMMU);
	struct sim_veventq_object *veventq;

	if (ret)
		return leave(sim, ret);
	if (!depth || depth > VEVENTQ_DEPTH_MAX)
		return leave(sim, -EINVAL);
	if (!viommu)
		return leave(sim, -ENOENT);
	if (viommu->veventq)
		return leave(sim, -EEXIST);
	veventq = sim_object_new(sim, SIM_VEVENTQ, sizeof(*veventq));
	if (!veventq)
		return leave(sim, -ENOMEM);
	ret = sim_veventq_init(&veventq->queue, &sim->reads, depth, sim->first_sequence);
	if (ret) {
		sim_object_free(sim, &veventq->object);
		return leave(sim, ret);
	}
	veventq->object.users++; /* the open fd's */
	veventq->viommu = viommu;
	viommu->veventq = veventq;
	viommu->object.users++;

	out->id = veventq->object.id;
	out->fd = veventq->queue.fd;
	out->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	out->first_sequence = sim->first_sequence;
	out->source.read = sim_veventq_read;
	out->source.ctx = &veventq->queue;
	return leave(sim, 0);
}

static void sim_veventq_close_fd(struct vsmmu_host *host, struct host_veventq *veventq)
{
	struct sim *sim = enter(host);
	struct sim_veventq_object *object = sim_object_get(sim, veventq->id, SIM_VEVENTQ);

	if (object && object->queue.fd >= 0) {
		sim_veventq_close(&object->queue);
		object->object.users--;
		veventq->fd = -1;
	}
	leave(sim, 0);
}

static int sim_hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct sim *sim = sim_of(host);
	int ret = sim_calls_run(&sim->calls, VSMMU_SIM_CALL_HW_INFO);

	enter(host);
	if (!ret && !get_endpoint(sim, endpoint))
		ret = -ENOENT;
	if (ret)
		return leave(sim, ret);
	memcpy(out->idr, sim->idr, sizeof(out->idr));
	out->ats = sim->features.ats;
	out->repeat_commands = sim->repeat_commands;
	return leave(sim, 0);
}

static int destroy(struct sim *sim, uint32_t id, bool is_parent)
{
	int ret = sim_calls_run(
		&sim->calls, is_parent ? VSMMU_SIM_CALL_PARENT_DESTROY : VSMMU_SIM_CALL_DESTROY);

	if (ret)
		return ret;
	enter(&sim->host);
	/* Another thread may have given the id to something else meanwhile. */
	if (is_parent != !!sim_object_get(sim, id, SIM_PARENT))
		return leave(sim, -ENOENT);
	return leave(sim, sim_object_destroy(sim, id));
}

/* Unmaps and unpins the whole IOAS: iopt_table_remove_domain(). */
static int destroy_parent(struct sim *sim, uint32_t id)
{
	int ret;

	pthread_mutex_lock(&sim->iova_lock);
	ret = destroy(sim, id, true);
	pthread_mutex_unlock(&sim->iova_lock);
	return ret;
}

static int sim_destroy(struct vsmmu_host *host, uint32_t id)
{
	struct sim *sim = enter(host);
	const bool is_parent = sim_object_get(sim, id, SIM_PARENT);

	leave(sim, 0);
	return is_parent ? destroy_parent(sim, id) : destroy(sim, id, false);
}

int vsmmu_sim_parent_free(struct vsmmu_host *host, uint32_t hwpt_id)
{
	return sim_is(host) ? destroy_parent(sim_of(host), hwpt_id) : -EINVAL;
}

/* Objects that are left go with the host, as in the kernel with the last fd of an iommufd. */
static void sim_free(struct vsmmu_host *host)
{
	struct sim *sim = sim_of(host);

	sim_object_free_all(sim);
	sim_group_free_all(sim);
	sim_failures_destroy(&sim->reads.failures);
	sim_calls_destroy(&sim->calls);
	pthread_mutex_destroy(&sim->iova_lock);
	pthread_mutex_destroy(&sim->lock);
	pthread_mutex_destroy(&sim->hardware_lock);
	free(sim);
}

const struct host_ops sim_ops = {
	.name = "sim",
	.parent_alloc = sim_parent_alloc,
	.viommu_alloc = sim_viommu_alloc,
	.vdevice_alloc = sim_vdevice_alloc,
	.nested_alloc = sim_nested_alloc,
	.attach = sim_attach,
	.detach = sim_detach,
	.veventq_alloc = sim_veventq_alloc,
	.veventq_close = sim_veventq_close_fd,
	.hw_info = sim_hw_info,
	.invalidate = sim_invalidate,
	.destroy = sim_destroy,
	.free = sim_free,
};
