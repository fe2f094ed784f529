/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator of cases. */
#include "cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/fetch.h"
#include "unit/rng.h"

#define LAST_LEVEL 3
#define TSZ_LEAST  16
#define TSZ_MOST   39

#define VALUES_ALONE 4	 /* of a field that has so many */
#define CROSS_PAIRS  200 /* of two objects; those of one object come all */
#define RANDOM_CASES 200
#define FILL_TRIES   20000

/* The identity map needs room for the addresses of the memory. */
#define IDENTITY_BITS 33

struct maker {
	const struct arch_features *features;
	struct case_limits limits;
	struct case_lane lane; /* for what is expected */
	struct rng rng;	       /* of the seeds */
	struct rig_case *cases;
	size_t count, room;
	unsigned int outcomes[CASE_OUTCOMES];
	bool failed;
};

const char *case_outcome_name(enum case_outcome outcome)
{
	static const char *const names[CASE_OUTCOMES] = {
		[CASE_DATA] = "data",
		[CASE_SILENCE] = "silence",
		[CASE_C_BAD_STE] = "C_BAD_STE",
		[CASE_C_BAD_CD] = "C_BAD_CD",
		[CASE_F_TRANSLATION] = "F_TRANSLATION",
		[CASE_F_ADDR_SIZE] = "F_ADDR_SIZE",
		[CASE_F_ACCESS] = "F_ACCESS",
		[CASE_F_PERMISSION] = "F_PERMISSION",
	};

	return outcome < CASE_OUTCOMES ? names[outcome] : "another event";
}

const char *case_group_name(enum case_group group)
{
	static const char *const names[CASE_GROUPS] = {
		[CASE_ALONE] = "fields alone",
		[CASE_PAIRS] = "pairs of fields",
		[CASE_RANDOM] = "random words",
		[CASE_FILLED] = "filled up",
	};

	return names[group];
}

const char *case_describe(const struct rig_case *test, char *text)
{
	int n = 0;

	for (unsigned int i = 0; i < test->count && n < CASE_NAME; i++)
		n += snprintf(text + n, CASE_NAME - (size_t)n, "%s%s%#" PRIx64 " ",
			test->change[i].field->name, test->change[i].field->flip ? "^" : "=",
			test->change[i].value);
	if (n < CASE_NAME)
		snprintf(text + n, CASE_NAME - (size_t)n, "%uK T%uSZ %u L%u IPS %u %s%s%s",
			1U << (test->granule - 10), test->upper, test->tsz, test->leaf, test->ips,
			test->write ? "write" : "read", test->identity ? " identity" : "",
			test->other ? " both" : "");
	return text;
}

/* Bits of the first table's index. */
static unsigned int start_bits(const struct rig_case *test)
{
	return (64U - test->tsz - 1U - test->granule) % (test->granule - 3U) + 1;
}

/* A block, or a page, may be what the level leads to. */
static bool leaf_allowed(const struct rig_case *test, unsigned int level)
{
	return level >= test->start && (level >= 2 || (level == 1 && test->granule == 12));
}

static uint8_t granule_of(const struct arch_features *features, struct rng *rng)
{
	const bool has[3] = {features->gran4k, features->gran16k, features->gran64k};
	unsigned int n;

	do
		n = (unsigned int)rng_below(rng, 3);
	while (!has[n]);
	return (uint8_t)(12 + 2 * n);
}

/* A case that works, of all kinds; with one table at least that leads to another. */
static void make_base(const struct arch_features *features, struct rng *rng, struct rig_case *test)
{
	unsigned int ia_bits;

	test->granule = granule_of(features, rng);
	do {
		test->tsz = (uint8_t)(TSZ_LEAST + rng_below(rng, TSZ_MOST - TSZ_LEAST + 1));
		ia_bits = 64U - test->tsz;
		test->start = (uint8_t)(LAST_LEVEL -
					(ia_bits - 1 - test->granule) / (test->granule - 3U));
		test->leaf = (uint8_t)(LAST_LEVEL - rng_below(rng, 3));
	} while (test->leaf <= test->start || !leaf_allowed(test, test->leaf) ||
		 start_bits(test) + 3 > test->limits.table_log2);
	test->upper = !rng_below(rng, 3);
	test->other = !rng_below(rng, 4);
	test->identity = !test->upper && ia_bits >= IDENTITY_BITS && rng_below(rng, 2);
	test->write = rng_below(rng, 2);
	test->ips = (uint8_t)rng_below(rng, test->limits.ips + 1U);
	test->offset = (uint32_t)(rng_below(rng, 0x10000) & ~(CASE_BYTES - UINT64_C(1)));
	test->address = rng_next(rng);
	test->cd_random = rng_next(rng);
}

static void add_change(struct rig_case *test, const struct case_field *field, uint64_t value)
{
	test->change[test->count++] = (struct case_change){field, value & arch_mask(field->bits)};
}

/* What a field is varied to: its ends as often as anything between. */
static uint64_t random_value(struct rng *rng, const struct case_field *field)
{
	const uint64_t value = rng_next(rng);

	switch (rng_below(rng, 4)) {
	case 0:
		return field->flip ? arch_mask(field->bits) : 0;
	case 1:
		return arch_mask(field->bits);
	case 2:
		return UINT64_C(1) << value % field->bits;
	default:
		return field->flip && !(value & arch_mask(field->bits)) ? 1 : value;
	}
}

static struct rig_case *begin(struct maker *maker, enum case_group group, struct rng *rng)
{
	struct rig_case *test;

	if (maker->count == maker->room) {
		const size_t room = maker->room ? 2 * maker->room : 1024;
		void *cases = realloc(maker->cases, room * sizeof(*maker->cases));

		if (!cases) {
			maker->failed = true;
			return NULL;
		}
		maker->cases = cases;
		maker->room = room;
	}
	test = &maker->cases[maker->count];
	*test = (struct rig_case){
		.seed = rng_next(&maker->rng),
		.group = (uint8_t)group,
		.limits = maker->limits,
	};
	*rng = (struct rng){test->seed};
	make_base(maker->features, rng, test);
	return test;
}

static void expect(struct maker *maker, struct rig_case *test)
{
	test->expected = (uint8_t)case_expect(test, maker->features, &maker->lane);
}

/* Return: false for one that is none: another seed may make it one. */
static bool keep(struct maker *maker, struct rig_case *test)
{
	expect(maker, test);
	if (test->expected == CASE_STRAY)
		return false;
	maker->count++;
	maker->outcomes[test->expected]++;
	return true;
}

static void make_alone(struct maker *maker, const struct case_field *field)
{
	const bool all = field->bits <= 2;
	const uint64_t values = all ? UINT64_C(1) << field->bits : VALUES_ALONE;

	for (uint64_t n = 0; n < values;) {
		struct rng rng;
		struct rig_case *test = begin(maker, CASE_ALONE, &rng);

		if (!test)
			return;
		/* The ends, then anything. */
		if (all || n < 2)
			add_change(test, field, all ? n : n ? ~UINT64_C(0) : field->flip);
		else
			add_change(test, field, random_value(&rng, field));
		n += keep(maker, test);
	}
}

static void make_pair(
	struct maker *maker, const struct case_field *one, const struct case_field *two)
{
	struct rng rng;
	struct rig_case *test;

	do {
		test = begin(maker, CASE_PAIRS, &rng);
		if (!test)
			return;
		add_change(test, one, random_value(&rng, one));
		add_change(test, two, random_value(&rng, two));
	} while (!keep(maker, test));
}

/* All pairs of one object, the two kinds of descriptor and the address being one. */
static bool belong_together(const struct case_field *one, const struct case_field *two)
{
	return one->object == two->object ||
	       (one->object >= CASE_TABLE && two->object >= CASE_TABLE);
}

static void make_pairs(struct maker *maker)
{
	for (size_t one = 0; one < case_field_count; one++)
		for (size_t two = one + 1; two < case_field_count; two++)
			if (belong_together(&case_fields[one], &case_fields[two]))
				make_pair(maker, &case_fields[one], &case_fields[two]);
	for (unsigned int n = 0; n < CROSS_PAIRS;) {
		const struct case_field *one =
			&case_fields[rng_below(&maker->rng, case_field_count)];
		const struct case_field *two =
			&case_fields[rng_below(&maker->rng, case_field_count)];

		if (belong_together(one, two))
			continue;
		make_pair(maker, one, two);
		n++;
	}
}

static void make_random(struct maker *maker)
{
	const struct case_field *field;
	struct rng rng;
	struct rig_case *test;
	uint64_t changes;

	/* One draw in a statement: a compiler may take the arguments of a call in any order. */
	do {
		test = begin(maker, CASE_RANDOM, &rng);
		if (!test)
			return;
		changes = 1 + rng_below(&rng, CASE_CHANGES);
		for (uint64_t i = 0; i < changes; i++) {
			field = &case_words[rng_below(&rng, case_word_count)];
			add_change(test, field, rng_next(&rng));
		}
	} while (!keep(maker, test));
}

/* One more case of an outcome. */
static bool make_filled(struct maker *maker, enum case_outcome outcome)
{
	for (unsigned int tries = 0; tries < FILL_TRIES; tries++) {
		struct rng rng;
		struct rig_case *test = begin(maker, CASE_FILLED, &rng);
		uint64_t changes;

		if (!test)
			return false;
		changes = 1 + rng_below(&rng, 3);
		for (uint64_t i = 0; i < changes; i++) {
			const struct case_field *field =
				&case_fields[rng_below(&rng, case_field_count)];

			add_change(test, field, random_value(&rng, field));
		}
		expect(maker, test);
		if (test->expected == outcome)
			return keep(maker, test);
	}
	return false;
}

struct rig_case *cases_make(uint64_t seed, const struct arch_features *features,
	const struct case_limits *limits, unsigned int least, size_t *count)
{
	struct maker maker = {
		.features = features,
		.limits = *limits,
		.lane = {.gpa = CASE_MEMORY, .memory = malloc(CASE_LANE_SIZE)},
		.rng = {seed},
	};

	if (!maker.lane.memory)
		return NULL;
	case_prepare(&maker.lane);
	for (size_t i = 0; i < case_field_count; i++)
		make_alone(&maker, &case_fields[i]);
	make_pairs(&maker);
	for (unsigned int i = 0; i < RANDOM_CASES; i++)
		make_random(&maker);
	for (unsigned int outcome = 0; outcome < CASE_OUTCOMES; outcome++)
		while (!maker.failed && maker.outcomes[outcome] < least)
			maker.failed = !make_filled(&maker, outcome);
	free(maker.lane.memory);
	if (maker.failed) {
		free(maker.cases);
		return NULL;
	}
	*count = maker.count;
	return maker.cases;
}
