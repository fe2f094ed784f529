/* SPDX-License-Identifier: BSD-2-Clause */
/* What a save finds lost, or has no room for: counted, reported, and told to the guest. */
#include <string.h>

#include <vsmmu/snapshot.h>

#include "lib/migration.h"
#include "smmu/events/pending.h"

#define OVFLG SMMU_EVENTQ_PROD_OVFLG
#define HOUR  UINT64_C(3600000000000)

_Static_assert(PENDING_MAX == 65536, "as include/vsmmu/snapshot.h says");

/* Saves, and says how the guest would find its queue elsewhere: the events that wait too. */
static struct test_vmm *save_and_look(struct test_vmm *vm, const struct vm_setup *setup)
{
	struct migration migration;

	migration_save(vm, &migration);
	return migration_restore(&migration, setup);
}

/* Here OVFLG changes with the next batch; there it has changed, and nobody was interrupted. */
TEST(a_loss_is_in_the_saved_prod)
{
	struct test_vmm *vm = vm_new(NULL), *to;
	unsigned int irqs;

	vm_enable(vm, 4);
	vm_faults(vm, 0, 2);
	vm_dispatch(vm);
	irqs = vm->irqs[VSMMU_IRQ_EVENTQ];
	vm_faults(vm, 0, 3);
	vm_lose(vm, 0, 4);
	to = save_and_look(vm, NULL);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], irqs);
	assert_int_equal(vm_stats_all(vm).lost, 4);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 1);
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_PROD), 2 | OVFLG);
	assert_int_equal(vm_stats(to).lost, 4);
	assert_int_equal(vm_stats(to).pending, 3);
	/* One loss is told once, on either side. */
	assert_int_equal(vm_dispatch(vm), 3);
	assert_int_equal(vm_dispatch(to), 3);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 5 | OVFLG);
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_PROD), 5 | OVFLG);
	assert_int_equal(vm_stats(vm).overflows, 1);
	assert_int_equal(vm_stats(to).overflows, 0);
	vm_free(vm);
	vm_free(to);
}

/* A loss alone, with no event and an empty queue: nobody is interrupted, here or there. */
TEST(a_loss_alone_interrupts_nobody)
{
	struct test_vmm *vm = vm_new(NULL), *to;

	vm_enable(vm, 4);
	vm_lose(vm, 0, 1);
	to = save_and_look(vm, NULL);
	assert_true(vm_overflow_pending(to));
	assert_int_equal(vm_dispatch(to), 0);
	assert_int_equal(to->irqs[VSMMU_IRQ_EVENTQ], 0);
	assert_false(vm_overflow_pending(vm));
	/* Without any event after it too. */
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 0);
	assert_true(vm_overflow_pending(vm));
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	vm_fault(to, 0);
	assert_int_equal(vm_dispatch(to), 1);
	assert_int_equal(to->irqs[VSMMU_IRQ_EVENTQ], 1);
	vm_free(vm);
	vm_free(to);
}

/* What the guest has not acknowledged says all there is to say. */
TEST(an_unacknowledged_overflow_is_left_alone)
{
	struct test_vmm *vm = vm_new(NULL), *to;

	vm_enable(vm, 4);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_true(vm_overflow_pending(vm));
	vm_lose(vm, 0, 1);
	to = save_and_look(vm, NULL);
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_PROD), OVFLG);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), OVFLG);
	/* Nor later: the guest knows. */
	vm_overflow_ack(vm);
	vm->vsmmu->eventq.overflow_after = 0;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_false(vm_overflow_pending(vm));
	assert_int_equal(vm_stats_all(vm).lost, 2);
	vm_free(vm);
	vm_free(to);
}

/* A snapshot tells at once, as nobody would tell there; the source has its 100 ms to wait. */
TEST(the_source_tells_after_a_while)
{
	struct test_vmm *vm = vm_new(NULL), *to;

	vm_enable(vm, 4);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	vm_overflow_ack(vm);
	vm->vsmmu->eventq.overflow_after = pollset_now() + HOUR;
	vm_lose(vm, 0, 1);
	vm_fault(vm, 0);
	to = save_and_look(vm, NULL);
	assert_true(vm_overflow_pending(to));
	assert_int_equal(vm_dispatch(vm), 1);
	assert_false(vm_overflow_pending(vm));
	assert_int_equal(
		vm->vsmmu->pollset.deadline[POLLSET_OVERFLOW], vm->vsmmu->eventq.overflow_after);
	/* As if it had been 100 ms. */
	vm->vsmmu->eventq.overflow_after = 0;
	pollset_timer_start(&vm->vsmmu->pollset, POLLSET_OVERFLOW, 1);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_true(vm_overflow_pending(vm));
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	vm_free(vm);
	vm_free(to);
}

TEST(a_policy_that_only_counts_tells_nobody)
{
	const struct vm_setup setup = {.loss_policy = VSMMU_LOSS_COUNT_ONLY};
	struct test_vmm *vm = vm_new(&setup), *to;

	vm_enable(vm, 4);
	vm_lose(vm, 0, 3);
	vm_fault(vm, 0);
	to = save_and_look(vm, &setup);
	vm_dispatch(vm);
	vm_dispatch(to);
	assert_int_equal(vm_stats_all(vm).lost, 3);
	assert_int_equal(vm_stats(to).lost, 3);
	assert_false(vm_overflow_pending(vm));
	assert_false(vm_overflow_pending(to));
	vm_free(vm);
	vm_free(to);
}

/* A queue that is off hears of no loss: it would have heard of no event. */
TEST(a_disabled_queue_is_told_nothing)
{
	struct test_vmm *vm = vm_new(NULL), *to;

	vm_enable(vm, 4);
	vm_disable(vm);
	vm_lose(vm, 0, 3);
	to = save_and_look(vm, NULL);
	assert_int_equal(test_vmm_read(to, SMMU_EVENTQ_PROD), 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).lost, 3);
	test_vmm_write(vm, SMMU_CR0, VM_ON);
	vm_dispatch(vm);
	assert_false(vm_overflow_pending(vm));
	vm_free(vm);
	vm_free(to);
}

static void assert_limit(struct test_vmm *vm, uint64_t lost)
{
	const struct vsmmu_stats stats = vm_stats(vm);

	assert_int_equal(stats.pending, PENDING_MAX);
	assert_int_equal(stats.lost, lost);
	assert_int_equal(stats.sequenced, 2 + PENDING_MAX + lost);
	assert_int_equal(stats.delivered, 2);
	assert_int_equal(stats.discarded, 0);
}

/* The first 65,536 of a vSMMU are kept, of however many vEVENTQs and saves; the rest is lost. */
TEST(pending_records_have_a_limit)
{
	enum { MORE = 100, FIRST = 40000 };
	const struct vm_setup setup = {.endpoints = 2, .smmus = 2};
	struct test_vmm *vm = vm_new(&setup), *to;
	struct migration migration;
	uint64_t word[4];

	vm_enable(vm, 1);
	vm_faults(vm, 0, 2);
	vm_dispatch(vm);
	vm_faults(vm, 0, FIRST);
	migration_save(vm, &migration);
	migration_discard(&migration);
	assert_int_equal(vm_stats_all(vm).pending, FIRST);
	assert_int_equal(vm_stats_all(vm).lost, 0);
	vm_faults(vm, 1, PENDING_MAX + MORE - FIRST);
	migration_save(vm, &migration);
	assert_limit(vm, MORE);
	assert_int_equal(vm_stats_all(vm).lost, MORE);
	assert_int_equal(test_vmm_reported(vm, VSMMU_REPORT_EVENTS_LOST), 1);
	to = migration_restore(&migration, &setup);
	assert_limit(to, MORE);
	assert_true(vm_overflow_pending(to));
	vm_free(vm);

	/* None at all now; where it was told already it is not told again. */
	vm_faults(to, 1, 5);
	migration_save(to, &migration);
	migration_discard(&migration);
	assert_limit(to, MORE + 5);
	/* What the guest takes makes room for as much. */
	vm_expect(to, 0, 1, 2);
	vm_dispatch(to);
	vm_faults(to, 0, 5);
	migration_save(to, &migration);
	migration_discard(&migration);
	assert_int_equal(vm_stats(to).pending, PENDING_MAX);
	assert_int_equal(vm_stats(to).lost, MORE + 5 + 3);

	for (uint32_t i = 0; i < PENDING_MAX + 2; i++) {
		const uint64_t expected =
			i < PENDING_MAX ? i + 3 : to->serial - 5 + i - PENDING_MAX + 1;

		if (!vm_pending(to))
			vm_dispatch(to);
		assert_true(vm_consume(to, word));
		assert_int_equal(word[2] >> 12, expected);
		assert_int_equal(word[0] >> 32, VM_VSID(i >= FIRST && i < PENDING_MAX));
	}
	vm_dispatch(to);
	assert_int_equal(vm_stats(to).pending, 0);
	assert_int_equal(vm_stats(to).delivered, 2 + PENDING_MAX + 2);
	assert_int_equal(vm_stats(to).discarded, 0);
	vm_free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S7 E6 E7", a_loss_is_in_the_saved_prod),
		UNIT_TEST("S7 E8 A2", a_loss_alone_interrupts_nobody),
		UNIT_TEST("S7 E7", an_unacknowledged_overflow_is_left_alone),
		UNIT_TEST("S7 E7 A6", the_source_tells_after_a_while),
		UNIT_TEST("S7 E7", a_policy_that_only_counts_tells_nobody),
		UNIT_TEST("S7 E7", a_disabled_queue_is_told_nothing),
		UNIT_TEST("S7 E6", pending_records_have_a_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
