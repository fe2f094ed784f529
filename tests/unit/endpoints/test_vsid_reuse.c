/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a StreamID after another one learns nothing of that one's events. */
#include <errno.h>
#include <poll.h>

#include <vsmmu/snapshot.h>

#include "lib/vm.h"

/* Its last holder's were on the way when the machine was moved. */
TEST(a_snapshots_events_are_not_its_heirs)
{
	const struct vm_setup setup = {.endpoints = 2};
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

static unsigned int told_free(const struct test_vmm *vm)
{
	return test_vmm_reported(vm, VSMMU_REPORT_VSID_FREE);
}

static void expect_told_free(const struct test_vmm *vm, unsigned int n)
{
	const struct test_vmm_report *report =
		&vm->reports[(vm->report_count - 1) % TEST_VMM_REPORTS];

	assert_int_equal(told_free(vm), 1);
	assert_int_equal(report->code, VSMMU_REPORT_VSID_FREE);
	assert_int_equal(report->vsid, VM_VSID(n));
}

static void save_and_go_on(struct test_vmm *vm)
{
	size_t length;
	void *bytes;

	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
}

/*
 * A save has read ahead, the guest has gone on, the vEVENTQ has filled again, and the guest's
 * queue is full. Events of the one that goes are in both, with its neighbour's around them.
 */
static struct test_vmm *vm_with_events_everywhere(const struct vm_setup *setup)
{
	struct test_vmm *vm = vm_new(setup);

	vm_enable(vm, 2);
	vm_faults(vm, 1, 4);
	vm_dispatch(vm); /* full */
	vm_faults(vm, 0, 3);
	vm_faults(vm, 1, 2);
	vm_faults(vm, 0, 2);
	save_and_go_on(vm);
	assert_int_equal(vm_stats(vm).pending, 7);
	vm_dispatch(vm);
	vm_faults(vm, 1, 1);
	vm_faults(vm, 0, 4);
	vm_faults(vm, 1, 1);
	return vm;
}

/* It is given out again when the last one is read, wherever the guest's reading has come to. */
TEST(it_is_free_when_none_is_left_anywhere)
{
	bool again = false, at_once = false;

	for (unsigned int room = 0; room <= 4; room++) {
		const struct vm_setup setup = {.endpoints = 2};
		struct test_vmm *vm = vm_with_events_everywhere(&setup);
		uint64_t word[4];
		int ret;

		for (unsigned int i = 0; i < room; i++)
			assert_true(vm_consume(vm, word));
		vm_detach(vm, 0);
		/* In pending there are none any more, behind its neighbour's there may be. */
		assert_true(vm_stats(vm).discarded_by[VSMMU_DISCARD_STALE] >= 5);
		ret = vm_attach(vm, 0);
		if (ret) {
			again = true;
			assert_int_equal(ret, -EAGAIN);
			assert_int_equal(told_free(vm), 0);
			while (vm_consume_all(vm))
				vm_dispatch(vm);
			expect_told_free(vm, 0);
			assert_int_equal(vm_attach(vm, 0), 0);
		} else {
			at_once = true;
			assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_STALE], 5 + 4);
		}
		vm_set_ste(vm, 0);
		vm_consume_all(vm);
		vm_dispatch(vm);
		vm_consume_all(vm);
		/* No event of the last holder is the new one's. */
		assert_int_equal(vm_stream(vm, 0).delivered, 0);
		assert_int_equal(vm_stream(vm, 0).discarded, 0);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		vm_expect(vm, 0, vm->serial, 1);
		vm_expect_empty(vm);
		assert_int_equal(vm_stream(vm, 1).delivered, 4 + 2 + 2);
		assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_STALE], 5 + 4);
		vm_free(vm);
	}
	assert_true(again && at_once);
}

/* A VMM waits for that report alone: those of other things do not suppress it, nor one another. */
TEST(being_told_is_never_suppressed)
{
	const struct vm_setup setup = {
		.endpoints = 3, .report_burst = 1, .report_interval_ns = UINT64_C(1) << 60};
	struct test_vmm *vm = vm_new(&setup);

	for (unsigned int round = 1; round <= 3; round++) {
		vm_enable(vm, 0);
		vm_fault(vm, 1);
		vm_dispatch(vm);
		vm_lose(vm, 1, 1);
		vm_fault(vm, 0);
		vm_detach(vm, 0);
		for (int i = 0; i < 3; i++)
			assert_int_equal(vm_attach(vm, 0), -EAGAIN);
		assert_int_equal(told_free(vm), round - 1);
		vm_consume_all(vm);
		vm_dispatch(vm);
		vm_consume_all(vm);
		vm_dispatch(vm);
		assert_int_equal(told_free(vm), round);
		assert_int_equal(vm_attach(vm, 0), 0);
		vm_set_ste(vm, 0);
		vm_consume_all(vm);
		vm_disable(vm);
	}
	assert_true(vm_stats(vm).reports_suppressed > 0);
	vm_free(vm);
}

TEST(who_did_not_ask_is_not_told)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_with_events_everywhere(&setup);

	vm_detach(vm, 0);
	while (vm_consume_all(vm))
		vm_dispatch(vm);
	assert_int_equal(vm_attach(vm, 0), 0);
	assert_int_equal(told_free(vm), 0);
	vm_free(vm);
}

/* A StreamID that another endpoint asked for by being renumbered is told as well. */
TEST(who_is_renumbered_is_told)
{
	const struct vm_setup setup = {.endpoints = 3};
	struct test_vmm *vm = vm_with_events_everywhere(&setup);
	struct pollfd command = {.fd = vsmmu_get_command_fd(vm->vsmmu), .events = POLLIN};

	vm_detach(vm, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(vm->endpoints[2].handle, VM_VSID(0)), -EAGAIN);
	while (vm_consume_all(vm))
		vm_dispatch(vm);
	expect_told_free(vm, 0);
	/* There is nothing that the library would do about it. */
	assert_int_equal(poll(&command, 1, 0), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(vm->endpoints[2].handle, VM_VSID(0)), 0);
	vm_free(vm);
}

/* A reset discards what was in the way. */
TEST(a_reset_frees_it)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_with_events_everywhere(&setup);

	vm_detach(vm, 0);
	assert_int_equal(vm_attach(vm, 0), -EAGAIN);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	expect_told_free(vm, 0);
	assert_int_equal(vm_attach(vm, 0), 0);
	vm_free(vm);
}

/* With a vEVENTQ of its own it is free at once: the queue has gone too. */
TEST(an_isolated_one_is_free_at_once)
{
	const struct vm_setup setup = {.endpoints = 2, .isolate = true};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 1);
	vm_faults(vm, 1, 2);
	vm_faults(vm, 0, 4);
	vm_dispatch(vm);
	save_and_go_on(vm);
	vm_faults(vm, 0, 2);
	vm_detach(vm, 0);
	assert_int_equal(vm_attach(vm, 0), 0);
	vm_set_ste(vm, 0);
	while (vm_consume_all(vm))
		vm_dispatch(vm);
	assert_int_equal(vm_stream(vm, 0).delivered, 0);
	vm_stats_all(vm);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 S7 P20", a_snapshots_events_are_not_its_heirs),
		UNIT_TEST("S6 P20 A4", it_is_free_when_none_is_left_anywhere),
		UNIT_TEST("S6 A4", being_told_is_never_suppressed),
		UNIT_TEST("S6 A4", who_did_not_ask_is_not_told),
		UNIT_TEST("S6 A4", who_is_renumbered_is_told),
		UNIT_TEST("S6 A4", a_reset_frees_it),
		UNIT_TEST("S6 A4", an_isolated_one_is_free_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
