/* SPDX-License-Identifier: BSD-2-Clause */
/* The stream table: where the STE of a StreamID is (IHI 0070 3.3.1, 5.1, 6.3.24, 6.3.25). */
#ifndef ARCH_STRTAB_H
#define ARCH_STRTAB_H

#include "arch/features.h"
#include "arch/fetch.h"

/**
 * struct arch_strtab - the stream table registers, as the guest wrote them
 * @base: STRTAB_BASE
 * @cfg: STRTAB_BASE_CFG
 */
struct arch_strtab {
	uint64_t base;
	uint32_t cfg;
};

/* StreamIDs from 0 up to this have an entry; anything beyond is C_BAD_STREAMID. */
uint64_t arch_strtab_streams(
	const struct arch_strtab *strtab, const struct arch_features *features);

/**
 * arch_strtab_find() - find the STE of a StreamID
 * @address: of the STE, set on success
 * @fault: C_BAD_STREAMID or F_STE_FETCH, set on failure
 *
 * Reads a level 1 descriptor if the table has two levels; never the STE.
 *
 * Return: whether there is one.
 */
bool arch_strtab_find(const struct arch_strtab *strtab, const struct arch_features *features,
	const struct arch_memory *memory, uint32_t sid, uint64_t *address,
	struct arch_fault *fault);

/**
 * arch_strtab_fetch() - find and read the STE of a StreamID
 * @word: the STE, set on success
 * @fault: as for arch_strtab_find()
 */
bool arch_strtab_fetch(const struct arch_strtab *strtab, const struct arch_features *features,
	const struct arch_memory *memory, uint32_t sid, uint64_t word[ARCH_ENTRY_WORDS],
	struct arch_fault *fault);

#endif
