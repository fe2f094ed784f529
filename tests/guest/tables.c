/* SPDX-License-Identifier: BSD-2-Clause */
#include "tables.h"

#include <inttypes.h>
#include <stdbool.h>

#include "files.h"
#include "memory.h"
#include "smmu.h"

#define STRTAB_BASE	0x80
#define STRTAB_BASE_CFG 0x88

#define ADDRESS(word, low)     ((word)&UINT64_C(0x000fffffffffffff) & ~((UINT64_C(1) << (low)) - 1))
#define FIELD(word, low, bits) ((word) >> (low) & ((UINT64_C(1) << (bits)) - 1))

#define STE_SIZE   64u
#define CONFIG_S1  5u
#define LAST_LEVEL 3

static int find_ste(uint32_t sid, uint64_t *ste)
{
	volatile uint8_t *registers = memory_registers(smmu_base(), PAGE);
	uint64_t base, level1 = 0;
	uint32_t config, split;

	if (!registers)
		return -1;
	base = ADDRESS(*(volatile uint64_t *)(registers + STRTAB_BASE), 6);
	config = *(volatile uint32_t *)(registers + STRTAB_BASE_CFG);
	split = FIELD(config, 6, 5);
	if (FIELD(config, 16, 2)) {
		if (memory_read(base + (sid >> split) * 8, &level1))
			return -1;
		if (!FIELD(level1, 0, 5))
			return fail("stream %#x has no second table", sid);
		base = ADDRESS(level1, 6);
		sid &= (1u << split) - 1;
	}
	*ste = base + sid * STE_SIZE;
	return 0;
}

int tables_find_cd(uint32_t sid, uint64_t *cd)
{
	uint64_t ste = 0, word = 0;

	if (find_ste(sid, &ste) || memory_read(ste, &word))
		return -1;
	if (!(word & 1) || FIELD(word, 1, 3) != CONFIG_S1 || FIELD(word, 59, 5))
		return fail("stream %#x has another STE: %#" PRIx64, sid, word);
	*cd = ADDRESS(word, 6);
	return 0;
}

int tables_find_leaf(uint64_t cd, uint64_t iova, uint64_t *leaf)
{
	uint64_t word = 0, table = 0;
	int level;

	if (memory_read(cd, &word) || memory_read(cd + 8, &table))
		return -1;
	if (FIELD(word, 6, 2))
		return fail("CD with another granule: %#" PRIx64, word);
	/* T0SZ; each level takes 9 bits of the input address. */
	level = LAST_LEVEL - (int)((64 - FIELD(word, 0, 6) - 12 - 1) / 9);
	table = ADDRESS(table, 4);
	for (;; level++) {
		*leaf = table + FIELD(iova, 12 + 9 * (LAST_LEVEL - level), 9) * 8;
		if (memory_read(*leaf, &word))
			return -1;
		if (level == LAST_LEVEL || !(word & 2))
			break;
		table = ADDRESS(word, 12);
	}
	if (level != LAST_LEVEL || (word & 3) != 3)
		return fail(
			"%#" PRIx64 " has no page: %#" PRIx64 " at level %d", iova, word, level);
	return 0;
}
