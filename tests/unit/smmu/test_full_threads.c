/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU from all sides at once, for the thread sanitizer and for the sums. */
#include "lib/mt_work.h"

static void all_at_once(bool isolate, enum mt_work_mode mode)
{
	const struct vsmmu_config config = {.isolate = isolate};

	mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	mt_vmm_create(mt_vmm.sim, &config);
	mt_work(mode, NULL, NULL);
	mt_work_deliver_and_discard();
	mt_work_check_events();
	mt_work_check_commands();
	mt_vmm_destroy(mt_vmm.sim);
}

TEST(everything_at_once_and_invalidations_work)
{
	all_at_once(false, MT_WORK_STEADY);
}

TEST(everything_at_once_while_cr0_and_gbpa_change)
{
	all_at_once(false, MT_WORK_TOGGLING);
}

TEST(everything_at_once_with_a_veventq_each)
{
	all_at_once(true, MT_WORK_TOGGLING);
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
