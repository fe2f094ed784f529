/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMSAv8-64 stage 1 walk. */
#include <vsmmu/event.h>

#include "arch/walk.h"

/* Descriptors (DDI 0487 D8.3) */
#define DESC_VALID   0
#define DESC_TABLE   1 /* a page, at the last level */
#define DESC_ATTR    2 /* 3 bits */
#define DESC_AP1     6
#define DESC_AP2     7
#define DESC_SH	     8 /* 2 bits */
#define DESC_AF	     10
#define DESC_NG	     11
#define DESC_CONT    52
#define DESC_PXN     53
#define DESC_UXN     54
#define DESC_PXNT    59
#define DESC_UXNT    60
#define DESC_APT0    61
#define DESC_APT1    62
#define DESC_LOG2    3
#define DESC_ADDRESS UINT64_C(0x0000ffffffffffff) /* bits 47:0 */

#define LAST_LEVEL 3

/* Permissions that the tables on the way forbid (DDI 0487 D8.4, hierarchical permissions). */
struct hierarchy {
	bool read_only;
	bool no_unprivileged;
	bool uxn;
	bool pxn;
};

static bool fail(struct arch_fault *fault, uint8_t event, uint64_t address)
{
	fault->event = event;
	fault->fetch_address = address;
	return false;
}

/* Every bit above the region's size must be a copy of bit 55, but for an ignored top byte. */
static bool in_range(const struct arch_region *region, uint64_t address, bool upper)
{
	const unsigned int top = region->tbi ? 55 : 63;
	const uint64_t above = arch_field(address, region->ia_bits, top + 1U - region->ia_bits);

	return above == (upper ? arch_mask(top + 1U - region->ia_bits) : 0);
}

/* Return: an address that is the same for all values of an ignored top byte. */
static uint64_t canonical(const struct arch_region *region, uint64_t address, bool upper)
{
	if (!region->tbi)
		return address;
	return (address & arch_mask(56)) | (upper ? ~arch_mask(56) : 0);
}

static int start_level(const struct arch_region *region)
{
	return LAST_LEVEL - (region->ia_bits - 1 - region->granule) / (region->granule - 3);
}

/* Input address bits below those that a level resolves: log2 of what one descriptor maps. */
static unsigned int level_shift(const struct arch_region *region, int level)
{
	return region->granule + (unsigned int)(LAST_LEVEL - level) * (region->granule - 3U);
}

static bool fetch(const struct arch_cd *cd, const struct arch_memory *memory, uint64_t address,
	uint64_t *descriptor)
{
	if (!arch_fetch(memory, address, descriptor, 1))
		return false;
	if (cd->big_endian)
		*descriptor = __builtin_bswap64(*descriptor);
	return true;
}

/* The address in a descriptor, without its lowest @low bits (DDI 0487 D8.3.1, D8.3.2). */
static uint64_t output_address(const struct arch_region *region, uint64_t descriptor, unsigned low)
{
	uint64_t address = descriptor & DESC_ADDRESS & ~arch_mask(low);

	if (region->lpa)
		address |= arch_field(descriptor, 12, 4) << 48;
	if (region->lpa2)
		address |= (descriptor & UINT64_C(3) << 48) | arch_field(descriptor, 8, 2) << 50;
	return address;
}

/* Where block descriptors exist; elsewhere their encoding is reserved and not valid. */
static bool block_allowed(const struct arch_region *region, int level)
{
	switch (region->granule) {
	case 12:
		return level == 2 || level == 1 || (level == 0 && region->lpa2);
	case 14:
		return level == 2 || (level == 1 && region->lpa2);
	default:
		return level == 2 || (level == 1 && region->lpa);
	}
}

static bool is_leaf(int level, uint64_t descriptor)
{
	return level == LAST_LEVEL || !arch_bit(descriptor, DESC_TABLE);
}

static bool is_valid(const struct arch_region *region, int level, uint64_t descriptor)
{
	if (!arch_bit(descriptor, DESC_VALID))
		return false;
	if (arch_bit(descriptor, DESC_TABLE))
		return true;
	return level != LAST_LEVEL && block_allowed(region, level);
}

static void pass_table(
	const struct arch_region *region, uint64_t descriptor, struct hierarchy *hierarchy)
{
	if (region->had)
		return;
	hierarchy->read_only |= arch_bit(descriptor, DESC_APT1);
	hierarchy->no_unprivileged |= arch_bit(descriptor, DESC_APT0);
	hierarchy->uxn |= arch_bit(descriptor, DESC_UXNT);
	hierarchy->pxn |= arch_bit(descriptor, DESC_PXNT);
}

static void fill(const struct arch_cd *cd, const struct arch_region *region,
	const struct hierarchy *hierarchy, uint64_t descriptor, struct arch_mapping *mapping)
{
	const unsigned int attr = (unsigned int)arch_field(descriptor, DESC_ATTR, 3);

	mapping->attr = (uint8_t)arch_field(cd->mair, attr * 8, 8);
	mapping->sh = region->lpa2 ? region->sh : (uint8_t)arch_field(descriptor, DESC_SH, 2);
	mapping->not_global = arch_bit(descriptor, DESC_NG);
	mapping->contiguous = arch_bit(descriptor, DESC_CONT);
	mapping->ap_unprivileged = arch_bit(descriptor, DESC_AP1) && !hierarchy->no_unprivileged;
	mapping->ap_read_only = arch_bit(descriptor, DESC_AP2) || hierarchy->read_only;
	mapping->uxn = arch_bit(descriptor, DESC_UXN) || hierarchy->uxn;
	mapping->pxn = arch_bit(descriptor, DESC_PXN) || hierarchy->pxn;
}

bool arch_walk(const struct arch_cd *cd, const struct arch_memory *memory, uint64_t address,
	struct arch_mapping *mapping, struct arch_fault *fault)
{
	const bool upper = arch_bit(address, 55);
	const struct arch_region *region = &cd->region[upper];
	struct hierarchy hierarchy = {0};
	unsigned int top = region->ia_bits;
	uint64_t table = region->base;
	uint64_t descriptor, at, output;
	unsigned int shift;
	int level;

	*fault = (struct arch_fault){0};
	if (region->disabled || !in_range(region, address, upper))
		return fail(fault, VSMMU_EVENT_F_TRANSLATION, 0);
	/* The order of faults at a level is that of 7.3.22. */
	for (level = start_level(region);; level++) {
		shift = level_shift(region, level);
		at = table + (arch_field(address, shift, top - shift) << DESC_LOG2);
		if (!fetch(cd, memory, at, &descriptor))
			return fail(fault, VSMMU_EVENT_F_WALK_EABT, at);
		arch_note(memory, ARCH_ENTRY_LEVEL0 + level, at, &descriptor);
		if (!is_valid(region, level, descriptor))
			return fail(fault, VSMMU_EVENT_F_TRANSLATION, 0);
		output = output_address(
			region, descriptor, is_leaf(level, descriptor) ? shift : region->granule);
		if (output >> cd->oa_bits)
			return fail(fault, VSMMU_EVENT_F_ADDR_SIZE, 0);
		if (is_leaf(level, descriptor))
			break;
		pass_table(region, descriptor, &hierarchy);
		table = output;
		top = shift;
	}
	if (!arch_bit(descriptor, DESC_AF) && !cd->affd)
		return fail(fault, VSMMU_EVENT_F_ACCESS, 0);
	*mapping = (struct arch_mapping){
		.input = canonical(region, address, upper) & ~arch_mask(shift),
		.output = output,
		.size_log2 = (uint8_t)shift,
		.level = (uint8_t)level,
	};
	fill(cd, region, &hierarchy, descriptor, mapping);
	return true;
}

static bool permits_execution(const struct arch_cd *cd, const struct arch_mapping *mapping,
	const struct arch_access *access)
{
	const bool writable = !mapping->ap_read_only;

	if (!access->privileged)
		return !mapping->uxn && !(cd->wxn && writable && mapping->ap_unprivileged);
	/* A page open to unprivileged writes is never executed privileged (DDI 0487 D8.4). */
	return !mapping->pxn && !(cd->wxn && writable) && !(writable && mapping->ap_unprivileged);
}

bool arch_walk_permits(const struct arch_cd *cd, const struct arch_mapping *mapping,
	const struct arch_access *access)
{
	if (access->instruction && !access->write)
		return permits_execution(cd, mapping, access);
	if (!access->privileged && !mapping->ap_unprivileged)
		return false;
	if (access->privileged && cd->pan && mapping->ap_unprivileged)
		return false;
	return !access->write || !mapping->ap_read_only;
}
