/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine stands on iommufd, and that on a fake kernel. */
#include "lib/fake_kernel.h"
#include "lib/vm.h"

void vm_host_new(struct test_vmm *vm, const struct vm_setup *setup)
{
	struct vsmmu_iommufd_config config = {.size = sizeof(config)};

	assert_int_equal(setup->first_sequence, 0);
	assert_false(setup->before_2026);
	fake_kernel_start();
	config.iommufd = fake_kernel_iommufd();
	config.ioas_id = fake_kernel_ioas();
	assert_int_equal(vsmmu_iommufd_new(&vm->host, &config), 0);
}

void vm_host_plug(struct test_vmm *vm, unsigned int n)
{
	struct test_vmm_endpoint *endpoint = &vm->endpoints[n];

	endpoint->fd = fake_kernel_device(n % vm->smmus, &endpoint->dev_id);
}

/* The vEVENTQ is the newest or a neighbour's. */
void vm_host_attached(struct test_vmm *vm, unsigned int n)
{
	struct test_vmm_endpoint *endpoint = &vm->endpoints[n];
	uint32_t newest = 0, id;

	endpoint->veventq = 0;
	for (unsigned int i = 0; (id = fake_veventq_id(i)); i++) {
		bool shared = false;

		newest = id;
		for (unsigned int m = 0; m < vm->endpoint_count; m++)
			shared |=
				m != n && vm->endpoints[m].handle && vm->endpoints[m].veventq == id;
		if (!shared)
			endpoint->veventq = id;
	}
	/* No new one: it is that of the endpoint behind the same physical SMMU. */
	for (unsigned int m = n % vm->smmus; !endpoint->veventq && m < vm->endpoint_count;
		m += vm->smmus)
		if (m != n && vm->endpoints[m].handle)
			endpoint->veventq = vm->endpoints[m].veventq;
	assert_int_not_equal(newest, 0);
	assert_int_not_equal(endpoint->veventq, 0);
}

bool vm_host_fault(struct test_vmm *vm, unsigned int n, const struct vsmmu_event_record *record)
{
	const struct test_vmm_endpoint *endpoint = &vm->endpoints[n];
	struct vsmmu_event_record event = *record;
	uint8_t payload[VSMMU_EVENT_RECORD_SIZE];

	if (!fake_kernel_forwards(endpoint->dev_id))
		return false;
	event.word[0] = (uint32_t)event.word[0] | (uint64_t)endpoint->vsid << 32;
	vsmmu_event_record_store(&event, payload);
	fake_veventq_report(endpoint->veventq, payload, sizeof(payload));
	return true;
}

void vm_host_lose(struct test_vmm *vm, unsigned int n)
{
	fake_veventq_drop(vm->endpoints[n].veventq);
}

void vm_host_fail_read(struct test_vmm *vm, unsigned int n, int error)
{
	fake_veventq_script_error(vm->endpoints[n].veventq, error);
}

uint64_t vm_host_reads(struct test_vmm *vm)
{
	(void)vm;
	return fake_kernel_reads();
}

void vm_host_free(struct test_vmm *vm)
{
	vsmmu_host_unref(vm->host);
	assert_int_equal(fake_kernel_objects(), 0);
	fake_kernel_stop();
}
