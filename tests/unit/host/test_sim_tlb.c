/* SPDX-License-Identifier: BSD-2-Clause */
/* How long translations stay in the simulated TLB, and what makes it forget. */
#include "lib/fail_nth.h"
#include "pgtable_asids.h"

#define ENTRIES	 1024 /* of a vIOMMU's TLB */
#define NUM(n)	 ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
#define TG(g)	 ((uint64_t)((g) + 1) << 10)
#define TTL(n)	 ((uint64_t)(n) << 8)

static void an_unmapped_page_is_used_until_invalidated(void **unused)
{
	struct pgtable_asids asids;
	uint64_t walks;
	uint8_t last;

	(void)unused;
	pgtable_asids_init(&asids, 4, RW | NG);
	assert_int_equal(load_page(&asids, 1, 3), 3);
	walks = stats_of(asids.s).walks;
	unmap_page(&asids.pgtable[1], VA + 3 * PAGE);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(load_page(&asids, 1, 3), 3);
	assert_int_equal(dma_by(asids.s, asids.s->endpoint.dev_id, VSMMU_ACCESS_SSID, 1,
				 VA + 4 * PAGE - 1, &last, 1),
		0);
	assert_int_equal(stats_of(asids.s).walks, walks);
	expect_silence(asids.s);
	invalidate(asids.s, NH_VA(1), (VA + 3 * PAGE) | LEAF);
	assert_int_equal(load_page(&asids, 1, 3), ABORTED);
	expect_event(asids.s, VSMMU_EVENT_F_TRANSLATION | BIT(11) | UINT64_C(1) << 12,
		UINT64_C(0x20800000000), VA + 3 * PAGE, 0);
	/* A fault is not kept. */
	map_page(&asids.pgtable[1], VA + 3 * PAGE, DATA + PAGE, RW | NG);
	assert_int_equal(load_page(&asids, 1, 3), 1);
	assert_int_equal(stats_of(asids.s).walks, walks + 2);
	tear_down(asids.s);
}

static void permissions_go_stale_too(void **unused)
{
	struct pgtable_asids asids;
	uint8_t byte = 1;
	const uint32_t flags = VSMMU_ACCESS_WRITE | VSMMU_ACCESS_SSID;
	uint32_t id;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG | BIT(7));
	id = asids.s->endpoint.dev_id;
	assert_int_equal(dma_by(asids.s, id, flags, 1, VA, &byte, 1), -EFAULT);
	map_page(&asids.pgtable[1], VA, DATA, RW | NG);
	assert_int_equal(dma_by(asids.s, id, flags, 1, VA, &byte, 1), -EFAULT);
	invalidate(asids.s, NH_VA(1), VA);
	assert_int_equal(dma_by(asids.s, id, flags, 1, VA, &byte, 1), 0);
	map_page(&asids.pgtable[1], VA, DATA, RW | NG | BIT(7));
	assert_int_equal(dma_by(asids.s, id, flags, 1, VA, &byte, 1), 0);
	invalidate(asids.s, NH_ASID(1), 0);
	assert_int_equal(dma_by(asids.s, id, flags, 1, VA, &byte, 1), -EFAULT);
	assert_int_equal(stats_of(asids.s).numbered, 3);
	tear_down(asids.s);
}

static void each_tlbi_reaches_what_it_names(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init(&asids, 6, RW | NG);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_ASID(3), 0);
	invalidate(asids.s, NH_VA(3), VA);
	invalidate(asids.s, NH_VA(0), VA);
	invalidate(asids.s, NH_VA(1), VA - PAGE);
	invalidate(asids.s, NH_VA(1), VA + 6 * PAGE);
	invalidate(asids.s, NH_VA(1), VA | BIT(55));
	invalidate(asids.s, NH_VA(1), VA | BIT(47));
	expect_fresh(&asids, 0, 0, 0);
	invalidate(asids.s, NH_VA(1), VA + 2 * PAGE);
	expect_fresh(&asids, 1 << 1, 2, 2);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_VA(2), (VA + 5 * PAGE) | LEAF);
	expect_fresh(&asids, 1 << 2, 5, 5);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_VAA, VA + PAGE);
	expect_fresh(&asids, 3 << 1, 1, 1);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_ASID(2), 0);
	expect_fresh(&asids, 1 << 2, 0, 5);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_ALL, 0);
	expect_fresh(&asids, 3 << 1, 0, 5);
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NSNH_ALL, 0);
	expect_fresh(&asids, 3 << 1, 0, 5);
	/* The VMID is the host's to know. */
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_VA(1) | UINT64_C(0x7777) << 32, VA);
	expect_fresh(&asids, 1 << 1, 0, 0);
	tear_down(asids.s);
}

/* nG = 0: one entry for all ASIDs, which NH_ASID leaves alone and NH_VA does not. */
static void global_entries_belong_to_all(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init(&asids, 2, RW);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	map_all(&asids, 2, RW, 16);
	assert_int_equal(load_page(&asids, 2, 0), 0); /* of ASID 1's tables */
	assert_int_equal(load_page(&asids, 2, 1), 17);
	map_all(&asids, 1, RW, 32);
	invalidate(asids.s, NH_ASID(1), 0);
	invalidate(asids.s, NH_ASID(2), 0);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(load_page(&asids, 1, 1), 17);
	invalidate(asids.s, NH_VA(2), VA);
	assert_int_equal(load_page(&asids, 1, 0), 32);
	assert_int_equal(load_page(&asids, 1, 1), 17);
	invalidate(asids.s, NH_VA(7), VA + PAGE);
	assert_int_equal(load_page(&asids, 1, 1), 33);
	tear_down(asids.s);
}

static void set_aset(struct pgtable_asids *asids, unsigned int ssid, bool aset)
{
	ram_set(&ram, CD_TABLE + UINT64_C(64) * ssid,
		asids->pgtable[ssid].word[0] | (aset ? BIT(47) : 0));
	invalidate(asids->s, CFGI_CD(ssid), LEAF);
}

/* 3.17.1: of the CDs of an ASET; a TLBI knows none (4.4). */
static void global_entries_belong_to_an_aset(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	for (unsigned int aset = 0; aset < 2; aset++) {
		pgtable_asids_init(&asids, 2, RW);
		set_aset(&asids, 1, aset);
		set_aset(&asids, 2, !aset);
		map_all(&asids, 2, RW, 16);
		assert_int_equal(load_page(&asids, 1, 0), 0);
		assert_int_equal(load_page(&asids, 2, 0), 16);
		map_all(&asids, 1, RW, 32);
		map_all(&asids, 2, RW, 32);
		assert_int_equal(load_page(&asids, 1, 0), 0);
		assert_int_equal(load_page(&asids, 2, 0), 16);
		/* They change places. */
		set_aset(&asids, 1, !aset);
		set_aset(&asids, 2, aset);
		assert_int_equal(load_page(&asids, 1, 0), 16);
		assert_int_equal(load_page(&asids, 2, 0), 0);
		invalidate(asids.s, NH_ASID(1), 0);
		invalidate(asids.s, NH_ASID(2), 0);
		assert_int_equal(load_page(&asids, 1, 0), 16);
		assert_int_equal(load_page(&asids, 2, 0), 0);
		invalidate(asids.s, aset ? NH_VA(1) : NH_VAA, VA);
		assert_int_equal(load_page(&asids, 1, 0), 32);
		assert_int_equal(load_page(&asids, 2, 0), 32);
		tear_down(asids.s);
	}
}

/* 3.17: an ASID is the same one with both. */
static void other_entries_belong_to_both_asets(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	for (unsigned int aset = 0; aset < 2; aset++) {
		pgtable_asids_init(&asids, 2, RW | NG);
		set_aset(&asids, 1, aset);
		assert_int_equal(load_page(&asids, 1, 0), 0);
		assert_int_equal(load_page(&asids, 1, 1), 1);
		map_all(&asids, 1, RW | NG, 16);
		set_aset(&asids, 1, !aset);
		assert_int_equal(load_page(&asids, 1, 0), 0);
		assert_int_equal(load_page(&asids, 1, 1), 1);
		invalidate(asids.s, NH_VA(1), VA);
		assert_int_equal(load_page(&asids, 1, 0), 16);
		assert_int_equal(load_page(&asids, 1, 1), 1);
		invalidate(asids.s, NH_ASID(1), 0);
		assert_int_equal(load_page(&asids, 1, 1), 17);
		tear_down(asids.s);
	}
}

static void ranges_are_exact(void **unused)
{
	/* 4.4.1.1: (NUM + 1) * 2^SCALE pages; by 4 KiB here */
	static const struct {
		unsigned int num, scale, begin, first, last;
	} cases[] = {{1, 0, 3, 3, 4}, {2, 0, 0, 0, 2}, {0, 1, 8, 8, 9}, {0, 2, 4, 4, 7},
		{2, 1, 1, 1, 6}, {31, 31, 2, 2, 11}, {4, 0, 11, 11, 11}};
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init(&asids, 12, RW | NG);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint64_t range = NUM(cases[i].num) | SCALE(cases[i].scale);
		const uint64_t va = VA + cases[i].begin * PAGE;

		go_stale(&asids, RW | NG);
		invalidate(asids.s, NH_VA(1) | range, va | TG(0));
		expect_fresh(&asids, 1 << 1, cases[i].first, cases[i].last);
		go_stale(&asids, RW | NG);
		invalidate(asids.s, NH_VAA | range, va | TG(0) | TTL(3) | LEAF);
		expect_fresh(&asids, 3 << 1, cases[i].first, cases[i].last);
	}
	/* Entries of another granule, or of another level, need not go, and do not. */
	go_stale(&asids, RW | NG);
	invalidate(asids.s, NH_VAA | NUM(31), VA | TG(0) | TTL(2));
	invalidate(asids.s, NH_VAA | NUM(31), VA | TG(1));
	invalidate(asids.s, NH_VAA | NUM(31), VA | TG(2));
	expect_fresh(&asids, 0, 0, 0);
	/* One page of the range form */
	invalidate(asids.s, NH_VA(2), (VA + 4 * PAGE) | TG(0) | TTL(3));
	expect_fresh(&asids, 1 << 2, 4, 4);
	tear_down(asids.s);
}

/* What the hardware takes for a repetition is the same to the last bit. */
static void the_erratum_looks_at_addresses(void **unused)
{
	const struct vsmmu_sim_config config = {.repeat_commands = true};
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init_on(&config, &asids, 2, RW | NG);
	for (unsigned int n = 0; n < 2; n++)
		assert_int_equal(load_page(&asids, 1, n), n);
	map_all(&asids, 1, RW | NG, 16);
	invalidate(asids.s, NH_VA(1), VA);
	invalidate(asids.s, NH_VA(1), VA + PAGE);
	invalidate(asids.s, NH_VA(1), VA);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(load_page(&asids, 1, 1), 1);
	invalidate(asids.s, NH_VA(1), VA);
	assert_int_equal(load_page(&asids, 1, 0), 16);
	assert_int_equal(load_page(&asids, 1, 1), 1);
	tear_down(asids.s);
}

static void another_viommu_is_another_world(void **unused)
{
	const struct vsmmu_sim_config config = {.vmid_per_viommu = true};
	struct pgtable_asids asids;
	struct sim_fixture *s;
	struct host_endpoint peer = {.vfio_fd = -1};
	uint64_t ste[2] = {CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2};
	uint32_t viommu, vdevice, nested;

	(void)unused;
	pgtable_asids_init_on(&config, &asids, 2, RW);
	s = asids.s;
	peer.dev_id = new_endpoint(s, 7);
	assert_int_equal(s->ops->viommu_alloc(s->host, &peer, s->parent, &viommu), 0);
	assert_int_equal(s->ops->vdevice_alloc(s->host, &peer, viommu, VSID, &vdevice), 0);
	assert_int_equal(s->ops->nested_alloc(s->host, &peer, viommu, ste, &nested), 0);
	assert_int_equal(s->ops->attach(s->host, &peer, nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	map_all(&asids, 1, RW, 16);
	assert_int_equal(load_by(s, peer.dev_id, 1, VA), 16);
	map_all(&asids, 1, RW, 32);
	invalidate_on(s, viommu, &(const uint64_t[2]){NSNH_ALL, 0}, 1);
	assert_int_equal(load_by(s, peer.dev_id, 1, VA), 32);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	/* Nor its CDs, though the StreamID is the same. */
	ram_set(&ram, CD_TABLE + 64, 0);
	invalidate_on(s, viommu, &(const uint64_t[2]){CFGI_CD_ALL, 0}, 1);
	assert_int_equal(load_by(s, peer.dev_id, 1, VA), ABORTED);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(s->ops->detach(s->host, &peer), 0);
	assert_int_equal(s->ops->destroy(s->host, nested), 0);
	assert_int_equal(s->ops->destroy(s->host, vdevice), 0);
	assert_int_equal(s->ops->destroy(s->host, viommu), 0);
	tear_down(s);
}

static void it_is_bounded(void **unused)
{
	struct pgtable_asids asids;
	uint64_t walks;

	(void)unused;
	pgtable_asids_init(&asids, ENTRIES + 1, RW | NG);
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int n = 0; n < ENTRIES; n++)
			assert_int_equal(load_page(&asids, 1, n), n % (DATA_SIZE / PAGE));
	assert_int_equal(stats_of(asids.s).walks, ENTRIES);
	assert_int_equal(load_page(&asids, 1, ENTRIES), ENTRIES % (DATA_SIZE / PAGE));
	walks = stats_of(asids.s).walks;
	assert_int_equal(load_page(&asids, 1, 0), 0); /* it took the first one's place, */
	assert_int_equal(load_page(&asids, 1, 2), 2); /* and this one the second one's */
	assert_int_equal(load_page(&asids, 1, ENTRIES), ENTRIES % (DATA_SIZE / PAGE));
	assert_int_equal(stats_of(asids.s).walks, walks + 1);
	tear_down(asids.s);
}

/* The first transaction needs memory twice: for the CDs, then for the TLB. */
static void without_memory_nothing_is_cached(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	fail_nth_arm(1);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_true(fail_nth_fired());
	fail_nth_arm(0);
	break_cd(&asids, 1, true);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	break_cd(&asids, 1, false);
	map_all(&asids, 1, RW | NG, 16);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	tear_down(asids.s);

	pgtable_asids_init(&asids, 1, RW | NG);
	fail_nth_arm(2);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_true(fail_nth_fired());
	fail_nth_arm(0);
	map_all(&asids, 1, RW | NG, 16);
	assert_int_equal(load_page(&asids, 1, 0), 16);
	map_all(&asids, 1, RW | NG, 32);
	assert_int_equal(load_page(&asids, 1, 0), 16);
	break_cd(&asids, 1, true);
	assert_int_equal(load_page(&asids, 1, 0), 16);
	assert_int_equal(stats_of(asids.s).walks, 2);
	tear_down(asids.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8 S3", an_unmapped_page_is_used_until_invalidated),
		UNIT_TEST("S8", permissions_go_stale_too),
		UNIT_TEST("S8 S3", each_tlbi_reaches_what_it_names),
		UNIT_TEST("S8 S3", global_entries_belong_to_all),
		UNIT_TEST("S8 S3", global_entries_belong_to_an_aset),
		UNIT_TEST("S8 S3", other_entries_belong_to_both_asets),
		UNIT_TEST("S8 S3", ranges_are_exact),
		UNIT_TEST("S8 S3", the_erratum_looks_at_addresses),
		UNIT_TEST("S8 S3", another_viommu_is_another_world),
		UNIT_TEST("S8", it_is_bounded),
		UNIT_TEST("S8", without_memory_nothing_is_cached),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
