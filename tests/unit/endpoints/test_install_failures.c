/* SPDX-License-Identifier: BSD-2-Clause */
/* The host fails in whatever a full vSMMU's endpoints need: none is left open. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "lib/fail_nth.h"
#include "install_fixture.h"

/* Nothing is left of a failed attach, and nothing was opened by it; the next one works. */
TEST(any_call_may_fail_in_an_attach)
{
	for (unsigned int neighbours = 0; neighbours < 4; neighbours++) {
		const struct vsmmu_config config = {.isolate = neighbours == 3};
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct install_fixture *fixture = fixture_translating(&config, neighbours);
			uint64_t objects;
			int ret;

			fixture_enable(fixture);
			objects = fixture_objects(fixture);
			host_interposer_fail(fixture->host, HOST_CALLS_ANY, n, 1, EBUSY);
			ret = fixture_attach(fixture, 4);
			failed = host_interposer_failed(fixture->host);
			assert_int_equal(ret, failed ? -EBUSY : 0);
			host_interposer_heal(fixture->host);
			if (failed) {
				/* A parent stays for the next try, or until this. */
				assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
				assert_int_equal(fixture_objects(fixture), objects);
				fixture_expect(fixture, 4, INTERPOSED_NOTHING);
				assert_true(
					!host_interposer_opened(fixture->host, fixture->dev[4]));
				assert_int_equal(fixture_attach(fixture, 4), 0);
			}
			fixture_expect_nested(fixture, 4, STE_S1, 0);
			for (unsigned int i = 0; i < neighbours; i++)
				fixture_expect_nested(fixture, i, STE_S1, 0);
			fixture_free(fixture);
		}
		/* hw_info, abort and bypass HWPT, detach, attach, vDEVICE, HWPT, attach at least.
		 */
		assert_true(n - 2 >= 8);
	}
}

/* An STE that cannot be installed leaves no older one in force. */
TEST(any_call_may_fail_in_a_refresh)
{
	static const uint64_t stes[] = {STE_ABORT, STE_BYPASS, STE_S1 | 0x1000, 0};

	for (size_t i = 0; i < sizeof(stes) / sizeof(stes[0]); i++) {
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct install_fixture *fixture = fixture_translating(NULL, 2);

			fixture_enable(fixture);
			host_interposer_clear(fixture->host);
			host_interposer_fail(fixture->host, HOST_CALLS_DO, n, 1, ENOMEM);
			fixture_set_ste(fixture, 0, stes[i], 0);
			failed = host_interposer_failed(fixture->host);
			if (failed) {
				fixture_expect_parked(fixture, 0);
				assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
				assert_int_equal(
					test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 1);
				assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 1));
				/* Nor do events come any more. */
				assert_true(
					!fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
				assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
			}
			if (stes[i])
				fixture_expect_nested(fixture, 0, stes[i], 0);
			else
				fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
			fixture_expect_nested(fixture, 1, STE_S1, 0);
			assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 2, 2));
			fixture_free(fixture);
		}
		assert_int_equal(n - 2, 2);
	}
}

/* Return: how many of the first three are parked; the others meet @ste. */
static unsigned int count_parked(struct install_fixture *fixture, uint64_t ste)
{
	unsigned int parked = 0;

	for (unsigned int i = 0; i < 3; i++) {
		if (host_interposer_attached(fixture->host, fixture->dev[i]).ste[0] == STE_ABORT) {
			fixture_expect_parked(fixture, i);
			parked++;
		} else {
			fixture_expect_nested(fixture, i, ste, 0);
		}
	}
	return parked;
}

TEST(any_call_may_fail_when_smmuen_changes)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 3);

		host_interposer_fail(fixture->host, HOST_CALLS_DO, n, 1, ENOMEM);
		fixture_enable(fixture);
		assert_int_equal(
			count_parked(fixture, STE_S1), host_interposer_failed(fixture->host));
		fixture_disable(fixture);
		failed = host_interposer_failed(fixture->host);
		/* What failed at the first change came right at the second. */
		assert_int_equal(count_parked(fixture, STE_BYPASS), failed && n > 2 * 3);
		fixture_free(fixture);
	}
	assert_int_equal(n - 2, 2 * 3 + 3);
}

/* All are parked, then some are let through: either of them may fail. */
TEST(any_call_may_fail_in_a_reset)
{
	for (int abort = 0; abort < 2; abort++) {
		const struct vsmmu_config config = {.gbpa_abort = abort};
		unsigned int n = 1;

		for (bool failed = true; failed; n++) {
			struct install_fixture *fixture = fixture_translating(&config, 3);
			int ret;

			fixture_enable(fixture);
			assert_true(fixture_event(fixture, 1, VSMMU_EVENT_F_TRANSLATION, 0));
			host_interposer_fail(fixture->host, HOST_CALLS_DO, n, 1, EIO);
			ret = vsmmu_reset(fixture->vmm->vsmmu);
			failed = host_interposer_failed(fixture->host);
			assert_int_equal(ret, failed ? -EIO : 0);
			assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0), 0);
			assert_int_equal(
				test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_RESET], 1);
			/* An endpoint that could not be parked at first is replaced all the same.
			 */
			assert_int_equal(
				count_parked(fixture, STE_BYPASS), abort ? 3 : failed && n > 3);
			host_interposer_heal(fixture->host);
			assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
			assert_int_equal(count_parked(fixture, STE_BYPASS), abort ? 3 : 0);
			fixture_free(fixture);
		}
		assert_int_equal(n - 2, abort ? 3 : 3 + 3);
	}
}

/* Neither works: that it is open still is what a person has to be told. */
TEST(blocking_may_fail)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const struct test_vmm_report *report;

	fixture_enable(fixture);
	host_interposer_fail(fixture->host, HOST_CALLS_DO, 1, 2, EIO);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_ABORT, 0), -EIO);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 1);
	report = &fixture->vmm->reports[fixture->vmm->report_count - 1];
	assert_int_equal(report->severity, VSMMU_ERROR);
	assert_non_null(strstr(report->text, "could not even be cut off"));
	/* Whatever the guest's STE is by then, it is installed anew. */
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_S1, 0);
	host_interposer_clear(fixture->host);
	assert_int_equal(fixture_refresh_all(fixture), 0);
	assert_int_equal(host_interposer_count(fixture->host, "attach nested"), 1);
	fixture_free(fixture);
}

/* The new one is in force, so that is no failure of it; the old one goes later. */
TEST(an_old_hwpt_may_stay)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	fixture_enable(fixture);
	host_interposer_fail(fixture->host, HOST_CALLS_UNDO, 1, 1, EIO);
	assert_int_equal(fixture_set_ste(fixture, 0, STE_BYPASS, 0), 0);
	fixture_expect_nested(fixture, 0, STE_BYPASS, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
	assert_int_equal(fixture_objects(fixture), OBJECTS(1, 1, 1, 2));
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	assert_int_equal(fixture_objects(fixture), OBJECTS(1, 1, 1, 1));
	fixture_free(fixture);
}

static void come_and_go(struct install_fixture *fixture)
{
	for (unsigned int n = 1; n < 3; n++)
		if (!fixture_attach(fixture, n))
			vsmmu_endpoint_set_vsid(fixture->endpoint[n], 0x20 + n);
	for (unsigned int n = 1; n < 3; n++) {
		vsmmu_endpoint_detach(fixture->endpoint[n]);
		fixture->endpoint[n] = NULL;
	}
}

/* The simulator's allocations are among them: they are the host's failures. */
TEST(any_allocation_may_fail)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);
		uint64_t objects;

		fixture_enable(fixture);
		objects = fixture_objects(fixture);
		fail_nth_arm(n);
		come_and_go(fixture);
		fail_nth_arm(0);
		failed = fail_nth_fired();
		assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
		assert_int_equal(fixture_objects(fixture), objects);
		fixture_expect_nested(fixture, 0, STE_S1, 0);
		come_and_go(fixture);
		fixture_expect_counted(fixture);
		fixture_free(fixture);
	}
	assert_true(n > 20);
}

/* More than the table of streams has room for at first. */
TEST(a_growing_table_may_find_no_memory)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vfio_fd = -1};
	struct vsmmu_endpoint *endpoint;
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);
		uint64_t objects;
		int ret = 0;

		for (unsigned int i = 0; i < 16; i++) {
			assert_int_equal(
				vsmmu_sim_endpoint_new(fixture->sim, 0, &config.dev_id), 0);
			config.vsid = 0x100 + i;
			objects = fixture_objects(fixture);
			if (i == 15)
				fail_nth_arm(n);
			ret = vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &endpoint);
			fail_nth_arm(0);
			assert_true(!ret || i == 15);
		}
		failed = fail_nth_fired();
		if (failed) {
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(fixture_objects(fixture), objects);
			ret = vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &endpoint);
		}
		assert_int_equal(ret, 0);
		fixture_enable(fixture);
		fixture_expect_nested(fixture, 0, STE_S1, 0);
		fixture_free(fixture);
	}
	assert_true(n - 2 >= 6); /* the endpoint, its vDEVICE, and four arrays */
}

/*
 * StreamIDs that were given up stay in the table as long as the guest's full queue keeps their
 * events in the kernel. When a new one finds no room there, its endpoint has no access.
 */
TEST(a_new_streamid_may_find_no_memory)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct vsmmu *vsmmu = fixture->vmm->vsmmu;
	unsigned int vsid = FIXTURE_VSID(0), failures = 0;
	uint64_t word[4];
	int ret;

	fixture_enable(fixture);
	for (unsigned int i = 0; i < 1 << FIXTURE_EVENTQ_LOG2; i++)
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	while (vsmmu_dispatch(vsmmu, 0))
		;
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	while (vsid < FIXTURE_VSID(20)) {
		fixture_write_ste(fixture, ++vsid, STE_S1, 0);
		for (unsigned int n = 1;; n++) {
			fail_nth_arm(n);
			ret = vsmmu_endpoint_set_vsid(fixture->endpoint[0], vsid);
			fail_nth_arm(0);
			if (!ret)
				break;
			assert_true(fail_nth_fired());
			assert_int_equal(ret, -ENOMEM);
			/* Until there is room for the new one it keeps the old one. */
			if (fixture->endpoint[0]->vsid == vsid)
				fixture_expect_parked(fixture, 0);
			else
				fixture_expect_nested(fixture, 0, STE_S1, 0);
			failures++;
		}
		fixture_expect_nested(fixture, 0, STE_S1, 0);
	}
	/* Each vDEVICE and HWPT, and three arrays, with which a HWPT was never the last. */
	assert_true(failures >= 20 * 2 - 1 + 3);
	while (fixture_consume(fixture, word))
		;
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6", any_call_may_fail_in_an_attach),
		UNIT_TEST("S4", any_call_may_fail_in_a_refresh),
		UNIT_TEST("S4 P13", any_call_may_fail_when_smmuen_changes),
		UNIT_TEST("S4 S6", any_call_may_fail_in_a_reset),
		UNIT_TEST("S4", blocking_may_fail),
		UNIT_TEST("S4", an_old_hwpt_may_stay),
		UNIT_TEST("S6", any_allocation_may_fail),
		UNIT_TEST("S6", a_growing_table_may_find_no_memory),
		UNIT_TEST("S6", a_new_streamid_may_find_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
