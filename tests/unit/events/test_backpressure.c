/* SPDX-License-Identifier: BSD-2-Clause */
/* A full guest queue: the kernel keeps what it has, nobody spins, everything that ends it
 * is noticed. And one that is not memory: EVENTQ_ABT_ERR, and nothing until that is over. */
#include "smmu/vsmmu.h"
#include "lib/vm.h"

#define OVFLG	SMMU_EVENTQ_PROD_OVFLG
#define ABT_ERR SMMU_GERROR_EVENTQ_ABT_ERR

/* Queue of 8, full, with 5 more in the kernel. */
static struct test_vmm *full_vm(const struct vm_setup *setup)
{
	struct test_vmm *vm = vm_new(setup);

	vm_enable(vm, 3);
	vm_faults(vm, 0, 13);
	assert_int_equal(vm_dispatch(vm), 8);
	assert_int_equal(vm_pending(vm), 8);
	assert_false(vm_readable(vm));
	return vm;
}

TEST(a_full_queue_stops_reading)
{
	struct test_vmm *vm = full_vm(NULL);
	uint64_t reads = vm_host_reads(vm);

	/* No read, no spin, no OVFLG, whoever asks. */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		vm_fault(vm, 0);
		assert_false(vm_readable(vm));
	}
	assert_int_equal(vm_host_reads(vm), reads);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 8);
	assert_int_equal(vm_stats(vm).overflows, 0);
	assert_true(vm_stats(vm).pauses > 0);
	assert_int_equal(vm_stats(vm).delivered, 8);
	vm_expect(vm, 0, 1, 8);
	assert_int_equal(vm_dispatch(vm), 8);
	vm_expect(vm, 0, 9, 8);
	assert_int_equal(vm_dispatch(vm), 7);
	vm_expect(vm, 0, 17, 7);
	assert_int_equal(vm_stats_all(vm).delivered, 23);
	vm_free(vm);
}

/* Until a quarter is free it is not worth a wake-up; no dispatch changes that. */
TEST(a_free_quarter_resumes)
{
	static const struct {
		unsigned int log2, quarter;
	} sizes[] = {{0, 1}, {1, 1}, {2, 1}, {3, 2}, {4, 4}, {10, 256}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const unsigned int size = 1u << sizes[i].log2;
		struct test_vmm *vm = vm_new(NULL);
		uint64_t reads;

		vm_enable(vm, sizes[i].log2);
		vm_faults(vm, 0, 2 * size);
		assert_int_equal(vm_dispatch(vm), size);
		reads = vm_host_reads(vm);
		for (unsigned int taken = 1; taken < sizes[i].quarter; taken++) {
			vm_expect(vm, 0, taken, 1);
			assert_false(vm_readable(vm));
			assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
			assert_false(vm_readable(vm));
		}
		assert_int_equal(vm_host_reads(vm), reads);
		vm_expect(vm, 0, sizes[i].quarter, 1);
		assert_true(vm_readable(vm));
		assert_int_equal(vm_dispatch(vm), sizes[i].quarter);
		assert_int_equal(vm_pending(vm), size);
		assert_int_equal(vm_host_reads(vm), reads + 1);
		assert_false(vm_readable(vm));
		vm_expect(vm, 0, sizes[i].quarter + 1, size);
		assert_true(vm_readable(vm));
		vm_dispatch(vm);
		vm_free(vm);
	}
}

/* Linux writes CONS after each record, and the queue is full all the time. */
TEST(a_saturated_queue_costs_no_read_an_event)
{
	const struct vm_setup setup = {.depth = 32768};
	struct test_vmm *vm = vm_new(&setup);
	unsigned int wakeups = 0;
	uint64_t taken = 0;

	vm_enable(vm, 10);
	vm_faults(vm, 0, 20000);
	for (;; taken++) {
		if (vm_readable(vm)) {
			wakeups++;
			vsmmu_dispatch(vm->vsmmu, 0);
		}
		if (!vm_pending(vm))
			break;
		vm_expect(vm, 0, taken + 1, 1);
	}
	assert_int_equal(taken, 20000);
	/* A batch is 256. */
	assert_in_range(wakeups, 1, 20000 / 256 + 4);
	assert_in_range(vm_stats_all(vm).reads, 1, 20000 / 256 + 8);
	assert_in_range(vm_stats_all(vm).pauses, 1, wakeups);
	vm_free(vm);
}

/* Nothing is read for a guest that takes nothing, and nothing is thrown away. */
TEST(a_hung_guest_costs_no_reads)
{
	const struct vm_setup setup = {.endpoints = 2};
	struct test_vmm *vm = vm_new(&setup);
	uint64_t reads;

	vm_enable(vm, 10);
	vm_faults(vm, 0, 1500);
	vm_dispatch(vm);
	reads = vm_host_reads(vm);
	for (int round = 0; round < 100; round++) {
		vm_faults(vm, 0, 100);
		vm_fault(vm, 1);
		assert_false(vm_readable(vm));
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	}
	assert_int_equal(vm_host_reads(vm), reads);
	assert_int_equal(vm_stats(vm).discarded, 0);
	vm_free(vm);
}

/* The kernel's queue is there to be used: a burst of one with an idle neighbour arrives. */
TEST(a_burst_is_not_discarded_for_fairness)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vm_setup setup = {.endpoints = 2, .isolate = isolate};
		struct test_vmm *vm = vm_new(&setup);
		uint64_t serial = 1;

		vm_enable(vm, 10);
		vm_faults(vm, 0, 4000);
		while (serial <= 4000) {
			vm_dispatch(vm);
			assert_true(vm_pending(vm) > 0);
			while (vm_pending(vm))
				vm_expect(vm, 0, serial++, 1);
		}
		vm_fault(vm, 1);
		vm_dispatch(vm);
		vm_expect(vm, 1, 4001, 1);
		assert_int_equal(vm_stats_all(vm).delivered, 4001);
		assert_int_equal(vm_stats_all(vm).discarded + vm_stats_all(vm).lost, 0);
		vm_free(vm);
	}
}

TEST(a_64_bit_write_of_cons_resumes)
{
	struct test_vmm *vm = full_vm(NULL);

	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_EVENTQ_PROD, 8, UINT64_C(4) << 32), 0);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 4);
	vm_free(vm);
}

TEST(disabling_resumes)
{
	static const uint32_t cr0[] = {0, SMMU_CR0_SMMUEN, SMMU_CR0_EVENTQEN};

	for (int i = 0; i < 3; i++) {
		struct test_vmm *vm = full_vm(NULL);

		test_vmm_write(vm, SMMU_CR0, cr0[i]);
		assert_true(vm_readable(vm));
		assert_int_equal(vm_dispatch(vm), 5);
		assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_DISABLED], 5);
		vm_free(vm);
	}
}

TEST(a_reset_resumes)
{
	struct test_vmm *vm = full_vm(NULL);

	assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_RESET], 5);
	vm_set_ste(vm, 0);
	vm_enable(vm, 3);
	vm_fault(vm, 0);
	assert_true(vm_readable(vm));
	vm_dispatch(vm);
	vm_expect(vm, 0, 14, 1);
	vm_free(vm);
}

TEST(a_larger_queue_resumes)
{
	struct test_vmm *vm = full_vm(NULL);

	test_vmm_write(vm, SMMU_CR0, 0);
	vm_enable(vm, 4);
	assert_true(vm_readable(vm));
	assert_int_equal(vm_dispatch(vm), 5);
	vm_expect(vm, 0, 9, 5);
	vm_free(vm);
}

/* Writes that change nothing wake the caller once at most. */
TEST(a_write_that_makes_no_room_does_not_spin)
{
	static const uint64_t offsets[] = {
		SMMU_IRQ_CTRL, SMMU_GERRORN, SMMU_EVENTQ_BASE, SMMU_EVENTQ_PROD, 0x44, SMMU_CR0ACK};
	struct test_vmm *vm = full_vm(NULL);
	uint64_t reads = vm_host_reads(vm);

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		test_vmm_write(vm, offsets[i], offsets[i] == SMMU_IRQ_CTRL ? 5 : 0);
		assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
		assert_false(vm_readable(vm));
	}
	test_vmm_write(vm, SMMU_EVENTQ_CONS, 0);
	assert_int_equal(vsmmu_dispatch(vm->vsmmu, 0), 0);
	assert_false(vm_readable(vm));
	assert_int_equal(vm_host_reads(vm), reads);
	vm_free(vm);
}

TEST(nonsense_in_cons_is_full_and_overwrites_nothing)
{
	struct test_vmm *vm = vm_new(NULL);
	uint32_t writes;

	vm_enable(vm, 3);
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	writes = vm->memory_writes;
	for (uint32_t cons = 4; cons <= 10; cons++) { /* PROD is 3: all of them ahead of it */
		test_vmm_write(vm, SMMU_EVENTQ_CONS, cons);
		vm_fault(vm, 0);
		vm_dispatch(vm);
		assert_false(vm_readable(vm));
	}
	assert_int_equal(vm->memory_writes, writes);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 3);
	test_vmm_write(vm, SMMU_EVENTQ_CONS, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 8);
	vm_dispatch(vm);
	vm_expect(vm, 0, 9, 2);
	assert_int_equal(vm_stats_all(vm).delivered, 10);
	vm_free(vm);
}

static unsigned int overtaken;

static void *consume_one(void *vm)
{
	uint64_t word[4];

	vm_consume(vm, word);
	return NULL;
}

/* A vCPU consumes while a batch is written to it; nothing that it has not seen is lost. */
static int write_and_consume(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct test_vmm *vm = opaque;
	const uint32_t pending = vm_pending(vm);
	const uint32_t slot = (uint32_t)(address - TEST_VMM_MEMORY) / 32;
	const uint32_t cons = atomic_load(&vm->vsmmu->eventq.queue.cons);
	pthread_t vcpu;
	int ret;

	/* Slots that are free, as the guest sees it: from PROD on, or on from the wrap. */
	assert_true((slot - (cons + pending)) % 16 + length / 32 <= 16 - pending);
	ret = test_vmm_memory_write(vm, address, bytes, length);
	if (pending) {
		overtaken++;
		assert_int_equal(pthread_create(&vcpu, NULL, consume_one, vm), 0);
		assert_int_equal(pthread_join(vcpu, NULL), 0);
	}
	return ret;
}

TEST(a_guest_that_consumes_meanwhile_is_not_overrun)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vm_setup setup = {.isolate = isolate, .endpoints = 2};
		struct test_vmm *vm = vm_new(&setup);

		vm_enable(vm, 4);
		overtaken = 0;
		vm->vsmmu->ops.memory_write = write_and_consume;
		for (unsigned int round = 0; round < 300; round++) {
			uint64_t word[4];

			vm_faults(vm, round % 2, 1 + round % 29);
			vm_dispatch(vm);
			assert_true(vm_pending(vm) <= 16);
			for (unsigned int i = 0; i < 5 && vm_consume(vm, word); i++)
				;
		}
		while (vm_consume_all(vm))
			vm_dispatch(vm);
		assert_true(overtaken > 50);
		assert_int_equal(vm_stats_all(vm).delivered, vm->produced);
		vm_free(vm);
	}
}

TEST(the_kernel_may_overflow_meanwhile)
{
	const struct vm_setup setup = {.depth = 6};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 1);
	vm_faults(vm, 0, 2);
	vm_dispatch(vm);
	vm_faults(vm, 0, 10); /* 6 kept, 4 dropped */
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 2);
	for (uint64_t serial = 1; serial <= 7; serial += 2) {
		vm_expect(vm, 0, serial, 2);
		vm_dispatch(vm);
	}
	/* The LOST header was behind the last event. */
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD) & OVFLG, OVFLG);
	assert_int_equal(vm_stats_all(vm).lost, 4);
	assert_int_equal(vm_stats_all(vm).delivered, 8);
	vm_free(vm);
}

/* A page of the queue that is not writable: record by record, and over the wrap. */
TEST(an_abort_in_a_batch_delivers_what_precedes_it)
{
	for (unsigned int begin = 0; begin < 8; begin++) {
		for (unsigned int bad = 0; bad < 8; bad++) {
			struct test_vmm *vm = vm_new(NULL);
			struct vsmmu_stats stats;
			unsigned int good;

			vm_enable(vm, 3);
			vm_faults(vm, 0, begin);
			vm_dispatch(vm);
			vm_consume_all(vm);
			vm->bad_begin = TEST_VMM_MEMORY + 32 * bad;
			vm->bad_end = vm->bad_begin + 32;
			good = (bad - begin) & 7; /* slots up to the bad one */
			vm_faults(vm, 0, 8);
			vm_lose(vm, 0, 1);
			assert_int_equal(vm_dispatch(vm), 9);
			assert_int_equal(vm_pending(vm), good);
			assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
			assert_int_equal(vm->irqs[VSMMU_IRQ_GERROR], 1);
			vm_expect(vm, 0, begin + 1, good);
			stats = vm_stats_all(vm);
			assert_int_equal(stats.aborts, 1);
			assert_int_equal(stats.delivered, begin + good);
			assert_int_equal(stats.discarded_by[VSMMU_DISCARD_ABORT], 8 - good);
			assert_int_equal(stats.lost, 1);
			assert_int_equal(stats.overflows, 0);
			assert_int_equal(vm_stream(vm, 0).discarded, 8 - good);
			assert_int_equal(vm_stream(vm, 0).delivered, begin + good);

			/* Memory is back, and acknowledged: it goes on in the bad slot. */
			vm->bad_end = 0;
			test_vmm_write(vm, SMMU_GERRORN, ABT_ERR);
			vm_fault(vm, 0);
			vm_dispatch(vm);
			vm_expect(vm, 0, vm->serial, 1);
			vm_expect_empty(vm);
			vm_free(vm);
		}
	}
}

TEST(nothing_is_written_until_the_abort_is_acknowledged)
{
	struct test_vmm *vm = vm_new(NULL);
	unsigned int writes;
	uint32_t prod;

	vm_enable(vm, 3);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm->bad_end = 0; /* memory is back, but the guest has not said so */
	writes = vm->memory_writes;
	prod = test_vmm_read(vm, SMMU_EVENTQ_PROD);
	vm_faults(vm, 0, 300);
	vm_lose(vm, 0, 2);
	vm_dispatch(vm);
	assert_false(vm_readable(vm));
	assert_int_equal(vm->memory_writes, writes);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), prod);
	assert_int_equal(vm->irqs[VSMMU_IRQ_EVENTQ], 1);
	assert_int_equal(vm->irqs[VSMMU_IRQ_GERROR], 1);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_ABORT], 301);
	assert_int_equal(vm_stats_all(vm).lost, 2);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	test_vmm_write(vm, SMMU_GERRORN, ABT_ERR);
	vm_fault(vm, 0);
	vm_dispatch(vm);
	vm_expect(vm, 0, 1, 1);
	vm_expect(vm, 0, vm->serial, 1);
	vm_expect_empty(vm);
	/* The second one toggles GERROR back. */
	vm->bad_end = UINT64_MAX;
	vm_fault(vm, 0);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), 0);
	assert_int_equal(vm->irqs[VSMMU_IRQ_GERROR], 2);
	vm_free(vm);
}

TEST(a_full_queue_is_no_abort_and_an_abort_no_overflow)
{
	struct test_vmm *vm = full_vm(NULL);

	vm->bad_end = UINT64_MAX; /* not touched while full */
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), 0);
	vm_consume_all(vm);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	assert_false(vm_overflow_pending(vm));
	vm_free(vm);
}

/* Full, then aborted, then full again: the abort is read on, not waited for. */
TEST(an_abort_with_a_full_queue_behind_it_does_not_stop)
{
	struct test_vmm *vm = full_vm(NULL);

	vm_expect(vm, 0, 1, 2);
	vm->bad_end = UINT64_MAX;
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).discarded_by[VSMMU_DISCARD_ABORT], 5);
	assert_false(vm_readable(vm));
	vm_free(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E7 P6", a_full_queue_stops_reading),
		UNIT_TEST("E2 E7 A1", a_free_quarter_resumes),
		UNIT_TEST("E2 A1", a_saturated_queue_costs_no_read_an_event),
		UNIT_TEST("E2 E9 A3", a_hung_guest_costs_no_reads),
		UNIT_TEST("E9 A3", a_burst_is_not_discarded_for_fairness),
		UNIT_TEST("E7", a_64_bit_write_of_cons_resumes),
		UNIT_TEST("E7 P5", disabling_resumes),
		UNIT_TEST("E10", a_reset_resumes),
		UNIT_TEST("E7 P7", a_larger_queue_resumes),
		UNIT_TEST("E7", a_write_that_makes_no_room_does_not_spin),
		UNIT_TEST("E7", nonsense_in_cons_is_full_and_overwrites_nothing),
		UNIT_TEST("E7 A5", a_guest_that_consumes_meanwhile_is_not_overrun),
		UNIT_TEST("E6", the_kernel_may_overflow_meanwhile),
		UNIT_TEST("E7 P6", an_abort_in_a_batch_delivers_what_precedes_it),
		UNIT_TEST("E7 P6", nothing_is_written_until_the_abort_is_acknowledged),
		UNIT_TEST("P6", a_full_queue_is_no_abort_and_an_abort_no_overflow),
		UNIT_TEST("E7 P6", an_abort_with_a_full_queue_behind_it_does_not_stop),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
