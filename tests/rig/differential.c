/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator against the real arm-smmu-v3 driver and its emulated SMMU: the same STEs,
 * CDs, tables and accesses, and the same bytes, silence or event records, word by word.
 *
 * Takes: a seed, 1 if there is none.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deviation.h"
#include "tap.h"

#define LEAST	    120 /* of each outcome; 30 are left without the emulator's own ways */
#define LEAST_EQUAL 30
#define SHOWN_MOST  12 /* differences of one test */

/* tests/rig/deviations: cd.ips, large-table */
static const struct case_limits limits = {.ips = 5, .table_log2 = 12};

static struct {
	struct duel duel;
	struct arch_features features;
	uint64_t seed;
	struct rig_case *cases;
	struct duel_result *results;
	enum deviation *deviations; /* of each case */
	size_t count;
	bool ran;
} run;

static enum case_outcome outcome_of(const struct duel_answer *answer)
{
	if (!answer->events.count)
		return answer->passed ? CASE_DATA : CASE_SILENCE;
	switch (SMMU_EVENT_ID(answer->events.record[0])) {
	case SMMU_C_BAD_STE:
		return CASE_C_BAD_STE;
	case SMMU_C_BAD_CD:
		return CASE_C_BAD_CD;
	case SMMU_F_TRANSLATION:
		return CASE_F_TRANSLATION;
	case SMMU_F_ADDR_SIZE:
		return CASE_F_ADDR_SIZE;
	case SMMU_F_ACCESS:
		return CASE_F_ACCESS;
	case SMMU_F_PERMISSION:
		return CASE_F_PERMISSION;
	default:
		return CASE_OUTCOMES;
	}
}

static bool same(const struct duel_result *result)
{
	const struct side_events *sim = &result->sim.events, *real = &result->real.events;

	return result->same_memory && result->sim.value == result->real.value &&
	       sim->count == real->count && sim->count <= 1 &&
	       !memcmp(sim->record, real->record, sizeof(sim->record));
}

static void show_answer(const char *who, const struct duel_answer *answer)
{
	tap_note("  %s: %s, %u events %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
		 ", read %08" PRIx32,
		who, case_outcome_name(outcome_of(answer)), answer->events.count,
		answer->events.record[0], answer->events.record[1], answer->events.record[2],
		answer->events.record[3], answer->value);
}

static void show(size_t i)
{
	char text[CASE_NAME];

	tap_note("case %zu, seed %#" PRIx64 ", %s: %s", i, run.cases[i].seed,
		case_group_name(run.cases[i].group), case_describe(&run.cases[i], text));
	tap_note("  the architecture: %s%s", case_outcome_name(run.cases[i].expected),
		run.results[i].same_memory ? "" : "; memory differs");
	show_answer("simulator", &run.results[i].sim);
	show_answer("real", &run.results[i].real);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* In a lane of memory like that where a case ran. */
static void look_at_cases(void)
{
	struct case_lane lane = {.memory = malloc(CASE_LANE_SIZE)};

	TAP_CHECK(lane.memory, "no memory");
	case_prepare(&lane);
	for (size_t i = 0; i < run.count; i++) {
		lane.number = i % run.duel.lanes;
		lane.gpa = side_lane(&run.duel.real, lane.number).gpa;
		run.cases[i].expected = (uint8_t)case_expect(&run.cases[i], &run.features, &lane);
		if (!same(&run.results[i]))
			run.deviations[i] =
				deviation_of(&run.cases[i], &run.features, &lane, &run.results[i]);
	}
	free(lane.memory);
}

static void runs_all_cases(void *context)
{
	const double begin = seconds();
	double made;

	(void)context;
	TAP_EQ(duel_open(&run.duel), 0);
	arch_features_from_idr(run.duel.real.driver.features.idr, &run.features);
	run.cases = cases_make(run.seed, &run.features, &limits, LEAST, &run.count);
	TAP_CHECK(run.cases, "no cases");
	run.results = calloc(run.count, sizeof(*run.results));
	run.deviations = calloc(run.count, sizeof(*run.deviations));
	TAP_CHECK(run.results && run.deviations, "no memory");
	made = seconds();
	TAP_EQ(duel_run(&run.duel, run.cases, run.count, run.results), 0);
	run.ran = true;
	tap_note("%zu cases of seed %#" PRIx64 " in %u lanes: %.1f s, made in %.1f s", run.count,
		run.seed, run.duel.lanes, seconds() - made, made - begin);
	look_at_cases();
}

static void both_sides_look_alike(void *context)
{
	const struct driver_features *sim = &run.duel.sim.driver.features;
	const struct driver_features *real = &run.duel.real.driver.features;

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	tap_note("the real SMMU's IDR0 to 5: %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32
		 " %08" PRIx32 " %08" PRIx32,
		run.duel.idr[0], run.duel.idr[1], run.duel.idr[2], run.duel.idr[3], run.duel.idr[4],
		run.duel.idr[5]);
	for (int i = 0; i < 6; i++)
		TAP_EQ(sim->idr[i], real->idr[i]);
	/* So no C_BAD_SUBSTREAMID and no F_STREAM_DISABLED: both are about SubstreamIDs. */
	TAP_EQ(run.duel.idr[1] >> 6 & 31, 0);
}

/* The cases that @is_one picks. Return: how many were the same. */
static unsigned int judge(bool (*is_one)(const struct rig_case *test, unsigned int what),
	unsigned int what, unsigned int outcomes[CASE_OUTCOMES + 1])
{
	unsigned int equal = 0, different = 0, deviating = 0;

	TAP_CHECK(run.ran, "the cases did not run");
	for (size_t i = 0; i < run.count; i++) {
		if (!is_one(&run.cases[i], what))
			continue;
		if (run.deviations[i]) {
			deviating++;
			continue;
		}
		outcomes[outcome_of(&run.results[i].real)]++;
		if (same(&run.results[i]) &&
			(outcome_of(&run.results[i].sim) == run.cases[i].expected ||
				run.cases[i].expected == CASE_STRAY)) {
			equal++;
		} else if (different++ < SHOWN_MOST) {
			show(i);
		}
	}
	tap_note("%u the same, %u different, %u in the emulator's own way", equal, different,
		deviating);
	TAP_EQ(different, 0);
	return equal;
}

static bool has_outcome(const struct rig_case *test, unsigned int what)
{
	return test->expected == what;
}

static bool is_of_group(const struct rig_case *test, unsigned int what)
{
	return test->group == what;
}

static void outcome(enum case_outcome what)
{
	unsigned int outcomes[CASE_OUTCOMES + 1] = {0};
	const unsigned int equal = judge(has_outcome, what, outcomes);

	TAP_CHECK(equal >= LEAST_EQUAL, "only %u", equal);
}

static void data(void *context)
{
	(void)context;
	outcome(CASE_DATA);
}

static void silence(void *context)
{
	(void)context;
	outcome(CASE_SILENCE);
}

static void c_bad_ste(void *context)
{
	(void)context;
	outcome(CASE_C_BAD_STE);
}

static void c_bad_cd(void *context)
{
	(void)context;
	outcome(CASE_C_BAD_CD);
}

static void f_translation(void *context)
{
	(void)context;
	outcome(CASE_F_TRANSLATION);
}

static void f_addr_size(void *context)
{
	(void)context;
	outcome(CASE_F_ADDR_SIZE);
}

static void f_access(void *context)
{
	(void)context;
	outcome(CASE_F_ACCESS);
}

static void f_permission(void *context)
{
	(void)context;
	outcome(CASE_F_PERMISSION);
}

static void group(enum case_group what)
{
	unsigned int outcomes[CASE_OUTCOMES + 1] = {0};

	judge(is_of_group, what, outcomes);
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		tap_note("%s: %s %u", case_group_name(what), case_outcome_name(n), outcomes[n]);
}

static void fields_alone(void *context)
{
	(void)context;
	group(CASE_ALONE);
}

static void pairs_of_fields(void *context)
{
	(void)context;
	group(CASE_PAIRS);
}

static void random_words(void *context)
{
	(void)context;
	group(CASE_RANDOM);
}

static void deviations_are_few(void *context)
{
	unsigned int seen[DEVIATIONS] = {0};

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	for (size_t i = 0; i < run.count; i++)
		seen[run.deviations[i]]++;
	for (unsigned int n = DEVIATION_NONE + 1; n < DEVIATIONS; n++)
		tap_note("%s: %u", deviation_name(n), seen[n]);
	/* A line that nothing needs any more goes. */
	tap_note("%zu of %zu cases", run.count - seen[DEVIATION_NONE], run.count);
	TAP_CHECK(seen[DEVIATION_NONE] >= run.count / 100 * 90, "more than a tenth");
}

static void nothing_else_happened(void *context)
{
	const struct vsmmu_stats real = side_stats(&run.duel.real);
	const struct vsmmu_stats sim = side_stats(&run.duel.sim);

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	TAP_EQ(run.duel.real.strays + run.duel.sim.strays, 0);
	TAP_EQ(real.command_errors + sim.command_errors, 0);
	TAP_EQ(real.invalidation_failures + sim.invalidation_failures, 0);
	TAP_EQ(real.blocked + sim.blocked, 0);
	TAP_EQ(real.lost + sim.lost, 0);
	TAP_EQ(real.sequenced, real.delivered);
	tap_note("real: %" PRIu64 " commands, %" PRIu64 " invalidations in %" PRIu64
		 " calls, %" PRIu64 " STEs, %" PRIu64 " events",
		real.commands, real.invalidations, real.invalidation_calls, real.stes,
		real.delivered);
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		{"runs_all_cases", "", runs_all_cases},
		{"both_sides_look_alike", "S11 S1", both_sides_look_alike},
		{"data", "S11", data},
		{"silence", "S11", silence},
		{"c_bad_ste", "S11", c_bad_ste},
		{"c_bad_cd", "S11", c_bad_cd},
		{"f_translation", "S11", f_translation},
		{"f_addr_size", "S11", f_addr_size},
		{"f_access", "S11", f_access},
		{"f_permission", "S11", f_permission},
		{"fields_alone", "S11 S4", fields_alone},
		{"pairs_of_fields", "S11 S4", pairs_of_fields},
		{"random_words", "S11 S4", random_words},
		{"deviations_are_few", "S11", deviations_are_few},
		{"nothing_else_happened", "S11 S3", nothing_else_happened},
	};
	int code;

	run.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	code = tap_main(tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
	duel_close(&run.duel);
	free(run.cases);
	free(run.results);
	free(run.deviations);
	return code;
}
