/* SPDX-License-Identifier: BSD-2-Clause */
/* Every number that a vSMMU tells has a name, and every counter can be found by counting. */
#include <stdio.h>
#include <string.h>

#include <vsmmu/smmu.h>

#include "lib/unit.h"
#include "smmu/counts.h"

static const char *discard(int n)
{
	return vsmmu_discard_name((enum vsmmu_discard)n);
}

static const char *report(int n)
{
	return vsmmu_report_name((enum vsmmu_report_code)n);
}

static const char *severity(int n)
{
	return vsmmu_severity_name((enum vsmmu_severity)n);
}

static const char *irq(int n)
{
	return vsmmu_irq_name((enum vsmmu_irq)n);
}

static void expect_names(const char *(*name)(int n), int first, int end)
{
	for (int n = first; n < end; n++) {
		assert_string_not_equal(name(n), "unknown");
		assert_int_equal(
			strspn(name(n), "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(name(n)));
		for (int other = first; other < n; other++)
			assert_string_not_equal(name(n), name(other));
	}
	assert_string_equal(name(first - 1), "unknown");
	assert_string_equal(name(end), "unknown");
	assert_string_equal(name(INT32_MIN), "unknown");
	assert_string_equal(name(INT32_MAX), "unknown");
}

TEST(every_number_has_a_name)
{
	expect_names(discard, 0, DISCARD_COUNT);
	expect_names(report, 1, REPORT_CODE_COUNT);
	expect_names(severity, 0, VSMMU_ERROR + 1);
	expect_names(irq, 0, IRQ_COUNT);
	assert_string_equal(discard(VSMMU_DISCARD_STALE), "stale");
	assert_string_equal(report(VSMMU_REPORT_UNFIT), "unfit");
	assert_string_equal(severity(VSMMU_WARNING), "warning");
	assert_string_equal(irq(VSMMU_IRQ_CMD_SYNC), "cmdq-sync");
}

#define COUNTERS                                                                                   \
	((sizeof(struct vsmmu_stats) - offsetof(struct vsmmu_stats, sequenced)) / sizeof(uint64_t))

/* Each exactly once, but for the slots that no reason has. */
TEST(counters_can_be_counted)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	bool seen[COUNTERS] = {false};
	unsigned int n = 0, stale = 0;
	char name[64];

	for (size_t i = 0; i < COUNTERS; i++)
		(&stats.sequenced)[i] = i;
	for (; vsmmu_stats_name(n); n++) {
		const uint64_t value = vsmmu_stats_value(&stats, n);

		assert_in_range(value, 0, COUNTERS - 1);
		assert_false(seen[value]);
		seen[value] = true;
		if (!strcmp(vsmmu_stats_name(n), "discarded_stale"))
			stale = n;
	}
	assert_int_equal(n, COUNTERS - (VSMMU_DISCARD_SLOTS - DISCARD_COUNT));
	assert_null(vsmmu_stats_name(n));
	assert_null(vsmmu_stats_name(UINT32_MAX));
	assert_int_equal(vsmmu_stats_value(&stats, n), 0);
	assert_true(vsmmu_stats_value(&stats, stale) == stats.discarded_by[VSMMU_DISCARD_STALE]);
	assert_string_equal(vsmmu_stats_name(1), "delivered");
	assert_true(vsmmu_stats_value(&stats, 1) == stats.delivered);
	/* All reasons, in the order of their numbers. */
	for (int i = 0; i < DISCARD_COUNT; i++) {
		snprintf(name, sizeof(name), "discarded_%s", discard(i));
		for (char *dash = name; (dash = strchr(dash, '-')); *dash = '_')
			;
		assert_string_equal(
			vsmmu_stats_name(stale - VSMMU_DISCARD_STALE + (unsigned int)i), name);
	}
}

TEST(an_older_callers_counters_are_fewer)
{
	struct vsmmu_stats stats = {.size = offsetof(struct vsmmu_stats, lost)};

	stats.delivered = 5;
	stats.lost = 6; /* beyond its size */
	assert_int_equal(vsmmu_stats_value(&stats, 1), 5);
	assert_string_equal(vsmmu_stats_name(2), "lost");
	assert_int_equal(vsmmu_stats_value(&stats, 2), 0);
	stats.size = 0;
	assert_int_equal(vsmmu_stats_value(&stats, 1), 0);
	assert_int_equal(vsmmu_stats_value(NULL, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(every_number_has_a_name),
		UNIT_TEST_PLAIN(counters_can_be_counted),
		UNIT_TEST_PLAIN(an_older_callers_counters_are_fewer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
