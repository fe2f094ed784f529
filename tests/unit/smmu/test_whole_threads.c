/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole vSMMU from all sides at once, for the thread sanitizer and for the sums. */
#include "lib/crowd_work.h"

static void all_at_once(bool isolate, enum crowd_mode mode)
{
	const struct vsmmu_config config = {.isolate = isolate};

	crowd.sim = crowd_sim_new(crowd.dev_ids);
	crowd_build(crowd.sim, &config);
	crowd_work(mode, NULL, NULL);
	crowd_deliver_and_discard();
	crowd_check_events();
	crowd_check_commands();
	crowd_demolish(crowd.sim);
}

static void everything_at_once_and_invalidations_work(void **unused)
{
	(void)unused;
	all_at_once(false, CROWD_STEADY);
}

static void everything_at_once_while_cr0_and_gbpa_change(void **unused)
{
	(void)unused;
	all_at_once(false, CROWD_TOGGLING);
}

static void everything_at_once_with_a_veventq_each(void **unused)
{
	(void)unused;
	all_at_once(true, CROWD_TOGGLING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9 S2 S3 E6", everything_at_once_and_invalidations_work),
		UNIT_TEST("S9 S2 S4 S6 P13", everything_at_once_while_cr0_and_gbpa_change),
		UNIT_TEST("S9 S2 S6", everything_at_once_with_a_veventq_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
