/* SPDX-License-Identifier: BSD-2-Clause */
/* More than one snapshot: what was read ahead earlier stays first, and is counted once. */
#include <errno.h>

#include <vsmmu/snapshot.h>

#include "lib/migration.h"

/* From host to host before a guest that takes nothing: what the first one held stays first. */
TEST(order_is_kept_from_host_to_host)
{
	struct test_vmm *vm = vm_new(NULL);
	uint64_t serial = 1;

	vm_enable(vm, 2);
	vm_faults(vm, 0, 4);
	assert_int_equal(vm_dispatch(vm), 4);
	for (unsigned int hop = 1; hop <= 3; hop++) {
		struct migration migration;

		vm_faults(vm, 0, 6);
		vm = migration_move(vm, &migration, NULL);
		assert_int_equal(vm_stats(vm).pending, 6 * hop);
	}
	vm_faults(vm, 0, 6);
	for (; serial <= vm->serial; serial++) {
		if (!vm_pending(vm))
			vm_dispatch(vm);
		vm_expect(vm, 0, serial, 1);
	}
	assert_int_equal(serial, 4 + 4 * 6 + 1);
	assert_int_equal(vm_stats(vm).delivered, serial - 1);
	assert_int_equal(vm_stats(vm).sequenced, serial - 1);
	assert_int_equal(vm_dispatch(vm), 0);
	vm_free(vm);
}

/* Streams of two vEVENTQs, which go on here, are saved, go on, and move, again and again. */
TEST(each_streams_order_is_kept)
{
	const struct vm_setup setup = {.endpoints = 2, .isolate = true};
	uint64_t last[2] = {0}, word[4], taken = 0;
	struct migration migration;
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 3);
	for (unsigned int step = 0; step < 40; step++) {
		for (unsigned int i = 0; i < 3; i++)
			vm_fault(vm, (step + i) % 2);
		if (step % 4 == 1) {
			migration_save(vm, &migration);
			migration_discard(&migration);
		}
		if (step % 4 != 3)
			vsmmu_dispatch(vm->vsmmu, step % 3);
		for (unsigned int i = 0; i < step % 4 && vm_consume(vm, word); i++, taken++) {
			uint64_t *before = &last[(word[0] >> 32) - VM_VSID(0)];

			assert_true(word[2] >> 12 > *before);
			*before = word[2] >> 12;
		}
		if (step % 8 == 7)
			vm = migration_move(vm, &migration, &setup);
	}
	while (vm_dispatch(vm) || vm_pending(vm)) {
		while (vm_consume(vm, word)) {
			uint64_t *before = &last[(word[0] >> 32) - VM_VSID(0)];

			assert_true(word[2] >> 12 > *before);
			*before = word[2] >> 12;
			taken++;
		}
	}
	/* All of them, each once. */
	assert_int_equal(taken, 40 * 3);
	assert_int_equal(vm_stats(vm).delivered, 40 * 3);
	assert_int_equal(vm_stats(vm).sequenced, 40 * 3);
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
	assert_int_equal(vm_stats(vm).pending, 1);
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), -EBUSY);
	assert_int_equal(vm_stats(vm).pending, 1);
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
 * guest that takes nothing: all that the kernel kept comes along, and the number of the rest.
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
				assert_int_equal(vm_stats_all(vm).pending, i * kept);
				assert_int_equal(vm_stats(vm).lost, i * (burst - kept));
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
			assert_int_equal(vm_stats(vm).delivered, 2 + saves * kept + 1);
			assert_int_equal(vm_stats(vm).lost, saves * (burst - kept));
			vm_free(vm);
		}
	}
}

/* Saved once more when the guest has had a part of it: what is left makes room for more. */
TEST(what_is_left_takes_more)
{
	const struct vm_setup setup = {.depth = 8};
	struct migration migration;
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 1);
	vm_faults(vm, 0, 8);
	migration_save(vm, &migration);
	migration_discard(&migration);
	assert_int_equal(vm_dispatch(vm), 2);
	assert_int_equal(vm_stats_all(vm).pending, 6);
	vm_faults(vm, 0, 8);
	migration_save(vm, &migration);
	migration_discard(&migration);
	assert_int_equal(vm_stats_all(vm).pending, 14);
	for (uint64_t serial = 1; serial <= 16; serial += 2) {
		vm_expect(vm, 0, serial, 2);
		vm_dispatch(vm);
	}
	assert_int_equal(vm_stats_all(vm).delivered, 16);
	assert_int_equal(vm_stats(vm).pending, 0);
	vm_free(vm);
}

/* A budget is a budget, for the records that wait and for what comes behind them. */
TEST(budgets_end_within_pending_records)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 10);
	migration_save(vm, &migration);
	migration_discard(&migration);
	vm_faults(vm, 0, 10);
	for (unsigned int i = 1; i <= 5; i++) {
		assert_true(vm_readable(vm));
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 4), 4);
		assert_int_equal(vm_stats(vm).delivered, 4 * i);
		assert_int_equal(vm_stats(vm).pending, i < 3 ? 10 - 4 * i : 0);
	}
	assert_int_equal(vm_dispatch(vm), 0);
	vm_expect(vm, 0, 1, 20);
	vm_free(vm);
}

/* Nor does a guest that takes none of them for good make one call take long. */
TEST(budgets_bound_what_is_discarded)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 1000);
	migration_save(vm, &migration);
	migration_discard(&migration);
	vm_disable(vm);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 4), 4);
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_DISABLED], 4);
	assert_int_equal(vm_stats_all(vm).pending, 996);
	assert_int_equal(vm_dispatch(vm), 996);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_DISABLED], 1000);
	vm_free(vm);
}

/* A queue that is no memory: those that were to come are discarded, and that is told once. */
TEST(an_abort_ends_pending_records)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 10);
	vm_faults(vm, 0, 1000);
	migration_save(vm, &migration);
	migration_discard(&migration);
	vm->bad_begin = TEST_VMM_MEMORY + 300 * 32;
	vm->bad_end = vm->bad_begin + 1;
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).delivered, 300);
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_ABORT], 700);
	assert_int_equal(vm_stats(vm).pending, 0);
	assert_int_equal(vm_stats(vm).aborts, 1);
	assert_int_equal(vm_stream(vm, 0).delivered, 300);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTQ_ABORT), 1);
	vm_expect(vm, 0, 1, 300);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", order_is_kept_from_host_to_host),
		UNIT_TEST("S7 E6", each_streams_order_is_kept),
		UNIT_TEST("S7", events_are_restored_once),
		UNIT_TEST("S7 E6", what_was_saved_before_comes_along),
		UNIT_TEST("S7 E6", what_is_left_takes_more),
		UNIT_TEST("S7", budgets_end_within_pending_records),
		UNIT_TEST("S7 E7", budgets_bound_what_is_discarded),
		UNIT_TEST("S7 E7", an_abort_ends_pending_records),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
