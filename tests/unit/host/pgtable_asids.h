/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces with ASIDs of their own behind one endpoint of the simulator's. */
#ifndef UNIT_PGTABLE_ASIDS_H
#define UNIT_PGTABLE_ASIDS_H

#include "sim_dma_fixture.h"

/*
 * Two address spaces, ASIDs 1 and 2, as SubstreamIDs 1 and 2. Page n of either is page n of
 * DATA, in which n stands, until they are mapped anew, to pages that many further on.
 */
struct pgtable_asids {
	struct sim_fixture *s;
	struct pgtable pgtable[3];
	unsigned int pages;
};

static inline void map_all(
	struct pgtable_asids *asids, unsigned int ssid, uint64_t bits, unsigned int shift)
{
	for (unsigned int n = 0; n < asids->pages; n++)
		map_page(&asids->pgtable[ssid], VA + n * PAGE,
			DATA + ((n + shift) % (DATA_SIZE / PAGE)) * PAGE, bits);
}

/* Page n of DATA has n in it. */
static inline void fill_pages(void)
{
	for (unsigned int n = 0; n < DATA_SIZE / PAGE; n++)
		ram_set(&ram, DATA + n * PAGE, n);
}

/* @config: see dma_build() */
static inline void pgtable_asids_init_on(const struct vsmmu_sim_config *config,
	struct pgtable_asids *asids, unsigned int pages, uint64_t bits)
{
	*asids = (struct pgtable_asids){.pages = pages};
	dma_pgtable(&asids->pgtable[0]);
	fill_pages();
	for (unsigned int i = 1; i < 3; i++) {
		struct pgtable *pgtable = &asids->pgtable[i];

		*pgtable = asids->pgtable[0];
		pgtable->root = RAM_BASE + 0x20000 * i;
		pgtable->free = pgtable->root + PAGE;
		pgtable->word[1] = pgtable->root;
		pgtable->word[0] |= (uint64_t)i << 48;
		ram_set_entry(&ram, CD_TABLE + UINT64_C(64) * i, pgtable->word);
		map_all(asids, i, bits, 0);
	}
	asids->s = dma_build(config);
	install(asids->s, CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2);
}

static inline void pgtable_asids_init(
	struct pgtable_asids *asids, unsigned int pages, uint64_t bits)
{
	pgtable_asids_init_on(NULL, asids, pages, bits);
}

static inline uint64_t load_page(struct pgtable_asids *asids, unsigned int ssid, unsigned int n)
{
	return load_by(asids->s, asids->s->endpoint.dev_id, ssid, VA + n * PAGE);
}

/* All in the TLB, and all changed in memory by 16 pages. */
static inline void go_stale(struct pgtable_asids *asids, uint64_t bits)
{
	for (unsigned int i = 1; i < 3; i++) {
		map_all(asids, i, bits, 0);
		invalidate(asids->s, NH_ALL, 0);
	}
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < asids->pages; n++)
			assert_int_equal(load_page(asids, i, n), n);
	for (unsigned int i = 1; i < 3; i++)
		map_all(asids, i, bits, 16);
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < asids->pages; n++)
			assert_int_equal(load_page(asids, i, n), n);
}

/* Exactly pages @first to @last of those of @ssids (bit n: n) are read anew. */
static inline void expect_fresh(
	struct pgtable_asids *asids, unsigned int ssids, unsigned int first, unsigned int last)
{
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < asids->pages; n++)
			assert_int_equal(load_page(asids, i, n),
				(ssids >> i & 1) && n >= first && n <= last ? n + 16 : n);
}

/* In memory alone. */
static inline void break_cd(struct pgtable_asids *asids, unsigned int ssid, bool broken)
{
	ram_set(&ram, CD_TABLE + UINT64_C(64) * ssid, broken ? 0 : asids->pgtable[ssid].word[0]);
}

#endif
