/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases that the rig gives to the simulator and to the real driver: how they are spread,
 * and that the simulator's answers are the architecture's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rig/side.h"
#include "unit.h"

#define LEAST 40

static const struct case_limits all = {.ips = 7, .table_log2 = 16};

/* IDR0 to IDR5 of QEMU's "virt" machine with nested stages: what the rig has. */
static const uint32_t rig_idr[6] = {0x0d44101b, 0x00e73810, 0, 0x00000404, 0, 0x00000074};

static struct arch_features rig_features(void)
{
	struct arch_features features;

	arch_features_from_idr(rig_idr, &features);
	return features;
}

static void cases_are_spread(void **state)
{
	const struct arch_features features = rig_features();
	unsigned int outcomes[CASE_OUTCOMES] = {0}, alone = 0, pairs = 0;
	struct rig_case *cases, *again;
	size_t count, count_again;

	(void)state;
	cases = cases_make(7, &features, &all, LEAST, &count);
	again = cases_make(7, &features, &all, LEAST, &count_again);
	assert_non_null(cases);
	assert_non_null(again);
	assert_int_equal(count, count_again);
	assert_memory_equal(cases, again, count * sizeof(*cases));
	for (size_t i = 0; i < count; i++) {
		outcomes[cases[i].expected]++;
		alone += cases[i].group == CASE_ALONE;
		pairs += cases[i].group == CASE_PAIRS;
	}
	for (unsigned int n = 0; n < CASE_OUTCOMES; n++) {
		print_message("# %s: %u\n", case_outcome_name(n), outcomes[n]);
		assert_true(outcomes[n] >= LEAST);
	}
	/* Each field with two values at least, and with each other of its object. */
	assert_true(alone >= 2 * case_field_count);
	assert_true(pairs >= case_field_count * (case_field_count - 1) / 8);
	free(cases);
	free(again);
}

/* Wherever it is, a case means the same, but for indexes that are the lane's own address. */
static void a_lane_changes_nothing(void **state)
{
	const struct arch_features features = rig_features();
	struct case_lane lane = {.number = 5, .gpa = case_lane_address(5)};
	struct rig_case *cases;
	size_t count;

	(void)state;
	cases = cases_make(8, &features, &all, LEAST, &count);
	assert_non_null(cases);
	lane.memory = malloc(CASE_LANE_SIZE);
	assert_non_null(lane.memory);
	case_prepare(&lane);
	for (size_t i = 0; i < count; i++)
		if (!cases[i].identity)
			assert_int_equal(
				case_expect(&cases[i], &features, &lane), cases[i].expected);
	free(lane.memory);
	free(cases);
}

static uint8_t expected_id(enum case_outcome outcome)
{
	static const uint8_t ids[CASE_OUTCOMES] = {
		[CASE_C_BAD_STE] = SMMU_C_BAD_STE,
		[CASE_C_BAD_CD] = SMMU_C_BAD_CD,
		[CASE_F_TRANSLATION] = SMMU_F_TRANSLATION,
		[CASE_F_ADDR_SIZE] = SMMU_F_ADDR_SIZE,
		[CASE_F_ACCESS] = SMMU_F_ACCESS,
		[CASE_F_PERMISSION] = SMMU_F_PERMISSION,
	};

	return ids[outcome];
}

static void run_case(
	struct side *side, struct vsmmu_host *sim, uint32_t dev_id, const struct rig_case *test)
{
	const struct case_lane lane = side_lane(side, 0);
	struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = test->write ? VSMMU_ACCESS_WRITE : 0,
	};
	uint32_t value = UINT32_C(0x5eed5eed);
	const struct side_events *events = &side->events[0];
	struct case_image image;
	char text[CASE_NAME];
	int ret;

	case_build(test, &lane, &image);
	access.address = image.address;
	assert_int_equal(side_program(side, 0, 1, &image), 0);
	ret = vsmmu_sim_dma(sim, dev_id, &access, &value, sizeof(value));
	assert_int_equal(side_collect(side), 0);
	if (ret != (test->expected == CASE_DATA ? 0 : -EFAULT) ||
		events->count != (test->expected > CASE_SILENCE) ||
		SMMU_EVENT_ID(events->record[0]) != expected_id(test->expected))
		fail_msg("seed %#" PRIx64 ": %s should give %s, not %d and %u events %016" PRIx64,
			test->seed, case_describe(test, text), case_outcome_name(test->expected),
			ret, events->count, events->record[0]);
	if (!ret && !test->write)
		assert_int_not_equal(value, UINT32_C(0x5eed5eed));
	case_erase(test, &lane);
	if (test->write)
		case_prepare(&lane);
}

static void the_simulator_answers_as_the_architecture(void **state)
{
	struct vsmmu_sim_config config = {.size = sizeof(config)};
	struct side *side = calloc(1, sizeof(*side));
	struct host_endpoint endpoint = {.vfio_fd = -1};
	struct arch_features features;
	struct rig_case *cases;
	struct vsmmu_host *sim;
	size_t count;

	(void)state;
	assert_non_null(side);
	side->memory = malloc(SIDE_SIZE);
	assert_non_null(side->memory);
	memcpy(config.idr, rig_idr, sizeof(rig_idr));
	side_sim_config(side, &config);
	assert_int_equal(vsmmu_sim_new(&sim, &config), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &endpoint.dev_id), 0);
	assert_int_equal(side_open(side, sim, &endpoint, 1), 0);
	arch_features_from_idr(side->driver.features.idr, &features);
	cases = cases_make(9, &features, &all, LEAST, &count);
	assert_non_null(cases);
	for (size_t i = 0; i < count; i++)
		run_case(side, sim, endpoint.dev_id, &cases[i]);
	assert_int_equal(side_stats(side).invalidation_failures, 0);
	assert_int_equal(side_stats(side).command_errors, 0);
	assert_int_equal(side->strays, 0);
	side_close(side);
	vsmmu_host_unref(sim);
	free(side->memory);
	free(side);
	free(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(cases_are_spread),
		UNIT_TEST_PLAIN(a_lane_changes_nothing),
		UNIT_TEST("S8 S4", the_simulator_answers_as_the_architecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
