/* SPDX-License-Identifier: BSD-2-Clause */
/* The host fails to detach or destroy what a full vSMMU's endpoints had: the rest goes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

/* What cannot be undone does not keep the rest from being so. */
TEST(any_undoing_may_fail_in_a_detach)
{
	static const char *const lines[] = {"detach", "destroy nested", "destroy vdevice",
		"destroy veventq", "destroy viommu", "destroy parent"};

	for (unsigned int n = 1; n <= 6; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 1);
		struct vsmmu_endpoint *endpoint = fixture->endpoint[0];

		fixture_enable(fixture);
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		assert_int_equal(vsmmu_endpoint_detach(endpoint), -EIO);
		assert_true(host_interposer_failed(fixture->host));
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), 1);
		for (unsigned int i = 0; i < 6; i++) /* but of what was not detached */
			if (n != 1 || i != 1)
				assert_int_equal(host_interposer_count(fixture->host, lines[i]), 1);
		if (n > 1)
			fixture_expect(fixture, 0, INTERPOSED_NOTHING);
		fixture_expect_counted(fixture);
		/* Objects are left in the host: only the handle is gone. */
		fixture_free_with_leaks(fixture);
	}
}

/*
 * One of the endpoints cannot be cut off, or not all of it: the others are, and all of them get
 * what the reset state allows.
 */
TEST(any_undoing_may_fail_in_a_reset)
{
	unsigned int n = 1;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_translating(NULL, 3);
		uint64_t objects;
		int ret;

		fixture_enable(fixture);
		objects = fixture_objects(fixture);
		for (unsigned int i = 0; i < 3; i++)
			assert_true(fixture_event(fixture, i, VSMMU_EVENT_F_TRANSLATION, 0));
		host_interposer_clear(fixture->host);
		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		ret = vsmmu_reset(fixture->vmm->vsmmu);
		failed = host_interposer_failed(fixture->host);
		assert_int_equal(ret, failed ? -EIO : 0);
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), failed);
		assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0), 0);
		assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0ACK), 0);
		assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_RESET], 3);
		assert_int_equal(host_interposer_count(fixture->host, "detach"), 3);
		assert_int_equal(host_interposer_count(fixture->host, "destroy nested"), 3);
		for (unsigned int i = 0; i < 3; i++)
			fixture_expect(fixture, i, INTERPOSED_PARENT);
		/* A HWPT that is not destroyed stays, one that is still attached is replaced. */
		assert_int_equal(fixture_objects(fixture), objects - 3 + (failed && n % 2 == 0));
		assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
		fixture_enable(fixture);
		for (unsigned int i = 0; i < 3; i++)
			fixture_expect_nested(fixture, i, STE_S1, 0);
		fixture_expect_counted(fixture);
		if (failed && n % 2 == 0)
			fixture_free_with_leaks(fixture);
		else
			fixture_free(fixture);
	}
	assert_int_equal(n - 2, 3 * 2);
}

/* Of the kinds of objects, each with how many there are, and how many stay with one of them. */
static const struct {
	const char *line;
	unsigned int count;
	uint64_t left;
} undoings[] = {{"detach", 4, 0}, {"destroy nested", 4, 3}, {"destroy vdevice", 4, 3},
	{"destroy veventq", 2, 3}, {"destroy viommu", 2, 2}, {"destroy parent", 2, 1}};

#define UNDOINGS (sizeof(undoings) / sizeof(undoings[0]))

static bool is_failed(struct install_fixture *fixture, const char *line)
{
	char text[64];

	snprintf(text, sizeof(text), "%s = -%d\n", line, EIO);
	return strstr(host_interposer_text(fixture->host), text);
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

TEST(any_undoing_may_fail_at_the_end)
{
	unsigned int n = 1, kinds = 0;

	for (bool failed = true; failed; n++) {
		struct install_fixture *fixture = fixture_to_free();
		uint64_t left = 0;

		host_interposer_fail(fixture->host, HOST_CALLS_UNDO, n, 1, EIO);
		failed = n <= 4 * 3 + 2 * 3;
		free_and_expect_reports(fixture, failed);
		assert_int_equal(host_interposer_failed(fixture->host), failed);
		for (size_t i = 0; i < UNDOINGS; i++) {
			bool mine = is_failed(fixture, undoings[i].line);

			/* Who could not be detached is tried once more before it is removed. */
			assert_int_equal(host_interposer_count(fixture->host, undoings[i].line),
				undoings[i].count + (mine && !i));
			left += mine ? undoings[i].left : 0;
			kinds |= (unsigned int)mine << i;
		}
		assert_int_equal(host_interposer_count(fixture->host, "close"), 2);
		assert_int_equal(fixture_objects(fixture), left);
		fixture_free_with_leaks(fixture);
	}
	assert_int_equal(kinds, (1u << UNDOINGS) - 1);
}

TEST(all_undoing_may_fail_at_the_end)
{
	struct install_fixture *fixture = fixture_to_free();

	host_interposer_fail(fixture->host, HOST_CALLS_UNDO, 1, UINT32_MAX, EIO);
	/* Of each HWPT that the one that aborts has replaced, and of the whole. */
	free_and_expect_reports(fixture, 4 + 1);
	for (unsigned int i = 0; i < 4; i++)
		fixture_expect_nested(fixture, i, STE_ABORT, 0);
	assert_int_equal(host_interposer_count(fixture->host, "close"), 2);
	fixture_free_with_leaks(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", any_undoing_may_fail_in_a_detach),
		UNIT_TEST("S6", any_undoing_may_fail_in_a_reset),
		UNIT_TEST("S6 E11", any_undoing_may_fail_at_the_end),
		UNIT_TEST("S6 E11", all_undoing_may_fail_at_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
