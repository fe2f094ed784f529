/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator against the real arm-smmu-v3 driver and its emulated SMMU: the same STEs,
 * CDs, tables and accesses (cases.h says which), and for each case the one answer that it may
 * have on either side, compared to the last bit: the bytes, silence, or the words of an event.
 *
 * The simulator must always answer as the architecture. But what is expected of it comes from
 * the same src/arch/translate.c that it runs on (case_expect()): it is the real side, and the
 * walk of deviation.c, that would show a mistake in there. The real side must answer as the
 * architecture too, or in a way that tests/rig/deviations lists, and then in just that way: see
 * case_judge().
 *
 * Takes: a seed, 1 if there is none; then, if it is to be one case alone, its number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deviation.h"
#include "dut_pair.h"
#include "tap.h"

#define LEAST_CASES 500
#define LEAST	    30 /* of each outcome, on both sides and without a deviation */
#define SHOWN_MOST  12 /* differences of one test */
#define LISTED_MOST 16 /* cases of one deviation */

static struct {
	struct dut_pair pair;
	struct arch_features features;
	uint64_t seed;
	size_t only; /* a case's number */
	struct rig_case *cases;
	struct case_result *results;
	size_t count;
	bool ran;
} run;

static void show_record(
	const char *what, enum case_outcome outcome, const uint64_t record[CASE_RECORD])
{
	tap_note("  %s: %s, event %016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64, what,
		case_outcome_name(outcome), record[0], record[1], record[2], record[3]);
}

static void show_answer(const char *who, const struct case_answer *answer)
{
	show_record(who, answer->outcome, answer->record);
	if (answer->address)
		tap_note("    at %#" PRIx64, answer->address);
}

static void show_seen(const char *who, const struct case_seen *seen)
{
	show_record(who, case_outcome_seen(seen), seen->record);
	tap_note("    %u events, %s %08" PRIx32 ", memory changed at %#" PRIx64 "%s", seen->count,
		seen->passed ? "passed" : "aborted", seen->value, seen->address,
		seen->spoilt ? " and elsewhere" : "");
}

static void show(size_t i)
{
	const struct rig_case *test = &run.cases[i];
	char text[CASE_NAME];

	tap_note("case %zu, seed %#" PRIx64 ", %s: %s", i, test->seed, case_group_name(test->group),
		case_describe(test, text));
	show_answer("the architecture", &test->expected);
	if (test->deviation)
		show_answer(deviation_name(test->deviation), &test->emulated);
	show_seen("simulator", &run.results[i].sim);
	show_seen("real", &run.results[i].real);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void make_cases(void)
{
	const double begin = seconds();

	TAP_EQ(dut_pair_open(&run.pair), 0);
	/* A case's number says in which lane it runs. */
	TAP_EQ(run.pair.lanes, case_limits_rig.lanes);
	arch_features_from_idr(run.pair.real.driver.features.idr, &run.features);
	run.cases = cases_make(run.seed, &run.features, &case_limits_rig, LEAST, &run.count);
	TAP_CHECK(run.cases, "no cases");
	run.results = calloc(run.count, sizeof(*run.results));
	TAP_CHECK(run.results, "no memory");
	tap_note("%zu cases of seed %#" PRIx64 ", made in %.1f s", run.count, run.seed,
		seconds() - begin);
}

static void run_cases(size_t first, size_t count)
{
	const double begin = seconds();

	TAP_EQ(dut_pair_run(&run.pair, &run.cases[first], count, &run.results[first]), 0);
	tap_note("%zu cases in %u lanes: %.1f s", count, run.pair.lanes, seconds() - begin);
}

static void runs_all_cases(void *context)
{
	unsigned int equal[CASE_OUTCOMES] = {0}, groups[CASE_GROUPS] = {0};

	(void)context;
	make_cases();
	run_cases(0, run.count);
	run.ran = true;
	for (size_t i = 0; i < run.count; i++) {
		groups[run.cases[i].group]++;
		if (case_judge(&run.cases[i], &run.results[i]) == CASE_EQUAL)
			equal[run.cases[i].expected.outcome]++;
	}
	for (unsigned int n = 0; n < CASE_GROUPS; n++)
		tap_note("%s: %u", case_group_name(n), groups[n]);
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		tap_note("equal on both sides: %s %u", case_outcome_name(n), equal[n]);
	TAP_CHECK(run.count >= LEAST_CASES, "only %zu", run.count);
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		TAP_CHECK(equal[n] >= LEAST, "only %u of %s", equal[n], case_outcome_name(n));
}

/* With the others of its round, so that all is as it was among all. */
static void runs_one_case(void *context)
{
	size_t first, left;

	(void)context;
	make_cases();
	TAP_CHECK(run.only < run.count, "there are %zu cases", run.count);
	first = run.only - run.only % run.pair.lanes;
	left = run.count - first;
	run_cases(first, left < run.pair.lanes ? left : run.pair.lanes);
	show(run.only);
	TAP_CHECK(case_judge(&run.cases[run.only], &run.results[run.only]) != CASE_DIFFERS,
		"not as it should be");
}

static void both_sides_look_alike(void *context)
{
	const struct driver_features *sim = &run.pair.sim.driver.features;
	const struct driver_features *real = &run.pair.real.driver.features;

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	tap_note("the real SMMU's IDR0 to 5: %08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32
		 " %08" PRIx32 " %08" PRIx32,
		run.pair.idr[0], run.pair.idr[1], run.pair.idr[2], run.pair.idr[3], run.pair.idr[4],
		run.pair.idr[5]);
	for (int i = 0; i < 6; i++)
		TAP_EQ(sim->idr[i], real->idr[i]);
	/* So no C_BAD_SUBSTREAMID and no F_STREAM_DISABLED: both are about SubstreamIDs. */
	TAP_EQ(run.pair.idr[1] >> 6 & 31, 0);
}

/* The cases that @is_one picks. Return: how many were as the architecture has it. */
static unsigned int judge(
	bool (*is_one)(const struct rig_case *test, unsigned int what), unsigned int what)
{
	unsigned int verdicts[CASE_DIFFERS + 1] = {0};

	TAP_CHECK(run.ran, "the cases did not run");
	for (size_t i = 0; i < run.count; i++) {
		enum case_verdict verdict;

		if (!is_one(&run.cases[i], what))
			continue;
		verdict = case_judge(&run.cases[i], &run.results[i]);
		if (verdict == CASE_DIFFERS && verdicts[verdict] < SHOWN_MOST)
			show(i);
		verdicts[verdict]++;
	}
	tap_note("%u equal, %u in the emulator's own way, %u different", verdicts[CASE_EQUAL],
		verdicts[CASE_DEVIATES], verdicts[CASE_DIFFERS]);
	TAP_EQ(verdicts[CASE_DIFFERS], 0);
	return verdicts[CASE_EQUAL];
}

static bool has_outcome(const struct rig_case *test, unsigned int what)
{
	return test->expected.outcome == what;
}

static bool is_of_group(const struct rig_case *test, unsigned int what)
{
	return test->group == what;
}

static void outcome(enum case_outcome what)
{
	const unsigned int equal = judge(has_outcome, what);

	TAP_CHECK(equal >= LEAST, "only %u", equal);
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
	unsigned int outcomes[CASE_OUTCOMES] = {0};

	judge(is_of_group, what);
	for (size_t i = 0; i < run.count; i++)
		if (run.cases[i].group == what)
			outcomes[run.cases[i].expected.outcome]++;
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

static void filled_up(void *context)
{
	(void)context;
	group(CASE_FILLED);
}

/* Return: how many cases, and their numbers. */
static unsigned int list_cases(enum deviation deviation)
{
	unsigned int seen = 0;
	char text[12 * LISTED_MOST] = "";
	int n = 0;

	for (size_t i = 0; i < run.count; i++)
		if (run.cases[i].deviation == deviation &&
			case_judge(&run.cases[i], &run.results[i]) == CASE_DEVIATES &&
			seen++ < LISTED_MOST)
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %zu", i);
	tap_note("%s: %u cases:%s%s", deviation_name(deviation), seen, text,
		seen > LISTED_MOST ? " ..." : "");
	return seen;
}

/* Every line that names this program is needed, and nothing else is. */
static void deviations_are_as_listed(void *context)
{
	unsigned int seen[DEVIATIONS] = {0}, all = 0, unlisted = 0;

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	tap_note("to run one again: differential %#" PRIx64 " NUMBER", run.seed);
	for (unsigned int n = DEVIATION_NONE + 1; n < DEVIATIONS; n++) {
		seen[n] = list_cases(n);
		all += seen[n];
	}
	for (size_t i = 0; i < run.count; i++)
		unlisted += run.cases[i].deviation == DEVIATION_UNLISTED;
	tap_note("%u of %zu cases", all, run.count);
	TAP_EQ(unlisted, 0);
	for (unsigned int n = DEVIATION_NONE + 1; n < DEVIATIONS; n++)
		TAP_CHECK(seen[n], "no case has needed %s", deviation_name(n));
	TAP_CHECK(all <= run.count / 10, "more than a tenth");
}

static void nothing_else_happened(void *context)
{
	const struct vsmmu_stats real = dut_stats(&run.pair.real);
	const struct vsmmu_stats sim = dut_stats(&run.pair.sim);

	(void)context;
	TAP_CHECK(run.ran, "the cases did not run");
	TAP_EQ(run.pair.real.strays + run.pair.sim.strays, 0);
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
		{"runs_all_cases", "S11", runs_all_cases},
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
		{"filled_up", "S11", filled_up},
		{"deviations_are_as_listed", "S11", deviations_are_as_listed},
		{"nothing_else_happened", "S11 S3", nothing_else_happened},
	};
	static const struct tap_test one_test = {"runs_one_case", "S11", runs_one_case};
	int code;

	run.seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	run.only = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
	code = argc > 2 ? tap_main(&one_test, 1, NULL, NULL)
			: tap_main(tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
	dut_pair_close(&run.pair);
	free(run.cases);
	free(run.results);
	return code;
}
