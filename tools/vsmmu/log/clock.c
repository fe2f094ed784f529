/* SPDX-License-Identifier: BSD-2-Clause */
#include "log/clock.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define UPTIME_MAX 1000000000 /* seconds: 31 years */

#define YEAR_MIN 1970
#define YEAR_MAX 2261 /* 64 bits of nanoseconds end in the year after */

struct date {
	unsigned int year; /* 0: unknown */
	unsigned int month;
	unsigned int day;
	unsigned int hour;
	unsigned int minute;
	unsigned int second;
	int64_t fraction; /* nanoseconds */
	int64_t offset;	  /* of the zone, nanoseconds east of UTC */
	bool has_zone;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes @least to @most digits that no other follows. */
static bool take_digits(
	struct span *text, unsigned int least, unsigned int most, unsigned int *value)
{
	unsigned int digits = 0, number = 0;

	for (; digits < most && digits < text->length && is_digit(text->at[digits]); digits++)
		number = number * 10 + (unsigned int)(text->at[digits] - '0');
	if (digits < least || (digits < text->length && is_digit(text->at[digits])))
		return false;
	*value = number;
	*text = span_skip(*text, digits);
	return true;
}

/* Takes one of the characters. */
static bool take_one_of(struct span *text, const char *characters)
{
	if (!text->length || !text->at[0] || !strchr(characters, text->at[0]))
		return false;
	*text = span_skip(*text, 1);
	return true;
}

static void skip_blanks(struct span *text)
{
	while (text->length && text->at[0] == ' ')
		*text = span_skip(*text, 1);
}

/* Takes one of several names of three letters, "JanFebMar", that no other letter follows. */
static bool take_name(struct span *text, const char *names, unsigned int *which)
{
	if (text->length < 3 || text->at[0] < 'A' || text->at[0] > 'Z' ||
		(text->length > 3 && is_letter(text->at[3])))
		return false;
	for (unsigned int i = 0; names[i]; i += 3) {
		if (memcmp(text->at, names + i, 3))
			continue;
		*text = span_skip(*text, 3);
		*which = i / 3;
		return true;
	}
	return false;
}

static bool take_month(struct span *text, unsigned int *month)
{
	if (!take_name(text, "JanFebMarAprMayJunJulAugSepOctNovDec", month))
		return false;
	++*month;
	return true;
}

static void skip_weekday(struct span *text)
{
	unsigned int which;

	if (take_name(text, "MonTueWedThuFriSatSun", &which)) {
		span_take(text, ",");
		skip_blanks(text);
	}
}

/* "AM" or "PM", if it is there. Return: whether the hour can be one of those. */
static bool take_half(struct span *text, struct date *date)
{
	struct span rest = *text;
	bool evening;

	skip_blanks(&rest);
	evening = span_begins(rest, "PM") || span_begins(rest, "pm");
	if ((!evening && !span_begins(rest, "AM") && !span_begins(rest, "am")) ||
		(rest.length > 2 && (is_letter(rest.at[2]) || is_digit(rest.at[2]))))
		return true;
	if (date->hour < 1 || date->hour > 12)
		return false;
	date->hour = date->hour % 12 + (evening ? 12 : 0);
	*text = span_skip(rest, 2);
	return true;
}

/* "09:15:57" with a fraction of any length behind a point or a comma. */
static bool take_time(struct span *text, struct date *date)
{
	struct span rest = *text, digits;
	int64_t unit = SECOND;

	if (!take_digits(&rest, 1, 2, &date->hour) || !span_take(&rest, ":") ||
		!take_digits(&rest, 2, 2, &date->minute) || !span_take(&rest, ":") ||
		!take_digits(&rest, 2, 2, &date->second))
		return false;
	digits = rest;
	if (take_one_of(&digits, ".,") && digits.length && is_digit(digits.at[0])) {
		for (; digits.length && is_digit(digits.at[0]); digits = span_skip(digits, 1)) {
			unit /= 10;
			date->fraction += unit * (digits.at[0] - '0');
		}
		rest = digits;
	}
	*text = rest;
	return take_half(text, date);
}

/* "Z", "UTC", "+01:00", "+0100", "+01"; one that is not there, or has another name, is unknown. */
static void take_zone(struct span *text, struct date *date)
{
	struct span rest = *text;
	unsigned int which, hours, minutes = 0;
	bool west;

	skip_blanks(&rest);
	if (take_name(&rest, "UTCGMT", &which) ||
		(span_begins(rest, "Z") && (rest.length < 2 || !is_letter(rest.at[1])))) {
		span_take(&rest, "Z");
		date->has_zone = true;
		*text = rest;
	}
	/* "GMT+0100" goes on. */
	if (!rest.length || (rest.at[0] != '+' && rest.at[0] != '-'))
		return;
	west = rest.at[0] == '-';
	rest = span_skip(rest, 1);
	if (take_digits(&rest, 4, 4, &hours)) {
		minutes = hours % 100;
		hours /= 100;
	} else {
		struct span colon;

		if (!take_digits(&rest, 2, 2, &hours))
			return;
		colon = rest;
		if (span_take(&colon, ":") && take_digits(&colon, 2, 2, &minutes))
			rest = colon;
	}
	if (hours > 14 || minutes > 59 || (rest.length && is_letter(rest.at[0])))
		return;
	date->has_zone = true;
	date->offset = hours * HOUR + minutes * MINUTE;
	if (west)
		date->offset = -date->offset;
	*text = rest;
}

/* "2024-12-09T09:15:57.123456+01:00" and with blanks, slashes or a weekday */
static bool take_iso(struct span *text, struct date *date)
{
	struct span rest = *text;

	skip_weekday(&rest);
	if (!take_digits(&rest, 4, 4, &date->year) || !take_one_of(&rest, "-/") ||
		!take_digits(&rest, 2, 2, &date->month) || !take_one_of(&rest, "-/") ||
		!take_digits(&rest, 2, 2, &date->day) || !take_one_of(&rest, "Tt _-") ||
		!take_time(&rest, date))
		return false;
	take_zone(&rest, date);
	*text = rest;
	return true;
}

/* "Dec  9 09:15:57", "Mon Dec  9 09:15:57 2024", "Dec  9 2024 09:15:57" */
static bool take_month_first(struct span *text, struct date *date)
{
	struct span rest = *text;
	unsigned int year;

	skip_weekday(&rest);
	if (!take_month(&rest, &date->month) || !span_begins(rest, " "))
		return false;
	skip_blanks(&rest);
	if (!take_digits(&rest, 1, 2, &date->day))
		return false;
	span_take(&rest, ",");
	if (!span_begins(rest, " "))
		return false;
	skip_blanks(&rest);
	if (take_digits(&rest, 4, 4, &date->year)) {
		span_take(&rest, ",");
		skip_blanks(&rest);
	}
	if (!take_time(&rest, date))
		return false;
	take_zone(&rest, date);
	*text = rest;
	if (date->year)
		return true;
	/* The year is last, with the name of a zone before it in what date(1) prints. */
	skip_blanks(&rest);
	if (!date->has_zone && rest.length && is_letter(rest.at[0])) {
		while (rest.length && is_letter(rest.at[0]))
			rest = span_skip(rest, 1);
		skip_blanks(&rest);
	}
	if (take_digits(&rest, 4, 4, &year) && year >= YEAR_MIN &&
		(!rest.length || !strchr(":.-/", rest.at[0]))) {
		date->year = year;
		*text = rest;
	}
	return true;
}

/* "Mon, 09 Dec 2024 09:15:57 +0100", "09/Dec/2024:09:15:57 +0100" */
static bool take_day_first(struct span *text, struct date *date)
{
	struct span rest = *text;

	skip_weekday(&rest);
	if (!take_digits(&rest, 1, 2, &date->day) || !take_one_of(&rest, " /-") ||
		!take_month(&rest, &date->month) || !take_one_of(&rest, " /-") ||
		!take_digits(&rest, 4, 4, &date->year) || !take_one_of(&rest, " :") ||
		!take_time(&rest, date))
		return false;
	take_zone(&rest, date);
	*text = rest;
	return true;
}

/* "12-09 09:15:57.123", Android's logcat */
static bool take_logcat(struct span *text, struct date *date)
{
	struct span rest = *text;

	if (!take_digits(&rest, 2, 2, &date->month) || !span_take(&rest, "-") ||
		!take_digits(&rest, 2, 2, &date->day) || !span_take(&rest, " "))
		return false;
	skip_blanks(&rest);
	if (!take_time(&rest, date))
		return false;
	*text = rest;
	return true;
}

static bool is_leap(unsigned int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 1970 to a date: whole years with their leap days, then whole months. */
static bool days_of(const struct date *date, unsigned int year, int64_t *days)
{
	static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned int before = year - 1;

	if (date->month < 1 || date->month > 12 || date->day < 1)
		return false;
	if (date->day > lengths[date->month - 1] + (date->month == 2 && is_leap(year) ? 1u : 0u))
		return false;
	*days = (int64_t)365 * (year - 1970) + before / 4 - before / 100 + before / 400 - 477;
	for (unsigned int month = 1; month < date->month; month++)
		*days += lengths[month - 1] + (month == 2 && is_leap(year));
	*days += date->day - 1;
	return true;
}

static bool wall_of(const struct date *date, struct wall *wall)
{
	unsigned int year = date->year ? date->year : CLOCK_NO_YEAR;
	int64_t days;

	if (year < YEAR_MIN || year > YEAR_MAX || date->hour > 23 || date->minute > 59 ||
		date->second > 60 || !days_of(date, year, &days))
		return false;
	wall->has_zone = date->has_zone;
	wall->time = days * DAY + date->hour * HOUR + date->minute * MINUTE +
		     date->second * SECOND + date->fraction - date->offset;
	return true;
}

bool clock_has_year(int64_t time)
{
	struct date first = {.month = 1, .day = 1};
	int64_t begin, end;

	return !days_of(&first, CLOCK_NO_YEAR, &begin) ||
	       !days_of(&first, CLOCK_NO_YEAR + 1, &end) || time < begin * DAY || time >= end * DAY;
}

bool clock_of_unix(struct span text, struct wall *wall)
{
	static const int64_t units[] = {[10] = SECOND, [13] = 1000000, [16] = 1000, [19] = 1};
	struct span rest = text;
	int64_t unit, fraction = 0;
	uint64_t value;
	size_t digits;

	if (!span_take_number(&rest, 10, &value))
		return false;
	digits = text.length - rest.length;
	if (digits >= sizeof(units) / sizeof(units[0]) || !units[digits])
		return false;
	unit = units[digits];
	if (value > (uint64_t)INT64_MAX / (uint64_t)unit)
		return false;
	if (rest.length && (digits != 10 || !take_one_of(&rest, ".,")))
		return false;
	for (int64_t part = SECOND / 10; rest.length; part /= 10) {
		if (!is_digit(rest.at[0]))
			return false;
		fraction += part * (rest.at[0] - '0');
		rest = span_skip(rest, 1);
	}
	*wall = (struct wall){.has_zone = true, .time = (int64_t)value * unit};
	if (fraction > INT64_MAX - wall->time)
		return false;
	wall->time += fraction;
	return true;
}

/* "1733735757.123456", with its fraction: a number alone may be anything. */
static bool take_unix(struct span *text, struct wall *wall)
{
	struct span number = {.at = text->at, .length = 0};

	while (number.length < text->length &&
		(is_digit(number.at[number.length]) || number.at[number.length] == '.'))
		number.length++;
	/* "1234567890.iommu" is a device. */
	if (!span_has(number, ".") || number.at[number.length - 1] == '.' ||
		(number.length < text->length && is_letter(number.at[number.length])) ||
		!clock_of_unix(number, wall))
		return false;
	*text = span_skip(*text, number.length);
	return true;
}

bool clock_take(struct span *text, struct wall *wall)
{
	static bool (*const forms[])(struct span * text, struct date * date) = {
		take_iso, take_month_first, take_day_first, take_logcat};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct date date = {0};
		struct span rest = *text;

		if (forms[i](&rest, &date) && wall_of(&date, wall)) {
			*text = rest;
			return true;
		}
	}
	return take_unix(text, wall);
}

bool clock_take_uptime(struct span *text, uint64_t *time)
{
	struct span rest = *text;
	uint64_t seconds;
	unsigned int micros;

	if (!span_take(&rest, "["))
		return false;
	skip_blanks(&rest);
	if (!span_take_number(&rest, 10, &seconds) || seconds >= UPTIME_MAX ||
		!span_take(&rest, ".") || !take_digits(&rest, 6, 6, &micros) || !rest.length ||
		!strchr("] ,@/", rest.at[0]))
		return false;
	*time = seconds * (uint64_t)SECOND + micros * UINT64_C(1000);
	*text = rest;
	return true;
}

/* Whether a time may begin here: with two digits, or the name of a day or a month. */
static bool may_begin(struct span text)
{
	if (text.length < 8)
		return false;
	if (is_digit(text.at[0]))
		return is_digit(text.at[1]) || text.at[1] == ' ' || text.at[1] == '/';
	return text.at[0] >= 'A' && text.at[0] <= 'Z' && is_letter(text.at[2]) &&
	       !is_letter(text.at[3]);
}

bool clock_find(struct span text, struct wall *wall)
{
	bool begins = true;

	for (; text.length; text = span_skip(text, 1)) {
		struct span rest = text;

		if (begins && may_begin(text) && clock_take(&rest, wall))
			return true;
		begins = !is_digit(text.at[0]) && !is_letter(text.at[0]) && text.at[0] != '.';
	}
	return false;
}
