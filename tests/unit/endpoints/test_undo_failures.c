/* SPDX-License-Identifier: BSD-2-Clause */
/* The host fails to detach or destroy what a full vSMMU's endpoints had: the rest goes. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

/* The objects of one endpoint in the order in which they go. */
static const char *const undoings[] = {"destroy nested", "destroy vdevice", "detach",
	"destroy nested", "destroy nested", "destroy veventq", "destroy viommu"};

#define UNDOINGS (sizeof(undoings) / sizeof(undoings[0]))

/* A call that fails does not keep the rest from being undone, and is made again later. */
TEST(any_undoing_may_fail_in_a_detach)
{
	for (unsigned int n = 1; n <= UNDOINGS; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);
		struct vsmmu_endpoint *endpoint = fixture->endpoint[0];
		const bool detach = n == 3;

		fixture_enable(fixture);
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		/* The HWPT of the STE keeps its vIOMMU. */
		assert_int_equal(vsmmu_endpoint_detach(endpoint), n == 1 ? -EBUSY : -EIO);
		assert_true(host_interposer_failed(fixture->host));
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), 1);
		for (unsigned int i = 1; i < UNDOINGS; i++)
			assert_true(host_interposer_count(fixture->host, undoings[i]) >= 1);
		assert_int_equal(host_interposer_count(fixture->host, "close"), 1);
		assert_true(!host_interposer_opened(fixture->host, fixture->dev[0]));
		if (!detach)
			fixture_expect(fixture, 0, INTERPOSED_NOTHING);
		fixture_expect_counted(fixture);
		/* Attached for ever, it keeps what it is attached to. */
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), detach ? -EBUSY : 0);
		assert_int_equal(fixture_objects(fixture), detach ? 2 + 1 : 2);
		if (detach)
			fixture_free_with_leaks(fixture);
		else
			fixture_free(fixture);
	}
}

/* The host fails for good in the midst of an attach: what it keeps is told, and no harm later. */
TEST(an_attach_that_cannot_be_undone_is_told)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 2);
		uint64_t objects;
		bool left;
		int ret;

		fixture_enable(fixture);
		objects = fixture_objects(fixture);
		host_interposer_fail(fixture->host, HOST_CALLS_ANY, n, UINT_MAX, EIO);
		ret = fixture_attach(fixture, 4);
		failed = host_interposer_failed(fixture->host);
		assert_int_equal(ret, failed ? -EIO : 0);
		left = failed && fixture_objects(fixture) != objects;
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), left);
		/* That tells what is left, and not why. */
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), failed);
		host_interposer_heal(fixture->host);
		if (failed)
			assert_int_equal(fixture_attach(fixture, 4), 0);
		fixture_expect_nested(fixture, 4, STE_S1, 0);
		assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
		fixture_free(fixture);
	}
	assert_in_range(n, 7, UINT_MAX);
}

/* What comes up on the way, of another's events, is not why. */
TEST(an_attach_is_refused_with_a_reason_whatever_else_is_told)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vfio_fd = -1, .dev_id = fixture->dev[2]};

	config.vsid = FIXTURE_VSID(0);
	fixture_enable(fixture);
	assert_int_equal(fixture_attach(fixture, 4), 0);
	/* The first one's StreamID is stale, as the guest's queue is full; then there is room. */
	for (unsigned int n = 0; n < 1U << FIXTURE_EVENTQ_LOG2; n++)
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, n));
	while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
		;
	assert_int_equal(vsmmu_sim_fail(fixture->sim, VSMMU_SIM_FAIL_EVENT_ALLOC, 0, 0), 0);
	assert_true(fixture_event(fixture, 4, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[0], 0x20), 0);
	fixture->vmm->report_count = 0;
	test_vmm_write(
		fixture->vmm, SMMU_EVENTQ_CONS, test_vmm_read(fixture->vmm, SMMU_EVENTQ_PROD));
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EIO);
	assert_int_equal(
		vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &fixture->endpoint[2]), -EIO);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(fixture->vmm->report_count, 2);
	fixture_free(fixture);
}

/* A reset undoes nothing but the STEs' HWPTs, after something took their place. */
TEST(any_undoing_may_fail_in_a_reset)
{
	for (unsigned int n = 1; n <= 3; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 3);

		fixture_enable(fixture);
		for (unsigned int i = 0; i < 3; i++)
			assert_true(fixture_event(fixture, i, VSMMU_EVENT_F_TRANSLATION, 0));
		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
		assert_true(host_interposer_failed(fixture->host));
		assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0), 0);
		assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0ACK), 0);
		assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_RESET], 3);
		assert_int_equal(host_interposer_count(fixture->host, "detach"), 0);
		assert_int_equal(host_interposer_count(fixture->host, "destroy nested"), 3);
		for (unsigned int i = 0; i < 3; i++)
			fixture_expect_bypass(fixture, i);
		assert_int_equal(fixture_objects(fixture), OBJECTS(2, 2, 3, 1));
		fixture_enable(fixture);
		for (unsigned int i = 0; i < 3; i++)
			fixture_expect_nested(fixture, i, STE_S1, 0);
		fixture_expect_counted(fixture);
		fixture_free(fixture);
	}
}

/* Two endpoints behind each of two SMMUs, with an event of each that nobody has read. */
static struct install_fixture *fixture_to_free(void)
{
	struct install_fixture *fixture = fixture_translating(NULL, 4);

	fixture_enable(fixture);
	for (unsigned int i = 0; i < 4; i++)
		assert_true(fixture_event(fixture, i, VSMMU_EVENT_F_TRANSLATION, 0));
	host_interposer_clear(fixture->host);
	return fixture;
}

static void free_and_expect_reports(struct install_fixture *fixture, unsigned int reports)
{
	struct test_vmm *vmm = fixture->vmm;

	vsmmu_free(vmm->vsmmu);
	vmm->vsmmu = NULL;
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_HOST_FAILED), reports);
	if (reports)
		assert_non_null(strstr(vmm->reports[vmm->report_count - 1].text, "closing"));
}

static bool is_failed(struct install_fixture *fixture, const char *line)
{
	char text[64];

	snprintf(text, sizeof(text), "%s = -%d\n", line, EIO);
	return strstr(host_interposer_text(fixture->host), text);
}

/*
 * At the end an object has a second chance, after all the others. Not so a device that could not
 * be detached, which keeps an HWPT, its vIOMMU and parent, and those themselves.
 */
TEST(any_undoing_may_fail_at_the_end)
{
	const unsigned int undone = 4 + 4 * 4 + 2 * 2 + 2 * 2;
	unsigned int left_over = 0;

	for (unsigned int n = 1; n <= undone + 1; n++) {
		struct install_fixture *fixture = fixture_to_free();
		uint64_t left = 0;

		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		vsmmu_free(fixture->vmm->vsmmu);
		fixture->vmm->vsmmu = NULL;
		assert_int_equal(host_interposer_failed(fixture->host), n <= undone);
		assert_int_equal(host_interposer_count(fixture->host, "close"), 2);
		if (is_failed(fixture, "detach"))
			left = 3;
		else if (n > undone - 2 * 2 && is_failed(fixture, "destroy viommu"))
			left = 2;
		else if (is_failed(fixture, "destroy parent"))
			left = 1;
		assert_int_equal(fixture_objects(fixture), left);
		assert_int_equal(
			test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), left > 0);
		left_over |= 1U << left;
		fixture_free_with_leaks(fixture);
	}
	assert_int_equal(left_over, 0xf);
}

TEST(all_undoing_may_fail_at_the_end)
{
	struct install_fixture *fixture = fixture_to_free();

	host_interposer_fail(fixture->host, HOST_CALLS_UNDO, 1, UINT32_MAX, EIO);
	free_and_expect_reports(fixture, 1);
	for (unsigned int i = 0; i < 4; i++)
		fixture_expect_nested(fixture, i, STE_ABORT, 0);
	assert_int_equal(host_interposer_count(fixture->host, "close"), 2);
	fixture_free_with_leaks(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 D3", any_undoing_may_fail_in_a_detach),
		UNIT_TEST("S6 D3", an_attach_that_cannot_be_undone_is_told),
		UNIT_TEST("S6 D3", an_attach_is_refused_with_a_reason_whatever_else_is_told),
		UNIT_TEST("S6", any_undoing_may_fail_in_a_reset),
		UNIT_TEST("S6 E11", any_undoing_may_fail_at_the_end),
		UNIT_TEST("S6 E11", all_undoing_may_fail_at_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
