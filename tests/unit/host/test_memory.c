/* SPDX-License-Identifier: BSD-2-Clause */
/* What the simulator and the decoder do when there is no memory for them. */
#include <errno.h>

#include <vsmmu/decoder.h>
#include <vsmmu/sim.h>

#include "lib/fail_nth.h"
#include "lib/unit.h"

#define ENDPOINTS 70 /* more than the simulator's first table holds */

TEST(a_simulator_finds_no_memory)
{
	struct vsmmu_host *sim = NULL;

	fail_nth_arm(1);
	assert_int_equal(vsmmu_sim_new(&sim, NULL), -ENOMEM);
	assert_true(fail_nth_fired());
	assert_null(sim);
	fail_nth_arm(0);
	assert_int_equal(vsmmu_sim_new(&sim, NULL), 0);
	vsmmu_host_unref(sim);
}

/* Each plugging fails once, at each of its allocations; those that worked keep their ids. */
TEST(plugging_in_finds_no_memory)
{
	struct vsmmu_host *sim;
	unsigned int failures = 0;

	assert_int_equal(vsmmu_sim_new(&sim, NULL), 0);
	for (uint32_t i = 1; i <= ENDPOINTS; i++) {
		for (unsigned int n = 1;; n++) {
			uint32_t dev_id = 0;
			int ret;

			fail_nth_arm(n);
			ret = vsmmu_sim_endpoint_new(sim, 0, &dev_id);
			fail_nth_arm(0);
			if (!fail_nth_fired()) {
				assert_int_equal(ret, 0);
				assert_int_equal(dev_id, i);
				break;
			}
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(dev_id, 0);
			failures++;
		}
	}
	/* The objects, and two tables; the second failure of a table's comes after it grew. */
	assert_true(failures >= ENDPOINTS + 2);
	vsmmu_host_unref(sim);
}

TEST(a_decoder_finds_no_memory)
{
	const struct vsmmu_decoder_config config = {
		.size = sizeof(config),
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
	};
	struct vsmmu_decoder *decoder = NULL;

	fail_nth_arm(1);
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), -ENOMEM);
	assert_true(fail_nth_fired());
	assert_null(decoder);
	fail_nth_arm(0);
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), 0);
	vsmmu_decoder_free(decoder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(a_simulator_finds_no_memory),
		UNIT_TEST_PLAIN(plugging_in_finds_no_memory),
		UNIT_TEST_PLAIN(a_decoder_finds_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
