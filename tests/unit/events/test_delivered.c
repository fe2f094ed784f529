/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMM is shown by ops.delivered exactly what the guest finds in its queue, in its order. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/migration.h"
#include "smmu/vsmmu.h"

#define RECORD	 VSMMU_EVENT_RECORD_SIZE
#define SHOWN	 4096
#define EMULATED 0x90u /* StreamID of a device that is no endpoint */
#define ABT_ERR	 SMMU_GERROR_EVENTQ_ABT_ERR

static struct {
	uint8_t record[SHOWN][RECORD];
	unsigned int count, compared, calls;
} shown;

static void on_delivered(struct test_vmm *vmm, const void *records, uint32_t count)
{
	(void)vmm;
	assert_true(count > 0 && count <= SHOWN - shown.count);
	memcpy(shown.record[shown.count], records, (size_t)count * RECORD);
	shown.count += count;
	shown.calls++;
}

static struct test_vmm *start(void)
{
	const struct vm_setup setup = {.on_delivered = on_delivered};

	memset(&shown, 0, sizeof(shown));
	return vm_new(&setup);
}

static int record_at(struct test_vmm *vm, uint64_t address)
{
	const struct vsmmu_event_record record = {
		.word = {VSMMU_EVENT_F_TRANSLATION | (uint64_t)EMULATED << 32, 0, address}};

	return vsmmu_record_event(vm->vsmmu, &record);
}

/* The guest takes a record, which must be the next that was shown. */
static bool consume(struct test_vmm *vm)
{
	uint64_t word[4];

	if (!vm_consume(vm, word))
		return false;
	assert_true(shown.compared < shown.count);
	assert_memory_equal(word, shown.record[shown.compared++], RECORD);
	return true;
}

static void consume_all(struct test_vmm *vm)
{
	while (consume(vm))
		;
	assert_int_equal(shown.compared, shown.count);
}

/* No interrupt before the VMM has seen what it is about. */
static void all_were_shown(struct test_vmm *vm, enum vsmmu_irq irq)
{
	assert_int_equal(irq, VSMMU_IRQ_EVENTQ);
	assert_int_equal(shown.count - shown.compared, vm_pending(vm));
}

TEST(a_batch_is_shown_in_one_call)
{
	struct test_vmm *vm = start();

	vm->on_irq = all_were_shown;
	vm_enable(vm, 4);
	vm_faults(vm, 0, 5);
	assert_int_equal(shown.calls, 0);
	assert_int_equal(vm_dispatch(vm), 5);
	assert_int_equal(shown.calls, 1);
	assert_int_equal(shown.count, 5);
	assert_int_equal(record_at(vm, 0x1000), 0);
	assert_int_equal(shown.calls, 2);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	consume_all(vm);
	assert_int_equal(shown.compared, 6);
	vm_free(vm);
}

/* Events of both kinds, and a guest that is too slow for either. */
TEST(the_queue_gets_what_was_shown_however_often_it_wraps)
{
	struct test_vmm *vm = start();
	struct vsmmu_stats stats;

	vm_enable(vm, 3);
	for (unsigned int round = 0; round < 500; round++) {
		vm_faults(vm, 0, round % 3);
		record_at(vm, (uint64_t)round << 12);
		if (round % 4)
			vm_dispatch(vm);
		for (unsigned int i = 0; i < round * 7 % 11 % 4 && consume(vm); i++)
			;
		if (vm_overflow_pending(vm))
			vm_overflow_ack(vm);
	}
	do {
		vm_dispatch(vm);
		consume_all(vm);
	} while (vm_readable(vm));
	stats = vm_stats_all(vm);
	assert_true(shown.count > 64 && stats.vmm_drops > 10);
	assert_int_equal(shown.count, stats.delivered + stats.vmm_events);
	vm_free(vm);
}

TEST(a_loss_alone_shows_nothing)
{
	struct test_vmm *vm = start();

	vm_enable(vm, 4);
	vm_fault(vm, 0);
	vm_lose(vm, 0, 3);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_true(vm_overflow_pending(vm));
	vm_overflow_ack(vm);
	consume_all(vm);
	assert_int_equal(shown.count, 2);
	vm_free(vm);
}

TEST(an_aborted_write_shows_what_came_before_it)
{
	struct test_vmm *vm = start();

	vm_enable(vm, 4);
	vm->bad_begin = TEST_VMM_MEMORY + 3 * RECORD;
	vm->bad_end = vm->bad_begin + RECORD;
	vm_faults(vm, 0, 5);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	assert_int_equal(shown.count, 3);
	assert_int_equal(shown.calls, 1);
	/* Nothing goes to the guest before it has acknowledged the error, and then no record fits.
	 */
	vm_fault(vm, 0);
	assert_int_equal(record_at(vm, 0x1000), -ENOBUFS);
	vm_dispatch(vm);
	test_vmm_write(vm, SMMU_GERRORN, ABT_ERR);
	assert_int_equal(record_at(vm, 0x2000), -ENOBUFS);
	assert_int_equal(shown.calls, 1);
	vm->bad_end = 0;
	test_vmm_write(vm, SMMU_GERRORN, 0);
	assert_int_equal(record_at(vm, 0x3000), 0);
	consume_all(vm);
	assert_int_equal(shown.count, 4);
	vm_free(vm);
}

/* Where the queue wraps, a batch is two writes: the second may be refused alone. */
TEST(an_abort_after_the_wrap_shows_what_came_before_it)
{
	struct test_vmm *vm = start();

	vm_enable(vm, 3);
	vm_faults(vm, 0, 6);
	vm_dispatch(vm);
	consume_all(vm);
	vm->bad_begin = TEST_VMM_MEMORY + RECORD;
	vm->bad_end = vm->bad_begin + RECORD;
	vm_faults(vm, 0, 4);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	assert_int_equal(shown.calls, 2);
	assert_int_equal(shown.count, 6 + 3);
	vm->bad_end = 0;
	consume_all(vm);
	vm_free(vm);
}

/* Those in the guest's queue were shown by the vSMMU that is gone, those that wait are now. */
TEST(after_a_restore_what_waited_is_shown)
{
	const struct vm_setup setup = {.on_delivered = on_delivered};
	struct test_vmm *vm = start();
	struct migration migration;

	vm_enable(vm, 2);
	vm_faults(vm, 0, 10);
	vm_dispatch(vm);
	assert_int_equal(shown.count, 4);
	vm = migration_move(vm, &migration, &setup);
	assert_int_equal(shown.count, 4);
	assert_int_equal(vm_stats(vm).pending, 6);
	do {
		consume_all(vm);
		vm_dispatch(vm);
	} while (vm_pending(vm));
	assert_int_equal(shown.count, 10);
	assert_int_equal(shown.compared, 10);
	vm_free(vm);
}

TEST(what_is_discarded_is_not_shown)
{
	struct test_vmm *vm = start();

	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	vm_enable(vm, 3);
	vm_faults(vm, 0, 2);
	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	vm_dispatch(vm);
	assert_int_equal(shown.calls, 0);
	assert_int_equal(vm_stats_all(vm).discarded, 5);
	vm_free(vm);
}

/* A translation's fault, on a vSMMU that reads the stream table itself. */
TEST(faults_of_emulated_devices_are_shown)
{
	const struct vsmmu_access access = {.size = sizeof(access), .vsid = 1};
	struct vsmmu_translation out = {.size = sizeof(out)};
	struct test_vmm *vmm = test_vmm_alloc();
	uint64_t word[4];

	memset(&shown, 0, sizeof(shown));
	vmm->on_delivered = on_delivered;
	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, TEST_VMM_MEMORY + 0x1000);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 4);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, TEST_VMM_MEMORY | 4);
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), 0);
	test_vmm_write(vmm, SMMU_CR0, VM_ON);
	assert_int_equal(vsmmu_translate(vmm->vsmmu, &access, &out), -EFAULT);
	assert_int_equal(shown.count, 1);
	memcpy(word, shown.record[0], sizeof(word));
	assert_true(word[0] == (VSMMU_EVENT_C_BAD_STE | UINT64_C(1) << 32));
	assert_memory_equal(shown.record[0], vmm->memory, RECORD);
	test_vmm_free(vmm);
}

static void never(void *opaque, const void *records, uint32_t count)
{
	(void)opaque;
	(void)records;
	(void)count;
	fail();
}

static void no_irq(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

/* A VMM of a time before there was this op has something else behind its ops. */
TEST(ops_that_end_before_it_do_without)
{
	const struct vsmmu_ops ops = {.size = offsetof(struct vsmmu_ops, delivered),
		.memory_read = test_vmm_memory_read,
		.memory_write = test_vmm_memory_write,
		.irq_pulse = no_irq,
		.delivered = never};
	struct test_vmm *vmm = test_vmm_alloc();
	const struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = vmm};

	assert_int_equal(vsmmu_new(&vmm->vsmmu, &config), 0);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, TEST_VMM_MEMORY | 4);
	test_vmm_write(vmm, SMMU_CR0, VM_ON);
	assert_int_equal(record_at(vmm, 0x1000), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 1);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E6 E8", a_batch_is_shown_in_one_call),
		UNIT_TEST("E6", the_queue_gets_what_was_shown_however_often_it_wraps),
		UNIT_TEST("E5", a_loss_alone_shows_nothing),
		UNIT_TEST("E7 P6", an_aborted_write_shows_what_came_before_it),
		UNIT_TEST("E7 P6", an_abort_after_the_wrap_shows_what_came_before_it),
		UNIT_TEST("S7", after_a_restore_what_waited_is_shown),
		UNIT_TEST("E7 E10", what_is_discarded_is_not_shown),
		UNIT_TEST("S8", faults_of_emulated_devices_are_shown),
		UNIT_TEST("E6", ops_that_end_before_it_do_without),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
