/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of the event path as a guest sees them, sane or not. */
#include <errno.h>

#include "lib/rng.h"
#include "lib/vm.h"

#define OVFLG	  SMMU_EVENTQ_PROD_OVFLG
#define ABT_ERR	  SMMU_GERROR_EVENTQ_ABT_ERR
#define ALL_ONES  UINT32_MAX
#define BASE_HIGH (SMMU_EVENTQ_BASE + 4)

static uint64_t read64(struct test_vmm *vm, uint64_t offset)
{
	uint64_t value;

	assert_int_equal(vsmmu_mmio_read(vm->vsmmu, offset, 8, &value), 0);
	return value;
}

static void write64(struct test_vmm *vm, uint64_t offset, uint64_t value)
{
	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, offset, 8, value), 0);
}

TEST(all_is_zero_after_reset)
{
	struct test_vmm *vm = vm_new(NULL);

	for (int round = 0; round < 2; round++) {
		for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
			if (test_vmm_read(vm, offset))
				fail_msg("offset %#x", (unsigned int)offset);
		vm_set_ste(vm, 0);
		vm_enable(vm, 4);
		test_vmm_write(vm, SMMU_EVENTQ_CONS, OVFLG);
		vm->bad_begin = 0;
		vm->bad_end = UINT64_MAX;
		vm_fault(vm, 0);
		vm_dispatch(vm);
		assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
		assert_int_equal(vsmmu_reset(vm->vsmmu), 0);
	}
	vm_free(vm);
}

TEST(control_registers_keep_what_is_implemented)
{
	struct test_vmm *vm = vm_new(NULL);

	test_vmm_write(vm, SMMU_CR0, ALL_ONES);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0), VM_ON);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0ACK), VM_ON);
	test_vmm_write(vm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0ACK), SMMU_CR0_EVENTQEN);
	test_vmm_write(vm, SMMU_CR0, 0);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0ACK), 0);
	test_vmm_write(vm, SMMU_IRQ_CTRL, ALL_ONES);
	assert_int_equal(test_vmm_read(vm, SMMU_IRQ_CTRL), 5);
	assert_int_equal(test_vmm_read(vm, SMMU_IRQ_CTRLACK), 5);
	/* The acknowledging halves are read-only. */
	test_vmm_write(vm, SMMU_CR0ACK, ALL_ONES);
	test_vmm_write(vm, SMMU_IRQ_CTRLACK, 0);
	test_vmm_write(vm, SMMU_GERROR, ALL_ONES);
	assert_int_equal(test_vmm_read(vm, SMMU_CR0ACK), 0);
	assert_int_equal(test_vmm_read(vm, SMMU_IRQ_CTRL), 5);
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), 0);
	vm_free(vm);
}

TEST(the_base_reads_back_in_both_widths)
{
	const uint64_t bits = UINT64_C(0x40ffffffffffffff); /* WA, ADDR, LOG2SIZE */
	struct test_vmm *vm = vm_new(NULL);

	write64(vm, SMMU_EVENTQ_BASE, UINT64_MAX);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), bits);
	write64(vm, SMMU_EVENTQ_BASE, 0);
	test_vmm_write(vm, SMMU_EVENTQ_BASE, 0x90000013);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), 0x90000013);
	test_vmm_write(vm, BASE_HIGH, 0x40000012);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), UINT64_C(0x4000001290000013));
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_BASE), 0x90000013);
	assert_int_equal(test_vmm_read(vm, BASE_HIGH), 0x40000012);
	vm_free(vm);
}

TEST(an_enabled_queue_guards_base_and_prod)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	write64(vm, SMMU_EVENTQ_BASE, 0);
	test_vmm_write(vm, SMMU_EVENTQ_BASE, 0);
	test_vmm_write(vm, BASE_HIGH, 0);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), TEST_VMM_MEMORY | 4);
	test_vmm_write(vm, SMMU_EVENTQ_PROD, 7 | OVFLG);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
	/* EVENTQEN alone guards, whatever SMMUEN is. */
	test_vmm_write(vm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	test_vmm_write(vm, SMMU_EVENTQ_PROD, 7);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 0);
	test_vmm_write(vm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write(vm, SMMU_EVENTQ_PROD, 7 | OVFLG);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 7 | OVFLG);
	write64(vm, SMMU_EVENTQ_BASE, 3);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), 3);
	vm_free(vm);
}

TEST(cons_is_always_writable)
{
	struct test_vmm *vm = vm_new(NULL);

	test_vmm_write(vm, SMMU_EVENTQ_CONS, ALL_ONES);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_CONS), 0x800fffff);
	vm_enable(vm, 4);
	test_vmm_write(vm, SMMU_EVENTQ_CONS, 5 | OVFLG);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_CONS), 5 | OVFLG);
	vm_free(vm);
}

TEST(pointers_can_be_accessed_at_once)
{
	struct test_vmm *vm = vm_new(NULL);

	write64(vm, SMMU_EVENTQ_PROD, UINT64_C(0x8000000300000007));
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 7);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_CONS), 0x80000003);
	assert_int_equal(read64(vm, SMMU_EVENTQ_PROD), UINT64_C(0x8000000300000007));
	vm_enable(vm, 4);
	vm_faults(vm, 0, 3);
	vm_dispatch(vm);
	/* PROD is read-only now, CONS is not. */
	write64(vm, SMMU_EVENTQ_PROD, UINT64_C(0x0000000200000009));
	assert_int_equal(read64(vm, SMMU_EVENTQ_PROD), UINT64_C(0x0000000200000003));
	vm_free(vm);
}

TEST(illegal_accesses_are_einval_and_do_nothing)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 5, 6, 7, 16, UINT32_MAX};
	static const uint64_t far[] = {SMMU_REG_SPACE, SMMU_REG_SPACE + 0xa8, UINT64_MAX - 3,
		UINT64_MAX - 7, UINT64_C(1) << 63};
	struct test_vmm *vm = vm_new(NULL);
	uint64_t value = 1;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		value = 1;
		assert_int_equal(vsmmu_mmio_read(vm->vsmmu, SMMU_CR0, sizes[i], &value), -EINVAL);
		assert_int_equal(value, 0);
		assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_CR0, sizes[i], 1), -EINVAL);
	}
	for (uint64_t shift = 1; shift < 4; shift++) {
		assert_int_equal(vsmmu_mmio_read(vm->vsmmu, SMMU_CR0 + shift, 4, &value), -EINVAL);
		assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_CR0 + shift, 4, 5), -EINVAL);
	}
	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_CR0 - 4, 8, UINT64_MAX), -EINVAL);
	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		assert_int_equal(vsmmu_mmio_read(vm->vsmmu, far[i], 4, &value), -EINVAL);
		assert_int_equal(vsmmu_mmio_write(vm->vsmmu, far[i], 4, 5), -EINVAL);
		assert_int_equal(vsmmu_mmio_write(vm->vsmmu, far[i], 8, 5), -EINVAL);
	}
	assert_int_equal(test_vmm_read(vm, SMMU_CR0), 0);
	assert_int_equal(vsmmu_mmio_write(vm->vsmmu, SMMU_REG_SPACE - 8, 8, 5), 0);
	vm_free(vm);
}

TEST(other_registers_are_zero_and_ignore_writes)
{
	struct test_vmm *vm = vm_new(NULL);

	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
		test_vmm_write(vm, offset, offset == SMMU_CR0 ? 0 : ALL_ONES);
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4) {
		uint32_t value = test_vmm_read(vm, offset);

		switch (offset) {
		case SMMU_IRQ_CTRL:
		case SMMU_IRQ_CTRLACK:
			assert_int_equal(value, 5);
			break;
		case SMMU_EVENTQ_BASE:
			assert_int_equal(value, ALL_ONES);
			break;
		case BASE_HIGH:
			assert_int_equal(value, 0x40ffffff);
			break;
		case SMMU_EVENTQ_PROD:
		case SMMU_EVENTQ_CONS:
			assert_int_equal(value, 0x800fffff);
			break;
		default:
			if (value)
				fail_msg("offset %#x", (unsigned int)offset);
		}
	}
	vm_free(vm);
}

TEST(log2size_reads_back_but_counts_as_the_maximum)
{
	const struct vm_setup setup = {.eventq_log2_max = 3};
	struct test_vmm *vm = vm_new(&setup);

	vm_enable(vm, 31);
	assert_int_equal(read64(vm, SMMU_EVENTQ_BASE), TEST_VMM_MEMORY | 31);
	vm_faults(vm, 0, 20);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 8); /* full: wrap bit set */
	vm->log2 = 3;
	vm_expect(vm, 0, 1, 8);
	vm_dispatch(vm);
	vm_expect(vm, 0, 9, 8);
	vm_free(vm);
}

TEST(prod_written_while_disabled_is_where_it_goes_on)
{
	struct test_vmm *vm = vm_new(NULL);

	vm->log2 = 3;
	test_vmm_write(vm, SMMU_IRQ_CTRL, 5);
	write64(vm, SMMU_EVENTQ_BASE, TEST_VMM_MEMORY | 3);
	test_vmm_write(vm, SMMU_EVENTQ_PROD, 13 | OVFLG);
	test_vmm_write(vm, SMMU_EVENTQ_CONS, 13);
	test_vmm_write(vm, SMMU_CR0, VM_ON);
	/* OVFLG was taken as it was written: an overflow is pending. */
	assert_true(vm_overflow_pending(vm));
	vm_faults(vm, 0, 5);
	vm_dispatch(vm);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), ((13 + 5) & 15) | OVFLG);
	vm_expect(vm, 0, 1, 5);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 0);
	vm_overflow_ack(vm);
	vm_lose(vm, 0, 1);
	vm_dispatch(vm);
	assert_int_equal(vm_stats_all(vm).overflows, 1);
	assert_int_equal(test_vmm_read(vm, SMMU_EVENTQ_PROD), 2);
	vm_free(vm);
}

TEST(gerrorn_acknowledges_what_is_active_only)
{
	struct test_vmm *vm = vm_new(NULL);

	vm_enable(vm, 4);
	test_vmm_write(vm, SMMU_GERRORN, ALL_ONES);
	assert_int_equal(test_vmm_read(vm, SMMU_GERRORN), 0);
	vm->bad_end = UINT64_MAX;
	for (int round = 0; round < 3; round++) {
		vm_fault(vm, 0);
		vm_dispatch(vm);
		assert_int_equal(
			test_vmm_read(vm, SMMU_GERROR) ^ test_vmm_read(vm, SMMU_GERRORN), ABT_ERR);
		/* A write that does not toggle it leaves it active. */
		test_vmm_write(vm, SMMU_GERRORN, ~test_vmm_read(vm, SMMU_GERROR));
		assert_int_equal(
			test_vmm_read(vm, SMMU_GERROR) ^ test_vmm_read(vm, SMMU_GERRORN), ABT_ERR);
		test_vmm_write(vm, SMMU_GERRORN, test_vmm_read(vm, SMMU_GERROR));
		assert_int_equal(test_vmm_read(vm, SMMU_GERROR), test_vmm_read(vm, SMMU_GERRORN));
	}
	assert_int_equal(test_vmm_read(vm, SMMU_GERROR), ABT_ERR);
	assert_int_equal(vm_stats_all(vm).aborts, 3);
	vm_free(vm);
}

/* Every register of the event path, and a few others, with any value at any time. */
TEST(garbage_on_every_register_is_survived)
{
	static const uint16_t page[] = {SMMU_CR0, SMMU_IRQ_CTRL, SMMU_GERRORN, SMMU_EVENTQ_BASE,
		BASE_HIGH, 0xa8, 0xac, SMMU_GERROR, SMMU_CR0ACK, 0x44, 0x88, 0x98};

	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct vm_setup setup = {.endpoints = 2, .depth = 40};
		struct rng rng = {seed};
		struct test_vmm *vm = vm_new(&setup);

		for (int step = 0; step < 600; step++) {
			uint64_t value = rng_next(&rng);
			uint64_t offset = page[rng_below(&rng, 12)];
			uint32_t size = rng_below(&rng, 3) ? 4 : 8;

			if (rng_below(&rng, 2))
				offset = rng_below(&rng, 2) ? SMMU_EVENTQ_PROD : SMMU_EVENTQ_CONS;
			if (!rng_below(&rng, 10))
				offset = rng_below(&rng, SMMU_REG_SPACE + 16);
			if (rng_below(&rng, 2))
				value &= 0x1f;
			if (offset == SMMU_CR0 && rng_below(&rng, 2))
				value = VM_ON;
			vsmmu_mmio_write(vm->vsmmu, offset, size, value);
			vsmmu_mmio_read(vm->vsmmu, offset, size, &value);
			if (rng_below(&rng, 2))
				vm_fault(vm, rng_below(&rng, 2));
			if (rng_below(&rng, 3) == 0)
				vsmmu_dispatch(vm->vsmmu, 0);
			vm_stats(vm);
		}
		vm_disable(vm);
		vm_dispatch(vm);
		vm_stats_all(vm);
		/* A sane guest that comes after finds a sane queue. */
		test_vmm_write(vm, SMMU_GERRORN, test_vmm_read(vm, SMMU_GERROR));
		vm_consume_all(vm);
		vm_enable(vm, 3);
		vm_fault(vm, 1);
		vm_dispatch(vm);
		vm_expect(vm, 1, vm->serial, 1);
		vm_expect_empty(vm);
		vm_free(vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("P16", all_is_zero_after_reset),
		UNIT_TEST_PLAIN(control_registers_keep_what_is_implemented),
		UNIT_TEST_PLAIN(the_base_reads_back_in_both_widths),
		UNIT_TEST("E7", an_enabled_queue_guards_base_and_prod),
		UNIT_TEST("E7", cons_is_always_writable),
		UNIT_TEST_PLAIN(pointers_can_be_accessed_at_once),
		UNIT_TEST_PLAIN(illegal_accesses_are_einval_and_do_nothing),
		UNIT_TEST_PLAIN(other_registers_are_zero_and_ignore_writes),
		UNIT_TEST("E7", log2size_reads_back_but_counts_as_the_maximum),
		UNIT_TEST("E7 P17", prod_written_while_disabled_is_where_it_goes_on),
		UNIT_TEST("P6", gerrorn_acknowledges_what_is_active_only),
		UNIT_TEST("E6", garbage_on_every_register_is_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
