/* SPDX-License-Identifier: BSD-2-Clause */
/* From a fault to the guest's queue: the state table, interrupts, loss, batches, budgets. */
#include <errno.h>

#include "smmu/events/eventq.h"
#include "lib/vm.h"

#define OVFLG SMMU_EVENTQ_PROD_OVFLG
#define IRQS  (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)

TEST(faults_arrive_in_order_and_as_they_were)
{
	const struct vm_setup setup = {.endpoints = 3};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 5);
	vm_faults(vm, 0, 2);
	vm_faults(vm, 2, 3);
	vm_faults(vm, 1, 1);
	assert_int_equal(vm_dispatch(vm), 6);
	vm_expect(vm, 0, 1, 2);
	vm_expect(vm, 2, 3, 3);
	vm_expect(vm, 1, 6, 1);
	vm_expect_empty(vm);
	assert_int_equal(vm_stats_all(vm).delivered, 6);
	assert_int_equal(vm_stream(vm, 2).delivered, 3);
	assert_int_equal(vm_stream(vm, 2).discarded, 0);
	vm_free(vm);
}

/* Rows one and two of the table: what is not enabled sees nothing and raises nothing. */
TEST(a_disabled_queue_raises_nothing)
{
	static const uint32_t cr0[] = {0, SMMU_CR0_SMMUEN, SMMU_CR0_EVENTQEN};

	for (int i = 0; i < 3; i++) {
		struct test_vmm *vm = vm_new(NULL);
		struct vsmmu_stats stats;

		vm_enable(vm, 3);
		test_vmm_write(vm, SMMU_CR0, cr0[i]);
		vm_faults(vm, 0, 20); /* more than would fit: it is read all the same */
		vm_lose(vm, 0, 2);
		vm_faults(vm, 0, 1);
		assert_int_equal(vm_dispatch(vm), 22);
		assert_false(vm_readable(vm));
		assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
		assert_int_equal(test_vmm_read(vm, SMMU_GERROR), 0);
		assert_int_equal(vm->memory_writes, 0);
		stats = vm_stats_all(vm);
		assert_int_equal(stats.discarded_by[VSMMU_DISCARD_DISABLED], 21);
		assert_int_equal(stats.lost, 2);
		assert_int_equal(stats.eventq_irqs + stats.gerror_irqs + stats.overflows, 0);
		assert_int_equal(vm_stream(vm, 0).discarded, 21);

		/* The first one after it was enabled arrives, alone. */
		test_vmm_write(vm, SMMU_CR0, VM_ON);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		vm_expect(vm, 0, vm->serial, 1);
		vm_expect_empty(vm);
		vm_free(vm);
	}
}

/* When the guest is told, what it is told of is there. */
static void look_at_prod(struct test_vmm *vm, enum vsmmu_irq irq)
{
	if (irq == VSMMU_IRQ_EVENTQ)
		assert_int_equal(vm_pending(vm), 5);
}

TEST(a_batch_is_one_write_one_prod_one_interrupt)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 5);
	vm->on_irq = look_at_prod;
	vm_faults(vm, 0, 5);
	assert_int_equal(vm_dispatch(vm), 5);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vm->memory_writes, 1);
	assert_int_equal(vm_stats_all(vm).reads, 1);
	vm_free(vm);
}

TEST(an_interrupt_needs_an_empty_queue)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	for (unsigned int round = 1; round < 20; round++) {
		uint64_t word[4];

		vm_faults(vm, 0, 2);
		vm_dispatch(vm);
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], round);
		vm_fault(vm, 0); /* not empty: none */
		vm_dispatch(vm);
		assert_true(vm_consume(vm, word));
		assert_true(vm_consume(vm, word));
		vm_fault(vm, 0); /* one is left: none */
		vm_dispatch(vm);
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], round);
		assert_int_equal(vm_consume_all(vm), 2);
		/* Consuming is no reason for one either. */
		assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], round);
	}
	vm_free(vm);
}

TEST(interrupts_obey_irq_ctrl)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	test_vmm_write(vm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 1);
	assert_true(vm_overflow_pending(vm));
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	/* Enabling late replays nothing, and the queue is not empty any more. */
	test_vmm_write(vm, SMMU_IRQ_CTRL, IRQS);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	vm_consume_all(vm);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);

	test_vmm_write(vm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), SMMU_GERROR_EVENTQ_ABT_ERR);
	test_vmm_write(vm, SMMU_IRQ_CTRL, IRQS);
	assert_int_equal(vm->irqs[VSMMU_IRQ_GERROR], 0);
	vm_free(vm);
}

TEST(a_reset_leaves_no_interrupt_behind)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	vm_enable(vm, 4);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm_set_ste(vm, 0);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	vm_expect(vm, 0, vm->serial, 1);
	vm_free(vm);
}

TEST(loss_is_ovflg_with_one_interrupt)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm_lose(vm, 0, 7);
	assert_int_equal(vm_dispatch(vm), 1);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1 | OVFLG);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	/* Pending: nothing more to tell. */
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1 | OVFLG);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	/* But events go on (7.4), and a new loss is told once this one is acknowledged. */
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_overflow_ack(vm);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	/* After a tenth of a second at the latest. */
	while (test_vmm_read(vm, SMMU_EVENTQ_PROD) == (2 | OVFLG)) {
		vm_wait(vm);
		vm_dispatch(vm);
	}
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 3);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	assert_int_equal(vm_stats_all(vm).lost, 9);
	vm_expect(vm, 0, 1, 2);
	vm_free(vm);
}

TEST(loss_and_events_of_one_batch_are_one_interrupt)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3); /* lost right before the first record */
	vm_faults(vm, 0, 2);
	assert_int_equal(vm_dispatch(vm), 3);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 2 | OVFLG);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vm_stats_all(vm).lost, 3);
	vm_expect(vm, 0, 1, 2);
	vm_free(vm);
}

TEST(loss_may_be_counted_only)
{
	const struct vm_setup setup = {.loss_policy = VSMMU_LOSS_COUNT_ONLY};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	vm_lose(vm, 0, 1);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(vm_stats_all(vm).lost, 4);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 2);
	vm_free(vm);
}

TEST(a_lone_lost_header_and_what_follows_add_up)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_lose(vm, 0, 2);
	vm_dispatch(vm); /* E0 L2 */
	vm_lose(vm, 0, 3);
	vm_fault(vm, 0); /* the header goes, the gap tells */
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 2);
	assert_int_equal(vm_stats_all(vm).lost, 5);
	assert_int_equal(vm_stats_all(vm).delivered, 2);
	assert_int_equal(vm_stats_all(vm).stream_errors, 0);
	vm_free(vm);
}

/* Every size, with a smaller and a larger one before it. */
TEST(a_queue_enabled_anew_has_its_new_size)
{
	static const unsigned int sizes[] = {4, 0, 6, 1, 19, 2, 8, 3, 0, 5};
	struct test_vmm *vm = vm_new(NULL);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int size = 1u << sizes[i];
		unsigned int count = size < 300 ? size : 300;
		uint64_t first;

		vm_disable(vm);
		vm_enable(vm, sizes[i]);
		first = vm->serial + 1;
		vm_faults(vm, 0, count);
		vm_dispatch(vm);
		assert_int_equal(vm_pending(vm), count);
		vm_expect(vm, 0, first, count);
		/* again, over the wrap */
		vm_faults(vm, 0, count);
		vm_dispatch(vm);
		vm_expect(vm, 0, first + count, count);
		vm_expect_empty(vm);
	}
	vm_free(vm);
}

TEST(a_read_takes_as_many_as_fit)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 10);
	vm_faults(vm, 0, 100);
	assert_int_equal(vm_dispatch(vm), 100);
	assert_int_equal(vm_stats_all(vm).reads, 1);
	/* A full batch does not say that the queue is empty: one more read does. */
	errno = EIO;
	vm_faults(vm, 0, EVENTQ_BATCH);
	assert_int_equal(vm_dispatch(vm), EVENTQ_BATCH);
	assert_int_equal(vm_stats_all(vm).reads, 3);
	assert_int_equal(vm_stats_all(vm).empty_reads, 1);
	assert_int_equal(vm_stats_all(vm).failed_reads, 0);
	assert_int_equal(vm_host_reads(vm), 3);
	assert_int_equal(vm_consume_all(vm), 100 + EVENTQ_BATCH);
	vm_free(vm);
}

TEST(a_dispatch_keeps_to_its_budget)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 12);
	vm_faults(vm, 0, 2000);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 1), 1);
	assert_int_equal(vm_pending(vm), 1);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 7), 7);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 300), 300);
	assert_true(vm_readable(vm));
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 1024);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, UINT32_MAX), 2000 - 1332);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, UINT32_MAX), 0);
	assert_false(vm_readable(vm));
	vm_expect(vm, 0, 1, 2000);
	vm_free(vm);
}

TEST(several_veventqs_share_a_budget_fairly)
{
	const struct vm_setup setup = {.endpoints = 4, .isolate = true};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 12);
	vm_faults(vm, 0, 900); /* a storm, before the others */
	vm_faults(vm, 1, 10);
	vm_faults(vm, 2, 10);
	vm_faults(vm, 3, 10);
	/* A source gets what another does not use. */
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 400), 400);
	assert_int_equal(vm_stream(vm, 0).delivered, 370);
	for (unsigned int n = 1; n < 4; n++)
		assert_int_equal(vm_stream(vm, n).delivered, 10);
	assert_int_equal(vm_dispatch(vm), 530);
	assert_int_equal(vm_stats_all(vm).delivered, 930);
	vm_free(vm);
}

/* Budgets too small to be shared go round. */
TEST(small_budgets_take_turns)
{
	const struct vm_setup setup = {.endpoints = 4, .isolate = true};

	for (uint32_t budget = 1; budget <= 100; budget += 33) {
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 12);
		for (unsigned int n = 0; n < 4; n++)
			vm_faults(vm, n, 3 * budget);
		for (uint32_t left = 4 * 3 * budget; left; left -= budget) {
			uint64_t least = UINT64_MAX, most = 0;

			assert_int_equal(vsmmu_dispatch(vm->vsmmu, budget), budget);
			for (unsigned int n = 0; n < 4; n++) {
				uint64_t got = vm_stream(vm, n).delivered;

				least = got < least ? got : least;
				most = got > most ? got : most;
			}
			assert_true(most - least <= (budget < 64 ? budget : 64));
		}
		assert_false(vm_readable(vm));
		vm_free(vm);
	}
}

TEST(nothing_to_do_is_zero)
{
	const struct vm_setup setup = {.unattached = true};
	struct test_vmm *vm = vm_new(&setup);

	assert_false(vm_readable(vm));
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	vm_enable(vm, 3);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_int_equal(vm_stats_all(vm).reads, 0);
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E6 E7", faults_arrive_in_order_and_as_they_were),
		UNIT_TEST("E7 P5", a_disabled_queue_raises_nothing),
		UNIT_TEST("E2 E8", a_batch_is_one_write_one_prod_one_interrupt),
		UNIT_TEST("E8", an_interrupt_needs_an_empty_queue),
		UNIT_TEST("E8 P16", interrupts_obey_irq_ctrl),
		UNIT_TEST("P16", a_reset_leaves_no_interrupt_behind),
		UNIT_TEST("E7 E8 P17", loss_is_ovflg_with_one_interrupt),
		UNIT_TEST("E5 E8 P17", loss_and_events_of_one_batch_are_one_interrupt),
		UNIT_TEST("E7", loss_may_be_counted_only),
		UNIT_TEST("E4 E5 P3", a_lone_lost_header_and_what_follows_add_up),
		UNIT_TEST("E7 P7", a_queue_enabled_anew_has_its_new_size),
		UNIT_TEST("E2 E3 P2", a_read_takes_as_many_as_fit),
		UNIT_TEST("E9", a_dispatch_keeps_to_its_budget),
		UNIT_TEST("E9", several_veventqs_share_a_budget_fairly),
		UNIT_TEST("E9", small_budgets_take_turns),
		UNIT_TEST_PLAIN(nothing_to_do_is_zero),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
