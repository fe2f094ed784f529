/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases that the rig gives to the simulator and to the real driver: how they are spread,
 * that the simulator's answers are the architecture's, and that the rig's judgement of both
 * sides' answers takes the right ones and no other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/fetch.h"
#include "rig/case_result.h"
#include "rig/deviation.h"
#include "rig/dut.h"
#include "lib/unit.h"

#define LEAST 40
#define SEEDS 3
#define FILL  UINT32_C(0xf1110007)

/* IDR0 to IDR5 of QEMU's "virt" machine with nested stages: what the rig has. */
static const uint32_t rig_idr[6] = {0x0d44101b, 0x02730010, 0, 0x00001414, 0, 0x00000074};

/* A guest on the simulator, whose SMMU looks like the rig's. */
static struct {
	struct dut dut;
	struct vsmmu_host *sim;
	uint32_t dev_id;
	struct arch_features features;
} fixture;

static int open_stand(void **state)
{
	struct vsmmu_sim_config config = {.size = sizeof(config)};
	struct host_endpoint endpoint = {.vfio_fd = -1};

	(void)state;
	fixture.dut.memory = malloc(DUT_SIZE);
	if (!fixture.dut.memory)
		return -ENOMEM;
	memcpy(config.idr, rig_idr, sizeof(rig_idr));
	dut_sim_config(&fixture.dut, &config);
	if (vsmmu_sim_new(&fixture.sim, &config) ||
		vsmmu_sim_endpoint_new(fixture.sim, 0, &fixture.dev_id))
		return -ENOMEM;
	endpoint.dev_id = fixture.dev_id;
	if (dut_open(&fixture.dut, fixture.sim, &endpoint, 1))
		return -EIO;
	arch_features_from_idr(fixture.dut.driver.features.idr, &fixture.features);
	return 0;
}

static int close_stand(void **state)
{
	(void)state;
	dut_close(&fixture.dut);
	vsmmu_host_unref(fixture.sim);
	free(fixture.dut.memory);
	return 0;
}

static struct rig_case *make(uint64_t seed, const struct case_limits *limits, size_t *count)
{
	struct rig_case *cases = cases_make(seed, &fixture.features, limits, LEAST, count);

	assert_non_null(cases);
	return cases;
}

TEST(cases_are_spread)
{
	unsigned int outcomes[CASE_OUTCOMES] = {0};
	struct rig_case *cases, *again;
	size_t count, count_again;

	cases = make(7, &case_limits_sim, &count);
	again = make(7, &case_limits_sim, &count_again);
	assert_int_equal(count, count_again);
	assert_memory_equal(cases, again, count * sizeof(*cases));
	for (size_t i = 0; i < count; i++)
		outcomes[cases[i].expected.outcome]++;
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		assert_true(outcomes[n] >= LEAST);
	free(cases);
	free(again);
}

/* The bits of a word of an object that some field covers. */
static uint64_t covered(unsigned int object, unsigned int half, unsigned int word)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < case_field_count; i++) {
		const struct case_field *field = &case_fields[i];

		if (field->object == object && field->word == word &&
			(!field->half || field->half == half))
			bits |= arch_mask(field->bits) << field->low;
	}
	return bits;
}

/* What case_fields.c says: only some bits of pointers are not. */
TEST(every_bit_is_varied)
{
	const uint64_t lanes = UINT64_C(0x00f80000);

	assert_int_equal(covered(CASE_STE, 0, 0), ~lanes);
	for (unsigned int n = 1; n < CASE_WORDS; n++)
		assert_int_equal(covered(CASE_STE, 0, n), ~UINT64_C(0));
	/* Bits 16 to 31 are the other half's, as is TBI1; the ASID has the lane's number in it. */
	for (unsigned int half = CASE_USED; half <= CASE_OTHER; half++) {
		assert_int_equal(covered(CASE_CD, half, 0) | 0x7fff0000 | UINT64_C(1) << 39,
			~UINT64_C(0) & ~(UINT64_C(0xf) << 48));
		assert_int_equal(covered(CASE_CD, half, 1), ~lanes);
	}
	for (unsigned int n = 3; n < CASE_WORDS; n++)
		assert_int_equal(covered(CASE_CD, 0, n), ~UINT64_C(0));
	assert_int_equal(covered(CASE_TABLE, 0, 0), ~lanes);
	assert_int_equal(covered(CASE_LEAF, 0, 0), ~(lanes | 0x60000));
}

/* Each field alone, and each two fields of whatever objects, both other than what works. */
TEST(every_pair_is_there)
{
	struct case_lane lane = {.memory = malloc(CASE_LANE_SIZE)};
	struct rig_case *cases;
	unsigned int *pairs, *alone;
	size_t count;

	cases = make(1, &case_limits_rig, &count);
	pairs = calloc(case_field_count * case_field_count, sizeof(*pairs));
	alone = calloc(case_field_count, sizeof(*alone));
	assert_non_null(pairs);
	assert_non_null(alone);
	assert_non_null(lane.memory);
	case_prepare(&lane);
	for (size_t i = 0; i < count; i++) {
		const size_t one = (size_t)(cases[i].change[0].field - case_fields);
		const size_t two = (size_t)(cases[i].change[1].field - case_fields);

		lane.number = cases[i].lane;
		lane.gpa = case_lane_address(lane.number);
		if (cases[i].group == CASE_ALONE)
			alone[one]++;
		else if (cases[i].group == CASE_PAIRS && case_is_varied(&cases[i], &lane))
			pairs[one * case_field_count + two]++;
	}
	free(lane.memory);
	for (size_t one = 0; one < case_field_count; one++) {
		assert_true(alone[one] >= 2);
		for (size_t two = one + 1; two < case_field_count; two++)
			assert_int_equal(pairs[one * case_field_count + two], 1);
	}
	free(pairs);
	free(alone);
	free(cases);
}

static bool same_answer(const struct case_answer *one, const struct case_answer *two)
{
	return one->outcome == two->outcome && one->address == two->address &&
	       !memcmp(one->record, two->record, sizeof(one->record));
}

/*
 * Wherever it is, a case means the same, but for indexes that are the lane's own address, and
 * for the few that are none there: they would take another lane's memory for a table.
 */
TEST(a_lane_changes_nothing)
{
	struct case_lane lane = {.number = 5, .gpa = case_lane_address(5)};
	struct case_answer answer;
	struct rig_case *cases;
	size_t count, none = 0;

	cases = make(8, &case_limits_sim, &count);
	lane.memory = malloc(CASE_LANE_SIZE);
	assert_non_null(lane.memory);
	case_prepare(&lane);
	for (size_t i = 0; i < count; i++)
		if (!cases[i].identity) {
			case_expect(&cases[i], &fixture.features, &lane, &answer);
			if (answer.outcome == CASE_STRAY)
				none++;
			else
				assert_int_equal(answer.outcome, cases[i].expected.outcome);
		}
	assert_true(none <= count / 1000);
	free(lane.memory);
	free(cases);
}

TEST(no_data_comes_twice)
{
	static uint8_t seen[UINT32_C(1) << 24];

	for (uint64_t at = 0; at < CASE_DATA_SIZE; at += CASE_BYTES) {
		const uint32_t value = case_data_at(at);

		assert_true(value && value < sizeof(seen));
		assert_false(seen[value]++);
	}
}

static void run_case(const struct rig_case *test, uint8_t *reference)
{
	const struct case_lane lane = dut_lane(&fixture.dut, 0);
	const struct case_lane untouched = {0, lane.gpa, reference};
	struct case_result result = {.fill = FILL};
	struct case_seen changes = {0};
	struct case_image image;
	char text[CASE_NAME];

	case_build(test, &untouched, &image);
	case_build(test, &lane, &image);
	assert_int_equal(
		dut_run_sim(&fixture.dut, fixture.sim, fixture.dev_id, test, &image, &result), 0);
	/* Memory says the same as what was told of the write. */
	case_look(test, &lane, reference, &changes);
	assert_int_equal(changes.address, result.sim.address);
	assert_false(changes.spoilt);
	/* The real side is what is judged elsewhere. */
	case_see(test, &test->emulated, FILL, &result.real);
	if (case_judge(test, &result) != CASE_EQUAL)
		fail_msg("seed %#" PRIx64 ": %s should give %s, not %u events %016" PRIx64
			 " or %08" PRIx32,
			test->seed, case_describe(test, text),
			case_outcome_name(test->expected.outcome), result.sim.count,
			result.sim.record[0], result.sim.value);
	case_erase(test, &untouched);
	case_erase(test, &lane);
	if (result.sim.address)
		case_prepare(&lane);
}

TEST(the_simulator_answers_as_the_architecture)
{
	const struct case_lane reference = {.memory = malloc(CASE_LANE_SIZE)};
	struct rig_case *cases;
	size_t count;

	assert_non_null(reference.memory);
	case_prepare(&reference);
	cases = make(9, &case_limits_sim, &count);
	for (size_t i = 0; i < count; i++)
		run_case(&cases[i], reference.memory);
	assert_int_equal(dut_stats(&fixture.dut).invalidation_failures, 0);
	assert_int_equal(dut_stats(&fixture.dut).command_errors, 0);
	assert_int_equal(fixture.dut.strays, 0);
	free(reference.memory);
	free(cases);
}

/*
 * For seeds that the rig may be given: wherever no way of the emulator's own was met, a walk
 * that has nothing of src/arch/ gives the same as the architecture's; and each of the
 * emulator's ways is needed.
 */
TEST(a_second_opinion_agrees)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		unsigned int seen[DEVIATIONS + 1] = {0}, all = 0;
		struct rig_case *cases;
		char text[CASE_NAME];
		size_t count;

		cases = make(seed, &case_limits_rig, &count);
		for (size_t i = 0; i < count; i++) {
			const struct rig_case *test = &cases[i];

			seen[test->deviation]++;
			if (test->deviation == DEVIATION_UNLISTED)
				fail_msg("case %zu of seed %" PRIu64 ": %s gives %s, or %s", i,
					seed, case_describe(test, text),
					case_outcome_name(test->expected.outcome),
					case_outcome_name(test->emulated.outcome));
			assert_int_equal(test->deviation == DEVIATION_NONE,
				same_answer(&test->expected, &test->emulated));
		}
		for (unsigned int n = DEVIATION_NONE + 1; n < DEVIATIONS; n++) {
			print_message(
				"# seed %" PRIu64 ", %s: %u\n", seed, deviation_name(n), seen[n]);
			assert_true(seen[n] >= CASES_DEVIATING);
			all += seen[n];
		}
		print_message("# seed %" PRIu64 ": %u of %zu cases\n", seed, all, count);
		assert_true(all <= count / 10);
		free(cases);
	}
}

/* The lines whose last column is differential.c are those that the program knows. */
TEST(deviations_are_those_of_the_list)
{
	FILE *file = fopen(DEVIATIONS_FILE, "re");
	unsigned int found[DEVIATIONS] = {0};
	char line[1024];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const size_t length = strcspn(line, " \n");
		const char *last = strrchr(line, '|');
		unsigned int n = DEVIATION_NONE + 1;

		if (line[0] == '#' || !length)
			continue;
		assert_non_null(last);
		if (!strstr(last, "differential.c"))
			continue;
		while (n < DEVIATIONS && (strlen(deviation_name(n)) != length ||
						 memcmp(line, deviation_name(n), length)))
			n++;
		if (n == DEVIATIONS)
			fail_msg("differential.c does not know: %s", line);
		found[n]++;
	}
	fclose(file);
	for (unsigned int n = DEVIATION_NONE + 1; n < DEVIATIONS; n++)
		if (found[n] != 1)
			fail_msg("%s is in %u lines", deviation_name(n), found[n]);
}

struct forger {
	const struct rig_case *test;
	struct case_result right;
	unsigned int forged;
};

static bool same_seen(const struct case_seen *one, const struct case_seen *two)
{
	return one->count == two->count && one->passed == two->passed && one->value == two->value &&
	       one->address == two->address && one->spoilt == two->spoilt &&
	       !memcmp(one->record, two->record, sizeof(one->record));
}

static void refuse(struct forger *forger, const struct case_result *result)
{
	char text[CASE_NAME];

	forger->forged++;
	if (case_judge(forger->test, result) != CASE_DIFFERS)
		fail_msg("%s, %s: wrong, but taken", case_describe(forger->test, text),
			deviation_name(forger->test->deviation));
}

/* On either side, unless it is what that side should have. */
static void forge(struct forger *forger, const struct case_seen *seen)
{
	struct case_result result = forger->right;

	result.sim = *seen;
	if (!same_seen(seen, &forger->right.sim))
		refuse(forger, &result);
	result = forger->right;
	result.real = *seen;
	if (!same_seen(seen, &forger->right.real))
		refuse(forger, &result);
	result.sim = *seen;
	if (!same_seen(seen, &forger->right.sim) || !same_seen(seen, &forger->right.real))
		refuse(forger, &result);
}

/* Everything near to what is right: a bit, a byte, an event more or less. */
static void forge_near(struct forger *forger, const struct case_seen *right)
{
	for (unsigned int bit = 0; bit < CASE_RECORD * 64; bit++) {
		struct case_seen seen = *right;

		seen.record[bit / 64] ^= UINT64_C(1) << bit % 64;
		forge(forger, &seen);
		seen.count = 1;
		forge(forger, &seen);
	}
	for (unsigned int bit = 0; bit < 32; bit++) {
		struct case_seen seen = *right;

		seen.value ^= UINT32_C(1) << bit;
		forge(forger, &seen);
		seen = *right;
		seen.address ^= UINT64_C(1) << bit;
		forge(forger, &seen);
	}
	for (unsigned int n = 0; n < 4; n++) {
		struct case_seen seen = *right;

		seen.count = n;
		forge(forger, &seen);
		seen.passed = !right->passed;
		forge(forger, &seen);
	}
	forge(forger, &(struct case_seen){
			      .count = right->count,
			      .passed = right->passed,
			      .value = right->value,
			      .address = right->address,
			      .spoilt = true,
		      });
}

/* Every other outcome, as it would look in this case; and rubbish. */
static void forge_far(struct forger *forger)
{
	const struct rig_case *test = forger->test;
	const uint64_t gpa = case_lane_address(test->lane), data = gpa + CASE_DATA_OFFSET;
	const uint64_t sid = (uint64_t)CASE_VSID(test->lane) << 32;
	const uint64_t *like =
		forger->right.sim.count ? forger->right.sim.record : forger->right.real.record;
	struct case_seen seen;

	forge(forger, &(struct case_seen){0});
	forge(forger, &(struct case_seen){
			      .passed = true,
			      .value = UINT32_C(0xdeadbeef),
			      .address = test->write ? data : 0,
		      });
	for (uint64_t at = 0; at < CASE_DATA_SIZE; at += CASE_DATA_SIZE / 8) {
		const struct case_answer answer = {.outcome = CASE_DATA, .address = data + at};

		case_see(test, &answer, FILL, &seen);
		forge(forger, &seen);
	}
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++)
		for (unsigned int class_ = 0; class_ < 4; class_++) {
			if (!case_event_id(n))
				continue;
			seen = (struct case_seen){.count = 1};
			memcpy(seen.record, like, sizeof(seen.record));
			seen.record[0] = sid | case_event_id(n);
			seen.record[1] &= ~(UINT64_C(3) << 40);
			seen.record[1] |= (uint64_t)class_ << 40;
			forge(forger, &seen);
			seen.passed = true;
			seen.value = UINT32_C(0xdeadbeef);
			forge(forger, &seen);
			seen.count = 2;
			forge(forger, &seen);
		}
}

/* Whatever deviates: there is one result, and nothing else passes for it. */
TEST(no_wrong_result_is_taken)
{
	struct rig_case *cases;
	unsigned long forged = 0;
	size_t count;

	cases = make(1, &case_limits_rig, &count);
	for (size_t i = 0; i < count; i++) {
		struct rig_case *test = &cases[i];
		struct forger forger = {.test = test, .right.fill = FILL};
		const struct case_result *right = &forger.right;

		case_see(test, &test->expected, FILL, &forger.right.sim);
		case_see(test, &test->emulated, FILL, &forger.right.real);
		assert_int_equal(
			case_judge(test, right), test->deviation ? CASE_DEVIATES : CASE_EQUAL);
		forge_near(&forger, &right->sim);
		forge_near(&forger, &right->real);
		forge_far(&forger);
		/* Each side with the other's answer. */
		forge(&forger, &right->sim);
		forge(&forger, &right->real);
		/* Right as it is, but for no reason that is listed. */
		test->deviation = DEVIATION_UNLISTED;
		refuse(&forger, right);
		forged += forger.forged;
	}
	print_message("# %lu wrong results of %zu cases\n", forged, count);
	free(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(cases_are_spread),
		UNIT_TEST_PLAIN(every_bit_is_varied),
		UNIT_TEST_PLAIN(every_pair_is_there),
		UNIT_TEST_PLAIN(a_lane_changes_nothing),
		UNIT_TEST_PLAIN(no_data_comes_twice),
		UNIT_TEST("S8 S4", the_simulator_answers_as_the_architecture),
		UNIT_TEST_PLAIN(a_second_opinion_agrees),
		UNIT_TEST_PLAIN(deviations_are_those_of_the_list),
		UNIT_TEST_PLAIN(no_wrong_result_is_taken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_stand, close_stand);
}
