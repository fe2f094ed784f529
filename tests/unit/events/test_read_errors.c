/* SPDX-License-Identifier: BSD-2-Clause */
/* Forwarding when a read fails: for now, or for good. */
#include <errno.h>
#include <poll.h>

#include "lib/vm.h"

TEST(enomem_backs_off_and_goes_on)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_host_fail_read(vm, 0, ENOMEM);
	vm_faults(vm, 0, 3);
	assert_true(vm_readable(vm));
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	/* It makes nobody wake up meanwhile: only the timer does. */
	assert_false(vm_queue_readable(vm));
	assert_int_equal(vm_stats(vm).memory_reads, 1);
	assert_int_equal(vm_stats(vm).reads, 1);
	vm_wait(vm);
	assert_int_equal(vm_dispatch(vm), 3);
	vm_expect(vm, 0, 1, 3);
	assert_int_equal(vm_stats_all(vm).lost, 0);
	assert_int_equal(vm_stats_all(vm).failed_reads, 0);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_BACKOFF), 1);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 0);
	/* And from then on as ever. */
	vm_fault(vm, 0);
	assert_true(vm_readable(vm));
	vm_dispatch(vm);
	vm_expect(vm, 0, 4, 1);
	vm_free(vm);
}

TEST(eintr_and_eagain_are_later)
{
	static const int errors[] = {EINTR, EAGAIN};

	for (int i = 0; i < 2; i++) {
		struct test_vmm *vm = vm_new(NULL);

		vm_enable(vm, 4);
		vm_host_fail_read(vm, 0, errors[i]);
		vm_fault(vm, 0);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		assert_int_equal(vm_stats(vm).memory_reads, 0);
		assert_int_equal(vm_stats(vm).failed_reads, 0);
		assert_int_equal(vm->report_count, 0);
		vm_wait(vm);
		assert_int_equal(vm_dispatch(vm), 1);
		vm_expect(vm, 0, 1, 1);
		vm_free(vm);
	}
}

TEST(a_lasting_error_disarms_once)
{
	static const int errors[] = {EIO, EBADF, EFAULT, EINVAL, ENODEV, ESPIPE};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct test_vmm *vm = vm_new(NULL);
		uint64_t reads;

		vm_enable(vm, 4);
		vm_host_fail_read(vm, 0, errors[i]);
		vm_faults(vm, 0, 2);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		assert_false(vm_readable(vm));
		assert_int_equal(vm_stats(vm).failed_reads, 1);
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 1);
		assert_int_equal(vm->reports[0].severity, VSMMU_ERROR);
		reads = vm_host_reads(vm);
		/* There is no read, no report, no spinning from then on. */
		vm_faults(vm, 0, 3);
		test_vmm_write(vm, SMMU_EVENTQ_CONS, 0);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		assert_false(vm_readable(vm));
		assert_int_equal(vm_host_reads(vm), reads);
		assert_int_equal(vm->report_count, 1);

		assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
		assert_true(vm_readable(vm));
		assert_int_equal(vm_dispatch(vm), 5);
		vm_expect(vm, 0, 1, 5);
		assert_int_equal(vm_stats_all(vm).lost, 0);
		assert_int_equal(vsmmu_rearm(vm->vsmmu), 0);
		vm_free(vm);
	}
}

TEST(each_episode_is_reported)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	for (unsigned int episode = 1; episode <= 3; episode++) {
		vm_host_fail_read(vm, 0, EIO);
		vm_fault(vm, 0);
		assert_int_equal(vm_dispatch(vm), 0);
		assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), episode);
		assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
		assert_int_equal(vm_dispatch(vm), 1);
	}
	vm_expect(vm, 0, 1, 3);
	vm_free(vm);
}

TEST(one_veventqs_error_leaves_the_others)
{
	static const int errors[] = {ENOMEM, EIO};

	for (int i = 0; i < 2; i++) {
		const struct vm_setup setup = {.endpoints = 2, .isolate = true};
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 4);
		vm_host_fail_read(vm, 1, errors[i]);
		vm_fault(vm, 1);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		for (int round = 0; round < 5; round++) {
			vm_fault(vm, 0);
			assert_true(vm_readable(vm));
			assert_true(vsmmu_dispatch(vm->vsmmu, 0) >= 1);
		}
		assert_int_equal(vm_stream(vm, 0).delivered, 5);
		if (errors[i] == EIO)
			vsmmu_rearm(vm->vsmmu);
		else if (!vm_stream(vm, 1).delivered)
			vm_wait(vm);
		vm_dispatch(vm);
		assert_int_equal(vm_stream(vm, 1).delivered, 1);
		vm_stats_all(vm);
		vm_free(vm);
	}
}

/* A level-triggered loop with a queue that fails for a while: few wake-ups, none lost. */
TEST(repeated_enomem_does_not_spin)
{
	struct test_vmm *vm = vm_new(NULL);
	unsigned int wakeups = 0;

	vm_enable(vm, 4);
	vm_host_fail_read(vm, 0, ENOMEM);
	vm_fault(vm, 0);
	while (!vm_pending(vm)) {
		vm_wait(vm);
		vsmmu_dispatch(vm->vsmmu, 0);
		if (++wakeups < 5)
			vm_host_fail_read(vm, 0, ENOMEM);
		assert_true(wakeups < 50);
	}
	assert_true(wakeups >= 2);
	vm_expect(vm, 0, 1, 1);
	assert_true(vm_stats_all(vm).memory_reads >= 1);
	vm_free(vm);
}

TEST(a_failing_queue_can_be_detached_and_freed)
{
	static const int errors[] = {ENOMEM, EIO, EINTR};

	for (int i = 0; i < 3; i++) {
		for (int when = 0; when < 3; when++) {
			struct test_vmm *vm = vm_new(NULL);

			vm_enable(vm, 4);
			vm_host_fail_read(vm, 0, errors[i]);
			vm_faults(vm, 0, 3);
			if (when == 0)
				vsmmu_dispatch(vm->vsmmu, 0);
			if (when < 2)
				vm_detach(vm, 0);
			vm_free(vm);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E3 P8", enomem_backs_off_and_goes_on),
		UNIT_TEST("E3", eintr_and_eagain_are_later),
		UNIT_TEST("E3 P19", a_lasting_error_disarms_once),
		UNIT_TEST("E3", each_episode_is_reported),
		UNIT_TEST("E3", one_veventqs_error_leaves_the_others),
		UNIT_TEST("E3 P8", repeated_enomem_does_not_spin),
		UNIT_TEST("E11", a_failing_queue_can_be_detached_and_freed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
