/* SPDX-License-Identifier: BSD-2-Clause */
/* Times by the wall's clock in every form that logs have; the numbers are those of date(1). */
#include <stdio.h>
#include <time.h>

#include "lib/unit.h"
#include "log/clock.h"

#define NS INT64_C(1000000000)
#define T  INT64_C(1733735757) /* 2024-12-09T09:15:57Z */

static struct wall wall;

static bool take(const char *text)
{
	struct span span = span_of(text);

	return clock_take(&span, &wall) &&
	       (!span.length || span_is_blank(span.at[0]) || span.at[0] == ']');
}

static void assert_wall(const char *text, int64_t time, bool has_zone)
{
	assert_true(take(text));
	assert_true(wall.time == time);
	assert_int_equal(wall.has_zone, has_zone);
	assert_true(clock_has_year(wall.time));
}

TEST(forms_with_a_zone)
{
	assert_wall("2024-12-09T09:15:57Z", T * NS, true);
	assert_wall("2024-12-09T09:15:57.123456789Z", T * NS + 123456789, true);
	assert_wall("2024-12-09T09:15:57,123456+00:00", T * NS + 123456000, true);
	assert_wall("2024-12-09T10:15:57+01:00", T * NS, true);
	assert_wall("2024-12-09T10:15:57+0100", T * NS, true);
	assert_wall("2024-12-09T10:15:57+01", T * NS, true);
	assert_wall("2024-12-09T14:45:57+05:30", T * NS, true);
	assert_wall("2024-12-09T15:00:57+05:45", T * NS, true);
	assert_wall("2024-12-09T05:45:57-03:30", T * NS, true);
	assert_wall("2024-12-08T21:15:57-1200", T * NS, true);
	assert_wall("2024-12-09 09:15:57 UTC", T * NS, true);
	assert_wall("2024-12-09 10:15:57 +0100", T * NS, true);
	assert_wall("Mon 2024-12-09 09:15:57 UTC", T * NS, true);
	assert_wall("Mon, 09 Dec 2024 10:15:57 +0100", T * NS, true);
	assert_wall("Mon, 9 Dec 2024 09:15:57 GMT", T * NS, true);
	assert_wall("09/Dec/2024:10:15:57 +0100", T * NS, true);
	assert_wall("Mon Dec  9 09:15:57 UTC 2024", T * NS, true);
	assert_wall("Mon Dec  9 2024 10:15:57 GMT+0100", T * NS, true);
	assert_wall("2024-12-09 04:15:57 UTC-05:00", T * NS, true);
	assert_wall("1733735757.5", T * NS + NS / 2, true);
	assert_wall("1733735757.123456", T * NS + 123456000, true);
}

TEST(forms_without_a_zone)
{
	assert_wall("Mon Dec  9 09:15:57 2024", T * NS, false);
	assert_wall("Mon Dec  9 09:15:57 2024] arm-smmu-v3", T * NS, false);
	assert_wall("Mon Dec  9 09:15:57 CET 2024", T * NS, false);
	assert_wall("Dec  9 09:15:57 2024 host", T * NS, false);
	assert_wall("Dec  9 2024 09:15:57", T * NS, false);
	assert_wall("Dec 09 2024 09:15:57.123", T * NS + 123000000, false);
	assert_wall("Dec 9, 2024 9:15:57 AM", T * NS, false);
	assert_wall("Dec 9, 2024, 9:15:57 AM", T * NS, false);
	assert_wall("2024-12-09T09:15:57", T * NS, false);
	assert_wall("2024-12-09 09:15:57.123", T * NS + 123000000, false);
	assert_wall("2024/12/09 09:15:57 host", T * NS, false);
	assert_wall("2024-12-09 09:15:57 CET", T * NS, false);
	assert_wall("Mon 2024-12-09 09:15:57 CET", T * NS, false);
	assert_wall("9 Dec 2024 09:15:57", T * NS, false);
	assert_wall("9-Dec-2024 09:15:57.000", T * NS, false);
	assert_wall("2024-12-09-09:15:57", T * NS, false);
	assert_wall("2024-12-09 09:15:57 AM", T * NS, false);
	assert_wall("2024-12-08 09:15:57 PM", (T - 43200) * NS, false);
	assert_wall("2024-12-09 12:15:57.5 am", (T - 32400) * NS + NS / 2, false);
	assert_wall("2024-12-09 09:15:57 amd64", T * NS, false);
}

/* Nobody told it, so nobody invents it. */
TEST(forms_without_a_year)
{
	static const char *const forms[] = {"Dec  9 09:15:57",
		"Dec 09 09:15:57 host kernel:", "Dec  9 09:15:57.000 1969",
		"12-09 09:15:57.000  123  123 E", "Mon Dec  9 09:15:57"};
	struct tm tm = {.tm_year = CLOCK_NO_YEAR - 1900,
		.tm_mon = 11,
		.tm_mday = 9,
		.tm_hour = 9,
		.tm_min = 15,
		.tm_sec = 57};

	for (unsigned int i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		assert_true(take(forms[i]));
		assert_false(clock_has_year(wall.time) || wall.has_zone);
		assert_true(wall.time == timegm(&tm) * NS);
	}
	assert_true(take("Feb 29 00:00:00"));
	assert_false(clock_has_year(wall.time));
	assert_true(take("Jan  1 00:00:00"));
	assert_false(clock_has_year(wall.time));
	assert_true(take("Dec 31 23:59:59.999"));
	assert_false(clock_has_year(wall.time));
	assert_false(take("Feb 30 00:00:00"));
}

TEST(calendar)
{
	assert_wall("1970-01-01T00:00:00Z", 0, true);
	assert_wall("1970-01-01T00:00:00+01:00", -3600 * NS, true);
	assert_wall("2000-02-29T23:59:59Z", INT64_C(951868799) * NS, true);
	assert_wall("2023-12-31T23:59:59Z", INT64_C(1704067199) * NS, true);
	assert_wall("2024-01-01T00:00:00Z", INT64_C(1704067200) * NS, true);
	assert_wall("2024-01-01T00:30:00+01:00", INT64_C(1704065400) * NS, true);
	assert_wall("2016-12-31T23:59:60Z", INT64_C(1483228800) * NS, true);
	assert_wall("2261-12-31T23:59:59Z", INT64_C(9214646399) * NS, true);
	assert_false(take("2023-02-29T00:00:00Z"));
	assert_false(take("2100-02-29T00:00:00Z"));
	assert_false(take("2024-13-01T00:00:00Z"));
	assert_false(take("2024-00-01T00:00:00Z"));
	assert_false(take("2024-04-31T00:00:00Z"));
	assert_false(take("2024-04-00T00:00:00Z"));
	assert_false(take("2024-04-01T24:00:00Z"));
	assert_false(take("2024-04-01T00:60:00Z"));
	assert_false(take("2262-04-01T00:00:00Z"));
	assert_false(take("1969-04-01T00:00:00Z"));
	/* Each day of 290 years is the one after the one before. */
	for (int64_t day = 0; day < 365 * 291; day++) {
		time_t seconds = day * 86400 + 43210;
		struct tm tm;
		char text[64];

		gmtime_r(&seconds, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_true(take(text));
		assert_true(wall.time == seconds * NS);
		assert_int_equal(clock_has_year(wall.time), tm.tm_year != CLOCK_NO_YEAR - 1900);
	}
}

TEST(numbers_since_1970)
{
	static const struct {
		const char *text;
		int64_t time;
	} good[] = {
		{"1733735757", T * NS},
		{"1733735757.123456", T * NS + 123456000},
		{"1733735757.1234567891", T * NS + 123456789},
		{"1733735757123", T * NS + 123000000},
		{"1733735757123456", T * NS + 123456000},
		{"1733735757123456789", T * NS + 123456789},
		{"9223372036", INT64_C(9223372036) * NS},
	};
	static const char *const bad[] = {"", "x", "12", "173373575", "17337357571", "173373575712",
		"1733735757x", "1733735757.x", "1733735757123.5", "9223372037", "9223372036.9",
		"9999999999999999999", "99999999999999999999", "9999999999999"};

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(clock_of_unix(span_of(good[i].text), &wall));
		assert_true(wall.time == good[i].time && wall.has_zone);
	}
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(clock_of_unix(span_of(bad[i]), &wall));
}

TEST(no_times)
{
	static const char *const texts[] = {"", "x", "12:34:56", "2024-12-09", "Dec  9",
		"Dec  9 09:15", "December", "Mon", "106.585811", "1.2.3.4", "0000:01:00.0",
		"2b400000.iommu", "1733735757.iommu", "1733735757.5x", "1733735757",
		"2024-12-09T09:15", "Marc  9 09:15:57", "2024-12-09 21:15:57 PM",
		"2024-12-09 00:15:57 AM", "Dec  9 9:5:7"};

	for (unsigned int i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(take(texts[i]));
}

TEST(found_in_what_stands_before_a_message)
{
	static const char *const good[] = {"[Mon Dec  9 09:15:57 2024] arm-smmu-v3 ",
		"<6>2024-12-09T09:15:57Z host kernel: [  106.585811] ",
		"<6>1 2024-12-09T09:15:57Z h k - -", "> \"2024-12-09 09:15:57\",\"host\",",
		"kern.log:Dec  9 09:15:57 2024 host kernel: ", "kern.log-2024-12-09T09:15:57Z",
		"1234@1733735757.000000:smmuv3_record_event",
		"audit(1733735757.000:12): ", "[1733735757.000000] ", "| 2024-12-09T09:15:57Z | "};

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(clock_find(span_of(good[i]), &wall));
		assert_true(wall.time == T * NS);
	}
	assert_false(clock_find(span_of("[  106.585811] arm-smmu-v3 2b400000.iommu: "), &wall));
	assert_false(clock_find(span_of(""), &wall));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(forms_with_a_zone),
		UNIT_TEST_PLAIN(forms_without_a_zone),
		UNIT_TEST_PLAIN(forms_without_a_year),
		UNIT_TEST_PLAIN(calendar),
		UNIT_TEST_PLAIN(numbers_since_1970),
		UNIT_TEST_PLAIN(no_times),
		UNIT_TEST_PLAIN(found_in_what_stands_before_a_message),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
