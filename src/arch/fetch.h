/* SPDX-License-Identifier: BSD-2-Clause */
/* All walks share this: the memory that they read, how they fail, and bit fields. */
#ifndef ARCH_FETCH_H
#define ARCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/record.h"

#define ARCH_ENTRY_WORDS 8 /* an STE or a CD, in 64-bit words */
#define ARCH_ENTRY_SIZE	 64
#define ARCH_ENTRY_LOG2	 6

/* The kinds of entries. A descriptor of a walk is ARCH_ENTRY_LEVEL0 plus its level, -1 to 3. */
enum arch_entry {
	ARCH_ENTRY_L1STD = 0,
	ARCH_ENTRY_STE,
	ARCH_ENTRY_L1CD,
	ARCH_ENTRY_CD,
	ARCH_ENTRY_LEVEL_MINUS1,
	ARCH_ENTRY_LEVEL0,
};

/**
 * struct arch_memory - the physical memory of the machine whose tables are walked
 * @read: copy @n bytes at @address to @bytes; negative where there is no memory, which
 *	the SMMU sees as an external abort
 * @ctx: passed back
 * @note: look at an entry that was read, in host byte order, before anything follows from it;
 *	@entry is an enum arch_entry. An STE and a CD have ARCH_ENTRY_WORDS words, any other entry
 *	one. May be NULL
 */
struct arch_memory {
	int (*read)(void *ctx, uint64_t address, void *bytes, size_t n);
	void *ctx;
	void (*note)(void *ctx, int entry, uint64_t address, const uint64_t *word);
};

/**
 * struct arch_fault - why a walk ended
 * @event: enum vsmmu_event_id, 0 for no fault
 * @fetch_address: of F_STE_FETCH, F_CD_FETCH and F_WALK_EABT: what could not be read
 */
struct arch_fault {
	uint8_t event;
	uint64_t fetch_address;
};

/* Bits 0 to @width - 1; all of them from 64 on. */
static inline uint64_t arch_mask(unsigned int width)
{
	return width < 64 ? (UINT64_C(1) << width) - 1 : ~UINT64_C(0);
}

static inline uint64_t arch_field(uint64_t word, unsigned int low, unsigned int width)
{
	return word >> low & arch_mask(width);
}

static inline bool arch_bit(uint64_t word, unsigned int bit)
{
	return word >> bit & 1;
}

/* Read up to ARCH_ENTRY_WORDS little-endian words. */
static inline bool arch_fetch(
	const struct arch_memory *memory, uint64_t address, uint64_t *word, unsigned int words)
{
	uint8_t bytes[ARCH_ENTRY_SIZE];

	if (memory->read(memory->ctx, address, bytes, words * sizeof(*word)) < 0)
		return false;
	for (unsigned int i = 0; i < words; i++)
		word[i] = record_load_word(bytes, (int)i);
	return true;
}

static inline void arch_note(
	const struct arch_memory *memory, int entry, uint64_t address, const uint64_t *word)
{
	if (memory->note)
		memory->note(memory->ctx, entry, address, word);
}

#endif
