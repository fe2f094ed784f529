/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases of the differential test: an STE, a CD, translation tables and one access of 4 bytes,
 * with some fields varied. The same seed gives the same cases on every machine. They are,
 * of the fields of case_fields.c:
 *
 *	alone	each field, with all its values if it has at most 4, else with both its ends
 *		(of a part of a pointer: with the lowest bit flipped, and with all) and two more
 *	pairs	each two fields, of whatever objects, once, with one random value of each that
 *		is not the one that works
 *	random	200 times 1 to 4 of the words of case_words, with random bits
 *	filled	what is missing so that each outcome comes in so many cases where nothing
 *		deviates, and each deviation in CASES_DEVIATING cases
 *
 * So all pairs of fields are there, those within an STE, a CD or the tables as well as those
 * across them; but of a pair's values one combination is drawn, and everything else about the
 * case (the working STE, CD and tables that the fields are varied in, and the access) is too.
 * What turns out to be no case, see CASE_STRAY and struct case_limits, is drawn anew.
 *
 * A lane is a part of guest memory with an endpoint and a StreamID of its own, so that several
 * cases can run at once: case number i runs in lane i modulo the number of lanes.
 *
 *	lane + 0x00000	zeroes: an empty table
 *	lane + 0x10000	the CD
 *	lane + 0x20000	up to four tables, 64 KiB apart
 *	lane + 0x60000	128 KiB of data, none of which would pass for a descriptor or a CD
 */
#ifndef RIG_CASES_H
#define RIG_CASES_H

#include "arch/features.h"
#include "case_fields.h"

#define CASE_MEMORY	 UINT64_C(0x80000000) /* where lane 0 is; aligned as blocks are */
#define CASE_MEMORY_SIZE (UINT64_C(16) << 20)
#define CASE_LANES	 16
#define CASE_LANE_SIZE	 UINT64_C(0x80000)
#define CASE_DATA_OFFSET UINT64_C(0x60000)
#define CASE_DATA_SIZE	 UINT64_C(0x20000)
#define CASE_CHANGES	 4
#define CASE_BYTES	 4 /* of the access */
#define CASE_WORDS	 8 /* of an STE and a CD */
#define CASE_RECORD	 4 /* words of an event */
#define CASE_NAME	 160
#define CASE_VSID(lane)	 (0x40U + (lane))
#define CASE_SID_BITS	 7  /* of StreamIDs in the stream table */
#define CASE_OAS_BITS	 44 /* of the guest's SMMU */

#define CASES_DEVIATING 5 /* of each deviation at least */

/* What becomes of the access; the events are those that this hardware can raise. */
enum case_outcome {
	CASE_DATA = 0,
	CASE_SILENCE, /* an abort, and no event for the guest */
	CASE_C_BAD_STE,
	CASE_C_BAD_CD,
	CASE_F_TRANSLATION,
	CASE_F_ADDR_SIZE,
	CASE_F_ACCESS,
	CASE_F_PERMISSION,
	CASE_OUTCOMES,
	/* It would hang on memory that is not the lane's, or change such: no case. */
	CASE_STRAY = CASE_OUTCOMES
};

/**
 * struct case_answer - what becomes of a case's access, to the last bit
 * @outcome: enum case_outcome
 * @record: the guest's event; zeroes if there is none
 * @address: guest-physical, where the access goes with CASE_DATA; else 0
 */
struct case_answer {
	uint8_t outcome;
	uint64_t record[CASE_RECORD];
	uint64_t address;
};

enum case_group {
	CASE_ALONE = 0, /* each field by itself */
	CASE_PAIRS,	/* each two fields */
	CASE_RANDOM,	/* whole words */
	CASE_FILLED,	/* until there are enough of each outcome and each deviation */
	CASE_GROUPS
};

/**
 * struct case_limits - for whom the cases are
 * @lanes: where they will run
 * @ips: the largest IPS, encoded, whatever is varied; 7 is all there are
 * @table_log2: cases begin with tables of which no more than so much is used; 16 is all
 * @emulator: for the rig's machine: no cases where the emulated SMMU's answer hangs on memory
 *	that is not the lane's; and some for each of its deviations
 */
struct case_limits {
	uint8_t lanes;
	uint8_t ips;
	uint8_t table_log2;
	bool emulator;
};

/* For the rig's machine (tests/rig/deviations: cd-ips, large-table), and for a simulator. */
extern const struct case_limits case_limits_rig, case_limits_sim;

struct case_change {
	const struct case_field *field;
	uint64_t value;
};

/**
 * struct rig_case - one case
 * @seed: of all that is random in it
 * @limits: see there
 * @lane: where it runs
 * @group: enum case_group
 * @granule: log2 of the page size
 * @tsz: input addresses have 64 - @tsz bits
 * @start: level of the first table
 * @leaf: level of the block or page
 * @upper: through TTB1
 * @other: the other half is on as well, with an empty table
 * @identity: the input address is the output address
 * @write: else it reads
 * @ips: encoded
 * @offset: of the access in the data
 * @address: random bits for the input address
 * @cd_random: for the CD's ASID and MAIR
 * @count: of @change
 * @expected: as the architecture has it, see case_expect()
 * @emulated: as the emulated SMMU has it, see deviation_predict()
 * @deviation: why that is something else: enum deviation
 */
struct rig_case {
	uint64_t seed;
	struct case_limits limits;
	uint8_t lane;
	uint8_t group;
	uint8_t granule;
	uint8_t tsz;
	uint8_t start;
	uint8_t leaf;
	bool upper;
	bool other;
	bool identity;
	bool write;
	uint8_t ips;
	uint32_t offset;
	uint64_t address;
	uint64_t cd_random;
	unsigned int count;
	struct case_change change[CASE_CHANGES];
	struct case_answer expected;
	struct case_answer emulated;
	uint8_t deviation;
};

/* Where a case runs. */
struct case_lane {
	unsigned int number;
	uint64_t gpa;	 /* case_lane_address() */
	uint8_t *memory; /* CASE_LANE_SIZE bytes */
};

/* What is not in the lane's memory. */
struct case_image {
	uint64_t ste[CASE_WORDS];
	uint64_t address;
};

static inline uint64_t case_lane_address(unsigned int number)
{
	return CASE_MEMORY + number * CASE_LANE_SIZE;
}

const char *case_outcome_name(enum case_outcome outcome);
const char *case_group_name(enum case_group group);

/* The event's id, 0 for data and silence. */
unsigned int case_event_id(enum case_outcome outcome);

/* "STE.Config=6 CD.R=0, 16K L2 read": for people. Return: @text, CASE_NAME bytes. */
const char *case_describe(const struct rig_case *test, char *text);

/* Makes the lane's memory as every case expects it. */
void case_prepare(const struct case_lane *lane);

/* Writes the CD and the tables; case_erase() takes them away again, but not what DMA did. */
void case_build(
	const struct rig_case *test, const struct case_lane *lane, struct case_image *image);
void case_erase(const struct rig_case *test, const struct case_lane *lane);

/* Whether each change by itself makes the case another one than without it. */
bool case_is_varied(const struct rig_case *test, const struct case_lane *lane);

/*
 * What the SMMU reads at an address of the machine's memory when the case runs in this lane.
 * Return: false when nothing says so: only the empty tables of other lanes never change.
 */
bool case_load(const struct case_lane *lane, uint64_t address, void *bytes, size_t n);

/* What case_prepare() puts at an offset in the data: 4 bytes that are nowhere else in it. */
uint32_t case_data_at(uint64_t offset);

/**
 * case_expect() - what the architecture says about a case in this lane
 * @features: of the guest's SMMU
 * @lane: prepared memory, as it is again afterwards
 * @answer: filled in
 *
 * In front of a stage 2 that maps CASE_MEMORY_SIZE bytes, and whose own faults no guest sees.
 *
 * It asks src/arch/translate.c, as the simulator does: what the two have in common it cannot
 * show to be wrong. That is for the other side of the differential test, for
 * deviation_predict(), which is written on its own, and for the tests of src/arch/.
 */
void case_expect(const struct rig_case *test, const struct arch_features *features,
	const struct case_lane *lane, struct case_answer *answer);

/**
 * cases_make() - all cases of a seed
 * @features: of the guest's SMMU
 * @limits: see there
 * @least: at least so many of each outcome where nothing deviates
 * @count: gets their number
 *
 * Return: an array to be freed; NULL without memory, or if some outcome cannot be had.
 */
struct rig_case *cases_make(uint64_t seed, const struct arch_features *features,
	const struct case_limits *limits, unsigned int least, size_t *count);

#endif
