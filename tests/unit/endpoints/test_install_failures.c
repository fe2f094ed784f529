/* SPDX-License-Identifier: BSD-2-Clause */
/* The host fails in whatever a whole vSMMU's endpoints need: none is left open. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/fail_nth.h"
#include "install_stand.h"

/* Nothing is left of a failed attach, and nothing was opened by it; the next one works. */
static void any_call_may_fail_in_an_attach(void **unused)
{
	(void)unused;
	for (unsigned int neighbours = 0; neighbours < 4; neighbours++) {
		const struct vsmmu_config config = {.isolate = neighbours == 3};
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct stand *stand = stand_translating(&config, neighbours);
			uint64_t objects;
			int ret;

			stand_enable(stand);
			objects = stand_objects(stand);
			log_host_fail(stand->log, LOG_HOST_DO, n, 1, EBUSY);
			ret = stand_attach(stand, 4);
			failed = log_host_failed(stand->log);
			assert_int_equal(ret, failed ? -EBUSY : 0);
			log_host_fail(stand->log, LOG_HOST_DO, 0, 0, 0);
			if (failed) {
				assert_int_equal(stand_objects(stand), objects);
				stand_expect(stand, 4, LOG_NOTHING);
				assert_true(!log_host_opened(stand->log, stand->dev[4]));
				assert_int_equal(stand_attach(stand, 4), 0);
			}
			stand_expect_nested(stand, 4, STE_S1, 0);
			for (unsigned int i = 0; i < neighbours; i++)
				stand_expect_nested(stand, i, STE_S1, 0);
			stand_free(stand);
		}
		/* hw_info, vDEVICE, HWPT, attach at least. */
		assert_true(n - 2 >= 4);
	}
}

/* An STE that cannot be installed leaves no older one in force. */
static void any_call_may_fail_in_a_refresh(void **unused)
{
	static const uint64_t stes[] = {STE_ABORT, STE_BYPASS, STE_S1 | 0x1000, 0};

	(void)unused;
	for (size_t i = 0; i < sizeof(stes) / sizeof(stes[0]); i++) {
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct stand *stand = stand_translating(NULL, 2);

			stand_enable(stand);
			log_host_clear(stand->log);
			log_host_fail(stand->log, LOG_HOST_DO, n, 1, ENOMEM);
			stand_set_ste(stand, 0, stes[i], 0);
			failed = log_host_failed(stand->log);
			if (failed) {
				stand_expect(stand, 0, LOG_NOTHING);
				assert_int_equal(whole_stats(stand->whole).blocked, 1);
				assert_int_equal(
					whole_reported(stand->whole, VSMMU_REPORT_BLOCKED), 1);
				assert_int_equal(stand_objects(stand), 2 * 3 + 2 + 1);
				/* Nor do events come any more. */
				assert_true(!stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
				assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
			}
			if (stes[i])
				stand_expect_nested(stand, 0, stes[i], 0);
			else
				stand_expect_nested(stand, 0, STE_BAD0, STE_BAD1);
			stand_expect_nested(stand, 1, STE_S1, 0);
			assert_int_equal(stand_objects(stand), 2 * 3 + 2 * 2);
			stand_free(stand);
		}
		assert_int_equal(n - 2, 2);
	}
}

static void any_call_may_fail_when_smmuen_changes(void **unused)
{
	unsigned int n = 1;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_translating(NULL, 3);
		unsigned int nothing = 0;

		log_host_fail(stand->log, LOG_HOST_DO, n, 1, ENOMEM);
		stand_enable(stand);
		for (unsigned int i = 0; i < 3; i++) {
			if (log_host_attached(stand->log, stand->dev[i]).kind == LOG_NOTHING)
				nothing++;
			else
				stand_expect_nested(stand, i, STE_S1, 0);
		}
		assert_int_equal(nothing, log_host_failed(stand->log));
		stand_disable(stand);
		failed = log_host_failed(stand->log);
		nothing = 0;
		for (unsigned int i = 0; i < 3; i++)
			nothing += log_host_attached(stand->log, stand->dev[i]).kind != LOG_PARENT;
		/* What failed at the first change came right at the second. */
		assert_int_equal(nothing, failed && n > 2 * 3);
		stand_free(stand);
	}
	assert_int_equal(n - 2, 2 * 3 + 3);
}

static void any_call_may_fail_in_a_reset(void **unused)
{
	(void)unused;
	for (int abort = 0; abort < 2; abort++) {
		const struct vsmmu_config config = {.gbpa_abort = abort};
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct stand *stand = stand_translating(&config, 3);
			int ret;

			stand_enable(stand);
			assert_true(stand_event(stand, 1, VSMMU_EVENT_F_TRANSLATION, 0));
			log_host_fail(stand->log, LOG_HOST_DO, n, 1, EIO);
			ret = vsmmu_reset(stand->whole->vsmmu);
			failed = log_host_failed(stand->log);
			assert_int_equal(ret, failed ? -EIO : 0);
			assert_int_equal(whole_read(stand->whole, SMMU_CR0), 0);
			assert_int_equal(
				whole_stats(stand->whole).discarded_by[VSMMU_DISCARD_RESET], 1);
			for (unsigned int i = 0; i < 3; i++) {
				const struct log_host_object at =
					log_host_attached(stand->log, stand->dev[i]);

				/* The list has the newest first. */
				if (failed && i == 2 - (n - 1) / (abort ? 2 : 1))
					assert_int_equal(at.kind, LOG_NOTHING);
				else
					assert_int_equal(at.kind, abort ? LOG_NESTED : LOG_PARENT);
				if (at.kind == LOG_NESTED)
					assert_int_equal(at.ste[0], STE_ABORT);
			}
			log_host_fail(stand->log, LOG_HOST_DO, 0, 0, 0);
			assert_int_equal(vsmmu_reset(stand->whole->vsmmu), 0);
			for (unsigned int i = 0; i < 3; i++)
				stand_expect(stand, i, abort ? LOG_NESTED : LOG_PARENT);
			stand_free(stand);
		}
		assert_int_equal(n - 2, abort ? 2 * 3 : 3);
	}
}

/* An attach callback that cannot detach may still attach what aborts. */
static void blocking_needs_no_detach(void **unused)
{
	struct stand *stand = stand_translating(NULL, 2);

	(void)unused;
	stand_enable(stand);
	stand_write_ste(stand, STAND_VSID(0), STE_BYPASS, 0);
	log_host_fail(stand->log, LOG_HOST_DO, 2, 1, EIO);   /* the attach */
	log_host_fail(stand->log, LOG_HOST_UNDO, 2, 1, EIO); /* the new HWPT goes, then this */
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), -EIO);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	assert_int_equal(whole_stats(stand->whole).blocked, 1);
	/* That is not what the guest asked for, so it is not left at that. */
	stand_write_ste(stand, STAND_VSID(0), STE_ABORT, 0);
	log_host_clear(stand->log);
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
	assert_int_equal(log_host_count(stand->log, "attach nested"), 1);
	assert_int_equal(stand_set_ste(stand, 0, STE_BYPASS, 0), 0);
	stand_expect_nested(stand, 0, STE_BYPASS, 0);
	stand_free(stand);
}

/* Neither works: that it is open still is what a person has to be told. */
static void blocking_may_fail(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	const struct whole_report *report;

	(void)unused;
	stand_enable(stand);
	log_host_fail(stand->log, LOG_HOST_DO, 1, 2, EIO);
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	assert_int_equal(stand_set_ste(stand, 0, STE_ABORT, 0), -EIO);
	stand_expect_nested(stand, 0, STE_S1, 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_BLOCKED), 1);
	report = &stand->whole->reports[stand->whole->report_count - 1];
	assert_int_equal(report->severity, VSMMU_ERROR);
	assert_non_null(strstr(report->text, "could not even be cut off"));
	/* Whatever the guest's STE is by then, it is installed anew. */
	stand_write_ste(stand, STAND_VSID(0), STE_S1, 0);
	log_host_clear(stand->log);
	assert_int_equal(stand_refresh_all(stand), 0);
	assert_int_equal(log_host_count(stand->log, "attach nested"), 1);
	stand_free(stand);
}

/* The new one is in force, so that is no failure of it. */
static void an_old_hwpt_may_stay(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);

	(void)unused;
	stand_enable(stand);
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EBUSY);
	assert_int_equal(stand_set_ste(stand, 0, STE_BYPASS, 0), 0);
	stand_expect_nested(stand, 0, STE_BYPASS, 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_HOST_FAILED), 1);
	assert_int_equal(whole_stats(stand->whole).blocked, 0);
	stand_free_with_leaks(stand);
}

static void come_and_go(struct stand *stand)
{
	for (unsigned int n = 1; n < 3; n++)
		if (!stand_attach(stand, n))
			vsmmu_endpoint_set_vsid(stand->endpoint[n], 0x20 + n);
	for (unsigned int n = 1; n < 3; n++) {
		vsmmu_endpoint_detach(stand->endpoint[n]);
		stand->endpoint[n] = NULL;
	}
}

/* The simulator's allocations are among them: they are the host's failures. */
static void any_allocation_may_fail(void **unused)
{
	unsigned int n = 1;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_translating(NULL, 1);
		uint64_t objects;

		stand_enable(stand);
		objects = stand_objects(stand);
		fail_nth_arm(n);
		come_and_go(stand);
		fail_nth_arm(0);
		failed = fail_nth_fired();
		assert_int_equal(stand_objects(stand), objects);
		stand_expect_nested(stand, 0, STE_S1, 0);
		come_and_go(stand);
		stand_expect_counted(stand);
		stand_free(stand);
	}
	assert_true(n > 20);
}

/* More than the table of streams has room for at first. */
static void a_growing_table_may_find_no_memory(void **unused)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	unsigned int n = 1;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_translating(NULL, 1);
		uint64_t objects;
		int ret = 0;

		for (unsigned int i = 0; i < 16; i++) {
			assert_int_equal(vsmmu_sim_endpoint_new(stand->sim, 0, &config.dev_id), 0);
			config.vsid = 0x100 + i;
			objects = stand_objects(stand);
			if (i == 15)
				fail_nth_arm(n);
			ret = vsmmu_endpoint_attach(stand->whole->vsmmu, &config, &endpoint);
			fail_nth_arm(0);
			assert_true(!ret || i == 15);
		}
		failed = fail_nth_fired();
		if (failed) {
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(stand_objects(stand), objects);
			ret = vsmmu_endpoint_attach(stand->whole->vsmmu, &config, &endpoint);
		}
		assert_int_equal(ret, 0);
		stand_enable(stand);
		stand_expect_nested(stand, 0, STE_S1, 0);
		stand_free(stand);
	}
	assert_true(n - 2 >= 6); /* the endpoint, its vDEVICE, and four arrays */
}

/*
 * StreamIDs that were given up stay in the table as long as the guest's full queue keeps their
 * events in the kernel. When a new one finds no room there, its endpoint has no access.
 */
static void a_new_streamid_may_find_no_memory(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	struct vsmmu *vsmmu = stand->whole->vsmmu;
	unsigned int vsid = STAND_VSID(0), failures = 0;
	uint64_t word[4];
	int ret;

	(void)unused;
	stand_enable(stand);
	for (unsigned int i = 0; i < 1 << STAND_EVENTQ_LOG2; i++)
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	while (vsmmu_dispatch(vsmmu, 0))
		;
	assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	while (vsid < STAND_VSID(20)) {
		stand_write_ste(stand, ++vsid, STE_S1, 0);
		for (unsigned int n = 1;; n++) {
			fail_nth_arm(n);
			ret = vsmmu_endpoint_set_vsid(stand->endpoint[0], vsid);
			fail_nth_arm(0);
			if (!ret)
				break;
			assert_true(fail_nth_fired());
			assert_int_equal(ret, -ENOMEM);
			stand_expect(stand, 0, LOG_NOTHING);
			failures++;
		}
		stand_expect_nested(stand, 0, STE_S1, 0);
	}
	/* Each vDEVICE and HWPT, and four arrays. */
	assert_true(failures >= 20 * 2 + 4);
	while (stand_consume(stand, word))
		;
	stand_expect_counted(stand);
	stand_free(stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6", any_call_may_fail_in_an_attach),
		UNIT_TEST("S4", any_call_may_fail_in_a_refresh),
		UNIT_TEST("S4 P13", any_call_may_fail_when_smmuen_changes),
		UNIT_TEST("S4 S6", any_call_may_fail_in_a_reset),
		UNIT_TEST("S4", blocking_needs_no_detach),
		UNIT_TEST("S4", blocking_may_fail),
		UNIT_TEST("S4", an_old_hwpt_may_stay),
		UNIT_TEST("S6", any_allocation_may_fail),
		UNIT_TEST("S6", a_growing_table_may_find_no_memory),
		UNIT_TEST("S6", a_new_streamid_may_find_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
