/* SPDX-License-Identifier: BSD-2-Clause */
/* More than one snapshot: what was read ahead earlier stays first, and is counted once. */
#include <errno.h>
#include <fcntl.h>

#include <vsmmu/snapshot.h>

#include "lib/migration.h"
#include "smmu/events/backlog.h"

/* From host to host before a guest that takes nothing: what the first one held stays first. */
TEST(order_is_kept_from_host_to_host)
{
	for (uint32_t turn = 0; turn < 2; turn++) {
		struct test_vmm *vm = vm_new(NULL);
		uint64_t serial = 1;

		vm_enable(vm, 2);
		vm_faults(vm, 0, 4);
		assert_int_equal(vm_dispatch(vm), 4);
		for (unsigned int hop = 0; hop < 3; hop++) {
			struct migration migration;

			vm_faults(vm, 0, 6);
			vm = migration_move(vm, &migration, NULL);
		}
		vm_faults(vm, 0, 6);
		vm->vsmmu->turn += turn;
		for (; serial <= vm->serial; serial++) {
			if (!vm_pending(vm))
				vm_dispatch(vm);
			vm_expect(vm, 0, serial, 1);
		}
		assert_int_equal(serial, 4 + 4 * 6 + 1);
		assert_int_equal(vm_stats(vm).delivered, serial - 1);
		assert_int_equal(vm_stats(vm).sequenced, serial - 1);
		assert_false(vm_readable(vm));
		vm_free(vm);
	}
}

static unsigned int vqueues(const struct test_vmm *vm)
{
	unsigned int count = 0;

	for (const struct viommu *viommu = vm->vsmmu->viommus; viommu; viommu = viommu->next)
		count++;
	return count;
}

/* What held a snapshot's events goes with the last of them, its fd too. */
TEST(an_emptied_backlog_is_let_go)
{
	const struct vm_setup setup = {.endpoints = 2, .smmus = 2};
	struct migration migration;
	struct test_vmm *vm = vm_new(&setup);
	int fd;

	vm_enable(vm, 4);
	vm_faults(vm, 0, 3);
	vm_faults(vm, 1, 3);
	vm = migration_move(vm, &migration, &setup);
	assert_int_equal(vqueues(vm), 2 + 1);
	fd = vm->vsmmu->restored->backlog->fd;
	assert_true(fcntl(fd, F_GETFD) >= 0);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 5), 5);
	assert_int_equal(vqueues(vm), 2 + 1);
	/* Not while somebody is at the endpoints, who is not waited for. */
	pthread_mutex_lock(&vm->vsmmu->control_lock);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 5), 1);
	assert_int_equal(vqueues(vm), 2 + 1);
	assert_false(vm_readable(vm));
	pthread_mutex_unlock(&vm->vsmmu->control_lock);
	vm_fault(vm, 0);
	assert_int_equal(vm_dispatch(vm), 1);
	assert_int_equal(vqueues(vm), 2);
	assert_null(vm->vsmmu->restored);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(migration_stats(vm, &migration).delivered, 7);
	vm_free(vm);
}

/* Restored twice they would come twice. */
TEST(events_are_restored_once)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_fault(vm, 0);
	migration_save(vm, &migration);
	vm_free(vm);
	vm = vm_new(NULL);
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), 0);
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), -EBUSY);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_RESET], 1);
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).sequenced, 2);
	/* Emptied, and all registers as after a reset. */
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), 0);
	migration_discard(&migration);
	vm_free(vm);
}

/*
 * Bursts that overflow the kernel's queue, or fill it exactly, and a save after each before a
 * guest that takes nothing: two of them come along whole, of what is beyond the number.
 */
TEST(what_was_saved_before_comes_along)
{
	enum { DEPTH = 8 };
	const struct vm_setup setup = {.depth = DEPTH};

	for (unsigned int saves = 1; saves <= 4; saves++) {
		for (unsigned int burst = DEPTH - 1; burst <= DEPTH + 3; burst++) {
			const unsigned int kept = burst < DEPTH ? burst : DEPTH;
			struct migration migration;
			struct test_vmm *vm = vm_new(&setup);
			uint64_t serial = 0;

			vm_enable(vm, 1);
			vm_faults(vm, 0, 2);
			vm_dispatch(vm);
			for (unsigned int i = 1; i < saves; i++) {
				vm_faults(vm, 0, burst);
				migration_save(vm, &migration);
				migration_discard(&migration);
			}
			vm_faults(vm, 0, burst);
			vm = migration_move(vm, &migration, &setup);
			vm_fault(vm, 0);
			for (unsigned int i = 0; i < 5 * DEPTH; i++) {
				uint64_t word[4];

				while (vm_consume(vm, word)) {
					assert_true(word[2] >> 12 > serial);
					serial = word[2] >> 12;
				}
				vm_dispatch(vm);
			}
			assert_int_equal(serial, vm->serial);
			assert_int_equal(migration_stats(vm, &migration).stream_errors, 0);
			assert_int_equal(vm_stats(vm).discarded, 0);
			assert_true(vm_stats(vm).delivered >= 2 + (saves > 1 ? 2 : 1) * kept + 1);
			if (saves <= 2)
				assert_int_equal(vm_stats(vm).delivered, 2 + saves * kept + 1);
			vm_free(vm);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", order_is_kept_from_host_to_host),
		UNIT_TEST("S7", an_emptied_backlog_is_let_go),
		UNIT_TEST("S7", events_are_restored_once),
		UNIT_TEST("S7 E6", what_was_saved_before_comes_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
