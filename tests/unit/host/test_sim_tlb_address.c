/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses an entry of the simulated TLB answers, and which of them a TLBI names. */
#include "pgtable_asids.h"

#define NUM(n)	 ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
#define TG(g)	 ((uint64_t)((g) + 1) << 10)
#define TTL(n)	 ((uint64_t)(n) << 8)
#define TAG	 (UINT64_C(0x5a) << 56)
#define FAULT	 UINT64_C(0x20800000000) /* CLASS: IN, RnW */

/* SCALE has a sixth bit then. */
static const struct vsmmu_sim_config with_ds = {.idr = {0x0d481008, 0x520, 0, 0x400, 0, 0x4f6}};

/* A block goes if any of its addresses is named; in the upper half, with a tag in the top byte. */
TEST(blocks_and_tags)
{
	struct pgtable pgtable;
	struct sim_fixture *s;
	struct mapped block;
	uint64_t va;

	assert_true(pgtable_init(&pgtable, 0, true, 25, false, 48, RAM_BASE));
	fill_pages();
	pgtable.word[0] |= BIT(39); /* TBI1 */
	ram_set_entry(&ram, CD_TABLE, pgtable.word);
	va = pgtable_sign(&pgtable) | BIT(30);
	block = (struct mapped){.va = va, .pa = RAM_BASE, .index = 3};
	pgtable_map(&pgtable, &block, RW | NG);
	s = dma_build(&with_ds);
	install(s, CD_TABLE | STE_S1, 0);
	va += DATA - RAM_BASE;
	assert_int_equal(load(s, va), 0);
	assert_int_equal(load(s, va + PAGE), 1);
	assert_int_equal(load(s, (va + 2 * PAGE) ^ UINT64_C(0x5a) << 56), 2);
	assert_int_equal(stats_of(s).walks, 1);
	ram_set(&ram, pgtable_slot(&pgtable, block.va, 3), 0);
	invalidate(s, NH_VA(0), block.va - PAGE);
	invalidate(s, NH_VA(0), block.va + BIT(21));
	invalidate(s, NH_VA(0), va | TG(0) | TTL(3));
	assert_int_equal(load(s, va), 0);
	invalidate(s, NH_VA(0), (va + 0x3d000) | TG(0) | TTL(2));
	assert_int_equal(load(s, va), ABORTED);
	pgtable_map(&pgtable, &block, RW | NG);
	assert_int_equal(load(s, va), 0);
	ram_set(&ram, pgtable_slot(&pgtable, block.va, 3), 0);
	invalidate(s, NH_VA(0) | NUM(31) | SCALE(63), (block.va + BIT(21)) | TG(0));
	assert_int_equal(load(s, va), 0);
	invalidate(s, NH_VA(0) | NUM(1), (block.va - PAGE) | TG(0));
	assert_int_equal(load(s, va), ABORTED);
	/* What begins in the lower half ends there, whatever its size. */
	pgtable_map(&pgtable, &block, RW | NG);
	assert_int_equal(load(s, va), 0);
	ram_set(&ram, pgtable_slot(&pgtable, block.va, 3), 0);
	invalidate(s, NH_VA(0) | NUM(31) | SCALE(63), TG(2));
	invalidate(s, NH_VA(0) | NUM(31) | SCALE(63), TG(0));
	invalidate(s, NH_VA(0) | NUM(31) | SCALE(63), (BIT(55) - PAGE) | TG(0));
	assert_int_equal(load(s, va), 0);
	/* In the upper half it ends where addresses end. */
	invalidate(s, NH_VA(0) | NUM(31) | SCALE(63), ~(BIT(52) - 1) | TG(0));
	assert_int_equal(load(s, va), ABORTED);
	tear_down(s);
}

/* 4.4.1.1: beyond 39 it is 39, which leaves the upper part of 52-bit addresses out. */
TEST(a_scale_beyond_39_is_39)
{
	const uint64_t length = BIT(39 + 12);
	struct pgtable pgtable;
	struct sim_fixture *s;

	assert_true(pgtable_init(&pgtable, 0, false, 12, true, 48, RAM_BASE));
	fill_pages();
	ram_set_entry(&ram, CD_TABLE, pgtable.word);
	map_page(&pgtable, length - PAGE, DATA, RW | NG);
	map_page(&pgtable, length, DATA + PAGE, RW | NG);
	s = dma_build(&with_ds);
	install(s, CD_TABLE | STE_S1, 0);
	for (unsigned int scale = 38; scale < 64; scale++) {
		const bool near = scale > 38;

		assert_int_equal(load(s, length - PAGE), 0);
		assert_int_equal(load(s, length), 1);
		unmap_page(&pgtable, length - PAGE);
		unmap_page(&pgtable, length);
		invalidate(s, NH_VAA | SCALE(scale), TG(0));
		assert_int_equal(load(s, length), 1);
		assert_int_equal(load(s, length - PAGE), near ? ABORTED : 0);
		map_page(&pgtable, length - PAGE, DATA, RW | NG);
		map_page(&pgtable, length, DATA + PAGE, RW | NG);
		invalidate(s, NH_VAA | SCALE(scale) | NUM(1), TG(0));
	}
	tear_down(s);
}

/* 4.4.2: an address with a tag may be taken as out of range, so here it is. */
TEST(a_tag_in_a_tlbi_names_nothing)
{
	static const uint64_t tags[] = {TAG, BIT(63), BIT(56), UINT64_C(0xff) << 56};

	for (unsigned int upper = 0; upper < 2; upper++) {
		struct pgtable pgtable;
		struct sim_fixture *s;
		uint64_t va;

		assert_true(pgtable_init(&pgtable, 0, upper, 25, false, 48, RAM_BASE));
		fill_pages();
		pgtable.word[0] |= BIT(38) | BIT(39); /* TBI0, TBI1 */
		ram_set_entry(&ram, CD_TABLE, pgtable.word);
		va = pgtable_sign(&pgtable) | VA;
		map_page(&pgtable, va, DATA + PAGE, RW);
		s = dma_build(&with_ds);
		install(s, CD_TABLE | STE_S1, 0);
		assert_int_equal(load(s, va ^ TAG), 1);
		unmap_page(&pgtable, va);
		for (unsigned int i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
			invalidate(s, NH_VA(0), va ^ tags[i]);
			invalidate(s, NH_VAA, va ^ tags[i]);
			invalidate(s, NH_VAA | NUM(31) | SCALE(31), (va ^ tags[i]) | TG(0));
		}
		/* From there up to the last address of all */
		invalidate(s, NH_VAA | NUM(31) | SCALE(39), UINT64_C(0xff7f) << 48 | TG(0));
		assert_int_equal(load(s, va), 1);
		invalidate(s, NH_VAA, va);
		assert_int_equal(load(s, va), ABORTED);
		tear_down(s);
	}
}

/* Each half has its own TBI, which counts for what is in the TLB as it does in the walk. */
TEST(a_tag_hits_only_where_it_is_ignored)
{
	for (unsigned int i = 0; i < 2 * 2 * 2; i++) {
		const bool upper = i & 1, tbi = i >> 1 & 1, tagged_first = tbi && i >> 2;
		struct pgtable pgtable;
		struct sim_fixture *s;
		uint64_t va;

		assert_true(pgtable_init(&pgtable, 0, upper, 25, false, 48, RAM_BASE));
		fill_pages();
		/* The other half's is the other way round. */
		pgtable.word[0] |= BIT(upper == tbi ? 39 : 38);
		ram_set_entry(&ram, CD_TABLE, pgtable.word);
		va = pgtable_sign(&pgtable) | VA;
		map_page(&pgtable, va, DATA + PAGE, RW);
		s = dma_build(NULL);
		install(s, CD_TABLE | STE_S1, 0);
		assert_int_equal(load(s, tagged_first ? va ^ TAG : va), 1);
		unmap_page(&pgtable, va);
		assert_int_equal(load(s, va), 1);
		for (unsigned int bit = 56; bit < 64; bit++) {
			assert_int_equal(load(s, va ^ BIT(bit)), tbi ? 1 : ABORTED);
			if (!tbi)
				expect_event(s, VSMMU_EVENT_F_TRANSLATION, FAULT, va ^ BIT(bit), 0);
		}
		assert_int_equal(load(s, va ^ TAG), tbi ? 1 : ABORTED);
		assert_int_equal(stats_of(s).walks, tbi ? 1 : 10);
		/* The tag ends above the bit that chooses the half. */
		assert_int_equal(load(s, va ^ BIT(55)), ABORTED);
		assert_int_equal(load(s, va ^ BIT(54)), ABORTED);
		tear_down(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8", blocks_and_tags),
		UNIT_TEST("S8 S3", a_scale_beyond_39_is_39),
		UNIT_TEST("S8 S3", a_tag_in_a_tlbi_names_nothing),
		UNIT_TEST("S8", a_tag_hits_only_where_it_is_ignored),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
