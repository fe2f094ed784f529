/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "log/clock.h"
#include "text/span.h"

#define SECOND INT64_C(1000000000)

/* Times before 1970 are rounded down, too. */
static int64_t seconds_of(int64_t wall)
{
	return wall / SECOND - (wall % SECOND < 0);
}

static int64_t local_of(int64_t utc)
{
	time_t seconds = (time_t)seconds_of(utc);
	struct tm tm;

	return localtime_r(&seconds, &tm) ? utc + tm.tm_gmtoff * SECOND : utc;
}

static void split(int64_t wall, struct tm *tm)
{
	time_t seconds = (time_t)seconds_of(wall);

	*tm = (struct tm){0};
	gmtime_r(&seconds, tm);
}

/* The time of the day, with what is behind the seconds. */
static void format_clock(
	const struct moment *moment, const struct tm *tm, char *buffer, size_t size)
{
	int64_t fraction = moment->wall - seconds_of(moment->wall) * SECOND;
	int length = snprintf(buffer, size, "%02d:%02d:%02d", tm->tm_hour, tm->tm_min, tm->tm_sec);

	if (fraction)
		length += snprintf(
			buffer + length, size - (size_t)length, ".%06" PRId64, fraction / 1000);
	snprintf(buffer + length, size - (size_t)length, "%s", moment->has_zone ? "Z" : "");
}

const char *moment_format_iso(const struct moment *moment, char *buffer, size_t size)
{
	char clock[MOMENT_SIZE], year[16] = "-";
	struct tm tm;

	split(moment->wall, &tm);
	format_clock(moment, &tm, clock, sizeof(clock));
	if (clock_has_year(moment->wall))
		snprintf(year, sizeof(year), "%04d", tm.tm_year + 1900);
	snprintf(buffer, size, "%s-%02d-%02dT%s", year, tm.tm_mon + 1, tm.tm_mday, clock);
	return buffer;
}

static void format_wall(const struct moment *moment, char *buffer, size_t size)
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char clock[MOMENT_SIZE];
	struct tm tm;

	split(moment->wall, &tm);
	format_clock(moment, &tm, clock, sizeof(clock));
	if (clock_has_year(moment->wall))
		snprintf(buffer, size, "%04d-%02d-%02d %s", tm.tm_year + 1900, tm.tm_mon + 1,
			tm.tm_mday, clock);
	else
		snprintf(buffer, size, "%s %2d %s", months[tm.tm_mon], tm.tm_mday, clock);
}

const char *moment_format(const struct moment *moment, char *buffer, size_t size)
{
	int length = 0;

	*buffer = '\0';
	if (moment->has_time)
		length = snprintf(buffer, size, "%" PRIu64 ".%06" PRIu64, moment->time / SECOND,
			moment->time % SECOND / 1000);
	if (moment->has_time && moment->has_wall)
		length += snprintf(buffer + length, size - (size_t)length, ", ");
	if (moment->has_wall)
		format_wall(moment, buffer + length, size - (size_t)length);
	return buffer;
}

bool moment_distance(const struct moment *from, const struct moment *to, uint64_t *distance)
{
	/* In a file with several boots only the wall clock goes on. */
	if (from->has_wall && to->has_wall && from->has_zone == to->has_zone &&
		clock_has_year(from->wall) == clock_has_year(to->wall)) {
		*distance = (uint64_t)to->wall - (uint64_t)from->wall;
		return to->wall >= from->wall;
	}
	*distance = to->time - from->time;
	return from->has_time && to->has_time && to->time >= from->time;
}

/* Digits and perhaps a fraction, in nanoseconds. */
static bool take_seconds(struct span *span, uint64_t *out)
{
	uint64_t value, scale = (uint64_t)SECOND;

	if (!span_take_number(span, 10, &value) || value > INT64_MAX / (uint64_t)SECOND - 1)
		return false;
	*out = value * (uint64_t)SECOND;
	if (!span_take(span, "."))
		return true;
	if (!span->length || span_digit(span->at[0]) > 9)
		return false;
	for (; span->length && span_digit(span->at[0]) <= 9; *span = span_skip(*span, 1)) {
		scale /= 10;
		*out += scale * span_digit(span->at[0]);
	}
	return true;
}

static bool take_field(struct span *span, unsigned int most, int *out)
{
	uint64_t value;

	if (!span_take_number(span, 10, &value) || value > most)
		return false;
	*out = (int)value;
	return true;
}

/* "Z", "+01:00" or "-0330". Return: whether it is well formed, or not there at all. */
static bool take_zone(struct span *span, bool *has_zone, int64_t *offset)
{
	struct span sign = *span;
	uint64_t hours, minutes = 0;

	*offset = 0;
	*has_zone = span->length > 0;
	if (!span->length || span_take(span, "Z") || span_take(span, "z"))
		return true;
	if (!span_take(span, "+") && !span_take(span, "-"))
		return false;
	if (span->length == 4 && span_take_number(span, 10, &minutes)) {
		hours = minutes / 100;
		minutes %= 100;
	} else if (!span_take_number(span, 10, &hours) ||
		   (span_take(span, ":") && !span_take_number(span, 10, &minutes))) {
		return false;
	}
	*offset = (int64_t)(hours * 3600 + minutes * 60) * (sign.at[0] == '-' ? -SECOND : SECOND);
	return hours <= 24 && minutes < 60;
}

/* "03:00", "03:00:05.5"; midnight without it. Return: whether it is well formed. */
static bool take_clock(struct span *span, struct tm *tm, uint64_t *nanoseconds)
{
	*nanoseconds = 0;
	if (!span_take(span, " ") && !span_take(span, "T"))
		return true;
	if (!take_field(span, 23, &tm->tm_hour) || !span_take(span, ":") ||
		!take_field(span, 59, &tm->tm_min))
		return false;
	if (!span_take(span, ":"))
		return true;
	return take_seconds(span, nanoseconds) && *nanoseconds <= 60 * (uint64_t)SECOND;
}

static bool parse_wall(struct bound *bound, struct span span)
{
	struct tm tm = {0};
	uint64_t nanoseconds;
	int64_t offset;
	bool has_zone;
	int year, day;

	if (!take_field(&span, 2200, &year) || !span_take(&span, "-") ||
		!take_field(&span, 12, &tm.tm_mon) || !span_take(&span, "-") ||
		!take_field(&span, 31, &day) || !take_clock(&span, &tm, &nanoseconds) ||
		!take_zone(&span, &has_zone, &offset) || span.length)
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon--;
	tm.tm_mday = day;
	bound->local = (int64_t)timegm(&tm) * SECOND + (int64_t)nanoseconds;
	bound->utc = bound->local - offset;
	bound->has_wall = true;
	/* February has no 30th, and no month is the 0th: timegm() makes other days of them. */
	return year >= 1970 && tm.tm_year == year - 1900 && tm.tm_mday == day;
}

static int64_t now(clockid_t clock)
{
	struct timespec time = {0};

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * SECOND + time.tv_nsec;
}

/* "5min": so long before now. */
static bool parse_ago(struct bound *bound, struct span span)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {{"s", 1}, {"sec", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	uint64_t ago, up = (uint64_t)now(CLOCK_MONOTONIC);

	if (!take_seconds(&span, &ago))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_is(span, units[i].name))
			continue;
		if (ago > (uint64_t)INT64_MAX / 2 / units[i].seconds)
			return false;
		ago *= units[i].seconds;
		bound->has_boot = bound->has_wall = true;
		bound->boot = ago < up ? up - ago : 0;
		bound->utc = now(CLOCK_REALTIME) - (int64_t)ago;
		bound->local = local_of(bound->utc);
		return true;
	}
	return false;
}

bool bound_parse(struct bound *bound, const char *text)
{
	struct span span = span_of(text);

	*bound = (struct bound){0};
	if (span_take(&span, "-"))
		return parse_ago(bound, span);
	if (span_has(span, "-"))
		return parse_wall(bound, span);
	bound->has_boot = take_seconds(&span, &bound->boot) && !span.length;
	return bound->has_boot;
}

/* A time without a year is of the year in which it is nearest to @bound. */
static int64_t near(int64_t wall, int64_t bound)
{
	int64_t best = wall, least = INT64_MAX;
	struct tm tm, of_bound;

	if (clock_has_year(wall))
		return wall;
	split(wall, &tm);
	split(bound, &of_bound);
	for (int year = of_bound.tm_year - 1; year <= of_bound.tm_year + 1; year++) {
		struct tm of_year = tm;
		int64_t time, distance;

		of_year.tm_year = year;
		time = (int64_t)timegm(&of_year) * SECOND + wall - seconds_of(wall) * SECOND;
		distance = time < bound ? bound - time : time - bound;
		if (distance < least) {
			least = distance;
			best = time;
		}
	}
	return best;
}

bool bound_compare(const struct bound *bound, const struct moment *moment, int *order)
{
	int64_t wall = moment->has_zone ? bound->utc : bound->local;

	if (bound->has_wall && moment->has_wall) {
		int64_t time = near(moment->wall, wall);

		*order = (time > wall) - (time < wall);
		return true;
	}
	*order = (moment->time > bound->boot) - (moment->time < bound->boot);
	return bound->has_boot && moment->has_time;
}
