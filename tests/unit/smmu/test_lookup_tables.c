/* SPDX-License-Identifier: BSD-2-Clause */
/* A look at tables of all shapes, and at those that nobody should have made. */
#include "lib/rng.h"
#include "lookup_fixture.h"

#define L1STDS	(TEST_VMM_MEMORY + 0x40000)
#define L1CDS	(TEST_VMM_MEMORY + 0x50000)
#define PAGES	(TEST_VMM_MEMORY + 0x100000) /* tables of any granule, 64 KiB apart */
#define PER_TAB UINT64_C(0x10000)

static unsigned int fail_at; /* the read that fails, counted from 1; 0 for none */

static int failing_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	struct test_vmm *vmm = opaque;

	if (vmm->memory_reads + 1 == fail_at) {
		vmm->memory_reads++;
		return -1;
	}
	return test_vmm_memory_read(opaque, address, bytes, length);
}

TEST(stream_tables_may_have_two_levels)
{
	const uint32_t sid = 64 + SID;
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	test_vmm_write(vmm, SMMU_CR0, 0);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, L1STDS);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 1 << 16 | 6 << 6 | 8);
	test_vmm_write(vmm, SMMU_CR0, ON);
	test_vmm_store64(vmm, L1STDS + 8, STRTAB | 7);
	lookup = look_at(vmm, sid, VSMMU_NO_SSID, PAGE_VA);
	assert_true(lookup.has_l1std && lookup.has_ste);
	assert_true(lookup.l1std_address == L1STDS + 8 && lookup.l1std == (STRTAB | 7));
	assert_true(lookup.ste_address == STE && lookup.output == PAGE_PA);
	test_vmm_store64(vmm, L1STDS + 8, STRTAB | 2); /* a span of 2 STEs */
	lookup = look_at(vmm, sid, VSMMU_NO_SSID, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_STREAMID);
	assert_true(lookup.has_l1std && !lookup.has_ste);
	test_vmm_store64(vmm, L1STDS + 8, NOWHERE | 7);
	lookup = look_at(vmm, sid, VSMMU_NO_SSID, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_F_STE_FETCH);
	assert_true(lookup.has_l1std && !lookup.has_ste);
	test_vmm_free(vmm);
}

TEST(substreams_have_cds_of_their_own)
{
	const struct vsmmu_config config = {.ssid_bits = 10};
	const uint64_t cdmax = UINT64_C(8) << 59, second = 64 * 3;
	struct test_vmm *vmm = fixture_new(&config);
	struct vsmmu_tables lookup;

	/* 1,024 CDs in a row, the fourth like the first */
	for (unsigned int i = 0; i < 64; i += 8)
		test_vmm_store64(vmm, CD + second + i, test_vmm_load64(vmm, CD + i));
	set_ste(vmm, CD | 0xb | cdmax, 0x5c);
	lookup = look(vmm, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_F_STREAM_DISABLED);
	lookup = look_at(vmm, SID, 3, PAGE_VA);
	assert_true(lookup.cd_address == CD + second && !lookup.has_l1cd);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	lookup = look_at(vmm, SID, 1, PAGE_VA);
	assert_int_equal(expect_event(&lookup, VSMMU_EVENT_C_BAD_CD).ssid, 1);
	lookup = look_at(vmm, SID, 256, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	/* S1DSS: none means bypass */
	set_ste(vmm, CD | 0xb | cdmax, 0x5d);
	lookup = look(vmm, PAGE_VA);
	assert_true(lookup.output == PAGE_VA && !lookup.has_cd && !lookup.has_mapping);
	assert_int_equal(lookup.wanted, VSMMU_ATTACH_STAGE1);
	/* Two levels */
	set_ste(vmm, L1CDS | 0xb | 1 << 4 | cdmax, 0x5c);
	test_vmm_store64(vmm, L1CDS + 8, CD | 1);
	lookup = look_at(vmm, SID, 64 + 3, PAGE_VA);
	assert_true(lookup.has_l1cd && lookup.l1cd_address == L1CDS + 8);
	assert_true(lookup.l1cd == (CD | 1) && lookup.cd_address == CD + second);
	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	lookup = look_at(vmm, SID, 3, PAGE_VA);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_SUBSTREAMID);
	assert_true(lookup.has_l1cd && !lookup.has_cd);
	test_vmm_free(vmm);
}

/* Tables with index 1 at each level, from @first on. Return: the address that they map. */
static uint64_t map_page(struct test_vmm *vmm, unsigned int granule, int first)
{
	uint64_t iova = 0;

	for (int level = first; level <= 3; level++) {
		const uint64_t at = PAGES + PER_TAB * (uint64_t)(level - first);

		iova |= BIT(granule + (unsigned int)(3 - level) * (granule - 3));
		test_vmm_store64(vmm, at + 8,
			(level < 3 ? at + PER_TAB : UINT64_C(0x12340000) | AF | USER) | TABLE);
	}
	test_vmm_store64(vmm, CD + 8, PAGES);
	return iova;
}

static void expect_walk(struct test_vmm *vmm, uint64_t iova, unsigned int granule, int first)
{
	const struct vsmmu_tables lookup = look(vmm, iova + 0x123);

	assert_int_equal(lookup.outcome, VSMMU_LOOKUP_PASSES);
	assert_true(lookup.output == 0x12340123);
	assert_int_equal(lookup.size_log2, granule);
	assert_int_equal(lookup.walk_count, 4 - first);
	for (unsigned int i = 0; i < lookup.walk_count; i++) {
		assert_int_equal(lookup.walk[i].level, first + (int)i);
		assert_true(lookup.walk[i].address == PAGES + PER_TAB * i + 8);
		assert_true(lookup.walk[i].value == test_vmm_load64(vmm, lookup.walk[i].address));
	}
}

TEST(all_granules_are_walked)
{
	static const struct {
		unsigned int granule, tg, tsz;
		int first;
	} cases[] = {{12, 0, 16, 0}, {12, 0, 25, 1}, {12, 0, 39, 2}, {14, 2, 16, 0}, {14, 2, 25, 1},
		{14, 2, 39, 3}, {16, 1, 16, 1}, {16, 1, 25, 2}};
	struct test_vmm *vmm = fixture_new(NULL);

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_vmm_store64(
			vmm, CD, (CD_WORD0 & ~UINT64_C(0xff)) | cases[i].tg << 6 | cases[i].tsz);
		expect_walk(vmm, map_page(vmm, cases[i].granule, cases[i].first), cases[i].granule,
			cases[i].first);
	}
	/* 52 bits with pages of 4 KiB take the most levels there are. */
	vmm->vsmmu->features.ds = true;
	vmm->vsmmu->features.vax = 1;
	test_vmm_store64(vmm, CD, (CD_WORD0 & ~UINT64_C(0xff)) | 12);
	test_vmm_store64(vmm, CD + 16, BIT(58));
	expect_walk(vmm, map_page(vmm, 12, -1), 12, -1);
	test_vmm_free(vmm);
}

TEST(big_endian_descriptors_are_shown_as_numbers)
{
	struct test_vmm *vmm = fixture_new(NULL);
	static const uint64_t tables[] = {LEVEL1, LEVEL2, LEVEL3 + 8 * (PAGE_VA >> 12)};
	struct vsmmu_tables lookup;

	vmm->vsmmu->features.ttendian = ARCH_TTENDIAN_MIXED;
	test_vmm_store64(vmm, CD, CD_WORD0 | BIT(15));
	for (unsigned int i = 0; i < 3; i++)
		test_vmm_store64(
			vmm, tables[i], __builtin_bswap64(test_vmm_load64(vmm, tables[i])));
	lookup = look(vmm, PAGE_VA);
	assert_int_equal(lookup.walk_count, 3);
	assert_true(lookup.walk[0].value == (LEVEL2 | TABLE));
	assert_true(lookup.walk[2].value == (PAGE_PA | TABLE | AF | USER));
	assert_true(lookup.output == PAGE_PA);
	test_vmm_free(vmm);
}

TEST(tables_that_point_to_themselves_end)
{
	struct test_vmm *vmm = fixture_new(NULL);
	struct vsmmu_tables lookup;

	test_vmm_store64(vmm, LEVEL1, LEVEL1 | TABLE | AF | USER);
	lookup = look(vmm, 0);
	assert_int_equal(lookup.walk_count, 3);
	assert_true(lookup.output == LEVEL1);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(lookup.walk[i].address == LEVEL1);
	/* The STE is its own CD. */
	set_ste(vmm, STE | 0xb, 0x5c);
	lookup = look(vmm, 0);
	expect_event(&lookup, VSMMU_EVENT_C_BAD_CD);
	assert_true(lookup.cd_address == STE);
	test_vmm_free(vmm);
}

TEST(memory_may_fail_at_any_read)
{
	static const uint8_t ids[] = {VSMMU_EVENT_F_STE_FETCH, VSMMU_EVENT_F_STE_FETCH,
		VSMMU_EVENT_F_CD_FETCH, VSMMU_EVENT_F_CD_FETCH, VSMMU_EVENT_F_WALK_EABT,
		VSMMU_EVENT_F_WALK_EABT, VSMMU_EVENT_F_WALK_EABT};
	const struct vsmmu_config config = {.ssid_bits = 10};
	struct test_vmm *vmm = fixture_new(&config);
	struct vsmmu_tables lookup;

	vmm->vsmmu->ops.memory_read = failing_read;
	test_vmm_write(vmm, SMMU_CR0, 0);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, L1STDS);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 1 << 16 | 6 << 6 | 8);
	test_vmm_write(vmm, SMMU_CR0, ON);
	test_vmm_store64(vmm, L1STDS, STRTAB | 7);
	set_ste(vmm, L1CDS | 0xb | 1 << 4 | UINT64_C(8) << 59, 0x5c);
	test_vmm_store64(vmm, L1CDS, CD | 1);
	/* SubstreamID 64 has CD 0 of the second table, which is the first one's too. */
	test_vmm_store64(vmm, L1CDS + 8, CD | 1);
	for (fail_at = 1; fail_at <= sizeof(ids); fail_at++) {
		lookup = look_at(vmm, SID, 64, PAGE_VA);
		expect_event(&lookup, ids[fail_at - 1]);
		assert_int_equal(lookup.has_l1std, fail_at > 1);
		assert_int_equal(lookup.has_ste, fail_at > 2);
		assert_int_equal(lookup.has_l1cd, fail_at > 3);
		assert_int_equal(lookup.has_cd, fail_at > 4);
		assert_int_equal(lookup.walk_count, fail_at > 5 ? fail_at - 5 : 0);
		assert_true(lookup.output == 0 && !lookup.has_mapping);
	}
	lookup = look_at(vmm, SID, 64, PAGE_VA);
	assert_true(lookup.output == PAGE_PA);
	fail_at = 0;
	test_vmm_free(vmm);
}

/* Words from a few values, so that many of them lead on. */
static uint64_t any_word(struct rng *rng)
{
	static const uint64_t bases[] = {STRTAB, CD, LEVEL1, LEVEL2, LEVEL3, NOWHERE, 0, BIT(45)};
	const uint64_t base = bases[rng_below(rng, 8)];

	switch (rng_below(rng, 4)) {
	case 0:
		return rng_next(rng);
	case 1:
		return base | TABLE | (rng_next(rng) & (AF | USER | READ_ONLY));
	case 2:
		return base | rng_below(rng, 64);
	default:
		return base | 0xb;
	}
}

TEST(random_tables_are_told_as_they_are_translated)
{
	struct test_vmm *vmm = fixture_new(NULL);
	unsigned int outcomes[4] = {0}, events[0x20] = {0};
	struct rng rng = {11};

	for (unsigned int round = 0; round < 20000; round++) {
		static const uint64_t places[] = {
			STE, STE + 8, CD, CD + 8, LEVEL1, LEVEL2, LEVEL3 + 8 * (PAGE_VA >> 12)};
		struct vsmmu_tables lookup;

		if (round % 4 == 0)
			tables(vmm);
		test_vmm_store64(vmm, places[rng_below(&rng, 7)],
			rng_below(&rng, 3) ? any_word(&rng)
					   : test_vmm_load64(vmm, CD) ^ BIT(rng_below(&rng, 64)));
		lookup = look_at(vmm, rng_below(&rng, 20) ? SID : (uint32_t)rng_next(&rng),
			VSMMU_NO_SSID, rng_below(&rng, 8) ? PAGE_VA + 8 : rng_next(&rng));
		outcomes[lookup.outcome]++;
		events[lookup.event.word[0] & 0x1f]++;
	}
	assert_true(outcomes[VSMMU_LOOKUP_PASSES] > 100 && outcomes[VSMMU_LOOKUP_ABORTS] > 100);
	assert_true(events[VSMMU_EVENT_C_BAD_STE] && events[VSMMU_EVENT_C_BAD_CD]);
	assert_true(events[VSMMU_EVENT_F_CD_FETCH] && events[VSMMU_EVENT_F_WALK_EABT]);
	assert_true(events[VSMMU_EVENT_F_TRANSLATION] && events[VSMMU_EVENT_F_ADDR_SIZE]);
	assert_true(events[VSMMU_EVENT_F_ACCESS] && events[VSMMU_EVENT_F_PERMISSION]);
	test_vmm_free(vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4", stream_tables_may_have_two_levels),
		UNIT_TEST("S8", substreams_have_cds_of_their_own),
		UNIT_TEST("S8", all_granules_are_walked),
		UNIT_TEST("S8", big_endian_descriptors_are_shown_as_numbers),
		UNIT_TEST("S8", tables_that_point_to_themselves_end),
		UNIT_TEST("S8", memory_may_fail_at_any_read),
		UNIT_TEST("S8", random_tables_are_told_as_they_are_translated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
