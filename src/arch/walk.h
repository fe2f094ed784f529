/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMSAv8-64 stage 1 walk (DDI 0487 D8; IHI 0070 3.4, 7.3.22, 13.4). */
#ifndef ARCH_WALK_H
#define ARCH_WALK_H

#include "arch/cd.h"
#include "arch/fetch.h"

/* log2 of the smallest granule: what is within one is one transaction here. */
#define ARCH_GRANULE_MIN 12

/* The kind of an access. Writes are never instruction fetches (13.1.2). */
struct arch_access {
	bool write;
	bool privileged;
	bool instruction;
};

/**
 * struct arch_mapping - what the tables say about a block of addresses; what a TLB holds
 * @input: first input address of the block; an ignored top byte counts as bit 55
 * @output: first output address of the block
 * @size_log2: log2 of its size
 * @level: of its descriptor, 0 to 3
 * @attr: memory attribute, a byte of MAIR
 * @sh: shareability
 * @not_global: nG: it belongs to the ASID alone
 * @contiguous: the hint; such entries may be cached as one. Ignored in the walk
 * @ap_unprivileged: AP[1], APTable[0] applied: unprivileged access is allowed
 * @ap_read_only: AP[2], APTable[1] applied
 * @uxn: no unprivileged execution, UXNTable applied
 * @pxn: no privileged execution, PXNTable applied
 */
struct arch_mapping {
	uint64_t input;
	uint64_t output;
	uint8_t size_log2;
	uint8_t level;
	uint8_t attr;
	uint8_t sh;
	bool not_global;
	bool contiguous;
	bool ap_unprivileged;
	bool ap_read_only;
	bool uxn;
	bool pxn;
};

/**
 * arch_walk() - find the mapping of an address
 * @cd: from arch_cd_parse()
 * @address: as the endpoint used it
 * @mapping: set on success
 * @fault: F_TRANSLATION, F_WALK_EABT, F_ADDR_SIZE or F_ACCESS, set on failure
 *
 * At most 5 reads of 8 bytes.
 *
 * Return: whether there is one, whatever it permits: see arch_walk_permits().
 */
bool arch_walk(const struct arch_cd *cd, const struct arch_memory *memory, uint64_t address,
	struct arch_mapping *mapping, struct arch_fault *fault);

/* Whether a mapping permits an access; else F_PERMISSION. */
bool arch_walk_permits(const struct arch_cd *cd, const struct arch_mapping *mapping,
	const struct arch_access *access);

/* The output address of an input address in the mapping's block. */
static inline uint64_t arch_mapping_output(const struct arch_mapping *mapping, uint64_t address)
{
	return mapping->output | (address & arch_mask(mapping->size_log2));
}

/* Bytes from an address to the end of the block that it is in. */
static inline uint64_t arch_block_left(unsigned int size_log2, uint64_t address)
{
	return arch_mask(size_log2) - (address & arch_mask(size_log2)) + 1;
}

#endif
