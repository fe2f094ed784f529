/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a StreamID after another one learns nothing of that one's events. */
#include <vsmmu/snapshot.h>

#include "lib/vm.h"

/* Its last holder's were on the way when the machine was moved. */
TEST(a_snapshots_events_are_not_its_heirs)
{
	const struct vm_setup setup = {.endpoints = 2, .no_fair_share = true};
	struct test_vmm *from = vm_new(&setup), *to = vm_new(&setup);
	uint32_t prod;
	size_t length;
	void *bytes;

	vm_enable(from, 1);
	vm_faults(from, 0, 6);
	vm_fault(from, 1);
	vm_dispatch(from);
	vm_detach(from, 0); /* the guest's queue is full */
	assert_int_equal(vsmmu_save(from->vsmmu, &bytes, &length), 0);
	vm_detach(to, 0);
	assert_int_equal(vsmmu_restore(to->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	to->irqs[VSMMU_IRQ_EVENTQ] += from->irqs[VSMMU_IRQ_EVENTQ]; /* counters go on */

	assert_int_equal(vm_attach(to, 0), 0);
	vm_set_ste(to, 0);
	prod = test_vmm_read(to, SMMU_EVENTQ_PROD);
	test_vmm_write(to, SMMU_EVENTQ_CONS, prod);
	vm_dispatch(to);
	/* The other endpoint's one, and no more. */
	assert_int_equal(vm_stream(to, 0).delivered, 0);
	assert_int_equal(vm_stream(to, 1).delivered, 1);
	assert_int_equal(vm_stats(to).discarded_by[VSMMU_DISCARD_STALE], 4);
	vm_free(to);
	vm_free(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 S7 P20", a_snapshots_events_are_not_its_heirs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
