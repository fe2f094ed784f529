/* SPDX-License-Identifier: BSD-2-Clause */
/* CDs of the simulated hardware: how long it keeps them, and what their STE forbids. */
#include "pgtable_asids.h"

#define CDS_MAX 32 /* of an endpoint */

static void a_cd_is_used_until_invalidated(void **unused)
{
	struct pgtable_asids asids;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	s = asids.s;
	for (unsigned int i = 1; i < 3; i++) {
		assert_int_equal(load_page(&asids, i, 0), 0);
		break_cd(&asids, i, true);
	}
	invalidate(s, NSNH_ALL, 0);
	invalidate(s, CFGI_CD(3), 0);
	invalidate(s, CFGI_CD(0), LEAF);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(load_page(&asids, 2, 0), 0);
	invalidate(s, CFGI_CD(1), LEAF);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	assert_int_equal(load_page(&asids, 2, 0), 0);
	expect_event(s, VSMMU_EVENT_C_BAD_CD | BIT(11) | UINT64_C(1) << 12, 0, 0, 0);
	break_cd(&asids, 1, false);
	assert_int_equal(load_page(&asids, 1, 0), 0); /* an error is not kept */
	break_cd(&asids, 1, true);
	invalidate(s, CFGI_CD_ALL, 0);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	assert_int_equal(load_page(&asids, 2, 0), ABORTED);
	tear_down(s);
}

/* The driver writes no STE, and so invalidates nothing, if the words stay as they are. */
static void attaching_forgets_cds_if_words_change(void **unused)
{
	struct pgtable_asids asids;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	s = asids.s;
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	install(s, CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	install(s, CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2 | 1 << 2); /* S1CIR */
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	break_cd(&asids, 1, false);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	break_cd(&asids, 1, false);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	assert_int_equal(s->ops->detach(s->host, &s->endpoint), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, s->nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	/* The TLB is not of the STE: nobody invalidated it. */
	break_cd(&asids, 1, false);
	unmap_page(&asids.pgtable[1], VA);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	tear_down(s);
}

/* A VMID of its own is one of the STE's words that change with the vIOMMU. */
static void attaching_to_another_viommu_forgets_cds(void **unused)
{
	const struct vsmmu_sim_config config = {.vmid_per_viommu = true};
	const uint64_t ste[2] = {CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2};
	struct pgtable_asids asids;
	uint32_t viommu, nested;
	struct sim_fixture *s;

	(void)unused;
	pgtable_asids_init_on(&config, &asids, 1, RW | NG);
	s = asids.s;
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	assert_int_equal(s->ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(s->ops->viommu_alloc(s->host, &s->endpoint, s->parent, &viommu), 0);
	assert_int_equal(
		s->ops->vdevice_alloc(s->host, &s->endpoint, viommu, VSID, &s->vdevice), 0);
	assert_int_equal(s->ops->nested_alloc(s->host, &s->endpoint, viommu, ste, &nested), 0);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	assert_int_equal(s->ops->attach(s->host, &s->endpoint, nested, VSMMU_ATTACH_STAGE1), 0);
	assert_int_equal(load_page(&asids, 1, 0), ABORTED);
	assert_int_equal(stats_of(s).printed, 1); /* that vIOMMU has no vEVENTQ */
	assert_int_equal(
		s->ops->attach(s->host, &s->endpoint, s->parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(s->ops->destroy(s->host, nested), 0);
	assert_int_equal(s->ops->destroy(s->host, s->vdevice), 0);
	assert_int_equal(s->ops->destroy(s->host, viommu), 0);
	assert_int_equal(
		s->ops->vdevice_alloc(s->host, &s->endpoint, s->viommu, VSID, &s->vdevice), 0);
	tear_down(s);
}

/* Endpoints that can do ATS have no part in it. */
static void an_atc_inv_concerns_no_cd(void **unused)
{
	const struct vsmmu_sim_config config = {.ats = true};
	const uint64_t atc_inv = UINT64_C(0x40) | (uint64_t)VSID << 32;
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init_on(&config, &asids, 1, RW | NG);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	break_cd(&asids, 1, true);
	map_all(&asids, 1, RW | NG, 16);
	invalidate(asids.s, atc_inv | BIT(11) | 1 << 12, 52); /* of SubstreamID 1 */
	invalidate(asids.s, atc_inv, 52);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	tear_down(asids.s);
}

/* SubstreamIDs 3 to 99 are copies of 1. The oldest ones go, in turn. */
static void they_are_bounded(void **unused)
{
	struct pgtable_asids asids;

	(void)unused;
	pgtable_asids_init(&asids, 1, RW | NG);
	assert_int_equal(load_page(&asids, 1, 0), 0);
	for (unsigned int i = 3; i < 100; i++)
		ram_set_entry(&ram, CD_TABLE + UINT64_C(64) * i, asids.pgtable[1].word);
	for (unsigned int i = 3; i < 100; i++)
		assert_int_equal(load_page(&asids, i, 0), 0);
	for (unsigned int i = 1; i < 100; i++)
		ram_set(&ram, CD_TABLE + UINT64_C(64) * i, 0);
	for (unsigned int i = 1; i < 100; i++)
		assert_int_equal(load_page(&asids, i, 0), i < 100 - CDS_MAX ? ABORTED : 0);
	tear_down(asids.s);
}

/* 5.4.2: a CD that wants stalls is ILLEGAL under S1STALLD; without, it is terminated at once. */
static void s1stalld_forbids_stalls(void **unused)
{
	const struct vsmmu_sim_config config = {.idr = {0x0c481008, 0x520, 0, 0x400, 0, 0x76}};
	struct pgtable pgtable;
	struct sim_fixture *s;

	(void)unused;
	dma_pgtable(&pgtable);
	ram_set(&ram, DATA, 7);
	map_page(&pgtable, VA, DATA, RW);
	pgtable.word[0] |= BIT(44); /* S */
	ram_set_entry(&ram, CD_TABLE, pgtable.word);
	s = dma_build(&config);
	install(s, CD_TABLE | STE_S1, 0);
	assert_int_equal(load(s, VA), 7);
	assert_int_equal(load(s, VA + PAGE), ABORTED);
	expect_event(s, VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000), VA + PAGE, 0);
	install(s, CD_TABLE | STE_S1, BIT(27));
	assert_int_equal(load(s, VA), ABORTED);
	expect_event(s, VSMMU_EVENT_C_BAD_CD, 0, 0, 0);
	expect_silence(s);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S8 S3", a_cd_is_used_until_invalidated),
		UNIT_TEST("S8 S3", attaching_forgets_cds_if_words_change),
		UNIT_TEST("S8", attaching_to_another_viommu_forgets_cds),
		UNIT_TEST("S8 S3", an_atc_inv_concerns_no_cd),
		UNIT_TEST("S8", they_are_bounded),
		UNIT_TEST("S8 S4", s1stalld_forbids_stalls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
