/* SPDX-License-Identifier: BSD-2-Clause */
/* The host fails to detach or destroy what a whole vSMMU's endpoints had: the rest goes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_stand.h"

/* What cannot be undone does not keep the rest from being so. */
static void any_undoing_may_fail_in_a_detach(void **unused)
{
	static const char *const lines[] = {"detach", "destroy nested", "destroy vdevice",
		"destroy veventq", "destroy viommu", "destroy parent"};

	(void)unused;
	for (unsigned int n = 1; n <= 6; n++) {
		struct stand *stand = stand_translating(NULL, 1);
		struct vsmmu_endpoint *endpoint = stand->endpoint[0];

		stand_enable(stand);
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
		log_host_clear(stand->log);
		log_host_fail(stand->log, LOG_HOST_UNDO, n, 1, EIO);
		assert_int_equal(vsmmu_endpoint_detach(endpoint), -EIO);
		assert_true(log_host_failed(stand->log));
		assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_HOST_FAILED), 1);
		for (unsigned int i = 0; i < 6; i++) /* but of what was not detached */
			if (n != 1 || i != 1)
				assert_int_equal(log_host_count(stand->log, lines[i]), 1);
		if (n > 1)
			stand_expect(stand, 0, LOG_NOTHING);
		stand_expect_counted(stand);
		/* Objects are left in the host: only the handle is gone. */
		stand_free_with_leaks(stand);
	}
}

/*
 * One of the endpoints cannot be cut off, or not all of it: the others are, and all of them get
 * what the reset state allows.
 */
static void any_undoing_may_fail_in_a_reset(void **unused)
{
	unsigned int n = 1;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_translating(NULL, 3);
		uint64_t objects;
		int ret;

		stand_enable(stand);
		objects = stand_objects(stand);
		for (unsigned int i = 0; i < 3; i++)
			assert_true(stand_event(stand, i, VSMMU_EVENT_F_TRANSLATION, 0));
		log_host_clear(stand->log);
		log_host_fail(stand->log, LOG_HOST_UNDO, n, 1, EIO);
		ret = vsmmu_reset(stand->whole->vsmmu);
		failed = log_host_failed(stand->log);
		assert_int_equal(ret, failed ? -EIO : 0);
		assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_HOST_FAILED), failed);
		assert_int_equal(whole_read(stand->whole, SMMU_CR0), 0);
		assert_int_equal(whole_read(stand->whole, SMMU_CR0ACK), 0);
		assert_int_equal(whole_stats(stand->whole).discarded_by[VSMMU_DISCARD_RESET], 3);
		assert_int_equal(log_host_count(stand->log, "detach"), 3);
		assert_int_equal(log_host_count(stand->log, "destroy nested"), 3);
		for (unsigned int i = 0; i < 3; i++)
			stand_expect(stand, i, LOG_PARENT);
		/* A HWPT that is not destroyed stays, one that is still attached is replaced. */
		assert_int_equal(stand_objects(stand), objects - 3 + (failed && n % 2 == 0));
		assert_int_equal(vsmmu_reset(stand->whole->vsmmu), 0);
		stand_enable(stand);
		for (unsigned int i = 0; i < 3; i++)
			stand_expect_nested(stand, i, STE_S1, 0);
		stand_expect_counted(stand);
		if (failed && n % 2 == 0)
			stand_free_with_leaks(stand);
		else
			stand_free(stand);
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

static bool is_failed(struct stand *stand, const char *line)
{
	char text[64];

	snprintf(text, sizeof(text), "%s = -%d\n", line, EIO);
	return strstr(log_host_text(stand->log), text);
}

/* Two endpoints behind each of two SMMUs, with an event of each that nobody has read. */
static struct stand *stand_to_free(void)
{
	struct stand *stand = stand_translating(NULL, 4);

	stand_enable(stand);
	for (unsigned int i = 0; i < 4; i++)
		assert_true(stand_event(stand, i, VSMMU_EVENT_F_TRANSLATION, 0));
	log_host_clear(stand->log);
	return stand;
}

static void free_and_expect_reports(struct stand *stand, unsigned int reports)
{
	struct whole *whole = stand->whole;

	vsmmu_free(whole->vsmmu);
	whole->vsmmu = NULL;
	assert_int_equal(whole_reported(whole, VSMMU_REPORT_HOST_FAILED), reports);
	if (reports)
		assert_non_null(strstr(whole->reports[whole->report_count - 1].text, "closing"));
}

static void any_undoing_may_fail_at_the_end(void **unused)
{
	unsigned int n = 1, kinds = 0;

	(void)unused;
	for (bool failed = true; failed; n++) {
		struct stand *stand = stand_to_free();
		uint64_t left = 0;

		log_host_fail(stand->log, LOG_HOST_UNDO, n, 1, EIO);
		failed = n <= 4 * 3 + 2 * 3;
		free_and_expect_reports(stand, failed);
		assert_int_equal(log_host_failed(stand->log), failed);
		for (size_t i = 0; i < UNDOINGS; i++) {
			bool mine = is_failed(stand, undoings[i].line);

			/* Who could not be detached is tried once more before it is removed. */
			assert_int_equal(log_host_count(stand->log, undoings[i].line),
				undoings[i].count + (mine && !i));
			left += mine ? undoings[i].left : 0;
			kinds |= (unsigned int)mine << i;
		}
		assert_int_equal(log_host_count(stand->log, "close"), 2);
		assert_int_equal(stand_objects(stand), left);
		stand_free_with_leaks(stand);
	}
	assert_int_equal(kinds, (1u << UNDOINGS) - 1);
}

static void all_undoing_may_fail_at_the_end(void **unused)
{
	struct stand *stand = stand_to_free();

	(void)unused;
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, UINT32_MAX, EIO);
	/* Of each HWPT that the one that aborts has replaced, and of the whole. */
	free_and_expect_reports(stand, 4 + 1);
	for (unsigned int i = 0; i < 4; i++)
		stand_expect_nested(stand, i, STE_ABORT, 0);
	assert_int_equal(log_host_count(stand->log, "close"), 2);
	stand_free_with_leaks(stand);
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
