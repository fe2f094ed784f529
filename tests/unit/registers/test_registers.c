/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of a full vSMMU: what they are after reset, what they take, and when. */
#include <errno.h>

#include "lib/rng.h"
#include "registers_fixture.h"
#include "smmu/registers/table.h"

#define HIGH 4

enum access {
	READ_ONLY = 0,
	FREE,
	BY_SMMUEN,
	BY_CMDQEN,
	BY_EVENTQEN,
	BY_GERROR_IRQEN,
	BY_EVENTQ_IRQEN,
	SPECIAL, /* its own test tells */
};

/* Every register there is, by its 32-bit halves, with IDR0.MSI = 1 and IDR0.ATS = 0. */
static const struct reg {
	uint32_t offset;
	uint32_t reset;
	uint32_t ones; /* what it reads after all ones were written, with nothing guarding it */
	enum access access;
} regs[] = {
	{0x000, 0x0d40301a, 0, READ_ONLY},
	{0x004, 0x02730010, 0, READ_ONLY},
	{0x00c, 0x00000404, 0, READ_ONLY},
	{0x014, 0x00000074, 0, READ_ONLY},
	{0x018, 0x00100000, 0, READ_ONLY},
	{0x01c, 0x00000001, 0, READ_ONLY},
	{0x020, 0, 0x0000000d, SPECIAL},
	{0x024, 0, 0, SPECIAL},
	{0x028, 0, 0x00000fff, FREE},
	{0x02c, 0, 0x00000006, BY_SMMUEN},
	{0x044, 0x00001000, 0x001f3f1f, SPECIAL},
	{0x050, 0, 0x00000005, SPECIAL},
	{0x054, 0, 0, SPECIAL},
	{0x060, 0, 0, READ_ONLY},
	{0x064, 0, 0, SPECIAL},
	{0x068, 0, 0xfffffffc, BY_GERROR_IRQEN},
	{0x06c, 0, 0x00ffffff, BY_GERROR_IRQEN},
	{0x070, 0, 0xffffffff, BY_GERROR_IRQEN},
	{0x074, 0, 0x0000003f, BY_GERROR_IRQEN},
	{0x080, 0, 0xffffffc0, BY_SMMUEN},
	{0x084, 0, 0x40ffffff, BY_SMMUEN},
	{0x088, 0, 0x000307ff, BY_SMMUEN},
	{0x090, 0, 0xffffffff, BY_CMDQEN},
	{0x094, 0, 0x40ffffff, BY_CMDQEN},
	{0x098, 0, 0x000fffff, SPECIAL},
	{0x09c, 0, 0x7f0fffff, BY_CMDQEN},
	{0x0a0, 0, 0xffffffff, BY_EVENTQEN},
	{0x0a4, 0, 0x40ffffff, BY_EVENTQEN},
	{0x0b0, 0, 0xfffffffc, BY_EVENTQ_IRQEN},
	{0x0b4, 0, 0x00ffffff, BY_EVENTQ_IRQEN},
	{0x0b8, 0, 0xffffffff, BY_EVENTQ_IRQEN},
	{0x0bc, 0, 0x0000003f, BY_EVENTQ_IRQEN},
	{0xfe0, 0x01, 0, READ_ONLY},
	{0xff0, 0x0d, 0, READ_ONLY},
	{0xff4, 0xf0, 0, READ_ONLY},
	{0xff8, 0x05, 0, READ_ONLY},
	{0xffc, 0xb1, 0, READ_ONLY},
	{0x100a8, 0, 0x800fffff, BY_EVENTQEN},
	{0x100ac, 0, 0x800fffff, FREE},
};

#define REGS (sizeof(regs) / sizeof(regs[0]))

static const struct reg *reg_at(uint64_t offset)
{
	for (size_t i = 0; i < REGS; i++)
		if (regs[i].offset == offset)
			return &regs[i];
	return NULL;
}

static void expect_reset(struct test_vmm *vmm)
{
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4) {
		const struct reg *reg = reg_at(offset);
		uint32_t value = test_vmm_read(vmm, offset);

		if (value != (reg ? reg->reset : 0))
			fail_msg("offset %#x reads %#x", (unsigned int)offset, value);
	}
}

static void every_register_has_its_reset_value(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	expect_reset(vmm);
	for (size_t i = 0; i < REGS; i++)
		test_vmm_write(vmm, regs[i].offset, ALL_ONES);
	raise_error(vmm, 0xb5);
	assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
	expect_reset(vmm);
	test_vmm_free(vmm);
}

static void every_register_takes_its_own_bits(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < REGS; i++) {
			const struct reg *reg = &regs[i];

			if (reg->access == SPECIAL)
				continue;
			test_vmm_write(vmm, reg->offset, ALL_ONES);
			if (test_vmm_read(vmm, reg->offset) !=
				(reg->access == READ_ONLY ? reg->reset : reg->ones))
				fail_msg("offset %#x of all ones reads %#x", reg->offset,
					test_vmm_read(vmm, reg->offset));
			test_vmm_write(vmm, reg->offset, 0);
			assert_int_equal(test_vmm_read(vmm, reg->offset),
				reg->access == READ_ONLY ? reg->reset : 0);
		}
	}
	/* None of that touched a neighbour. */
	expect_reset(vmm);
	test_vmm_free(vmm);
}

static uint64_t both_halves(uint32_t low, const struct reg *high)
{
	return (uint64_t)(high ? high->ones : 0) << 32 | low;
}

/* The table has every register that a write or an error can change, in order, with its bits. */
static void rows_say_what_registers_hold(void **unused)
{
	struct test_vmm *vmm = stand_msi();
	const uint32_t msi = SMMU_IDR0_MSI, ats = SMMU_IDR0_ATS;
	unsigned int row = 0;

	(void)unused;
	for (size_t i = 0; i < REGS; i++) {
		const struct reg *reg = &regs[i], *high = reg_at(reg->offset + HIGH);
		const bool wide = register_row(reg->offset + HIGH) == REGISTER_ROWS;
		uint64_t holds;

		if (register_row(reg->offset) == REGISTER_ROWS) {
			assert_true(reg->access == READ_ONLY ||
				    register_row(reg->offset - HIGH) < REGISTER_ROWS);
			continue;
		}
		assert_int_equal(register_row(reg->offset), row);
		assert_int_equal(register_reset_value(vmm->vsmmu, row), reg->reset);
		assert_int_equal(register_get(vmm->vsmmu, row), reg->reset);
		holds = register_may_hold(row, true, msi);
		assert_int_equal(reg->reset & ~holds, 0);
		if (reg->access != SPECIAL && reg->access != READ_ONLY)
			assert_int_equal(holds, both_halves(reg->ones, wide ? high : NULL));
		if (register_is_ack(row))
			assert_int_equal(holds, register_may_hold(row - 1, true, msi));
		register_put(vmm->vsmmu, row, holds);
		assert_int_equal(register_get(vmm->vsmmu, row), holds);
		register_put(vmm->vsmmu, row, reg->reset);
		row++;
	}
	assert_int_equal(row, REGISTER_ROWS);
	row = register_row(SMMU_CR0);
	assert_int_equal(register_may_hold(row, true, msi | ats), 0x1d);
	assert_int_equal(register_may_hold(row, true, 0), 0x0d);
	assert_int_equal(register_may_hold(row, false, msi | ats), 0x05);
	row = register_row(SMMU_GERROR);
	assert_int_equal(register_may_hold(row, true, msi), 0xb5);
	assert_int_equal(register_may_hold(row, true, 0), 0x05);
	assert_int_equal(register_may_hold(row, false, msi), 0x04);
	assert_int_equal(register_may_hold(register_row(SMMU_GBPA), true, 0), SMMU_GBPA_BITS);
	assert_int_equal(register_may_hold(register_row(SMMU_GBPA), false, 0), 0);
	assert_int_equal(register_may_hold(register_row(SMMU_GERROR_IRQ_CFG0), true, 0), 0);
	assert_int_equal(register_may_hold(register_row(SMMU_CMDQ_PROD), false, msi), 0);
	test_vmm_free(vmm);
}

/* As a guest reads and writes all of them in one 64-bit access: two halves. */
static void registers_can_be_accessed_two_at_once(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 8) {
		const struct reg *low = reg_at(offset), *high = reg_at(offset + HIGH);
		uint64_t expected;

		if ((low && low->access == SPECIAL) || (high && high->access == SPECIAL))
			continue;
		expected = (uint64_t)(high ? high->reset | high->ones : 0) << 32 |
			   (low ? low->reset | low->ones : 0);
		test_vmm_write64(vmm, offset, UINT64_MAX);
		if (test_vmm_read64(vmm, offset) != expected)
			fail_msg("offset %#x", (unsigned int)offset);
		assert_int_equal(test_vmm_read(vmm, offset), (uint32_t)expected);
		assert_int_equal(test_vmm_read(vmm, offset + HIGH), expected >> 32);
		/* One half leaves the other alone. */
		test_vmm_write(vmm, offset, 0);
		assert_int_equal(test_vmm_read64(vmm, offset) >> 32, expected >> 32);
		test_vmm_write(vmm, offset + HIGH, 0);
	}
	test_vmm_write64(vmm, SMMU_CMDQ_PROD, UINT64_C(0x0200000500000007));
	assert_int_equal(test_vmm_read64(vmm, SMMU_CMDQ_PROD), UINT64_C(0x0200000500000007));
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 0x02000005);
	test_vmm_free(vmm);
}

/* Where all bits of an index are below the wrap bit, or are it. */
static void set_queue_sizes(struct test_vmm *vmm, uint32_t log2)
{
	test_vmm_write(vmm, SMMU_CMDQ_BASE, log2);
	test_vmm_write(vmm, SMMU_EVENTQ_BASE, log2);
}

static void expect_guarded(struct test_vmm *vmm, enum access access, uint64_t enable, uint32_t bits)
{
	unsigned int found = 0;

	for (size_t i = 0; i < REGS; i++) {
		const struct reg *reg = &regs[i];
		uint32_t before = reg->ones & 0x5a5a5a5a;

		if (reg->access != access)
			continue;
		found++;
		set_queue_sizes(vmm, 19);
		test_vmm_write(vmm, reg->offset, before);
		/* No command waits. */
		test_vmm_write(vmm, SMMU_CMDQ_PROD, test_vmm_read(vmm, SMMU_CMDQ_CONS));
		test_vmm_write(vmm, enable, bits);
		test_vmm_write(vmm, reg->offset, ALL_ONES);
		assert_int_equal(test_vmm_read(vmm, reg->offset), before);
		test_vmm_write(vmm, enable, ~bits & 5);
		test_vmm_write(vmm, reg->offset, ALL_ONES);
		assert_int_equal(test_vmm_read(vmm, reg->offset), reg->ones);
		test_vmm_write(vmm, enable, 0);
		test_vmm_write(vmm, reg->offset, 0);
		test_vmm_write(vmm, SMMU_CMDQ_PROD, 0);
		set_queue_sizes(vmm, 0);
	}
	assert_true(found > 0);
}

/* Of an index that is the SMMU's, bits above the wrap bit are RES0 once the size is known. */
static void indexes_are_as_wide_as_their_queue(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	set_queue_sizes(vmm, 4);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, ALL_ONES);
	test_vmm_write(vmm, SMMU_CMDQ_CONS, ALL_ONES);
	test_vmm_write(vmm, SMMU_EVENTQ_PROD, ALL_ONES);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, ALL_ONES);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN | SMMU_CR0_EVENTQEN);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), SMMU_CMDQ_CONS_ERR | 0x1f);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), SMMU_EVENTQ_PROD_OVFLG | 0x1f);
	/* These are the guest's. */
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_PROD), 0xfffff);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_CONS), SMMU_EVENTQ_CONS_OVACKFLG | 0xfffff);
	test_vmm_free(vmm);
}

static void what_is_in_use_is_read_only(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	expect_guarded(vmm, BY_SMMUEN, SMMU_CR0, SMMU_CR0_SMMUEN);
	expect_guarded(vmm, BY_CMDQEN, SMMU_CR0, SMMU_CR0_CMDQEN);
	expect_guarded(vmm, BY_EVENTQEN, SMMU_CR0, SMMU_CR0_EVENTQEN);
	expect_guarded(vmm, BY_GERROR_IRQEN, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN);
	expect_guarded(vmm, BY_EVENTQ_IRQEN, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	expect_reset(vmm);
	test_vmm_free(vmm);
}

static void without_msi_its_registers_are_res0(void **unused)
{
	const struct vsmmu_config config = {.no_msi = true};
	struct test_vmm *vmm = fixture_new(&config);

	(void)unused;
	assert_false(test_vmm_read(vmm, SMMU_IDR0) & SMMU_IDR0_MSI);
	for (uint64_t n = 0; n < 16; n += 4) {
		test_vmm_write(vmm, SMMU_GERROR_IRQ_CFG0 + n, ALL_ONES);
		test_vmm_write(vmm, SMMU_EVENTQ_IRQ_CFG0 + n, ALL_ONES);
		assert_int_equal(test_vmm_read(vmm, SMMU_GERROR_IRQ_CFG0 + n), 0);
		assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_IRQ_CFG0 + n), 0);
	}
	test_vmm_free(vmm);
}

/* The place of EVENTQ_PROD and _CONS in page 0 is not theirs, and PRI has no registers. */
static void unknown_registers_are_zero_and_ignore_writes(void **unused)
{
	struct test_vmm *vmm = stand_msi();

	(void)unused;
	for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
		if (!reg_at(offset))
			test_vmm_write(vmm, offset, ALL_ONES);
	expect_reset(vmm);
	test_vmm_free(vmm);
}

/* A guest that writes anything anywhere at any time; then a reset makes all as new. */
static void garbage_on_every_offset_is_survived(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rng rng = {seed};
		struct test_vmm *vmm = stand_msi();

		for (uint64_t offset = 0; offset < SMMU_REG_SPACE; offset += 4)
			test_vmm_write(vmm, offset, (uint32_t)rng_next(&rng));
		for (int step = 0; step < 3000; step++) {
			uint64_t offset = regs[rng_below(&rng, REGS)].offset;
			uint64_t value = rng_next(&rng), ignored;
			uint32_t size = rng_below(&rng, 3) ? 4 : 8;

			if (!rng_below(&rng, 10))
				offset = rng_below(&rng, SMMU_REG_SPACE + 16);
			if (rng_below(&rng, 2))
				value &= 0x8000001f;
			if (rng_below(&rng, 4) == 0)
				value = TEST_VMM_MEMORY | (value & 0xffffff);
			vsmmu_mmio_write(vmm->vsmmu, offset, size, value);
			vsmmu_mmio_read(vmm->vsmmu, offset, size, &ignored);
			if (!rng_below(&rng, 8))
				raise_error(vmm, (uint32_t)rng_next(&rng) & 0xb5);
			if (!rng_below(&rng, 8))
				vsmmu_dispatch(vmm->vsmmu, 0);
		}
		assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
		expect_reset(vmm);
		test_vmm_free(vmm);
	}
}

static void illegal_accesses_are_einval_and_do_nothing(void **unused)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 5, 7, 16, UINT32_MAX};
	struct test_vmm *vmm = stand_msi();
	uint64_t value;

	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		value = 1;
		assert_int_equal(vsmmu_mmio_read(vmm->vsmmu, 0, sizes[i], &value), -EINVAL);
		assert_int_equal(value, 0);
		assert_int_equal(vsmmu_mmio_write(vmm->vsmmu, 0x28, sizes[i], 1), -EINVAL);
	}
	assert_int_equal(vsmmu_mmio_write(vmm->vsmmu, SMMU_CMDQ_CONS, 8, UINT64_MAX), -EINVAL);
	assert_int_equal(vsmmu_mmio_read(vmm->vsmmu, SMMU_REG_SPACE, 4, &value), -EINVAL);
	assert_int_equal(vsmmu_mmio_write(vmm->vsmmu, UINT64_MAX - 3, 4, 1), -EINVAL);
	expect_reset(vmm);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1 P16", every_register_has_its_reset_value),
		UNIT_TEST("S1", every_register_takes_its_own_bits),
		UNIT_TEST("S1", rows_say_what_registers_hold),
		UNIT_TEST("S1", registers_can_be_accessed_two_at_once),
		UNIT_TEST("S1", what_is_in_use_is_read_only),
		UNIT_TEST("S1", indexes_are_as_wide_as_their_queue),
		UNIT_TEST("S1 S5", without_msi_its_registers_are_res0),
		UNIT_TEST("S1", unknown_registers_are_zero_and_ignore_writes),
		UNIT_TEST("S1", garbage_on_every_offset_is_survived),
		UNIT_TEST("S1", illegal_accesses_are_einval_and_do_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
