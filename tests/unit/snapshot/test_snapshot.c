/* SPDX-License-Identifier: BSD-2-Clause */
/* Snapshots of the event path: no event is lost, doubled or misdirected by one. */
#include <errno.h>

#include <vsmmu/snapshot.h>

#include "lib/migration.h"
#include "smmu/vsmmu.h"

#define OVFLG	SMMU_EVENTQ_PROD_OVFLG
#define ABT_ERR SMMU_GERROR_EVENTQ_ABT_ERR

TEST(a_storm_goes_on_elsewhere)
{
	const struct vm_setup setup = {.endpoints = 2, .depth = 64};
	struct migration migration;
	struct test_vmm *vm = vm_new(&setup);
	struct vsmmu_stats stats;

	vm_enable(vm, 5);
	vm_faults(vm, 0, 20);
	assert_int_equal(vm_dispatch(vm), 20);
	vm_expect(vm, 0, 1, 3);
	/* 15 fit; the kernel holds 64, and has lost 36. */
	vm_faults(vm, 1, 100);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 5), 5);
	vm = migration_move(vm, &migration, &setup);

	/* What was in the queue is there, and makes itself felt. */
	assert_int_equal(vm_pending(vm), 22);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], migration.left.irqs[VSMMU_IRQ_EVENTQ] + 1);
	vm_expect(vm, 0, 4, 17);
	vm_expect(vm, 1, 21, 5);
	/* Then what the other kernel held, in its order; then what comes new. */
	assert_true(vm_readable(vm));
	vm_faults(vm, 0, 3);
	while (vm_readable(vm) && vm_stats(vm).delivered < 88 + 3) {
		vm_dispatch(vm);
		vm_consume_all(vm);
	}
	vm_dispatch(vm);
	stats = migration_stats(vm, &migration);
	assert_int_equal(stats.delivered + stats.lost, 123);
	assert_true(stats.lost >= 31 && stats.lost <= 36);
	assert_int_equal(stats.discarded, 0);
	assert_true(vm_overflow_pending(vm));
	assert_false(vm_readable(vm));
	vm_free(vm);
}

TEST(order_is_kept)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 3);
	vm_faults(vm, 0, 30);
	assert_int_equal(vm_dispatch(vm), 8);
	vm = migration_move(vm, &migration, NULL);
	for (uint64_t serial = 1; serial <= 30; serial++) {
		if (!vm_pending(vm))
			vm_dispatch(vm);
		vm_expect(vm, 0, serial, 1);
	}
	vm_expect_empty(vm);
	assert_false(vm_readable(vm));
	assert_int_equal(vm_fault(vm, 0), 31);
	assert_int_equal(vm_dispatch(vm), 1);
	vm_expect(vm, 0, 31, 1);
	assert_int_equal(migration_stats(vm, &migration).delivered, 31);
	vm_free(vm);
}

TEST(the_source_goes_on_too)
{
	struct test_vmm *vm = vm_new(NULL);
	void *bytes;
	size_t length;

	vm_enable(vm, 3);
	vm_faults(vm, 0, 20);
	vm_lose(vm, 0, 2);
	/* Again and again: each finds the same. */
	for (int i = 0; i < 4; i++) {
		assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
		vsmmu_snapshot_free(bytes);
		assert_true(vm_readable(vm));
		assert_int_equal(vm_stats_all(vm).sequenced, 22);
		assert_int_equal(vm_stats(vm).pending, 20);
		assert_int_equal(vm_stats(vm).lost, 2);
	}
	vm_fault(vm, 0);
	for (uint64_t serial = 1; serial <= 21; serial++) {
		if (!vm_pending(vm))
			vm_dispatch(vm);
		vm_expect(vm, 0, serial, 1);
	}
	vm_dispatch(vm);
	assert_false(vm_readable(vm));
	assert_int_equal(vm_stats_all(vm).delivered, 21);
	assert_int_equal(vm_stats(vm).lost, 2);
	vm_free(vm);
}

/* More than the guest's queue takes: it waits as it would in the kernel. */
TEST(pending_records_wait_for_room)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 2);
	vm_faults(vm, 0, 11);
	vm = migration_move(vm, &migration, NULL);
	for (uint64_t serial = 1; serial <= 11; serial += 4) {
		unsigned int count = serial + 4 > 11 ? 3 : 4;
		unsigned int writes;

		assert_true(vm_readable(vm));
		assert_int_equal(vm_dispatch(vm), count);
		assert_int_equal(vm_stats(vm).pending, 11 - (serial + count - 1));
		writes = vm->memory_writes;
		/* No spin: full, or empty, it is not readable. */
		for (int i = 0; i < 5; i++) {
			assert_false(vm_readable(vm));
			assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		}
		assert_int_equal(vm->memory_writes, writes);
		vm_expect(vm, 0, serial, count);
	}
	assert_false(vm_readable(vm));
	assert_int_equal(migration_stats(vm, &migration).delivered, 11);
	vm_free(vm);
}

/* They go before what the vEVENTQ holds, which is read directly after the last one of them. */
TEST(pending_records_are_first)
{
	struct test_vmm *vm = vm_new(NULL);
	void *bytes;
	size_t length;

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	vm_faults(vm, 0, 2);
	/* Both at once: what was read ahead is first. */
	assert_int_equal(vm_dispatch(vm), 5);
	vm_expect(vm, 0, 1, 5);
	for (int i = 0; i < 3; i++) {
		vm_fault(vm, 0);
		assert_true(vm_readable(vm));
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1);
	}
	assert_int_equal(vm_stats(vm).memory_reads, 0);
	assert_int_equal(vm_stats_all(vm).delivered, 8);
	vm_free(vm);
}

TEST(any_vsmmu_carries_any_stream)
{
	static const struct vm_setup setups[] = {
		{.endpoints = 4},
		{.endpoints = 4, .smmus = 2},
		{.endpoints = 4, .isolate = true},
	};

	for (size_t from = 0; from < 3; from++) {
		for (size_t to = 0; to < 3; to++) {
			struct migration migration;
			struct test_vmm *vm = vm_new(&setups[from]);

			vm_enable(vm, 6);
			for (unsigned int n = 0; n < 4; n++)
				vm_faults(vm, n, n + 1);
			vm = migration_move(vm, &migration, &setups[to]);
			vm_fault(vm, 3);
			assert_int_equal(vm_dispatch(vm), 11);
			for (unsigned int n = 0; n < 4; n++)
				assert_int_equal(vm_stream(vm, n).delivered, n + 1 + (n == 3));
			assert_int_equal(migration_stats(vm, &migration).delivered, 11);
			vm_free(vm);
		}
	}
}

TEST(pending_errors_come_along)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 3);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_true(vm_overflow_pending(vm));
	vm_overflow_ack(vm);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	/* OVFLG changes once in 100 ms. */
	while (!vm_overflow_pending(vm)) {
		vm_wait(vm);
		vm_dispatch(vm);
	}
	vm->bad_begin = TEST_VMM_MEMORY;
	vm->bad_end = TEST_VMM_MEMORY + VM_SIZE;
	vm_faults(vm, 0, 1);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR) ^ test_vmm_read(vm, SMMU_GERRORN), ABT_ERR);
	vm_fault(vm, 0);
	vm = migration_move(vm, &migration, NULL);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR) ^ test_vmm_read(vm, SMMU_GERRORN), ABT_ERR);
	assert_true(vm_overflow_pending(vm));
	assert_int_equal(vm->irqs[VSMMU_IRQ_GERROR], migration.left.irqs[VSMMU_IRQ_GERROR] + 1);
	/* Nothing is in the queue: OVFLG alone tells nobody. */
	assert_int_equal(migration.left.irqs[VSMMU_IRQ_EVENTQ], 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	/* Until it is acknowledged events are discarded, as they would have been there. */
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_ABORT], 2);
	test_vmm_write(vm, SMMU_GERRORN, test_vmm_read(vm, SMMU_GERROR));
	vm_overflow_ack(vm);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 3, 1);
	assert_int_equal(migration_stats(vm, &migration).delivered, 1);
	vm_free(vm);
}

/* Each by its place, on top of what is there. */
TEST(every_counter_comes_along)
{
	enum {
		FIRST = offsetof(struct vsmmu_stats, sequenced) / sizeof(uint64_t),
		END = sizeof(struct vsmmu_stats) / sizeof(uint64_t)
	};
	union {
		struct vsmmu_stats stats;
		uint64_t counter[END];
	} there = {.stats.size = sizeof(there)}, here = there, now = there;
	struct migration migration = {0};
	struct test_vmm *vm = vm_new(NULL);

	for (unsigned int i = FIRST; i < END; i++) {
		there.counter[i] = 1000 + i * i;
		here.counter[i] = i;
	}
	/* No event was ever discarded for a reason that does not exist yet. */
	for (int i = DISCARD_COUNT; i < VSMMU_DISCARD_SLOTS; i++)
		there.stats.discarded_by[i] = here.stats.discarded_by[i] = 0;
	/* It is not added to: no records wait in either. */
	there.stats.pending = here.stats.pending = 0;
	there.stats.discarded = 0;
	for (int i = 0; i < VSMMU_DISCARD_SLOTS; i++)
		there.stats.discarded += there.stats.discarded_by[i];
	there.stats.sequenced = there.stats.delivered + there.stats.lost + there.stats.discarded +
				there.stats.pending;
	vm->vsmmu->stats = there.stats;
	/* This one is kept elsewhere. */
	vm->vsmmu->stats.reports_suppressed = 0;
	vm->vsmmu->reports_suppressed = there.stats.reports_suppressed;
	assert_int_equal(vsmmu_save(vm->vsmmu, &migration.snapshot, &migration.length), 0);
	vm->vsmmu->stats = (struct vsmmu_stats){0};
	vm_free(vm);

	vm = vm_new(NULL);
	vm->vsmmu->stats = here.stats;
	vm->vsmmu->stats.reports_suppressed = 0;
	vm->vsmmu->reports_suppressed = here.stats.reports_suppressed;
	assert_int_equal(vsmmu_restore(vm->vsmmu, migration.snapshot, migration.length), 0);
	migration_discard(&migration);
	assert_int_equal(vsmmu_get_stats(vm->vsmmu, &now.stats), 0);
	for (unsigned int i = FIRST; i < END; i++)
		assert_int_equal(now.counter[i], there.counter[i] + here.counter[i]);
	vm->vsmmu->stats = (struct vsmmu_stats){0};
	vm_free(vm);
}

TEST(a_disabled_queue_stays_disabled)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);

	vm_fault(vm, 0);
	vm = migration_move(vm, &migration, NULL);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0), 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	assert_int_equal(migration_stats(vm, &migration).discarded_by[VSMMU_DISCARD_DISABLED], 1);
	vm_free(vm);
}

/* The next holder of a StreamID never sees what its last one caused. */
TEST(detaching_ends_pending_records)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct migration migration;
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 2);
	vm_lose(vm, 0, 1);
	for (int i = 0; i < 6; i++) {
		vm_fault(vm, 0);
		vm_fault(vm, 1);
	}
	vm = migration_move(vm, &migration, &setup);
	assert_int_equal(vm_stats(vm).pending, 12);
	vm_detach(vm, 0);
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_STALE], 6);
	/* Detaching lets the guest have what its queue takes first. */
	assert_int_equal(vm_stats(vm).pending, 6 - 4);
	assert_int_equal(vm_attach(vm, 0), 0);
	vm_set_ste(vm, 0);
	for (uint64_t serial = 2; serial <= 12; serial += 2) {
		if (!vm_pending(vm))
			vm_dispatch(vm);
		vm_expect(vm, 1, serial, 1);
	}
	assert_false(vm_readable(vm));
	assert_int_equal(vm_stream(vm, 0).delivered, 0);
	assert_int_equal(migration_stats(vm, &migration).lost, 1);
	vm_detach(vm, 1);
	assert_int_equal(vm_stats(vm).discarded, 6);
	vm_free(vm);
}

/*
 * Records of the last holder are in a vEVENTQ and were pending, before a guest that takes
 * nothing: neither are given to the next one.
 */
TEST(a_vsid_waits_for_its_last_holders_events)
{
	enum { DEPTH = 8 };
	const struct vm_setup setup = {.endpoints = 2, .depth = DEPTH};
	struct test_vmm *vm = vm_new(&setup);
	unsigned int refused = 0;
	void *bytes;
	size_t length;

	vm_enable(vm, 1);
	vm_faults(vm, 1, 2);
	assert_int_equal(vm_dispatch(vm), 2);
	vm_faults(vm, 0, DEPTH);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	vm_faults(vm, 1, DEPTH / 2);
	vm_faults(vm, 0, DEPTH / 2);
	vm_detach(vm, 0);
	/* What was pending has gone, what the kernel has is not known yet. */
	assert_int_equal(vm_stats(vm).discarded_by[VSMMU_DISCARD_STALE], DEPTH);
	assert_int_equal(vm_stats(vm).pending, 0);
	vm_host_plug(vm, 0);
	while (vm_attach(vm, 0) == -EAGAIN) {
		refused++;
		assert_int_equal(vm_stream(vm, 1).delivered, 2 * refused);
		vm_consume_all(vm);
		vm_dispatch(vm);
	}
	assert_int_equal(refused, 3);
	assert_non_null(vm->endpoints[0].handle);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_STALE], DEPTH + DEPTH / 2);
	assert_int_equal(vm_stats(vm).delivered, 2 + DEPTH / 2);
	assert_int_equal(vm_stream(vm, 0).delivered, 0);
	vm_free(vm);
}

/* An event of a stale stream never becomes pending. */
TEST(a_save_leaves_stale_events_out)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);
	void *bytes;
	size_t length;

	vm_enable(vm, 1);
	vm_faults(vm, 1, 2);
	assert_int_equal(vm_dispatch(vm), 2);
	for (int i = 0; i < 3; i++) {
		vm_fault(vm, 0);
		vm_fault(vm, 1);
	}
	vm_detach(vm, 0);
	assert_int_equal(vm_stats(vm).discarded, 0);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_STALE], 3);
	assert_int_equal(vm_stats(vm).pending, 3);
	/* The vEVENTQ was read to empty: the StreamID is free. */
	vm_host_plug(vm, 0);
	assert_int_equal(vm_attach(vm, 0), 0);
	assert_int_equal(vm_stats(vm).pending, 3);
	vm_free(vm);
}

TEST(a_reset_discards_pending_records)
{
	struct migration migration;
	struct test_vmm *vm = vm_new(NULL);
	struct vsmmu_stats stats;
	void *bytes;
	size_t length;

	vm_enable(vm, 3);
	vm_faults(vm, 0, 5);
	vm = migration_move(vm, &migration, NULL);
	vm_faults(vm, 0, 2);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	assert_int_equal(vm_stats(vm).pending, 7);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	stats = migration_stats(vm, &migration);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_RESET], 7);
	assert_int_equal(stats.pending, 0);
	assert_int_equal(vm_dispatch(vm), 0);
	assert_false(vm_readable(vm));
	/* After a reset it can go back to where it was. */
	assert_int_equal(vsmmu_restore(vm->vsmmu, bytes, length), 0);
	vsmmu_snapshot_free(bytes);
	vm->irqs[VSMMU_IRQ_EVENTQ] *= 2;
	assert_int_equal(vm_dispatch(vm), 7);
	vm_expect(vm, 0, 1, 7);
	vm_free(vm);
}

TEST(failed_reads_lose_nothing)
{
	const struct vm_setup setup = {.endpoints = 2, .isolate = true};
	struct test_vmm *vm = vm_new(&setup);
	void *bytes = NULL;
	size_t length = 0;

	vm_enable(vm, 5);
	vm_faults(vm, 0, 3);
	vm_host_fail_read(vm, 0, EIO);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), -EIO);
	assert_null(bytes);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_QUEUE_DISARMED), 1);
	assert_int_equal(vsmmu_rearm(vm->vsmmu), 1);
	/* What passes is tried again. */
	vm_fault(vm, 0);
	vm_host_fail_read(vm, 0, ENOMEM);
	assert_int_equal(vsmmu_save(vm->vsmmu, &bytes, &length), 0);
	vsmmu_snapshot_free(bytes);
	assert_int_equal(vm_stats_all(vm).pending, 4);
	assert_int_equal(vm_dispatch(vm), 4);
	vm_expect(vm, 0, 1, 4);
	assert_int_equal(vm_stats_all(vm).delivered, 4);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6", a_storm_goes_on_elsewhere),
		UNIT_TEST("S7", order_is_kept),
		UNIT_TEST("S7 E6", the_source_goes_on_too),
		UNIT_TEST("S7", pending_records_wait_for_room),
		UNIT_TEST("S7", pending_records_are_first),
		UNIT_TEST("S7", any_vsmmu_carries_any_stream),
		UNIT_TEST("S7 E8 A2", pending_errors_come_along),
		UNIT_TEST("S7", every_counter_comes_along),
		UNIT_TEST("S7", a_disabled_queue_stays_disabled),
		UNIT_TEST("S7 E10", detaching_ends_pending_records),
		UNIT_TEST("S7 E10 A4", a_vsid_waits_for_its_last_holders_events),
		UNIT_TEST("S7 E10", a_save_leaves_stale_events_out),
		UNIT_TEST("S7 E10", a_reset_discards_pending_records),
		UNIT_TEST("S7", failed_reads_lose_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
