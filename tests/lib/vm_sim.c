/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine stands on the simulator. */
#include <vsmmu/sim.h>

#include "lib/vm.h"

static struct vsmmu_sim_stats sim_stats(struct test_vmm *vm)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(vm->host, &stats), 0);
	return stats;
}

void vm_host_new(struct test_vmm *vm, const struct vm_setup *setup)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.kernel = setup->before_2026 ? VSMMU_SIM_KERNEL_BEFORE_2026 : VSMMU_SIM_KERNEL_NOW,
		.first_sequence = setup->first_sequence,
	};

	assert_int_equal(vsmmu_sim_new(&vm->host, &config), 0);
}

void vm_host_plug(struct test_vmm *vm, unsigned int n)
{
	assert_int_equal(
		vsmmu_sim_endpoint_new(vm->host, n % vm->smmus, &vm->endpoints[n].dev_id), 0);
}

void vm_host_attached(struct test_vmm *vm, unsigned int n)
{
	(void)vm;
	(void)n;
}

bool vm_host_fault(struct test_vmm *vm, unsigned int n, const struct vsmmu_event_record *record)
{
	return vsmmu_sim_fault(vm->host, vm->endpoints[n].dev_id, record) == 0;
}

void vm_host_lose(struct test_vmm *vm, unsigned int n)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
	assert_int_equal(vsmmu_sim_fault(vm->host, vm->endpoints[n].dev_id, &record), 0);
}

void vm_host_fail_read(struct test_vmm *vm, unsigned int n, int error)
{
	(void)n;
	assert_int_equal(vsmmu_sim_fail(vm->host, VSMMU_SIM_FAIL_READ, 0, error), 0);
}

uint64_t vm_host_reads(struct test_vmm *vm)
{
	return sim_stats(vm).reads;
}

void vm_host_free(struct test_vmm *vm)
{
	struct vsmmu_sim_stats stats = sim_stats(vm);

	assert_int_equal(stats.objects, 0);
	assert_int_equal(stats.numbered, vm->produced);
	vsmmu_host_unref(vm->host);
}
