/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU whose registers are tried, with an endpoint where the host is the simulator. */
#ifndef UNIT_REGISTERS_FIXTURE_H
#define UNIT_REGISTERS_FIXTURE_H

#include "lib/test_vmm.h"
#include "smmu/irq.h"
#include "smmu/vsmmu.h"

#define ALL_ONES UINT32_MAX
#define VSID	 0x42

static inline struct test_vmm *fixture_new(const struct vsmmu_config *config)
{
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *host = NULL;

#ifdef ON_SIM
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_endpoint *handle;

	host = test_vmm_sim(vmm, NULL);
#endif
	assert_int_equal(test_vmm_new(vmm, host, config), 0);
#ifdef ON_SIM
	assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &endpoint.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &endpoint, &handle), 0);
#endif
	return vmm;
}

static inline struct test_vmm *stand_msi(void)
{
	const struct vsmmu_config config = {0};

	return fixture_new(&config);
}

static inline void raise_error(struct test_vmm *vmm, uint32_t bits)
{
	pthread_mutex_lock(&vmm->vsmmu->event_lock);
	gerror_raise(vmm->vsmmu, bits);
	pthread_mutex_unlock(&vmm->vsmmu->event_lock);
}

#endif
