/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When OVFLG changes, and what tells of it. Linux prints a line for each change; FreeBSD's
 * interrupt handler dequeues before it looks.
 */
#include <errno.h>

#include <vsmmu/access.h>

#include "arch/queue.h"
#include "smmu/vsmmu.h"
#include "lib/still_clock.h"
#include "lib/vm.h"

#define OVFLG	 SMMU_EVENTQ_PROD_OVFLG
#define ABT_ERR	 SMMU_GERROR_EVENTQ_ABT_ERR
#define MS	 UINT64_C(1000000)
#define INTERVAL (100 * MS)

static struct test_vmm *still_vm(const struct vm_setup *setup)
{
	struct test_vmm *vm = vm_new(setup);

	vm_enable(vm, 4);
	still_clock_stop();
	return vm;
}

static void still_free(struct test_vmm *vm)
{
	vm_free(vm);
	still_clock_go();
}

static void lose(struct test_vmm *vm)
{
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
}

TEST(an_empty_queue_is_never_interrupted_for)
{
	struct test_vmm *vm = still_vm(NULL);

	lose(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), OVFLG);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 0);
	/* The guest sees it with the next event, which has an interrupt of its own. */
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_true(vm_overflow_pending(vm));
	vm_overflow_ack(vm);
	/* With something in the queue it comes with one. */
	still_clock_advance(INTERVAL);
	lose(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	/* Nor is the flag that waited, when the guest has emptied its queue meanwhile. */
	vm_overflow_ack(vm);
	lose(vm);
	vm_consume_all(vm);
	still_clock_advance(INTERVAL);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_true(vm_overflow_pending(vm));
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	still_free(vm);
}

static unsigned int handled, consumed;

/*
 * smmu_event_intr() of FreeBSD: do { dequeue } while (!empty), and it never acknowledges. It runs
 * within the pulse, where the registers' own values are all that can be had.
 */
static void freebsd_handler(struct test_vmm *vm, enum vsmmu_irq irq)
{
	struct guest_queue *queue = &vm->vsmmu->eventq.queue;
	uint32_t cons = atomic_load(&queue->cons);

	if (irq != VSMMU_IRQ_EVENTQ)
		return;
	handled++;
	do {
		assert_true(vm_pending(vm) > 0);
		cons = queue_advance(cons, 1, vm->log2);
		atomic_store(&queue->cons, cons);
		consumed++;
	} while (vm_pending(vm));
}

TEST(freebsds_handler_finds_a_record_each_time)
{
	struct test_vmm *vm = still_vm(NULL);

	handled = consumed = 0;
	vm->on_irq = freebsd_handler;
	for (unsigned int round = 0; round < 300; round++) {
		if (round % 3)
			vm_lose(vm, 0, round % 3);
		if (round % 2)
			vm_faults(vm, 0, round % 7);
		if (round % 5 == 4)
			vm_lose(vm, 0, 1);
		vm_dispatch(vm);
		still_clock_advance(round % 4 * 40 * MS);
	}
	assert_true(handled > 100);
	assert_int_equal(consumed, vm_stats_all(vm).delivered);
	assert_int_equal(vm_stats_all(vm).overflows, 1);
	still_free(vm);
}

/* A thousand lossy batches in a second, each acknowledged at once. */
TEST(it_changes_once_in_100_ms)
{
	struct test_vmm *vm = still_vm(NULL);
	unsigned int settimes;

	vm_fault(vm, 0);
	vm_dispatch(vm);
	for (unsigned int ms = 0; ms < 1000; ms++) {
		lose(vm);
		vm_overflow_ack(vm);
		assert_int_equal(vm_stats(vm).overflows, 1 + ms / 100);
		still_clock_advance(MS);
	}
	assert_int_equal(vm_stats_all(vm).lost, 1000);
	/* For each of them the timer is set once, and once put off. */
	settimes = still_clock_settimes();
	assert_in_range(settimes, 10, 20);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1 + 10);
	still_free(vm);
}

/* A single flag waits, however much is lost; the timer tells it, and only then. */
TEST(one_flag_waits_for_the_timer)
{
	struct test_vmm *vm = still_vm(NULL);

	vm_fault(vm, 0);
	vm_dispatch(vm);
	lose(vm);
	vm_overflow_ack(vm);
	assert_int_equal(still_clock_deadline(), 0);
	for (int i = 0; i < 20; i++)
		lose(vm);
	assert_int_equal(still_clock_settimes(), 1);
	assert_int_equal(still_clock_deadline(), still_clock_now() + INTERVAL);
	still_clock_advance(INTERVAL - 1);
	assert_false(vm_readable(vm));
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_int_equal(vm_stats(vm).overflows, 1);
	still_clock_advance(1);
	vm_wait(vm);
	assert_int_equal(vm_dispatch(vm), 0);
	assert_int_equal(vm_stats(vm).overflows, 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 3);
	/* That was all. */
	vm_overflow_ack(vm);
	still_clock_advance(10 * INTERVAL);
	assert_false(vm_readable(vm));
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	still_free(vm);
}

/* Nothing can be told before that, so nobody is woken for it: a VMM would find nothing to do. */
TEST(the_guests_registers_wake_nobody_before)
{
	struct test_vmm *vm = still_vm(NULL);

	vm_fault(vm, 0);
	vm_dispatch(vm);
	lose(vm);
	vm_overflow_ack(vm);
	lose(vm);
	vm_dispatch(vm);
	for (int i = 0; i < 3; i++) {
		test_vmm_write(vm, SMMU_GERRORN, 0);
		test_vmm_write(vm, SMMU_CR0, test_vmm_read(vm, SMMU_CR0));
		assert_false(vm_readable(vm));
	}
	still_clock_advance(INTERVAL);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).overflows, 2);
	still_free(vm);
}

TEST(a_batch_tells_the_flag_that_waits)
{
	struct test_vmm *vm = still_vm(NULL);

	lose(vm);
	vm_overflow_ack(vm);
	lose(vm);
	assert_int_equal(vm_stats(vm).overflows, 1);
	/* The timer is late, and an event comes. */
	still_clock_advance(INTERVAL);
	vm_fault(vm, 0);
	assert_int_equal(vm_dispatch(vm), 1);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 1);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	still_free(vm);
}

/* An overflow that the guest has not acknowledged says all there is to say. */
TEST(an_unacknowledged_flag_is_enough)
{
	struct test_vmm *vm = still_vm(NULL);

	lose(vm);
	for (int i = 0; i < 5; i++) {
		still_clock_advance(INTERVAL);
		lose(vm);
	}
	assert_int_equal(vm_stats(vm).overflows, 1);
	assert_int_equal(still_clock_settimes(), 0);
	vm_overflow_ack(vm);
	still_clock_advance(INTERVAL);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 1);
	/* A flag that waits is given up as well, when an older one is found unacknowledged. */
	lose(vm);
	vm_overflow_ack(vm);
	lose(vm);
	assert_true(vm->vsmmu->eventq.overflow_pending);
	test_vmm_write(vm, SMMU_EVENTQ_CONS,
		test_vmm_read(vm, SMMU_EVENTQ_CONS) ^ SMMU_EVENTQ_CONS_OVACKFLG);
	still_clock_advance(INTERVAL);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	vm_overflow_ack(vm);
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	still_free(vm);
}

TEST(disabling_and_reset_forget_it)
{
	for (int how = 0; how < 2; how++) {
		struct test_vmm *vm = still_vm(NULL);

		lose(vm);
		vm_overflow_ack(vm);
		lose(vm);
		assert_true(vm->vsmmu->eventq.overflow_pending);
		if (how)
			assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
		else
			test_vmm_write(vm, SMMU_CR0, SMMU_CR0_SMMUEN);
		vm_disable(vm);
		vm_enable(vm, 4);
		vm_set_ste(vm, 0);
		still_clock_advance(INTERVAL);
		vm_dispatch(vm);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		assert_int_equal(vm_stats_all(vm).overflows, 1);
		/* And after a reset there is nothing to wait for. */
		if (how) {
			lose(vm);
			assert_int_equal(vm_stats_all(vm).overflows, 2);
		}
		still_free(vm);
	}
}

/* It could not be told while EVENTQ_ABT_ERR was active: then it is told after that. */
TEST(an_abort_puts_it_off)
{
	struct test_vmm *vm = still_vm(NULL);

	vm_fault(vm, 0);
	vm_dispatch(vm);
	lose(vm);
	vm_overflow_ack(vm);
	lose(vm);
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	still_clock_advance(INTERVAL);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).overflows, 1);
	assert_false(vm_readable(vm));
	vm->bad_end = 0;
	test_vmm_write(vm, SMMU_GERRORN, ABT_ERR);
	assert_true(vm_readable(vm));
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 3);
	still_free(vm);
}

TEST(a_full_queue_is_told_of_a_flag_that_waits)
{
	struct test_vmm *vm = still_vm(NULL);

	lose(vm);
	vm_overflow_ack(vm);
	lose(vm);
	vm_faults(vm, 0, 20);
	vm_dispatch(vm);
	assert_int_equal(vm_pending(vm), 16);
	still_clock_advance(INTERVAL);
	vm_wait(vm);
	vm_dispatch(vm);
	assert_int_equal(vm_stats(vm).overflows, 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 2);
	assert_false(vm_readable(vm));
	still_free(vm);
}

TEST(counting_only_sets_no_timer)
{
	const struct vm_setup setup = {.loss_policy = VSMMU_LOSS_COUNT_ONLY};
	struct test_vmm *vm = still_vm(&setup);

	for (int i = 0; i < 10; i++)
		lose(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	assert_int_equal(still_clock_settimes(), 0);
	still_free(vm);
}

/* An emulated device that finds the queue full: the same rule, whoever overflows it. */
TEST(vsmmu_translate_obeys_it_too)
{
	const struct vsmmu_access access = {.size = sizeof(access), .vsid = 0x77};
	struct vsmmu_translation out = {.size = sizeof(out)};
	struct test_vmm *vm = test_vmm_alloc();

	assert_int_equal(test_vmm_new(vm, NULL, NULL), 0);
	vm->log2 = 2;
	test_vmm_write(vm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	test_vmm_write64(vm, SMMU_EVENTQ_BASE, TEST_VMM_MEMORY | vm->log2);
	test_vmm_write64(vm, SMMU_STRTAB_BASE, TEST_VMM_MEMORY + 0x10000);
	test_vmm_write(vm, SMMU_STRTAB_BASE_CFG, 8);
	test_vmm_write(vm, SMMU_CR0, VM_ON);
	still_clock_stop();
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(vsmmu_translate(vm->vsmmu, &access, &out), -EFAULT);
	assert_int_equal(vm_pending(vm), 4);
	assert_int_equal(test_vmm_stats(vm).overflows, 0);
	for (unsigned int ms = 0; ms < 300; ms++) {
		assert_int_equal(vsmmu_translate(vm->vsmmu, &access, &out), -EFAULT);
		vm_overflow_ack(vm);
		still_clock_advance(MS);
	}
	assert_int_equal(test_vmm_stats(vm).overflows, 3);
	assert_int_equal(test_vmm_stats(vm).translation_drops, 300);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1 + 3);
	/* The last one waits for the timer, as the others did. */
	vm_wait(vm);
	vsmmu_dispatch(vm->vsmmu, 0);
	assert_int_equal(test_vmm_stats(vm).overflows, 4);
	assert_false(vm_readable(vm));
	test_vmm_free(vm);
	still_clock_go();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E8 P17 P22 A2 D4", an_empty_queue_is_never_interrupted_for),
		UNIT_TEST("E8 P22 A2 D4", freebsds_handler_finds_a_record_each_time),
		UNIT_TEST("E7 P17 A6", it_changes_once_in_100_ms),
		UNIT_TEST("E7 A6", one_flag_waits_for_the_timer),
		UNIT_TEST("E7 A6", the_guests_registers_wake_nobody_before),
		UNIT_TEST("E7 A6", a_batch_tells_the_flag_that_waits),
		UNIT_TEST("E7 A6", an_unacknowledged_flag_is_enough),
		UNIT_TEST("E7 A6", disabling_and_reset_forget_it),
		UNIT_TEST("E7 P6 A6", an_abort_puts_it_off),
		UNIT_TEST("E7 A6", a_full_queue_is_told_of_a_flag_that_waits),
		UNIT_TEST("E7 A6", counting_only_sets_no_timer),
		UNIT_TEST("E7 A6", vsmmu_translate_obeys_it_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
