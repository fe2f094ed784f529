/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated SMMU of QEMU's "virt" machine with both stages, by what tests/rig/deviations
 * says about it, and else by the architecture: no SubstreamIDs, stalls, AArch32 or big-endian
 * tables, no updates of tables; 44 bits of address, all three granules, HAD.
 */
#include "deviation.h"

#include <string.h>

#include "arch/fetch.h"

#define LAST_LEVEL   3
#define PAGE_LOG2    12 /* of stage 2: what is consecutive for the emulator */
#define DESC_SIZE    8
#define POINTER_MASK UINT64_C(0x00ffffffffffffc0) /* STE.S1ContextPtr */
#define TTB_MASK     UINT64_C(0x0007fffffffffff0) /* CD.TTBx, but for bit 51 */
#define OUTPUT_MASK  UINT64_C(0x0000ffffffffffff)

/* Word 0 of a CD; what both halves have is 16 bits apart, but for TBI. */
enum {
	CD_TG = 6,
	CD_EPD = 14,
	CD_ENDI = 15,
	CD_V = 31,
	CD_IPS = 32,
	CD_AFFD = 35,
	CD_TBI = 38,
	CD_AA64 = 41,
	CD_HD = 42,
	CD_HA = 43,
	CD_S = 44,
	CD_R = 45,
	CD_A = 46,
};

enum {
	DESC_VALID = 0,
	DESC_TABLE = 1,
	DESC_AP1 = 6,
	DESC_AP2 = 7,
	DESC_AF = 10,
	DESC_APTABLE0 = 61,
	DESC_APTABLE1 = 62,
};

enum {
	CLASS_TT = 1,
	CLASS_IN = 2,
};

struct half {
	bool disabled;
	bool had;
	unsigned int granule;
	unsigned int ia_bits;
	uint64_t table;
};

/* One case under way. Functions return false when it has come to its end. */
struct walk {
	const struct rig_case *test;
	const struct case_lane *lane;
	struct case_image image;
	uint64_t cd[CASE_WORDS];
	unsigned int oa_bits;
	struct half half[2];
	bool privileged; /* the tables so far forbid unprivileged accesses */
	enum deviation met;
	struct case_answer *answer;
};

const char *deviation_name(enum deviation deviation)
{
	static const char *const names[DEVIATIONS] = {
		[DEVIATION_NONE] = "none",
		[DEVIATION_BYPASS_RANGE] = "bypass-range",
		[DEVIATION_TTB_BIT_51] = "ttb-bit-51",
		[DEVIATION_TTB_FETCHED] = "ttb-fetched",
		[DEVIATION_TBI1] = "tbi1",
		[DEVIATION_FAULT_ORDER] = "fault-order",
		[DEVIATION_WALK_STAGE2] = "walk-stage2",
		[DEVIATION_RESERVED_BLOCK] = "reserved-block",
		[DEVIATION_UNPRIVILEGED] = "unprivileged",
	};

	return deviation < DEVIATIONS ? names[deviation] : "not listed";
}

static void meet(struct walk *walk, enum deviation deviation)
{
	if (!walk->met)
		walk->met = deviation;
}

static bool end(struct walk *walk, enum case_outcome outcome)
{
	const uint64_t sid = CASE_VSID(walk->lane->number);

	walk->answer->outcome = (uint8_t)outcome;
	if (case_event_id(outcome))
		walk->answer->record[0] = sid << 32 | case_event_id(outcome);
	return false;
}

/* A fault of stage 1; no stall, unprivileged data. */
static bool fault(struct walk *walk, enum case_outcome outcome, uint64_t class_)
{
	if (!arch_bit(walk->cd[0], CD_R))
		return end(walk, CASE_SILENCE);
	walk->answer->record[1] = class_ << 40 | (uint64_t)!walk->test->write << 35;
	walk->answer->record[2] = walk->image.address;
	return end(walk, outcome);
}

static bool is_memory(uint64_t address)
{
	return address - CASE_MEMORY < CASE_MEMORY_SIZE;
}

/* After stage 2 has let it through. */
static bool load(struct walk *walk, uint64_t address, uint64_t *word, unsigned int words)
{
	uint8_t bytes[CASE_WORDS * sizeof(*word)];

	if (!case_load(walk->lane, address, bytes, words * sizeof(*word)))
		return end(walk, CASE_STRAY);
	for (unsigned int i = 0; i < words; i++)
		word[i] = record_load_word(bytes, (int)i);
	return true;
}

static bool reach(struct walk *walk, uint64_t address)
{
	if (!is_memory(address))
		return end(walk, CASE_SILENCE);
	if (address - walk->lane->gpa - CASE_DATA_OFFSET >= CASE_DATA_SIZE)
		return end(walk, CASE_STRAY);
	walk->answer->address = address;
	return end(walk, CASE_DATA);
}

static bool bypass(struct walk *walk)
{
	if (walk->image.address >> CASE_OAS_BITS) {
		meet(walk, DEVIATION_BYPASS_RANGE);
		return end(walk, CASE_SILENCE);
	}
	return reach(walk, walk->image.address);
}

static bool fetch_cd(struct walk *walk)
{
	const uint64_t *ste = walk->image.ste;
	const uint64_t pointer = ste[0] & POINTER_MASK;

	if (!arch_bit(ste[0], 0))
		return end(walk, CASE_C_BAD_STE);
	switch (arch_field(ste[0], 1, 3)) {
	case 4:
		return bypass(walk);
	case 5:
		break;
	case 6:
	case 7: /* stage 2 */
		return end(walk, CASE_C_BAD_STE);
	default:
		return end(walk, CASE_SILENCE);
	}
	if (arch_bit(ste[1], 27) /* S1STALLD */ || pointer >> CASE_OAS_BITS)
		return end(walk, CASE_C_BAD_STE);
	if (!is_memory(pointer))
		return end(walk, CASE_SILENCE);
	return load(walk, pointer, walk->cd, CASE_WORDS);
}

static bool take_half(struct walk *walk, unsigned int n)
{
	static const uint8_t granules[2][4] = {{12, 16, 14, 0}, {0, 14, 12, 16}};
	const uint64_t fields = walk->cd[0] >> (16 * n), word = walk->cd[1 + n];
	const unsigned int tsz = (unsigned int)arch_field(fields, 0, 6);
	struct half *half = &walk->half[n];

	half->disabled = arch_bit(fields, CD_EPD);
	if (half->disabled)
		return true;
	half->granule = granules[n][arch_field(fields, CD_TG, 2)];
	half->ia_bits = 64 - tsz;
	half->had = arch_bit(word, 1);
	half->table = word & TTB_MASK;
	if (!half->granule || tsz < 16 || tsz > 39 || arch_bit(walk->cd[0], CD_ENDI) ||
		half->table >> walk->oa_bits)
		return end(walk, CASE_C_BAD_CD);
	if (arch_bit(word, 51))
		meet(walk, DEVIATION_TTB_BIT_51);
	if (is_memory(half->table))
		return true;
	meet(walk, DEVIATION_TTB_FETCHED);
	return end(walk, CASE_SILENCE);
}

static bool take_cd(struct walk *walk)
{
	static const uint8_t ips_bits[8] = {32, 36, 40, 42, 44, 44, 44, 44};
	const uint64_t cd = walk->cd[0];

	if (!arch_bit(cd, CD_V) || !arch_bit(cd, CD_AA64) || !arch_bit(cd, CD_A) ||
		arch_bit(cd, CD_S) || arch_bit(cd, CD_HA) || arch_bit(cd, CD_HD))
		return end(walk, CASE_C_BAD_CD);
	walk->oa_bits = ips_bits[arch_field(cd, CD_IPS, 3)];
	return take_half(walk, 0) && take_half(walk, 1);
}

static bool in_range(const struct half *half, uint64_t address, bool tbi)
{
	const unsigned int top = tbi ? 56 : 64, bits = top - half->ia_bits;
	const uint64_t above = arch_field(address, half->ia_bits, bits);

	return above == (arch_bit(address, 55) ? arch_mask(bits) : 0);
}

static bool take_address(struct walk *walk, const struct half *half)
{
	const uint64_t address = walk->image.address;
	const bool tbi0 = arch_bit(walk->cd[0], CD_TBI);
	const bool tbi = arch_bit(walk->cd[0], CD_TBI + arch_bit(address, 55));

	if (half->disabled)
		return fault(walk, CASE_F_TRANSLATION, CLASS_IN);
	if (in_range(half, address, tbi) != in_range(half, address, tbi0))
		meet(walk, DEVIATION_TBI1);
	return in_range(half, address, tbi0) || fault(walk, CASE_F_TRANSLATION, CLASS_IN);
}

/* A descriptor that leads to a table. */
static bool take_table(
	struct walk *walk, const struct half *half, uint64_t descriptor, uint64_t *table)
{
	if (!half->had && arch_bit(descriptor, DESC_APTABLE1) && walk->test->write) {
		meet(walk, DEVIATION_FAULT_ORDER);
		return fault(walk, CASE_F_PERMISSION, CLASS_IN);
	}
	walk->privileged |= !half->had && arch_bit(descriptor, DESC_APTABLE0);
	*table = descriptor & OUTPUT_MASK & ~arch_mask(half->granule);
	if (is_memory(*table))
		return true;
	meet(walk, DEVIATION_WALK_STAGE2);
	return fault(
		walk, *table >> walk->oa_bits ? CASE_F_ADDR_SIZE : CASE_F_TRANSLATION, CLASS_TT);
}

/* One that leads to 1 << @shift bytes of memory. */
static bool take_leaf(struct walk *walk, uint64_t descriptor, unsigned int shift)
{
	const uint64_t output = descriptor & OUTPUT_MASK & ~arch_mask(shift);
	const bool too_high = output >> walk->oa_bits;

	if (!arch_bit(descriptor, DESC_AF) && !arch_bit(walk->cd[0], CD_AFFD)) {
		if (too_high)
			meet(walk, DEVIATION_FAULT_ORDER);
		return fault(walk, CASE_F_ACCESS, CLASS_IN);
	}
	if (arch_bit(descriptor, DESC_AP2) && walk->test->write) {
		if (too_high)
			meet(walk, DEVIATION_FAULT_ORDER);
		return fault(walk, CASE_F_PERMISSION, CLASS_IN);
	}
	if (too_high)
		return fault(walk, CASE_F_ADDR_SIZE, CLASS_IN);
	if (walk->privileged || !arch_bit(descriptor, DESC_AP1))
		meet(walk, DEVIATION_UNPRIVILEGED);
	return reach(walk, output | (walk->image.address & arch_mask(shift)));
}

static bool block_exists(const struct half *half, unsigned int level)
{
	return level == 2 || (level == 1 && half->granule == 12);
}

static bool take_tables(struct walk *walk)
{
	const struct half *half = &walk->half[arch_bit(walk->image.address, 55)];
	unsigned int stride, level, shift, top = half->ia_bits;
	uint64_t table = half->table, descriptor;

	if (!take_address(walk, half))
		return false;
	stride = half->granule - 3;
	level = LAST_LEVEL - (top - 1 - half->granule) / stride;
	shift = half->granule + (LAST_LEVEL - level) * stride;
	if (top - shift + 3 > PAGE_LOG2)
		return end(walk, CASE_STRAY);
	table &= ~arch_mask(top - shift + 3);
	for (;; level++, top = shift, shift -= stride) {
		const uint64_t offset =
			arch_field(walk->image.address, shift, top - shift) * DESC_SIZE;

		if (offset >> PAGE_LOG2)
			return end(walk, CASE_STRAY);
		if (!load(walk, table + offset, &descriptor, 1))
			return false;
		if (!arch_bit(descriptor, DESC_VALID) ||
			(level == LAST_LEVEL && !arch_bit(descriptor, DESC_TABLE)))
			return fault(walk, CASE_F_TRANSLATION, CLASS_IN);
		if (level == LAST_LEVEL)
			return take_leaf(walk, descriptor, shift);
		if (!arch_bit(descriptor, DESC_TABLE)) {
			if (!block_exists(half, level))
				meet(walk, DEVIATION_RESERVED_BLOCK);
			return take_leaf(walk, descriptor, shift);
		}
		if (!take_table(walk, half, descriptor, &table))
			return false;
	}
}

enum deviation deviation_predict(
	const struct rig_case *test, const struct case_lane *lane, struct case_answer *answer)
{
	struct walk walk = {.test = test, .lane = lane, .answer = answer};

	*answer = (struct case_answer){0};
	case_build(test, lane, &walk.image);
	if (fetch_cd(&walk) && take_cd(&walk))
		take_tables(&walk);
	case_erase(test, lane);
	if (answer->outcome == test->expected.outcome &&
		answer->address == test->expected.address &&
		!memcmp(answer->record, test->expected.record, sizeof(answer->record)))
		return DEVIATION_NONE;
	return walk.met ? walk.met : DEVIATION_UNLISTED;
}
