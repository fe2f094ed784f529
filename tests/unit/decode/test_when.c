/* SPDX-License-Identifier: BSD-2-Clause */
/* Times of logs, and those of --since and --until. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decode/when.h"
#include "lib/unit.h"
#include "log/clock.h"

#define SECOND INT64_C(1000000000)

static struct moment boot(uint64_t time)
{
	return (struct moment){.has_time = true, .time = time};
}

/* As a log would have it that writes @text. */
static struct moment wall(const char *text)
{
	struct span span = span_of(text);
	struct wall wall = {0};

	assert_true(clock_take(&span, &wall));
	return (struct moment){.has_wall = true, .has_zone = wall.has_zone, .wall = wall.time};
}

static void expect_order(const char *text, struct moment moment, int order)
{
	struct bound bound;
	int got = 2;

	assert_true(bound_parse(&bound, text));
	assert_true(bound_compare(&bound, &moment, &got));
	assert_int_equal(got, order);
}

static void expect_no_order(const char *text, struct moment moment)
{
	struct bound bound;
	int got;

	assert_true(bound_parse(&bound, text));
	assert_false(bound_compare(&bound, &moment, &got));
}

TEST(seconds_since_boot)
{
	expect_order("12.5", boot(12500000000), 0);
	expect_order("12.5", boot(12500000001), 1);
	expect_order("12.500000001", boot(12500000000), -1);
	expect_order("0", boot(0), 0);
	/* More digits than a nanosecond has. */
	expect_order("1.0000000019", boot(1000000001), 0);
	expect_no_order("12.5", wall("2026-11-30 03:00:00"));
}

TEST(a_time_of_the_day)
{
	expect_order("2026-11-30 03:00", wall("2026-11-30 03:00:00"), 0);
	expect_order("2026-11-30T03:00:01.5", wall("2026-11-30 03:00:01.500000"), 0);
	expect_order("2026-11-30", wall("2026-11-30 00:00:00"), 0);
	expect_order("2026-11-30", wall("2026-11-29 23:59:59"), -1);
	expect_order("2024-02-29 00:00", wall("2024-03-01 00:00:00"), 1);
	expect_no_order("2026-11-30", boot(5));
}

TEST(zones)
{
	/* Of both. */
	expect_order("2026-11-30T03:00:00Z", wall("2026-11-30T04:00:00+01:00"), 0);
	expect_order("2026-11-30T03:00:00+01:00", wall("2026-11-30T02:00:00Z"), 0);
	expect_order("2026-11-30T03:00-0330", wall("2026-11-30T06:30:00Z"), 0);
	/* Of the log alone: the bound is in UTC, as times are printed. */
	expect_order("2026-11-30 03:00", wall("2026-11-30T04:00:00+01:00"), 0);
	/* Of the bound alone: by the log's own clock. */
	expect_order("2026-11-30T03:00:00+01:00", wall("2026-11-30 03:00:00"), 0);
}

TEST(a_log_without_years)
{
	expect_order("2026-11-30 03:00", wall("Nov 30 03:00:00"), 0);
	expect_order("2026-11-30 03:00", wall("Nov 30 02:59:59"), -1);
	/* Each is of the year that is nearest. */
	expect_order("2026-12-31 03:00", wall("Jan  1 02:59:59"), 1);
	expect_order("2027-01-01 03:00", wall("Dec 31 23:00:00"), -1);
	expect_order("2024-02-29 00:00", wall("Feb 29 00:00:00"), 0);
}

TEST(before_now)
{
	struct moment moment = {.has_wall = true, .has_zone = true};

	moment.wall = (int64_t)time(NULL) * SECOND;
	expect_order("-5min", moment, 1);
	expect_order("-3s", moment, 1);
	moment.wall -= 3601 * SECOND;
	expect_order("-1h", moment, -1);
	expect_order("-1d", moment, 1);
	/* By the time of the day, where there is one: a boot may be that of another machine. */
	moment.has_time = true;
	expect_order("-1h", moment, -1);
	expect_order("-1d", boot(INT64_MAX), 1);
}

TEST(local_time_before_now)
{
	struct moment moment = {.has_wall = true};

	setenv("TZ", "XST-05:30", 1);
	tzset();
	moment.wall = ((int64_t)time(NULL) + 5 * 3600 + 1800) * SECOND;
	expect_order("-5min", moment, 1);
	moment.wall -= 360 * SECOND;
	expect_order("-5min", moment, -1);
}

TEST(texts_that_are_no_time)
{
	static const char *const texts[] = {"", " ", "-", "12.", ".5", "1e3", "12s", "12,5", "-5",
		"-5 min", "-min", "-5minutes", "--5min", "-99999999999999999999s", "2026-",
		"2026-11", "2026-00-01", "2026-13-01", "2026-11-31", "2025-02-29", "2026-11-30 ",
		"2026-11-30 24:00", "2026-11-30 03", "2026-11-30 03:60", "2026-11-30 03:00:61",
		"2026-11-30 03:00X", "2026-11-30 03:00+", "2026-11-30 03:00+25:00",
		"2026-11-30 03:00+01:60", "1969-12-31", "99999-01-01", "18446744073709551616"};
	struct bound bound;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (bound_parse(&bound, texts[i]))
			fail_msg("'%s' was taken for a time", texts[i]);
}

static void expect_text(struct moment moment, const char *text, const char *iso)
{
	char buffer[MOMENT_SIZE];

	assert_string_equal(moment_format(&moment, buffer, sizeof(buffer)), text);
	if (iso)
		assert_string_equal(moment_format_iso(&moment, buffer, sizeof(buffer)), iso);
}

TEST(texts_of_moments)
{
	struct moment both = wall("2026-11-30 03:00:00");
	const struct moment before_1970 = {.has_wall = true, .wall = -1};

	both.has_time = true;
	both.time = 12345678901;
	expect_text((struct moment){0}, "", NULL);
	expect_text(boot(12345678901), "12.345678", NULL);
	expect_text(both, "12.345678, 2026-11-30 03:00:00", "2026-11-30T03:00:00");
	expect_text(wall("2026-11-30T03:00:00.25+01:00"), "2026-11-30 02:00:00.250000Z",
		"2026-11-30T02:00:00.250000Z");
	expect_text(wall("Dec  9 09:15:57"), "Dec  9 09:15:57", "--12-09T09:15:57");
	expect_text(before_1970, "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999");
}

TEST(distances)
{
	struct moment one = boot(5), other = boot(12);
	uint64_t distance;

	assert_true(moment_distance(&one, &other, &distance));
	assert_int_equal(distance, 7);
	assert_false(moment_distance(&other, &one, &distance));
	/* Another boot: only the wall clock went on. */
	one = wall("2026-11-30 03:00:00");
	other = wall("2026-11-30 03:00:02");
	one.has_time = other.has_time = true;
	one.time = 500;
	assert_true(moment_distance(&one, &other, &distance));
	assert_int_equal(distance, 2 * SECOND);
	other = wall("2026-11-30T03:00:02Z");
	assert_false(moment_distance(&one, &other, &distance));
	other = wall("Nov 30 03:00:02");
	assert_false(moment_distance(&one, &other, &distance));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(seconds_since_boot),
		UNIT_TEST_PLAIN(a_time_of_the_day),
		UNIT_TEST_PLAIN(zones),
		UNIT_TEST_PLAIN(a_log_without_years),
		UNIT_TEST_PLAIN(before_now),
		UNIT_TEST_PLAIN(texts_that_are_no_time),
		UNIT_TEST_PLAIN(texts_of_moments),
		UNIT_TEST_PLAIN(distances),
		UNIT_TEST_PLAIN(local_time_before_now),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
