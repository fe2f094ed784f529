/* SPDX-License-Identifier: BSD-2-Clause */
/* Linear and two-level stream tables. */
#include <vsmmu/event.h>

#include "arch/strtab.h"

#define BASE_ADDR  UINT64_C(0x00ffffffffffffc0) /* STRTAB_BASE.ADDR, L1STD.L2Ptr: bits 55:6 */
#define CFG_2LEVEL 1
#define L1STD_LOG2 3
#define SPAN_MAX   11

static unsigned int log2size(const struct arch_strtab *strtab)
{
	return strtab->cfg & 0x3f;
}

/* Reserved values act as 6 (6.3.25). */
static unsigned int split(const struct arch_strtab *strtab)
{
	unsigned int value = strtab->cfg >> 6 & 0x1f;

	return value == 8 || value == 10 ? value : 6;
}

/* FMT is RES0 without ST_LEVEL, and its reserved values act as a linear table (6.3.25). */
static bool is_2level(const struct arch_strtab *strtab, const struct arch_features *features)
{
	return features->st_level == 1 && (strtab->cfg >> 16 & 3) == CFG_2LEVEL;
}

uint64_t arch_strtab_streams(const struct arch_strtab *strtab, const struct arch_features *features)
{
	unsigned int bits = log2size(strtab);

	/* LOG2SIZE counts as at most SIDSIZE here, but not where tables are aligned. */
	if (bits > features->sid_bits)
		bits = features->sid_bits;
	return UINT64_C(1) << bits;
}

/*
 * An address beyond OAS may be truncated or give F_STE_FETCH (3.4.3): reading what the
 * guest did not name would be the worse of the two. FetchAddr has no bits above OAS.
 */
static bool in_range(
	const struct arch_features *features, uint64_t address, struct arch_fault *fault)
{
	if (!(address >> features->oas))
		return true;
	fault->event = VSMMU_EVENT_F_STE_FETCH;
	fault->fetch_address = address & arch_mask(features->oas);
	return false;
}

static bool fetch(const struct arch_features *features, const struct arch_memory *memory,
	enum arch_entry entry, uint64_t address, uint64_t *word, struct arch_fault *fault)
{
	if (!in_range(features, address, fault))
		return false;
	if (arch_fetch(memory, address, word, entry == ARCH_ENTRY_STE ? ARCH_ENTRY_WORDS : 1)) {
		arch_note(memory, entry, address, word);
		return true;
	}
	fault->event = VSMMU_EVENT_F_STE_FETCH;
	fault->fetch_address = address;
	return false;
}

static bool find_2level(const struct arch_strtab *strtab, const struct arch_features *features,
	const struct arch_memory *memory, uint32_t sid, uint64_t *address, struct arch_fault *fault)
{
	const unsigned int low = split(strtab);
	const unsigned int high = log2size(strtab) > low ? log2size(strtab) - low : 0;
	const uint32_t index = sid & (uint32_t)arch_mask(low);
	unsigned int align = high + L1STD_LOG2;
	uint64_t base, l1std;
	unsigned int span;

	if (align < ARCH_ENTRY_LOG2)
		align = ARCH_ENTRY_LOG2;
	base = strtab->base & BASE_ADDR & ~arch_mask(align);
	if (!fetch(features, memory, ARCH_ENTRY_L1STD,
		    base + ((uint64_t)(sid >> low) << L1STD_LOG2), &l1std, fault))
		return false;
	span = l1std & 0x1f;
	/* The conditions of 7.3.3: none, reserved, more than SPLIT allows, not so many. */
	if (!span || span > SPAN_MAX || span > low + 1 || index >> (span - 1)) {
		fault->event = VSMMU_EVENT_C_BAD_STREAMID;
		return false;
	}
	/* The array is aligned to its size (5.1, L2Ptr). */
	base = l1std & BASE_ADDR & ~arch_mask(span - 1 + ARCH_ENTRY_LOG2);
	*address = base + ((uint64_t)index << ARCH_ENTRY_LOG2);
	return true;
}

bool arch_strtab_find(const struct arch_strtab *strtab, const struct arch_features *features,
	const struct arch_memory *memory, uint32_t sid, uint64_t *address, struct arch_fault *fault)
{
	*fault = (struct arch_fault){0};
	if (sid >= arch_strtab_streams(strtab, features)) {
		fault->event = VSMMU_EVENT_C_BAD_STREAMID;
		return false;
	}
	if (is_2level(strtab, features))
		return find_2level(strtab, features, memory, sid, address, fault) &&
		       in_range(features, *address, fault);
	*address = (strtab->base & BASE_ADDR & ~arch_mask(log2size(strtab) + ARCH_ENTRY_LOG2)) +
		   ((uint64_t)sid << ARCH_ENTRY_LOG2);
	return in_range(features, *address, fault);
}

bool arch_strtab_fetch(const struct arch_strtab *strtab, const struct arch_features *features,
	const struct arch_memory *memory, uint32_t sid, uint64_t word[ARCH_ENTRY_WORDS],
	struct arch_fault *fault)
{
	uint64_t address;

	return arch_strtab_find(strtab, features, memory, sid, &address, fault) &&
	       fetch(features, memory, ARCH_ENTRY_STE, address, word, fault);
}
