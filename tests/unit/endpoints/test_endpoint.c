/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that come and go: stale events, StreamIDs used again, resets, teardown. */
#include <errno.h>

#include <vsmmu/snapshot.h>

#include "lib/vm.h"

static uint64_t discarded(struct test_vmm *vm, enum vsmmu_discard reason)
{
	return vm_stats(vm).discarded_by[reason];
}

TEST(a_stream_needs_its_ste)
{
	const uint64_t bypass[2] = {0x9, 0}, refused[2] = {0xb | 6 << 1, 0};
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);

	assert_int_equal(vm_attach(vm, 0), 0);
	vm_enable(vm, 3);
	vm_fault(vm, 0);
	assert_int_equal(vm->produced, 0);
	vm_set_ste(vm, 0);
	vm_fault(vm, 0);
	vm_set_ste(vm, 0); /* one after the other, in place */
	vm_fault(vm, 0);
	/* The kernel refuses one: the old one stays in force. */
	assert_int_equal(vsmmu_endpoint_set_ste(vm->endpoints[0].handle, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_set_ste(vm->endpoints[0].handle, refused), -EIO);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 2, 3);
	assert_int_equal(vsmmu_endpoint_set_ste(vm->endpoints[0].handle, bypass), 0);
	assert_int_equal(vm_stats_all(vm).delivered, 3);
	vm_free(vm);
}

/* What its VMM has set is what it has under another name too, until a reset. */
TEST(an_ste_goes_with_a_new_streamid)
{
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);

	assert_int_equal(vm_attach(vm, 0), 0);
	vm_enable(vm, 3);
	vm_set_ste(vm, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(vm->endpoints[0].handle, VM_VSID(5)), 0);
	vm->endpoints[0].vsid = VM_VSID(5);
	vm_fault(vm, 0);
	assert_int_equal(vm->produced, 1);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 1);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(vm->endpoints[0].handle, VM_VSID(6)), 0);
	vm_fault(vm, 0);
	assert_int_equal(vm->produced, 1);
	vm_free(vm);
}

TEST(a_streamid_is_held_by_one)
{
	const struct vm_setup setup = {.endpoints = 2, .unattached = true};
	struct test_vmm *vm = vm_new(&setup);

	assert_int_equal(vm_attach(vm, 0), 0);
	vm->endpoints[1].vsid = VM_VSID(0);
	assert_int_equal(vm_attach(vm, 1), -EEXIST);
	assert_null(vm->endpoints[1].handle);
	vm_detach(vm, 0);
	assert_int_equal(vm_attach(vm, 1), 0);
	vm_free(vm);
}

TEST(misuse_is_einval)
{
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_endpoint_config config = {.size = 0};
	struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};
	const struct vsmmu_config vmm = {.size = sizeof(vmm)};
	struct vsmmu_endpoint *out = NULL;
	void *bytes = NULL;
	uint64_t vsid = 0;
	size_t length = 0;

	assert_int_equal(vsmmu_endpoint_attach(vm->vsmmu, &config, &out), -EINVAL);
	assert_null(out);
	assert_int_equal(vsmmu_endpoint_detach(NULL), 0);
	assert_int_equal(vsmmu_save(vm->vsmmu, NULL, &length), -EINVAL);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, NULL), -EINVAL);
	assert_int_equal(vsmmu_restore(vm->vsmmu, NULL, 100), -EINVAL);
	assert_int_equal(vsmmu_mmio_read(vm->vsmmu, SMMU_CR0, 4, NULL), -EINVAL);
	assert_int_equal(vsmmu_new(NULL, &vmm), -EINVAL);
	assert_null(vsmmu_host_ref(NULL));
	assert_int_equal(vsmmu_endpoint_get_stats(NULL, &stats), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_vsid(NULL, &vsid), -EINVAL);
	assert_null(vsmmu_endpoint_get_opaque(NULL));
	assert_int_equal(vm_attach(vm, 0), 0);
	stats.size = 0;
	assert_int_equal(vsmmu_endpoint_get_stats(vm->endpoints[0].handle, &stats), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_stats(vm->endpoints[0].handle, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_vsid(vm->endpoints[0].handle, NULL), -EINVAL);
	assert_int_equal(vsmmu_endpoint_get_vsid(vm->endpoints[0].handle, &vsid), 0);
	assert_int_equal(vsid, VM_VSID(0));
	assert_ptr_equal(vsmmu_endpoint_get_opaque(vm->endpoints[0].handle), &vm->endpoints[0]);
	vm_free(vm);
}

/* What a detached endpoint had in the kernel never reaches the guest. */
TEST(stale_events_are_discarded)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);
	uint32_t prod;

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	prod = test_vmm_read(vm, SMMU_EVENTQ_PROD);
	vm_faults(vm, 0, 5);
	vm_fault(vm, 1);
	vm_detach(vm, 0);
	/* Its neighbour's is delivered, its own are not, and no OVFLG says so. */
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), prod + 1);
	assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 5);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	vm_expect(vm, 0, 1, 1); /* the one that was there before stays */
	vm_expect(vm, 1, 7, 1);
	/* From the parent HWPT nothing is forwarded. */
	vm_fault(vm, 0);
	assert_int_equal(vm->produced, 7);
	vm_free(vm);
}

static void fault_on_irq(struct test_vmm *vm, enum vsmmu_irq irq)
{
	(void)irq;
	vm_fault(vm, 0);
}

/* It is parked before its vEVENTQ is read: what comes later is the host's to print. */
TEST(nothing_comes_in_while_an_endpoint_goes)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_fault(vm, 1); /* delivered by the detach, which is when the other one faults */
	vm->on_irq = fault_on_irq;
	vm_detach(vm, 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vm->produced, 2);
	assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 1);
	vm_stats_all(vm);
	vm_free(vm);
}

TEST(a_streamid_is_used_again_when_its_events_are_gone)
{
	const struct vm_setup setup = {.endpoints = 3};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 2);
	vm_faults(vm, 1, 4); /* full */
	vm_dispatch(vm);
	vm_faults(vm, 0, 3); /* of the holder that goes; they stay in the kernel */
	vm_detach(vm, 0);
	vm_detach(vm, 2);
	vm->endpoints[2].vsid = VM_VSID(0);
	/* What the old holder caused would be taken for the new one's. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(vm_attach(vm, 2), -EAGAIN);
	assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 0);
	vm_expect(vm, 1, 1, 1); /* the guest makes room */
	assert_int_equal(vm_attach(vm, 2), 0);
	assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 3);
	vm_set_ste(vm, 2);
	vm_fault(vm, 2);
	vm_dispatch(vm);
	vm_expect(vm, 1, 2, 3);
	vm_expect(vm, 0, vm->serial, 1); /* under the StreamID, which is 0's */
	vm_expect_empty(vm);
	assert_int_equal(vm_stream(vm, 2).delivered, 1);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	vm_free(vm);
}

TEST(a_dispatch_frees_the_streamid_too)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 1);
	vm_faults(vm, 1, 2);
	vm_dispatch(vm);
	vm_faults(vm, 0, 300);
	vm_detach(vm, 0);
	assert_int_equal(vm_attach(vm, 0), -EAGAIN);
	vm_consume_all(vm);
	assert_int_equal(vm_dispatch(vm), 300);
	assert_int_equal(vm_attach(vm, 0), 0);
	assert_int_equal(vm_stream(vm, 0).discarded, 0); /* counters of its own */
	assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 300);
	vm_stats_all(vm);
	vm_free(vm);
}

/* A neighbour that never lets the vEVENTQ be empty: reading what it held is enough. */
TEST(a_storming_neighbour_does_not_hold_a_streamid)
{
	const struct vm_setup setup = {.endpoints = 2, .depth = 4};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 0);
	vm_fault(vm, 1);
	vm_dispatch(vm);
	vm_faults(vm, 0, 3);
	vm_detach(vm, 0);
	vm_fault(vm, 1);
	for (int i = 0; i < 3; i++) {
		vm_consume_all(vm);
		vm_dispatch(vm); /* one event at a time, so no read comes back short */
		vm_faults(vm, 1, 2);
		assert_int_equal(vm_stats(vm).delivered, 2 + i);
		assert_int_equal(discarded(vm, VSMMU_DISCARD_STALE), 3);
	}
	assert_int_equal(vm_pending(vm), 1);
	assert_int_equal(vm_stats(vm).empty_reads, 0);
	assert_int_equal(vm_attach(vm, 0), 0);
	vm_free(vm);
}

static void the_last_endpoints_queue_is_drained_and_goes(void **unused)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vm_setup setup = {.endpoints = 1, .isolate = isolate};
		struct test_vmm *vm = vm_new(&setup);

		(void)unused;
		vm_enable(vm, 0);
		vm_faults(vm, 0, 300); /* one is delivered, 299 wait */
		vm_lose(vm, 0, 2);
		vm_dispatch(vm);
		vm_detach(vm, 0);
		assert_int_equal(vm_stats_all(vm).lost, 2);
		assert_int_equal(discarded(vm, VSMMU_DISCARD_TEARDOWN), 299);
		assert_false(vm_overflow_pending(vm));
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
		assert_int_equal(vm_attach(vm, 0), 0);
		vm_set_ste(vm, 0);
		vm_expect(vm, 0, 1, 1);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		vm_expect(vm, 0, vm->serial, 1);
		/* A new queue begins at its first number again: nothing is taken for lost. */
		assert_int_equal(vm_stats_all(vm).lost, 2);
		assert_int_equal(vm_stats_all(vm).stream_errors, 0);
		vm_free(vm);
	}
}

TEST(a_reset_discards_without_a_trace_in_the_registers)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 2);
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	vm_faults(vm, 0, 300);
	vm_lose(vm, 1, 4);
	vm_faults(vm, 1, 2);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	assert_int_equal(discarded(vm, VSMMU_DISCARD_RESET), 302);
	assert_int_equal(vm_stats_all(vm).lost, 4);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
	/* The STEs are gone, so nothing more is forwarded. */
	vm_fault(vm, 0);
	assert_int_equal(vm->produced, 309);
	/* The same endpoints go on, in a queue that has nothing old in it. */
	vm_enable(vm, 2);
	assert_int_equal(vm_dispatch(vm), 0);
	vm_set_ste(vm, 0);
	vm_set_ste(vm, 1);
	vm_fault(vm, 1);
	vm_dispatch(vm);
	vm_expect(vm, 1, vm->serial, 1);
	vm_expect_empty(vm);
	vm_free(vm);
}

TEST(a_reset_forgets_an_abort_and_an_overflow)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 2);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm->bad_end = 0;
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	vm_set_ste(vm, 0);
	vm_enable(vm, 2);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, vm->serial, 1); /* no GERRORN was needed */
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), 0);
	vm_free(vm);
}

TEST(teardown_with_events_in_flight_delivers_nothing)
{
	const struct vm_setup setup = {.endpoints = 3, .smmus = 2};
	struct test_vmm *vm = vm_new(&setup);
	unsigned int writes;

	vm_enable(vm, 5);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_faults(vm, 0, 3);
	vm_faults(vm, 1, 3);
	vm_faults(vm, 2, 3);
	writes = vm->memory_writes;
	vsmmu_free(vm->vsmmu);
	assert_int_equal(vm->memory_writes, writes);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm->vsmmu = NULL;
	vm_free(vm);
}

TEST(endpoints_of_two_physical_smmus_have_two_queues)
{
	const struct vm_setup setup = {.endpoints = 4, .smmus = 2};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 5);
	for (unsigned int n = 0; n < 4; n++)
		vm_faults(vm, n, n + 1);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).delivered, 10);
	assert_int_equal(vm_stats_all(vm).reads, 2);
	for (unsigned int n = 0; n < 4; n++)
		assert_int_equal(vm_stream(vm, n).delivered, n + 1);
	vm_free(vm);
}

TEST(an_isolated_storm_costs_the_others_nothing)
{
	const struct vm_setup setup = {.endpoints = 3, .isolate = true, .depth = 4};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 8);
	vm_faults(vm, 0, 100);
	vm_faults(vm, 1, 4);
	vm_faults(vm, 2, 4);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).reads, 3);
	assert_int_equal(vm_stats_all(vm).lost, 96);
	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(vm_stream(vm, n).delivered, 4);
	vm_detach(vm, 1);
	vm_faults(vm, 2, 2);
	vm_dispatch(vm);
	assert_int_equal(vm_stream(vm, 2).delivered, 6);
	vm_free(vm);
}

TEST(many_come_and_go)
{
	const struct vm_setup setup = {.endpoints = 8, .smmus = 3};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 3);
	for (unsigned int round = 0; round < 24; round++) {
		unsigned int n = round * 5 % 8;

		vm_faults(vm, n, 3);
		vm_faults(vm, (n + 1) % 8, 2);
		vm_detach(vm, n);
		vm_dispatch(vm);
		vm_consume_all(vm);
		vm_dispatch(vm);
		vm_consume_all(vm);
		assert_int_equal(vm_attach(vm, n), 0);
		vm_set_ste(vm, n);
	}
	vm_dispatch(vm);
	vm_stats_all(vm);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(a_stream_needs_its_ste),
		UNIT_TEST("S6", an_ste_goes_with_a_new_streamid),
		UNIT_TEST_PLAIN(a_streamid_is_held_by_one),
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST("E10 P20", stale_events_are_discarded),
		UNIT_TEST("E10 E11", nothing_comes_in_while_an_endpoint_goes),
		UNIT_TEST("E10 P20", a_streamid_is_used_again_when_its_events_are_gone),
		UNIT_TEST("E10 P20", a_dispatch_frees_the_streamid_too),
		UNIT_TEST("E10 P20", a_storming_neighbour_does_not_hold_a_streamid),
		UNIT_TEST("E6 E11", the_last_endpoints_queue_is_drained_and_goes),
		UNIT_TEST("E10 P16 P20", a_reset_discards_without_a_trace_in_the_registers),
		UNIT_TEST("E10", a_reset_forgets_an_abort_and_an_overflow),
		UNIT_TEST("E11", teardown_with_events_in_flight_delivers_nothing),
		UNIT_TEST("E7", endpoints_of_two_physical_smmus_have_two_queues),
		UNIT_TEST("E9", an_isolated_storm_costs_the_others_nothing),
		UNIT_TEST("E11", many_come_and_go),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
