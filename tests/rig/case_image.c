/* SPDX-License-Identifier: BSD-2-Clause */
/* A case as memory. */
#include <endian.h>
#include <string.h>

#include "arch/translate.h"
#include "cases.h"

#define LANE_CD	    UINT64_C(0x10000)
#define LANE_TABLES UINT64_C(0x20000)
#define LANE_TABLE  UINT64_C(0x10000)
#define LAST_LEVEL  3

#define STE_V	   UINT64_C(1)
#define STE_STAGE1 (UINT64_C(5) << 1)
#define STE_CACHED UINT64_C(0xf4) /* S1CIR, S1COR write-back, S1CSH inner */

#define CD_CACHED    UINT64_C(0x3500) /* IRx, ORx, SHx */
#define CD_EPD	     UINT64_C(0x4000)
#define CD_V	     (UINT64_C(1) << 31)
#define CD_IPS	     32
#define CD_AA64	     (UINT64_C(1) << 41)
#define CD_R	     (UINT64_C(1) << 45)
#define CD_A	     (UINT64_C(1) << 46)
#define CD_ASET	     (UINT64_C(1) << 47)
#define CD_ASID	     48
#define CD_ASID_LANE UINT64_C(0xf) /* no two lanes share translations */
#define CD_HALF	     16
#define CD_MEMORY    UINT64_C(0xff)

#define DESC_BLOCK  UINT64_C(1)
#define DESC_PAGE   UINT64_C(3)
#define DESC_TABLE  UINT64_C(3)
#define DESC_USER   (UINT64_C(1) << 6)
#define DESC_SHARED (UINT64_C(3) << 8)
#define DESC_AF	    (UINT64_C(1) << 10)
#define DESC_NG	    (UINT64_C(1) << 11)

/* log2 of what a descriptor of a level maps. */
static unsigned int level_shift(const struct rig_case *test, unsigned int level)
{
	return test->granule + (LAST_LEVEL - level) * (test->granule - 3U);
}

static uint64_t *word_at(const struct case_lane *lane, uint64_t offset)
{
	return (uint64_t *)(lane->memory + offset);
}

/* 0 in the bits that make a descriptor or a CD valid, and no two halves of words alike. */
static uint64_t data_word(uint64_t offset)
{
	uint64_t word = offset >> 3;

	return (word << 40 | word << 2 | UINT64_C(1) << 32 | 2) & ~CD_V;
}

uint32_t case_data_at(uint64_t offset)
{
	return (uint32_t)(data_word(offset & ~UINT64_C(7)) >> (offset & 4 ? 32 : 0));
}

void case_prepare(const struct case_lane *lane)
{
	memset(lane->memory, 0, CASE_LANE_SIZE);
	for (uint64_t at = 0; at < CASE_DATA_SIZE; at += 8)
		*word_at(lane, CASE_DATA_OFFSET + at) = htole64(data_word(at));
}

/* Bit 0 of a field's place. */
static unsigned int place(const struct rig_case *test, const struct case_field *field)
{
	const bool half = (field->half == CASE_USED) == test->upper;

	if (field->object == CASE_ACCESS)
		return field->low + (field->half == CASE_USED ? level_shift(test, test->leaf) : 0U);
	if (field->object != CASE_CD || !field->half || field->word || !half)
		return field->low;
	/* Fields in pairs of 16 bits; TBI0 and TBI1 are neighbours. */
	return field->low + (field->low < CD_HALF ? CD_HALF : 1U);
}

static unsigned int word_of(const struct rig_case *test, const struct case_field *field)
{
	if (field->object != CASE_CD || !field->half || !field->word)
		return field->word;
	return field->word + ((field->half == CASE_USED) == test->upper);
}

static void apply(const struct rig_case *test, enum case_object object, uint64_t *words)
{
	for (unsigned int i = 0; i < test->count; i++) {
		const struct case_field *field = test->change[i].field;
		uint64_t *word = &words[word_of(test, field)];
		const unsigned int low = place(test, field);
		const uint64_t mask = arch_mask(field->bits) << low;

		if (field->object != object)
			continue;
		*word = (*word & (field->flip ? ~UINT64_C(0) : ~mask)) ^
			(test->change[i].value << low & mask);
	}
}

/* The bits that indexes of the limited size are made of. */
static uint64_t index_mask(const struct rig_case *test)
{
	uint64_t mask = 0;

	for (unsigned int level = test->start; level <= LAST_LEVEL; level++)
		mask |= arch_mask(test->limits.table_log2 - 3U) << level_shift(test, level);
	return mask;
}

static uint64_t input_address(const struct rig_case *test, uint64_t output)
{
	const unsigned int bits = 64U - test->tsz;
	const unsigned int shift = level_shift(test, test->leaf);
	uint64_t address = test->address & index_mask(test) & ~arch_mask(shift);

	if (test->identity)
		address = output;
	address = (address | (output & arch_mask(shift))) & arch_mask(bits);
	return test->upper ? address | ~arch_mask(bits) : address;
}

static void build_ste(const struct rig_case *test, const struct case_lane *lane, uint64_t *ste)
{
	memset(ste, 0, CASE_WORDS * sizeof(*ste));
	ste[0] = STE_V | STE_STAGE1 | (lane->gpa + LANE_CD);
	ste[1] = STE_CACHED;
	apply(test, CASE_STE, ste);
}

static uint64_t half_of(const struct rig_case *test, bool upper)
{
	static const uint8_t tg[2][3] = {{0, 2, 1}, {2, 1, 3}}; /* 4, 16, 64 KiB */
	const uint64_t encoded = tg[upper][(test->granule - 12) / 2];

	if (upper != test->upper && !test->other)
		return CD_EPD;
	return test->tsz | encoded << 6 | CD_CACHED;
}

static void build_cd(const struct rig_case *test, const struct case_lane *lane)
{
	uint64_t cd[CASE_WORDS] = {0};

	cd[0] = half_of(test, false) | half_of(test, true) << CD_HALF | CD_V |
		(uint64_t)test->ips << CD_IPS | CD_AA64 | CD_R | CD_A | CD_ASET |
		(test->cd_random & 0xfff0) << CD_ASID;
	cd[1 + test->upper] = lane->gpa + LANE_TABLES;
	cd[2 - test->upper] = test->other ? lane->gpa : 0;
	cd[3] = (test->cd_random & ~CD_MEMORY) | CD_MEMORY;
	apply(test, CASE_CD, cd);
	if (arch_field(cd[0], CD_IPS, 3) > test->limits.ips)
		cd[0] = (cd[0] & ~(UINT64_C(7) << CD_IPS)) | (uint64_t)test->limits.ips << CD_IPS;
	cd[0] = (cd[0] & ~(CD_ASID_LANE << CD_ASID)) | (uint64_t)lane->number << CD_ASID;
	for (unsigned int i = 0; i < CASE_WORDS; i++)
		word_at(lane, LANE_CD)[i] = htole64(cd[i]);
}

/* Where the descriptor of a level is, as the case has it before anything is varied. */
static uint64_t descriptor_offset(const struct rig_case *test, uint64_t address, unsigned int level)
{
	const unsigned int shift = level_shift(test, level);
	unsigned int bits = test->granule - 3U;

	if (level == test->start)
		bits = 64U - test->tsz - shift;
	return LANE_TABLES + (level - test->start) * LANE_TABLE +
	       arch_field(address, shift, bits) * sizeof(uint64_t);
}

static void build_tables(const struct rig_case *test, const struct case_lane *lane, uint64_t input)
{
	const uint64_t output = lane->gpa + CASE_DATA_OFFSET;
	uint64_t descriptor;

	for (unsigned int level = test->start; level < test->leaf; level++) {
		descriptor = (lane->gpa + LANE_TABLES + (level + 1 - test->start) * LANE_TABLE) |
			     DESC_TABLE;
		if (level == test->start)
			apply(test, CASE_TABLE, &descriptor);
		*word_at(lane, descriptor_offset(test, input, level)) = htole64(descriptor);
	}
	descriptor = ((output + test->offset) & ~arch_mask(level_shift(test, test->leaf))) |
		     (test->leaf == LAST_LEVEL ? DESC_PAGE : DESC_BLOCK) | DESC_USER | DESC_SHARED |
		     DESC_AF | DESC_NG;
	apply(test, CASE_LEAF, &descriptor);
	*word_at(lane, descriptor_offset(test, input, test->leaf)) = htole64(descriptor);
}

void case_build(const struct rig_case *test, const struct case_lane *lane, struct case_image *image)
{
	const uint64_t input = input_address(test, lane->gpa + CASE_DATA_OFFSET + test->offset);

	build_ste(test, lane, image->ste);
	build_cd(test, lane);
	build_tables(test, lane, input);
	image->address = input;
	apply(test, CASE_ACCESS, &image->address);
}

void case_erase(const struct rig_case *test, const struct case_lane *lane)
{
	const uint64_t input = input_address(test, lane->gpa + CASE_DATA_OFFSET + test->offset);

	memset(word_at(lane, LANE_CD), 0, CASE_WORDS * sizeof(uint64_t));
	for (unsigned int level = test->start; level <= test->leaf; level++)
		*word_at(lane, descriptor_offset(test, input, level)) = 0;
}

/* All that a case's changes can reach. */
struct case_parts {
	struct case_image image;
	uint64_t cd[CASE_WORDS];
	uint64_t table;
	uint64_t leaf;
};

static void take_parts(
	const struct rig_case *test, const struct case_lane *lane, struct case_parts *parts)
{
	const uint64_t input = input_address(test, lane->gpa + CASE_DATA_OFFSET + test->offset);

	memset(parts, 0, sizeof(*parts));
	case_build(test, lane, &parts->image);
	memcpy(parts->cd, word_at(lane, LANE_CD), sizeof(parts->cd));
	parts->table = *word_at(lane, descriptor_offset(test, input, test->start));
	parts->leaf = *word_at(lane, descriptor_offset(test, input, test->leaf));
	case_erase(test, lane);
}

bool case_is_varied(const struct rig_case *test, const struct case_lane *lane)
{
	struct rig_case other = *test;
	struct case_parts base, parts;

	other.count = 0;
	take_parts(&other, lane, &base);
	other.count = 1;
	for (unsigned int i = 0; i < test->count; i++) {
		other.change[0] = test->change[i];
		take_parts(&other, lane, &parts);
		if (!memcmp(&base, &parts, sizeof(base)))
			return false;
	}
	return true;
}

bool case_load(const struct case_lane *lane, uint64_t address, void *bytes, size_t n)
{
	const uint64_t of_lane = (address - CASE_MEMORY) % CASE_LANE_SIZE;

	if (address - lane->gpa <= CASE_LANE_SIZE - n)
		memcpy(bytes, lane->memory + (address - lane->gpa), n);
	else if (address - CASE_MEMORY < CASE_LANES * CASE_LANE_SIZE && of_lane <= LANE_CD - n)
		memset(bytes, 0, n);
	else
		return false;
	return true;
}

struct reader {
	const struct case_lane *lane;
	uint8_t ste[CASE_WORDS * sizeof(uint64_t)];
	bool strayed;
};

#define EXPECT_STRTAB (UINT64_C(1) << 40) /* away from every lane */

/* The STE stands for every StreamID's. */
static int read_memory(void *ctx, uint64_t address, void *bytes, size_t n)
{
	struct reader *reader = ctx;

	if (address - EXPECT_STRTAB < sizeof(reader->ste) << CASE_SID_BITS) {
		memcpy(bytes, reader->ste, n);
		return 0;
	}
	if (address - CASE_MEMORY >= CASE_MEMORY_SIZE)
		return -1;
	reader->strayed |= !case_load(reader->lane, address, bytes, n);
	return reader->strayed ? -1 : 0;
}

static enum case_outcome outcome_of(const struct arch_result *result, const struct case_lane *lane)
{
	if (result->outcome == ARCH_PASS) {
		if (result->address - lane->gpa - CASE_DATA_OFFSET < CASE_DATA_SIZE)
			return CASE_DATA;
		return result->address - CASE_MEMORY < CASE_MEMORY_SIZE ? CASE_STRAY : CASE_SILENCE;
	}
	if (!result->recorded)
		return CASE_SILENCE;
	switch (result->event) {
	case VSMMU_EVENT_C_BAD_STE:
		return CASE_C_BAD_STE;
	case VSMMU_EVENT_C_BAD_CD:
		return CASE_C_BAD_CD;
	case VSMMU_EVENT_F_TRANSLATION:
		return CASE_F_TRANSLATION;
	case VSMMU_EVENT_F_ADDR_SIZE:
		return CASE_F_ADDR_SIZE;
	case VSMMU_EVENT_F_ACCESS:
		return CASE_F_ACCESS;
	case VSMMU_EVENT_F_PERMISSION:
		return CASE_F_PERMISSION;
	default:
		/* What cannot be fetched is stage 2's fault. */
		return CASE_SILENCE;
	}
}

void case_expect(const struct rig_case *test, const struct arch_features *features,
	const struct case_lane *lane, struct case_answer *answer)
{
	struct arch_state state = {
		.features = *features,
		.strtab = {.base = EXPECT_STRTAB, .cfg = CASE_SID_BITS},
		.enabled = true,
	};
	struct arch_transaction transaction = {
		.sid = CASE_VSID(lane->number),
		.access.write = test->write,
	};
	struct reader reader = {.lane = lane};
	const struct arch_memory memory = {.read = read_memory, .ctx = &reader};
	struct arch_result result;
	struct case_image image;

	case_build(test, lane, &image);
	for (unsigned int i = 0; i < CASE_WORDS; i++)
		record_store_word(image.ste[i], reader.ste, (int)i);
	transaction.address = image.address;
	arch_translate(&state, &memory, &transaction, &result);
	case_erase(test, lane);
	*answer = (struct case_answer){
		.outcome = (uint8_t)(reader.strayed ? CASE_STRAY : outcome_of(&result, lane)),
	};
	if (answer->outcome == CASE_DATA)
		answer->address = result.address;
	else if (case_event_id(answer->outcome))
		memcpy(answer->record, result.record.word, sizeof(answer->record));
}
