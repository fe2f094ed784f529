/* SPDX-License-Identifier: BSD-2-Clause */
/* The generator of cases. */
#include "cases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/fetch.h"
#include "deviation.h"
#include "driver/smmuv3.h"
#include "lib/rng.h"

#define LAST_LEVEL 3
#define TSZ_LEAST  16
#define TSZ_MOST   39

#define VALUES_ALONE 4 /* of a field that has so many */
#define RANDOM_CASES 200
#define TRIES	     1000000 /* until something is taken not to come */

/* The identity map needs room for the addresses of the memory. */
#define IDENTITY_BITS 33

const struct case_limits case_limits_rig = {
	.lanes = CASE_LANES,
	.ips = 5,
	.table_log2 = 12,
	.emulator = true,
};
const struct case_limits case_limits_sim = {.lanes = 1, .ips = 7, .table_log2 = 16};

struct maker {
	const struct arch_features *features;
	struct case_limits limits;
	uint8_t *memory; /* of a lane, for what is expected */
	struct rng rng;	 /* of the seeds */
	struct rig_case *cases;
	size_t count, room;
	unsigned int outcomes[CASE_OUTCOMES]; /* where nothing deviates */
	unsigned int deviations[DEVIATIONS];
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

unsigned int case_event_id(enum case_outcome outcome)
{
	static const uint8_t ids[CASE_OUTCOMES] = {
		[CASE_C_BAD_STE] = SMMU_C_BAD_STE,
		[CASE_C_BAD_CD] = SMMU_C_BAD_CD,
		[CASE_F_TRANSLATION] = SMMU_F_TRANSLATION,
		[CASE_F_ADDR_SIZE] = SMMU_F_ADDR_SIZE,
		[CASE_F_ACCESS] = SMMU_F_ACCESS,
		[CASE_F_PERMISSION] = SMMU_F_PERMISSION,
	};

	return outcome < CASE_OUTCOMES ? ids[outcome] : 0;
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
		.lane = (uint8_t)(maker->count % maker->limits.lanes),
		.group = (uint8_t)group,
		.limits = maker->limits,
	};
	*rng = (struct rng){test->seed};
	make_base(maker->features, rng, test);
	return test;
}

static struct case_lane lane_of(const struct maker *maker, const struct rig_case *test)
{
	return (struct case_lane){
		.number = test->lane,
		.gpa = case_lane_address(test->lane),
		.memory = maker->memory,
	};
}

/* Return: false for one that is none. */
static bool expect(struct maker *maker, struct rig_case *test)
{
	const struct case_lane lane = lane_of(maker, test);

	if (test->group == CASE_PAIRS && !case_is_varied(test, &lane))
		return false;
	case_expect(test, maker->features, &lane, &test->expected);
	test->emulated = test->expected;
	test->deviation = DEVIATION_NONE;
	if (maker->limits.emulator && test->expected.outcome != CASE_STRAY)
		test->deviation = (uint8_t)deviation_predict(test, &lane, &test->emulated);
	return test->expected.outcome != CASE_STRAY && test->emulated.outcome != CASE_STRAY;
}

static void keep(struct maker *maker, const struct rig_case *test)
{
	maker->count++;
	if (test->deviation == DEVIATION_NONE)
		maker->outcomes[test->expected.outcome]++;
	else if (test->deviation < DEVIATIONS)
		maker->deviations[test->deviation]++;
}

/**
 * struct wish - what a case is to be
 * @one: the field that is varied, alone or with @two
 * @value: of a field alone: its two ends, then anything; or all there are, if it has @few
 * @outcome: of one that fills up, where nothing deviates
 * @deviation: of one that fills up, whatever its outcome
 */
struct wish {
	enum case_group group;
	const struct case_field *one, *two;
	unsigned int value;
	bool few;
	unsigned int outcome;
	unsigned int deviation;
};

static void vary_alone(const struct wish *wish, struct rng *rng, struct rig_case *test)
{
	const unsigned int n = wish->value;

	if (wish->few)
		add_change(test, wish->one, n);
	else if (n < 2)
		add_change(test, wish->one, n ? ~UINT64_C(0) : wish->one->flip);
	else
		add_change(test, wish->one, random_value(rng, wish->one));
}

/* One draw in a statement: a compiler may take the arguments of a call in any order. */
static void vary(const struct wish *wish, struct rng *rng, struct rig_case *test)
{
	const struct case_field *field;
	uint64_t changes;

	switch (wish->group) {
	case CASE_ALONE:
		vary_alone(wish, rng, test);
		break;
	case CASE_PAIRS:
		add_change(test, wish->one, random_value(rng, wish->one));
		add_change(test, wish->two, random_value(rng, wish->two));
		break;
	case CASE_RANDOM:
		for (changes = 1 + rng_below(rng, CASE_CHANGES); changes; changes--) {
			field = &case_words[rng_below(rng, case_word_count)];
			add_change(test, field, rng_next(rng));
		}
		break;
	default:
		for (changes = 1 + rng_below(rng, 3); changes; changes--) {
			field = &case_fields[rng_below(rng, case_field_count)];
			add_change(test, field, random_value(rng, field));
		}
	}
}

/* Return: false for one that is none, as its access strays, or is not what was wished. */
static bool try(struct maker *maker, const struct wish *wish)
{
	struct rng rng;
	struct rig_case *test = begin(maker, wish->group, &rng);

	if (!test)
		return false;
	vary(wish, &rng, test);
	if (!expect(maker, test))
		return false;
	if (wish->group == CASE_FILLED &&
		(test->deviation != wish->deviation ||
			(!wish->deviation && test->expected.outcome != wish->outcome)))
		return false;
	keep(maker, test);
	return true;
}

static void make(struct maker *maker, const struct wish *wish)
{
	for (unsigned int tries = 0; !maker->failed && !try(maker, wish); tries++)
		maker->failed |= tries == TRIES;
}

static void make_alone(struct maker *maker)
{
	for (size_t i = 0; i < case_field_count; i++) {
		struct wish wish = {.group = CASE_ALONE, .one = &case_fields[i]};
		unsigned int values = VALUES_ALONE;

		wish.few = wish.one->bits <= 2;
		if (wish.few)
			values = 1U << wish.one->bits;
		for (; wish.value < values; wish.value++)
			make(maker, &wish);
	}
}

static void make_pairs(struct maker *maker)
{
	struct wish wish = {.group = CASE_PAIRS};

	for (size_t one = 0; one < case_field_count; one++)
		for (size_t two = one + 1; two < case_field_count; two++) {
			wish.one = &case_fields[one];
			wish.two = &case_fields[two];
			make(maker, &wish);
		}
}

static void make_random(struct maker *maker)
{
	for (unsigned int n = 0; n < RANDOM_CASES; n++)
		make(maker, &(struct wish){.group = CASE_RANDOM});
}

static void fill_up(struct maker *maker, unsigned int least)
{
	struct wish wish = {.group = CASE_FILLED};

	for (; wish.outcome < CASE_OUTCOMES; wish.outcome++)
		while (!maker->failed && maker->outcomes[wish.outcome] < least)
			make(maker, &wish);
	if (!maker->limits.emulator)
		return;
	for (wish.deviation = DEVIATION_NONE + 1; wish.deviation < DEVIATIONS; wish.deviation++)
		while (!maker->failed && maker->deviations[wish.deviation] < CASES_DEVIATING)
			make(maker, &wish);
}

struct rig_case *cases_make(uint64_t seed, const struct arch_features *features,
	const struct case_limits *limits, unsigned int least, size_t *count)
{
	const struct case_lane any = {.memory = malloc(CASE_LANE_SIZE)};
	struct maker maker = {
		.features = features,
		.limits = *limits,
		.memory = any.memory,
		.rng = {seed},
	};

	if (!any.memory)
		return NULL;
	case_prepare(&any);
	make_alone(&maker);
	make_pairs(&maker);
	make_random(&maker);
	fill_up(&maker, least);
	free(any.memory);
	if (maker.failed) {
		free(maker.cases);
		return NULL;
	}
	*count = maker.count;
	return maker.cases;
}
