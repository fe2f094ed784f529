/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TLB of one VMID: complete translations of stage 1, kept until an invalidation covers
 * them or a newer one takes their place. Of the two sizes that an invalidation may have, the
 * one that the architecture demands and the one that it allows, it is the smaller here: a
 * guest that invalidates too little is to see it.
 *
 * Not here: a cache of table descriptors, so Leaf makes no difference; contiguous entries
 * taken as one; TLB conflicts (of entries that overlap the first one found answers).
 */
#ifndef HOST_SIM_TLB_H
#define HOST_SIM_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cd.h"
#include "arch/walk.h"

#define SIM_TLB_ENTRIES 1024

/* The tag of a mapping with not_global is its ASID; that of others is ASET, for any ASID. */
struct sim_tlb_entry {
	struct arch_mapping mapping;
	uint16_t asid;
	bool aset;
	uint8_t granule; /* log2 */
};

struct sim_tlb {
	unsigned int used; /* entries from 0 on */
	unsigned int next; /* which one is replaced when all are used */
	struct sim_tlb_entry entry[SIM_TLB_ENTRIES];
};

/* Return: whether the mapping of an address is there. */
bool sim_tlb_find(const struct sim_tlb *tlb, const struct arch_cd *cd, uint64_t address,
	struct arch_mapping *mapping);

/* @mapping: of @address, by @cd's tables */
void sim_tlb_add(struct sim_tlb *tlb, const struct arch_cd *cd, uint64_t address,
	const struct arch_mapping *mapping);

/* @word: a TLBI command that arch_command_kernel_accepts() (IHI 0070 4.4); ASET is no matter. */
void sim_tlb_invalidate(struct sim_tlb *tlb, const uint64_t word[2]);

#endif
