/* SPDX-License-Identifier: BSD-2-Clause */
#include "deviation.h"

#include <string.h>

#include "arch/cd.h"
#include "arch/ste.h"

#define CD_OFFSET    UINT64_C(0x10000)
#define LAST_LEVEL   3
#define TABLE_LOG2   12 /* pages of stage 2 */
#define TTB_BIT_51   51
#define DESC_VALID   0
#define DESC_TABLE   1
#define DESC_AP1     6
#define DESC_APT0    61
#define DESC_APT1    62
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)

#define CLASS_MASK (UINT64_C(3) << 40)
#define CLASS_TT   (UINT64_C(1) << 40)
#define CLASS_IN   (UINT64_C(2) << 40)

/* What the case looks like from where the emulator goes its own way. */
struct path {
	uint64_t address; /* of the access */
	struct arch_ste ste;
	bool cd_legal;
	struct arch_cd cd;
	bool ttb_bit_51;     /* TTB0 or TTB1 that is used has it set */
	bool ttb_outside;    /* one of them is where no memory is */
	bool large_table;    /* an index leads beyond a page of stage 2, or could */
	bool table_outside;  /* a table descriptor leads where no memory is */
	bool reserved_block; /* a block descriptor stands where there are none */
	bool privileged;     /* unprivileged accesses are forbidden */
	bool table_readonly; /* by a table descriptor */
	bool output_outside; /* a descriptor's address is beyond IPS */
	bool leaf_elsewhere; /* the access would go where the lane has no data */
};

const char *deviation_name(enum deviation deviation)
{
	static const char *const names[DEVIATIONS] = {
		[DEVIATION_NONE] = "none",
		[DEVIATION_LARGE_TABLE] = "large-table",
		[DEVIATION_WALK_STAGE2] = "walk-stage2",
		[DEVIATION_TTB_BIT_51] = "ttb-bit-51",
		[DEVIATION_TTB_FETCHED] = "ttb-fetched",
		[DEVIATION_RESERVED_BLOCK] = "reserved-block",
		[DEVIATION_UNPRIVILEGED] = "unprivileged",
		[DEVIATION_FAULT_ORDER] = "fault-order",
		[DEVIATION_BYPASS_RANGE] = "bypass-range",
	};

	return names[deviation];
}

static bool outside(uint64_t address)
{
	return address - SIDE_MEMORY >= SIDE_SIZE;
}

static bool is_data(const struct case_lane *lane, uint64_t address)
{
	return address - lane->gpa - CASE_DATA_OFFSET < CASE_DATA_SIZE;
}

static bool load(const struct case_lane *lane, uint64_t address, uint64_t *words, unsigned int n)
{
	if (address - lane->gpa > CASE_LANE_SIZE - n * sizeof(*words))
		return false;
	memcpy(words, lane->memory + (address - lane->gpa), n * sizeof(*words));
	return true;
}

static void look_at_ttbs(const uint64_t cd[CASE_WORDS], struct path *path)
{
	for (unsigned int half = 0; half < 2; half++) {
		const uint64_t ttb = cd[1 + half] & UINT64_C(0x0007fffffffffff0);

		if (arch_bit(cd[0], half ? 30 : 14))
			continue;
		path->ttb_bit_51 |= arch_bit(cd[1 + half], TTB_BIT_51);
		path->ttb_outside |= outside(ttb);
	}
}

static bool is_block(const struct arch_region *region, unsigned int level, uint64_t descriptor,
	struct path *path)
{
	if (level == LAST_LEVEL || arch_bit(descriptor, DESC_TABLE))
		return false;
	if (level < 2 && (level == 0 || region->granule != 12))
		path->reserved_block = true;
	return true;
}

static void look_at_tables(
	const struct case_lane *lane, const struct arch_cd *cd, struct path *path)
{
	const struct arch_region *region = &cd->region[arch_bit(path->address, 55)];
	const unsigned int stride = region->granule - 3U;
	unsigned int top = region->ia_bits;
	uint64_t table = region->base, descriptor;

	if (region->disabled)
		return;
	for (unsigned int level = LAST_LEVEL - (top - 1 - region->granule) / stride;; level++) {
		const unsigned int shift = region->granule + (LAST_LEVEL - level) * stride;
		const uint64_t index = arch_field(path->address, shift, top - shift);

		if (table == region->base)
			path->large_table |= top - shift + 3 > TABLE_LOG2;
		path->large_table |= index >> (TABLE_LOG2 - 3);
		if (!load(lane, table + index * sizeof(descriptor), &descriptor, 1) ||
			!arch_bit(descriptor, DESC_VALID))
			return;
		if (is_block(region, level, descriptor, path) || level == LAST_LEVEL) {
			path->privileged |= !arch_bit(descriptor, DESC_AP1);
			path->leaf_elsewhere =
				!is_data(lane, (descriptor & DESC_ADDRESS & ~arch_mask(shift)) |
						       (path->address & arch_mask(shift)));
			path->output_outside |= (descriptor & DESC_ADDRESS) >> cd->oa_bits;
			return;
		}
		path->privileged |= !region->had && arch_bit(descriptor, DESC_APT0);
		path->table_readonly |= !region->had && arch_bit(descriptor, DESC_APT1);
		table = descriptor & DESC_ADDRESS & ~arch_mask(region->granule);
		path->table_outside |= outside(table);
		path->output_outside |= table >> cd->oa_bits;
		top = shift;
	}
}

static void look_at(const struct rig_case *test, const struct arch_features *features,
	const struct case_lane *lane, struct path *path)
{
	struct case_image image;
	uint64_t cd[CASE_WORDS];

	*path = (struct path){0};
	case_build(test, lane, &image);
	path->address = image.address;
	arch_ste_parse(image.ste, features, &path->ste);
	if (path->ste.kind == ARCH_STE_S1 && load(lane, path->ste.s1contextptr, cd, CASE_WORDS)) {
		look_at_ttbs(cd, path);
		path->cd_legal = arch_cd_parse(cd, features, path->ste.s1stalld, &path->cd);
		if (path->cd_legal)
			look_at_tables(lane, &path->cd, path);
	}
	case_erase(test, lane);
}

static unsigned int id_of(const struct duel_answer *answer)
{
	return answer->events.count == 1 ? SMMU_EVENT_ID(answer->events.record[0]) : 0;
}

/* One event, of stage 1, at the same place and of the same StreamID as @like says. */
static bool is_event_like(
	const struct side_events *events, const uint64_t like[4], unsigned int id, uint64_t class_)
{
	const uint64_t *record = events->record;

	return events->count == 1 && record[0] == ((like[0] & ~UINT64_C(0xff)) | id) &&
	       record[1] == ((like[1] & ~CLASS_MASK) | class_) && record[2] == like[2] &&
	       record[3] == like[3];
}

/* The event that the access would give in any case of a stage 1 fault. */
static void likely_record(const struct rig_case *test, const struct case_lane *lane,
	uint64_t address, uint64_t record[4])
{
	record[0] = (uint64_t)SIDE_VSID(lane->number) << 32;
	record[1] = CLASS_IN | (test->write ? 0 : UINT64_C(1) << 35);
	record[2] = address;
	record[3] = 0;
}

static bool silent(const struct duel_answer *answer)
{
	return !answer->events.count && !answer->passed;
}

static bool passed(const struct duel_answer *answer)
{
	return !answer->events.count && answer->passed;
}

enum deviation deviation_of(const struct rig_case *test, const struct arch_features *features,
	const struct case_lane *lane, const struct duel_result *result)
{
	const struct duel_answer *sim = &result->sim, *real = &result->real;
	const unsigned int sim_id = id_of(sim), real_id = id_of(real);
	uint64_t like[4];
	struct path path;

	look_at(test, features, lane, &path);
	likely_record(test, lane, path.address, like);
	if (path.ste.kind == ARCH_STE_BYPASS)
		return sim_id == SMMU_F_ADDR_SIZE && silent(real) ? DEVIATION_BYPASS_RANGE
								  : DEVIATION_NONE;
	if (sim_id == SMMU_C_BAD_CD && path.ttb_bit_51 && real_id != SMMU_C_BAD_CD)
		return DEVIATION_TTB_BIT_51;
	if (path.ttb_outside && silent(real))
		return DEVIATION_TTB_FETCHED;
	if (!path.cd_legal)
		return DEVIATION_NONE;
	if (path.large_table && is_event_like(&real->events, like, SMMU_F_TRANSLATION, CLASS_IN))
		return DEVIATION_LARGE_TABLE;
	if (path.table_outside && (silent(sim) || sim_id == SMMU_F_ADDR_SIZE) &&
		(is_event_like(&real->events, like, SMMU_F_TRANSLATION, CLASS_TT) ||
			is_event_like(&real->events, like, SMMU_F_ADDR_SIZE, CLASS_TT)))
		return DEVIATION_WALK_STAGE2;
	if (path.reserved_block && sim_id == SMMU_F_TRANSLATION)
		return DEVIATION_RESERVED_BLOCK;
	if (path.privileged && sim_id == SMMU_F_PERMISSION &&
		(passed(real) || (path.leaf_elsewhere && silent(real))))
		return DEVIATION_UNPRIVILEGED;
	if (path.output_outside && sim_id == SMMU_F_ADDR_SIZE && real_id == SMMU_F_ACCESS &&
		is_event_like(&real->events, like, real_id, CLASS_IN))
		return DEVIATION_FAULT_ORDER;
	if ((path.output_outside || path.table_readonly) && test->write &&
		sim_id != SMMU_F_PERMISSION &&
		is_event_like(&real->events, like, SMMU_F_PERMISSION, CLASS_IN))
		return DEVIATION_FAULT_ORDER;
	return DEVIATION_NONE;
}
