/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching and detaching endpoints (Linux drivers/iommu/iommufd/device.c and
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c).
 */
#include "host/sim/sim.h"

#include <errno.h>

#include "host/sim/sim_ste.h"

#define STE_ABORT  UINT64_C(0x1)
#define STE_BYPASS UINT64_C(0x9)

/* arm_smmu_attach_prepare_vmaster() */
static int prepare_vmaster(const struct sim_endpoint *endpoint, const struct sim_nested *nested,
	struct sim_vmaster *vmaster)
{
	const struct sim_vdevice *vdevice = endpoint->vdevice;

	vmaster->viommu = NULL;
	vmaster->vsid = 0;
	if (!vdevice || vdevice->viommu != nested->viommu)
		return nested->config == SIM_STE_CONFIG_S1 ? -ENOENT : 0;
	/* From here on it has a life of its own: a later vDEVICE needs a new attach. */
	vmaster->viommu = nested->viommu;
	vmaster->vsid = vdevice->vsid;
	return 0;
}

static int prepare(
	const struct sim_endpoint *endpoint, struct sim_object *hwpt, struct sim_vmaster *vmaster)
{
	const struct sim_parent *parent;
	int ret = 0;

	*vmaster = (struct sim_vmaster){0};
	if (hwpt->type == SIM_NESTED) {
		parent = ((struct sim_nested *)hwpt)->viommu->parent;
		ret = prepare_vmaster(endpoint, (struct sim_nested *)hwpt, vmaster);
	} else {
		parent = (struct sim_parent *)hwpt;
	}
	return parent->physical_smmu == endpoint->physical_smmu ? ret : -EINVAL;
}

/* The STE's first two words as the driver writes them; stage 2 is not told by them. */
static void make_ste(const struct sim_object *hwpt, uint64_t ste[2])
{
	const struct sim_nested *nested = (const struct sim_nested *)hwpt;

	ste[0] = STE_BYPASS;
	ste[1] = 0;
	if (hwpt->type != SIM_NESTED || nested->config == SIM_STE_CONFIG_BYPASS)
		return;
	ste[0] = STE_ABORT;
	if (nested->config == SIM_STE_CONFIG_ABORT)
		return;
	ste[0] = nested->ste[0];
	ste[1] = nested->ste[1];
}

/* STE.S2VMID, and with it the rest of the STE's stage 2; NULL for none. */
static const struct sim_vmid *vmid_of(const struct sim_object *hwpt)
{
	if (!hwpt)
		return NULL;
	if (hwpt->type == SIM_NESTED)
		return ((const struct sim_nested *)hwpt)->viommu->vmid;
	return &((const struct sim_parent *)hwpt)->vmid;
}

/*
 * Writes the STE and, like the driver, invalidates what is cached of it and its CDs, but only
 * if the words change (arm_smmu_write_entry()).
 */
static void install(struct sim_endpoint *endpoint, struct sim_object *hwpt)
{
	uint64_t ste[2] = {STE_ABORT, 0};
	bool changed = vmid_of(endpoint->hwpt) != vmid_of(hwpt);

	if (hwpt)
		make_ste(hwpt, ste);
	changed |= endpoint->ste[0] != ste[0] || endpoint->ste[1] != ste[1];
	if (changed && endpoint->contexts)
		sim_contexts_drop_all(endpoint->contexts);
	endpoint->ste[0] = ste[0];
	endpoint->ste[1] = ste[1];
	endpoint->hwpt = hwpt;
}

/*
 * All members of the group, attached or not, from now on go through @hwpt, or none
 * (__iommu_group_set_domain_internal()). Stage 1 therefore needs a vDEVICE of every member on
 * the HWPT's vIOMMU, and each one gets the vmaster of its own vDEVICE.
 */
static int install_group(struct sim_group *group, struct sim_object *hwpt)
{
	struct sim_vmaster vmaster;
	int ret;

	for (const struct sim_endpoint *it = group->members; it; it = it->next) {
		ret = prepare(it, hwpt, &vmaster);
		if (ret)
			return ret;
	}
	for (struct sim_endpoint *it = group->members; it; it = it->next) {
		(void)prepare(it, hwpt, &it->vmaster);
		install(it, hwpt);
	}
	hwpt->users++;
	if (group->hwpt)
		group->hwpt->users--;
	group->hwpt = hwpt;
	return 0;
}

/* iommufd_hw_pagetable_attach() and iommufd_device_do_replace() */
static int attach(struct sim *sim, struct sim_endpoint *endpoint, uint32_t pt_id)
{
	struct sim_object *hwpt = sim_object_find(sim, pt_id);
	struct sim_group *group = endpoint->group;
	int ret;

	if (!hwpt)
		return -ENOENT;
	if (hwpt->type != SIM_PARENT && hwpt->type != SIM_NESTED)
		return -EINVAL;
	/* Only a first attach looks at others of the group; a replace takes them along. */
	if (!endpoint->attached && group->hwpt && group->hwpt != hwpt)
		return -EINVAL;
	/* With what it has already the driver is not called, so the vmasters stay too. */
	if (group->hwpt != hwpt) {
		ret = install_group(group, hwpt);
		if (ret)
			return ret;
	}
	if (endpoint->attached) {
		sim->replaces++;
		return 0;
	}
	sim->first_attaches++;
	group->attached++;
	endpoint->attached = true;
	return 0;
}

/* iommufd_hw_pagetable_detach(): with the last one goes the domain of the group. */
static void detach(struct sim *sim, struct sim_endpoint *endpoint)
{
	struct sim_group *group = endpoint->group;

	sim->detaches++;
	endpoint->attached = false;
	if (--group->attached)
		return;
	for (struct sim_endpoint *it = group->members; it; it = it->next) {
		install(it, NULL);
		it->vmaster = (struct sim_vmaster){0};
	}
	group->hwpt->users--;
	group->hwpt = NULL;
}

void sim_endpoint_follow(struct sim_endpoint *endpoint)
{
	struct sim_object *hwpt = endpoint->group->hwpt;

	endpoint->vmaster = (struct sim_vmaster){0};
	/* The kernel would not take a device that the domain refuses: it is blocked here. */
	if (hwpt && prepare(endpoint, hwpt, &endpoint->vmaster))
		hwpt = NULL;
	install(endpoint, hwpt);
}

static int run_attach(
	struct sim *sim, struct sim_endpoint *endpoint, uint32_t pt_id, enum vsmmu_sim_call call)
{
	int ret = sim_calls_run(&sim->calls, call);

	if (!ret)
		ret = sim_fail_call(sim);
	if (ret)
		return ret;
	sim_lock_all(sim);
	ret = attach(sim, endpoint, pt_id);
	sim_unlock_all(sim);
	return ret;
}

/* VFIO_DEVICE_ATTACH_IOMMUFD_PT */
static int call_attach(struct sim *sim, uint32_t dev_id, uint32_t pt_id)
{
	struct sim_endpoint *device = sim_group_enter(sim, dev_id);
	int ret;

	if (!device)
		return -ENOENT;
	if (device->attached) {
		ret = run_attach(sim, device, pt_id, VSMMU_SIM_CALL_REPLACE);
	} else {
		/* iopt_table_enforce_dev_resv_regions() adds the device's regions to the IOAS. */
		pthread_mutex_lock(&sim->iova_lock);
		ret = run_attach(sim, device, pt_id, VSMMU_SIM_CALL_FIRST_ATTACH);
		pthread_mutex_unlock(&sim->iova_lock);
	}
	sim_group_leave(sim, device);
	return ret;
}

static int run_detach(struct sim *sim, struct sim_endpoint *endpoint)
{
	int ret = sim_calls_run(&sim->calls, VSMMU_SIM_CALL_DETACH);

	if (ret)
		return ret;
	sim_lock_all(sim);
	detach(sim, endpoint);
	sim_unlock_all(sim);
	return 0;
}

/* VFIO_DEVICE_DETACH_IOMMUFD_PT */
static int call_detach(struct sim *sim, uint32_t dev_id)
{
	struct sim_endpoint *device = sim_group_enter(sim, dev_id);
	int ret = 0;

	if (!device)
		return -ENOENT;
	/* VFIO only asks iommufd to detach an attached one: iopt_remove_reserved_iova(). */
	if (device->attached) {
		pthread_mutex_lock(&sim->iova_lock);
		ret = run_detach(sim, device);
		pthread_mutex_unlock(&sim->iova_lock);
	}
	sim_group_leave(sim, device);
	return ret;
}

/* An attach op does the call by vsmmu_sim_attach(). */
int sim_attach(struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id,
	enum vsmmu_attach_purpose purpose)
{
	if (endpoint->attach)
		return host_attach_by_vmm(endpoint, pt_id, purpose);
	return call_attach(sim_of(host), endpoint->dev_id, pt_id);
}

int sim_detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	if (endpoint->attach)
		return host_attach_by_vmm(endpoint, 0, VSMMU_ATTACH_NOTHING);
	return call_detach(sim_of(host), endpoint->dev_id);
}

int vsmmu_sim_attach(struct vsmmu_host *host, uint32_t dev_id, uint32_t pt_id)
{
	if (!sim_is(host))
		return -EINVAL;
	return pt_id ? call_attach(sim_of(host), dev_id, pt_id) : call_detach(sim_of(host), dev_id);
}
