/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of one half of an address space: built page by page, and walked by a model that
 * goes by the table of level sizes in DDI 0487 D8.2 and knows nothing of src/arch/walk.c.
 */
#ifndef LIB_PGTABLE_H
#define LIB_PGTABLE_H

#include "arch/walk.h"
#include "lib/tables.h"

#define BIT(n)	     (UINT64_C(1) << (n))
#define AF	     BIT(10)
#define PGTABLE_HIGH UINT64_C(0x8000080000000) /* an address of RAM that needs 52 bits */

/**
 * struct granule - a page size and what follows from it
 * @bits: log2 of it
 * @tg: TG0, TG1
 * @shift: log2 of what a descriptor maps, levels -1 to 3; 0: no such level
 */
struct granule {
	uint8_t bits;
	uint8_t tg[2];
	uint8_t shift[5];
};

extern const struct granule granules[3];

/* The only RAM there is. */
extern struct ram ram;

/**
 * struct pgtable - the tables of one half, and the CD that points to them
 * @cd: the CD, parsed
 * @word: the CD
 * @upper: TTB1's half
 * @lpa: descriptors of 64 KiB pages hold 52 bits
 * @lpa2: so do those of other pages
 * @start: level to begin with, as an index into granule->shift
 * @root: the first table
 * @free: where the next one will be
 */
struct pgtable {
	const struct granule *granule;
	struct arch_cd cd;
	struct arch_memory memory;
	uint64_t word[8];
	bool upper;
	bool lpa;
	bool lpa2;
	unsigned int ia_bits;
	unsigned int oa_bits;
	unsigned int start;
	uint64_t root;
	uint64_t free;
};

/* @index: of the level, like @start; @shift: log2 of the size */
struct mapped {
	uint64_t va;
	uint64_t pa;
	unsigned int index;
	unsigned int shift;
};

/* False if such a CD is ILLEGAL: TxSZ is out of range. Clears RAM, which is then at @base. */
bool pgtable_init(struct pgtable *pgtable, unsigned int g, bool upper, unsigned int tsz, bool ds,
	unsigned int oa_bits, uint64_t base);

/* The bits above those that are translated. */
uint64_t pgtable_sign(const struct pgtable *pgtable);

/* An address as descriptors hold it. */
uint64_t pgtable_pack(const struct pgtable *pgtable, uint64_t pa);

bool pgtable_may_block(const struct pgtable *pgtable, unsigned int index);

/* Where the descriptor at a level is; tables on the way are made if there are none. */
uint64_t pgtable_slot(struct pgtable *pgtable, uint64_t va, unsigned int index);

/* @bits: of the descriptor, but for its address and kind */
void pgtable_map(struct pgtable *pgtable, const struct mapped *mapped, uint64_t bits);

/* The model: an event, or 0 and the output address. */
unsigned int pgtable_naive(const struct pgtable *pgtable, uint64_t va, uint64_t *pa);

#endif
