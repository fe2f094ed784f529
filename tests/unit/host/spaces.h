/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces with ASIDs of their own behind one endpoint of the simulator's. */
#ifndef UNIT_SPACES_H
#define UNIT_SPACES_H

#include "sim_dma_stand.h"

/*
 * Two address spaces, ASIDs 1 and 2, as SubstreamIDs 1 and 2. Page n of either is page n of
 * DATA, in which n stands, until they are mapped anew, to pages that many further on.
 */
struct spaces {
	struct stand *s;
	struct space space[3];
	unsigned int pages;
};

static inline void map_all(
	struct spaces *spaces, unsigned int ssid, uint64_t bits, unsigned int shift)
{
	for (unsigned int n = 0; n < spaces->pages; n++)
		map_page(&spaces->space[ssid], VA + n * PAGE,
			DATA + ((n + shift) % (DATA_SIZE / PAGE)) * PAGE, bits);
}

/* Page n of DATA has n in it. */
static inline void fill_pages(void)
{
	for (unsigned int n = 0; n < DATA_SIZE / PAGE; n++)
		ram_set(&ram, DATA + n * PAGE, n);
}

/* @config: see dma_build() */
static inline void spaces_init_on(const struct vsmmu_sim_config *config, struct spaces *spaces,
	unsigned int pages, uint64_t bits)
{
	*spaces = (struct spaces){.pages = pages};
	dma_space(&spaces->space[0]);
	fill_pages();
	for (unsigned int i = 1; i < 3; i++) {
		struct space *space = &spaces->space[i];

		*space = spaces->space[0];
		space->root = RAM_BASE + 0x20000 * i;
		space->free = space->root + PAGE;
		space->word[1] = space->root;
		space->word[0] |= (uint64_t)i << 48;
		ram_set_entry(&ram, CD_TABLE + UINT64_C(64) * i, space->word);
		map_all(spaces, i, bits, 0);
	}
	spaces->s = dma_build(config);
	install(spaces->s, CD_TABLE | STE_S1 | UINT64_C(8) << 59, 2);
}

static inline void spaces_init(struct spaces *spaces, unsigned int pages, uint64_t bits)
{
	spaces_init_on(NULL, spaces, pages, bits);
}

static inline uint64_t load_page(struct spaces *spaces, unsigned int ssid, unsigned int n)
{
	return load_by(spaces->s, spaces->s->endpoint.dev_id, ssid, VA + n * PAGE);
}

/* All in the TLB, and all changed in memory by 16 pages. */
static inline void go_stale(struct spaces *spaces, uint64_t bits)
{
	for (unsigned int i = 1; i < 3; i++) {
		map_all(spaces, i, bits, 0);
		invalidate(spaces->s, NH_ALL, 0);
	}
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < spaces->pages; n++)
			assert_int_equal(load_page(spaces, i, n), n);
	for (unsigned int i = 1; i < 3; i++)
		map_all(spaces, i, bits, 16);
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < spaces->pages; n++)
			assert_int_equal(load_page(spaces, i, n), n);
}

/* Exactly pages @first to @last of those of @ssids (bit n: n) are read anew. */
static inline void expect_fresh(
	struct spaces *spaces, unsigned int ssids, unsigned int first, unsigned int last)
{
	for (unsigned int i = 1; i < 3; i++)
		for (unsigned int n = 0; n < spaces->pages; n++)
			assert_int_equal(load_page(spaces, i, n),
				(ssids >> i & 1) && n >= first && n <= last ? n + 16 : n);
}

/* In memory alone. */
static inline void break_cd(struct spaces *spaces, unsigned int ssid, bool broken)
{
	ram_set(&ram, CD_TABLE + UINT64_C(64) * ssid, broken ? 0 : spaces->space[ssid].word[0]);
}

#endif
