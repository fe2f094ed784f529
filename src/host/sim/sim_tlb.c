/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim_tlb.h"

#include "arch/command.h"

#define GET(word, field) arch_command_get(word, COMMAND_FIELD_##field)

#define SCALE_MAX 39 /* what is more is taken for it (4.4.1.1) */

/* The entries that a TLBI covers. */
struct scope {
	bool any_asid;
	bool any_address;
	bool spares_global;
	uint16_t asid;
	uint8_t granule; /* 0: all */
	uint8_t level;	 /* 0: all */
	uint64_t first;
	uint64_t last;
};

/* Entries have bit 55 in the place of an ignored top byte. */
static uint64_t extend(uint64_t address)
{
	return address & UINT64_C(1) << 55 ? address | ~arch_mask(56) : address & arch_mask(56);
}

static uint64_t last_of(const struct arch_mapping *mapping)
{
	return mapping->input | arch_mask(mapping->size_log2);
}

/* An ASID is the same one whatever its ASET; what is global is so within an ASET (3.17.1). */
static bool is_of(const struct sim_tlb_entry *entry, const struct arch_cd *cd)
{
	return entry->mapping.not_global ? entry->asid == cd->asid : entry->aset == cd->aset;
}

bool sim_tlb_find(const struct sim_tlb *tlb, const struct arch_cd *cd, uint64_t address,
	struct arch_mapping *mapping)
{
	if (cd->region[arch_bit(address, 55)].tbi)
		address = extend(address);
	for (unsigned int i = 0; i < tlb->used; i++) {
		const struct sim_tlb_entry *entry = &tlb->entry[i];

		if (address < entry->mapping.input || address > last_of(&entry->mapping))
			continue;
		if (!is_of(entry, cd))
			continue;
		*mapping = entry->mapping;
		return true;
	}
	return false;
}

void sim_tlb_add(struct sim_tlb *tlb, const struct arch_cd *cd, uint64_t address,
	const struct arch_mapping *mapping)
{
	unsigned int i;

	if (tlb->used < SIM_TLB_ENTRIES) {
		i = tlb->used++;
	} else {
		i = tlb->next;
		tlb->next = (i + 1) % SIM_TLB_ENTRIES;
	}
	tlb->entry[i] = (struct sim_tlb_entry){
		.mapping = *mapping,
		.asid = cd->asid,
		.aset = cd->aset,
		.granule = cd->region[arch_bit(address, 55)].granule,
	};
}

/*
 * (NUM + 1) * 2^SCALE granules (4.4.1.1), as many as there are up to the last address. None
 * reaches from the lower half into the upper one, which is not asked for: 2^60 is the most.
 */
static uint64_t range_last(uint64_t first, uint64_t num, unsigned int scale, unsigned int granule)
{
	const unsigned int shift = (scale < SCALE_MAX ? scale : SCALE_MAX) + granule;
	const uint64_t length = (num + 1) << shift;

	return length - 1 < ~first ? first + length - 1 : ~UINT64_C(0);
}

static struct scope scope_of_va(const uint64_t word[2])
{
	const unsigned int tg = (unsigned int)GET(word, TG);
	const unsigned int granule = 10 + 2 * tg;
	const uint64_t address = GET(word, ADDR) << 12;
	struct scope scope = {
		.any_asid = (uint8_t)word[0] == COMMAND_OP_TLBI_NH_VAA,
		.asid = (uint16_t)GET(word, ASID),
		.first = address,
		.last = address,
	};

	/*
	 * Other bits above bit 55 may be taken as out of range, and TBI need not count (4.4.2):
	 * such an address is in no entry, and no range begins there.
	 */
	if (!tg || address != extend(address))
		return scope;
	scope.granule = (uint8_t)granule;
	scope.level = (uint8_t)GET(word, TTL);
	scope.first = address & ~arch_mask(granule);
	scope.last =
		range_last(scope.first, GET(word, NUM), (unsigned int)GET(word, SCALE), granule);
	return scope;
}

static struct scope scope_of(const uint64_t word[2])
{
	switch ((uint8_t)word[0]) {
	case COMMAND_OP_TLBI_NH_ASID:
		return (struct scope){.any_address = true,
			.spares_global = true,
			.asid = (uint16_t)GET(word, ASID)};
	case COMMAND_OP_TLBI_NH_VA:
	case COMMAND_OP_TLBI_NH_VAA:
		return scope_of_va(word);
	default:
		return (struct scope){.any_address = true, .any_asid = true};
	}
}

static bool is_covered(const struct sim_tlb_entry *entry, const struct scope *scope)
{
	const struct arch_mapping *mapping = &entry->mapping;

	if (!mapping->not_global && scope->spares_global)
		return false;
	if (mapping->not_global && !scope->any_asid && entry->asid != scope->asid)
		return false;
	if (scope->any_address)
		return true;
	if (scope->granule && scope->granule != entry->granule)
		return false;
	if (scope->level && scope->level != mapping->level)
		return false;
	return mapping->input <= scope->last && last_of(mapping) >= scope->first;
}

void sim_tlb_invalidate(struct sim_tlb *tlb, const uint64_t word[2])
{
	const struct scope scope = scope_of(word);

	for (unsigned int i = 0; i < tlb->used;) {
		if (is_covered(&tlb->entry[i], &scope))
			tlb->entry[i] = tlb->entry[--tlb->used];
		else
			i++;
	}
}
