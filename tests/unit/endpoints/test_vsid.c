/* SPDX-License-Identifier: BSD-2-Clause */
/* An endpoint gets another StreamID while the guest runs. */
#include <errno.h>

#include <vsmmu/event.h>

#include "install_stand.h"

#define VSID_NEW   0x21u
#define VSID_OTHER 0x22u

static struct stand *stand_with(unsigned int endpoints)
{
	struct stand *stand = stand_new(NULL, NULL);

	for (unsigned int n = 0; n < endpoints; n++) {
		stand_write_ste(stand, STAND_VSID(n), STE_S1, 0);
		assert_int_equal(stand_attach(stand, n), 0);
	}
	stand_write_ste(stand, VSID_NEW, STE_S1, 0xd4);
	stand_enable(stand);
	return stand;
}

static struct vsmmu_stream_stats stream(struct stand *stand, uint32_t vsid)
{
	struct vsmmu_stream_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_get_stream_stats(stand->whole->vsmmu, vsid, &stats), 0);
	return stats;
}

static void the_guests_ste_of_the_new_one_is_in_force(void **unused)
{
	struct vsmmu_stream_stats none = {.size = sizeof(none)};
	struct stand *stand = stand_with(1);
	uint64_t word[4];

	(void)unused;
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), 0);
	/* The kernel knows the vSID of what was attached with the vDEVICE, so that comes last. */
	assert_string_equal(log_host_text(stand->log), "detach\n"
						       "destroy nested\n"
						       "destroy vdevice\n"
						       "vdevice 21\n"
						       "nested 8030000b d4\n"
						       "attach nested\n");
	assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0x4000));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0], (uint64_t)VSID_NEW << 32 | VSMMU_EVENT_F_TRANSLATION);
	assert_int_equal(stream(stand, VSID_NEW).delivered, 1);
	assert_int_equal(
		vsmmu_get_stream_stats(stand->whole->vsmmu, STAND_VSID(0), &none), -ENOENT);
	/* The guest's commands reach it by its new name alone. */
	stand_write_ste(stand, STAND_VSID(0), STE_BYPASS, 0);
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
	stand_expect_nested(stand, 0, STE_S1, 0xd4);
	stand_write_ste(stand, VSID_NEW, STE_ABORT, 0);
	assert_int_equal(stand_refresh(stand, VSID_NEW, 1), 0);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	stand_free(stand);
}

static void the_old_ones_events_are_stale(void **unused)
{
	struct stand *stand = stand_with(3);
	uint64_t word[4];

	(void)unused;
	for (unsigned int i = 0; i < 4; i++)
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, i << 12));
	assert_true(stand_event(stand, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), 0);
	assert_int_equal(whole_stats(stand->whole).discarded_by[VSMMU_DISCARD_STALE], 4);
	assert_int_equal(stream(stand, VSID_NEW).discarded, 0);
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0] >> 32, STAND_VSID(2));
	assert_true(!stand_consume(stand, word));
	/* So the old one is free for another. */
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[2], STAND_VSID(0)), 0);
	assert_true(stand_event(stand, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0] >> 32, STAND_VSID(0));
	stand_free(stand);
}

static void a_change_that_cannot_be_changes_nothing(void **unused)
{
	struct stand *stand = stand_with(3);

	(void)unused;
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(0)), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(1)), -EEXIST);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], 1U << 16), -EINVAL);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_UNFIT), 1);
	/* Events of the last holder that cannot be read yet: the guest's queue is full. */
	for (unsigned int i = 0; i < 1U << STAND_EVENTQ_LOG2; i++)
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, i));
	while (vsmmu_dispatch(stand->whole->vsmmu, 0))
		;
	for (unsigned int i = 0; i < 1U << STAND_EVENTQ_LOG2; i++) {
		assert_true(stand_event(stand, 1, VSMMU_EVENT_F_TRANSLATION, i));
		assert_true(stand_event(stand, 2, VSMMU_EVENT_F_TRANSLATION, i));
	}
	while (vsmmu_dispatch(stand->whole->vsmmu, 0))
		;
	assert_true(stand_event(stand, 2, VSMMU_EVENT_F_TRANSLATION, 0));
	stand_detach(stand, 2);
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(2)), -EAGAIN);
	assert_string_equal(log_host_text(stand->log), "");
	stand_expect_nested(stand, 0, STE_S1, 0);
	whole_write(stand->whole, SMMU_EVENTQ_CONS, whole_read(stand->whole, SMMU_EVENTQ_PROD));
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(2)), 0);
	stand_expect_nested(stand, 0, STE_S1, 0);
	stand_free(stand);
}

/* Without access until it works, under whatever name. */
static void any_call_may_fail(void **unused)
{
	unsigned int n = 1;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_with(2);
		int ret;

		log_host_clear(stand->log);
		log_host_fail(stand->log, LOG_HOST_DO, n, 1, ENOMEM);
		ret = vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW);
		failed = log_host_failed(stand->log);
		log_host_fail(stand->log, LOG_HOST_DO, 0, 0, 0);
		assert_int_equal(ret, failed ? -ENOMEM : 0);
		if (failed) {
			stand_expect(stand, 0, LOG_NOTHING);
			assert_true(!log_host_opened(stand->log, stand->dev[0]));
		}
		/* Nameless, it has nothing that a command could reach. */
		if (n == 1) {
			assert_int_equal(stand_refresh_all(stand), 0);
			stand_disable(stand);
			stand_enable(stand);
			stand_expect(stand, 0, LOG_NOTHING);
			assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(1)),
				-EEXIST);
			assert_int_equal(vsmmu_reset(stand->whole->vsmmu), 0);
			stand_expect(stand, 0, LOG_NOTHING);
			stand_enable(stand);
		}
		assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), 0);
		stand_expect_nested(stand, 0, STE_S1, 0xd4);
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		assert_int_equal(stand_objects(stand), 2 * 3 + 2 * 2);
		stand_free(stand);
	}
	assert_int_equal(n - 2, 3); /* vDEVICE, HWPT, attach */
}

static void any_undoing_may_fail(void **unused)
{
	(void)unused;
	for (unsigned int n = 1; n <= 3; n++) {
		struct stand *stand = stand_with(1);

		log_host_clear(stand->log);
		log_host_fail(stand->log, LOG_HOST_UNDO, n, 1, EIO);
		assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), -EIO);
		assert_true(log_host_failed(stand->log));
		/* It has kept its name, without access. */
		assert_int_equal(stream(stand, STAND_VSID(0)).delivered, 0);
		assert_int_equal(whole_stats(stand->whole).blocked, 1);
		assert_true(!log_host_opened(stand->log, stand->dev[0]));
		assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), 0);
		stand_expect_nested(stand, 0, STE_S1, 0xd4);
		stand_free_with_leaks(stand);
	}
}

/* One that could not be detached was given an STE that aborts: that is no more its own. */
static void its_present_one_is_tried_again(void **unused)
{
	struct stand *stand = stand_with(1);

	(void)unused;
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1, EIO);
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	assert_int_equal(stand_set_ste(stand, 0, STE_S1, 0xd4), -EIO);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(0)), 0);
	stand_expect_nested(stand, 0, STE_S1, 0xd4);
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], STAND_VSID(0)), 0);
	assert_string_equal(log_host_text(stand->log), "");
	stand_free(stand);
}

static void one_without_a_name_can_go(void **unused)
{
	struct stand *stand = stand_with(2);

	(void)unused;
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_NEW), -EIO);
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[1], VSID_OTHER), -EIO);
	stand_detach(stand, 0);
	/* Its names are free. */
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[1], VSID_NEW), 0);
	assert_int_equal(stand_attach(stand, 0), 0);
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[1], STAND_VSID(1)), -EIO);
	stand_free(stand); /* with one nameless */
}

/* A stand-in belongs to the StreamID, not to the endpoint. */
static void what_c_bad_ste_means_goes_with_the_name(void **unused)
{
	struct stand *stand = stand_with(1);
	uint64_t word[4];

	(void)unused;
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], 0x1000), 0);
	stand_expect_nested(stand, 0, STE_BAD0, STE_BAD1);
	assert_true(stand_event(stand, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0], UINT64_C(0x1000) << 32 | VSMMU_EVENT_C_BAD_STREAMID);
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[0], VSID_OTHER), 0);
	assert_true(stand_event(stand, 0, VSMMU_EVENT_C_BAD_STE, 0));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0], (uint64_t)VSID_OTHER << 32 | VSMMU_EVENT_C_BAD_STE);
	stand_free(stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", the_guests_ste_of_the_new_one_is_in_force),
		UNIT_TEST("S6 P20", the_old_ones_events_are_stale),
		UNIT_TEST("S6", a_change_that_cannot_be_changes_nothing),
		UNIT_TEST("S6", any_call_may_fail),
		UNIT_TEST("S6", any_undoing_may_fail),
		UNIT_TEST("S6", its_present_one_is_tried_again),
		UNIT_TEST("S6", one_without_a_name_can_go),
		UNIT_TEST("S4 S6", what_c_bad_ste_means_goes_with_the_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
