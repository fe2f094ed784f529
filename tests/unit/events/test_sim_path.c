/* SPDX-License-Identifier: BSD-2-Clause */
/* End to end on the simulator, with what only it can be told to do. */
#include <errno.h>
#include <limits.h>

#include <vsmmu/sim.h>

#include "smmu/vsmmu.h"
#include "lib/still_clock.h"
#include "lib/vm.h"

static void fail_next(
	struct test_vmm *vm, enum vsmmu_sim_failure failure, uint32_t after, int error)
{
	assert_int_equal(vsmmu_sim_fail(vm->host, failure, after, error), 0);
}

TEST(the_wrap_at_int_max_is_continuity)
{
	for (uint32_t before = 0; before < 6; before++) {
		const struct vm_setup setup = {.first_sequence = INT_MAX - before};
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 4);
		vm_faults(vm, 0, 3);
		vm_dispatch(vm);
		vm_lose(vm, 0, 2);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		vm_expect(vm, 0, 1, 4);
		assert_int_equal(vm_stats_all(vm).lost, 2);
		assert_int_equal(vm_stats_all(vm).sequenced, 6);
		assert_int_equal(vm_stats_all(vm).stream_errors, 0);
		vm_free(vm);
	}
}

TEST(lost_before_the_first_record_over_the_wrap)
{
	const struct vm_setup setup = {.first_sequence = INT_MAX};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).lost, 3);
	assert_true(vm_overflow_pending(vm));
	vm_expect(vm, 0, 1, 1);
	vm_free(vm);
}

static void lose_one_more(void *opaque)
{
	vm_lose(opaque, 0, 2);
}

/* More is dropped while the LOST header is being copied: two headers in one read. */
TEST(two_lost_headers_in_one_read)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3);
	assert_int_equal(vsmmu_sim_on_lost_copy(vm->host, lose_one_more, vm), 0);
	assert_int_equal(vm_dispatch(vm), 2);
	assert_int_equal(vm_stats_all(vm).reads, 1);
	assert_int_equal(vm_stats_all(vm).lost, 5);
	assert_int_equal(vm_stats_all(vm).overflows, 1);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0); /* the guest's queue is empty */
	vm_free(vm);
}

static void fault_meanwhile(void *opaque)
{
	vm_fault(opaque, 0);
}

TEST(an_event_behind_a_lost_header_in_one_read)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3);
	assert_int_equal(vsmmu_sim_on_lost_copy(vm->host, fault_meanwhile, vm), 0);
	assert_int_equal(vm_dispatch(vm), 2);
	assert_int_equal(vm_stats_all(vm).reads, 1);
	assert_int_equal(vm_stats_all(vm).lost, 3);
	vm_expect(vm, 0, 1, 1);
	vm_free(vm);
}

TEST(enomem_for_a_lost_header_is_told_apart)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 2);
	fail_next(vm, VSMMU_SIM_FAIL_LOST_COPY, 0, 0);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_false(vm_queue_readable(vm));
	assert_int_equal(vm_stats(vm).memory_reads, 1);
	assert_int_equal(vm_stats(vm).lost, 0);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).lost, 2);
	vm_free(vm);
}

/* Kernels before mid-2026 answered 0 there, with poll still saying readable. */
TEST(an_old_kernel_short_of_memory_does_not_spin)
{
	const struct vm_setup setup = {.before_2026 = true};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 2);
	fail_next(vm, VSMMU_SIM_FAIL_LOST_COPY, 0, 0);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_int_equal(vm_stats(vm).empty_reads, 1);
	assert_false(vm_queue_readable(vm));
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).lost, 2);
	vm_free(vm);
}

TEST(an_old_kernels_header_alone_costs_nothing)
{
	const struct vm_setup setup = {.before_2026 = true};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_faults(vm, 0, 3);
	fail_next(vm, VSMMU_SIM_FAIL_PAYLOAD_FAULT, 1, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 3);
	vm_expect_empty(vm);
	assert_int_equal(vm_stats_all(vm).stream_errors, 1);
	assert_int_equal(vm_stats_all(vm).lost, 0);
	vm_free(vm);
}

TEST(errno_of_before_does_not_matter)
{
	static const int errors[] = {EIO, EAGAIN, ENOMEM};
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 10);
	for (int i = 0; i < 3; i++) {
		vm_faults(vm, 0, 256); /* a full batch, then a read of 0 */
		errno = errors[i];
		vm_dispatch(vm);
		assert_int_equal(vm_consume_all(vm), 256);
		assert_int_equal(vm_stats_all(vm).empty_reads, i + 1);
	}
	assert_int_equal(vm_stats(vm).failed_reads + vm_stats(vm).memory_reads, 0);
	assert_int_equal(vm->report_count, 0);
	vm_free(vm);
}

TEST(a_read_that_always_fails_is_tried_once)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, EIO);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).reads, 1);
	for (unsigned int i = 1; i <= 3; i++) {
		assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
		vm_dispatch(vm);
		assert_int_equal(vm_stats(vm).failed_reads, 1 + i);
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 1 + i);
	}
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0);
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_expect(vm, 0, 1, 1);
	vm_free(vm);
}

/* The host fails for a while, and the guest begins anew meanwhile: it is told of nothing old. */
TEST(what_a_reset_could_not_read_never_comes)
{
	static const int errors[] = {EIO, ENOMEM, EINTR};

	for (int i = 0; i < 3; i++) {
		const struct vm_setup setup = {.depth = 8};
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 4);
		vm_faults(vm, 0, 5);
		vm_lose(vm, 0, 2);
		fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, errors[i]);
		assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
		assert_int_equal(vm_stats(vm).sequenced, 0);
		vm_set_ste(vm, 0);
		vm_enable(vm, 4);
		fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0);
		vsmmu_rearm(vm->vsmmu);
		vm_wait(vm);
		vm_dispatch(vm);
		assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
		assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_RESET], 5);
		assert_int_equal(vm_stats(vm).lost, 2);
		/* And of all that is new. */
		vm_faults(vm, 0, 3);
		vm_dispatch(vm);
		vm_expect(vm, 0, 6, 3);
		vm_free(vm);
	}
}

/* One that is never empty has given what is old when it has given as much as it can hold. */
TEST(what_a_reset_could_not_read_ends)
{
	const struct vm_setup setup = {.depth = 8};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_faults(vm, 0, 6);
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, EIO);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0);
	vm_set_ste(vm, 0);
	vm_enable(vm, 4);
	vsmmu_rearm(vm->vsmmu);
	for (int i = 0; i < 4; i++) {
		vm_faults(vm, 0, 2);
		vsmmu_dispatch(vm->vsmmu, 2);
	}
	vm_dispatch(vm);
	/* Two of the new ones cannot be told from old ones. */
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_RESET], 8);
	vm_expect(vm, 0, 9, 6);
	vm_free(vm);
}

/* A dispatch that reads in vain, and is to wait so long then. */
static void expect_backoff(struct test_vmm *vm, unsigned int milliseconds)
{
	const uint64_t wait = UINT64_C(1000000) * milliseconds;
	uint64_t reads = vm_stats(vm).reads;

	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_int_equal(vm_stats(vm).reads, reads + 1);
	assert_int_equal(still_clock_deadline(), still_clock_now() + wait);
	/* Nothing in between, whoever asks. */
	assert_false(vm_readable(vm));
	still_clock_advance(wait - 1);
	assert_false(vm_readable(vm));
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_int_equal(vm_stats(vm).reads, reads + 1);
	still_clock_advance(1);
	vm_wait(vm);
}

/* Memory stays short: wake-ups grow apart, 1 ms, 2 ms, up to 128 ms; a good read ends it. */
TEST(the_backoff_grows)
{
	struct test_vmm *vm = vm_new(NULL);

	still_clock_stop();
	vm_enable(vm, 4);
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, ENOMEM);
	vm_fault(vm, 0);
	for (unsigned int longest = 1; longest <= 512; longest *= 2)
		expect_backoff(vm, longest < 128 ? longest : 128);
	fail_next(vm, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 1);

	fail_next(vm, VSMMU_SIM_FAIL_READ, 0, ENOMEM);
	vm_fault(vm, 0);
	expect_backoff(vm, 1);
	vm_dispatch(vm);
	vm_expect(vm, 0, 2, 1);
	vm_stats_all(vm);
	still_clock_go();
	vm_free(vm);
}

/* Each host call of an endpoint's life fails once: nothing is left of a failed attach. */
TEST(a_host_call_that_fails_leaves_nothing)
{
	const struct vm_setup setup = {.unattached = true, .endpoints = 2};
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};
	const uint64_t ste[2] = {0xb, 0};
	unsigned int failed = 0;

	for (uint32_t after = 0;; after++) {
		struct test_vmm *vm = vm_new(&setup);
		int ret;

		fail_next(vm, VSMMU_SIM_FAIL_CALL, after, EIO);
		ret = vm_attach(vm, 0);
		if (ret) {
			assert_int_equal(ret, -EIO);
			/* A nesting parent may be left for the next one. */
			assert_int_equal(vsmmu_drop_parents(vm->vsmmu), 0);
			assert_int_equal(vsmmu_sim_get_stats(vm->host, &stats), 0);
			assert_int_equal(stats.objects, 0);
			failed++;
			assert_int_equal(vm_attach(vm, 0), 0); /* works once it does */
		}
		if (ret) {
			vm_set_ste(vm, 0);
		} else {
			ret = vsmmu_endpoint_set_ste(vm->endpoints[0].handle, ste);
			if (ret)
				vm_set_ste(vm, 0);
			failed += ret != 0;
		}
		vm_enable(vm, 3);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		vm_expect(vm, 0, 1, 1);
		vm_free(vm);
		if (!ret)
			break;
	}
	/*
	 * Parent, parking vIOMMU, abort and bypass HWPT, vIOMMU, vEVENTQ, detach, attach, vDEVICE;
	 * nested, attach.
	 */
	assert_int_equal(failed, 11);
}

TEST(a_failing_reset_resets_the_rest)
{
	const struct vm_setup setup = {.endpoints = 3};
	struct test_vmm *vm = vm_new(&setup);

	for (uint32_t after = 0; after < 3; after++) {
		uint64_t produced;

		vm_enable(vm, 3);
		vm_faults(vm, 1, 2);
		fail_next(vm, VSMMU_SIM_FAIL_CALL, after, EBUSY);
		assert_int_equal(vsmmu_reset(vm->vsmmu), -EBUSY);
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_HOST_FAILED), after + 1);
		assert_int_equal(test_vmm_read(vm, SMMU_CR0), 0);
		assert_int_equal(
			vm_stats_all(vm).discarded_by[VSMMU_DISCARD_RESET], 2 * (after + 1));
		/* None of them forwards any more. */
		produced = vm->produced;
		for (unsigned int n = 0; n < 3; n++)
			vm_fault(vm, n);
		assert_int_equal(vm->produced, produced);
		for (unsigned int n = 0; n < 3; n++)
			vm_set_ste(vm, n);
	}
	vm_free(vm);
}

/* The last loss before an endpoint goes is counted, though memory is short. */
TEST(teardown_counts_what_memory_hid)
{
	for (int i = 0; i < 4; i++) {
		const struct vm_setup setup = {.before_2026 = i & 1};
		unsigned int events = i & 2;
		struct test_vmm *vm = vm_new(&setup);

		/* A full guest queue, so that the first to read on is the last to do so. */
		vm_enable(vm, 0);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		if (events)
			vm_faults(vm, 0, events);
		vm_lose(vm, 0, 5);
		fail_next(vm, VSMMU_SIM_FAIL_LOST_COPY, 0, 0);
		vm_detach(vm, 0);
		assert_int_equal(vm_stats_all(vm).lost, 5);
		vm_free(vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E5 P1", the_wrap_at_int_max_is_continuity),
		UNIT_TEST("E5 P1 P3", lost_before_the_first_record_over_the_wrap),
		UNIT_TEST("E4 P4 P17", two_lost_headers_in_one_read),
		UNIT_TEST("E4 E5", an_event_behind_a_lost_header_in_one_read),
		UNIT_TEST("E3 P8", enomem_for_a_lost_header_is_told_apart),
		UNIT_TEST("E3", an_old_kernel_short_of_memory_does_not_spin),
		UNIT_TEST("E4", an_old_kernels_header_alone_costs_nothing),
		UNIT_TEST("E3 P2", errno_of_before_does_not_matter),
		UNIT_TEST("E3 P19", a_read_that_always_fails_is_tried_once),
		UNIT_TEST("E3 E10 P20", what_a_reset_could_not_read_never_comes),
		UNIT_TEST("E3 E10", what_a_reset_could_not_read_ends),
		UNIT_TEST("E3 P8", the_backoff_grows),
		UNIT_TEST("E11", a_host_call_that_fails_leaves_nothing),
		UNIT_TEST("E10", a_failing_reset_resets_the_rest),
		UNIT_TEST("E6 E11", teardown_counts_what_memory_hid),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
