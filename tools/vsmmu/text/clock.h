/* SPDX-License-Identifier: BSD-2-Clause */
/* Times by the wall's clock, as programs that keep logs write them. */
#ifndef TEXT_CLOCK_H
#define TEXT_CLOCK_H

#include "text/span.h"

/**
 * struct wall - a time by the wall's clock
 * @known: the other members are valid
 * @has_zone: the log tells the zone: @time is in UTC; else it is by the log's own clock
 * @has_year: the log tells the year; else @time is in CLOCK_NO_YEAR
 * @time: nanoseconds since 1970
 */
struct wall {
	bool known;
	bool has_zone;
	bool has_year;
	int64_t time;
};

/* It stands for a year that nobody told: a leap year, so that it has every day. */
#define CLOCK_NO_YEAR 1972

#endif
