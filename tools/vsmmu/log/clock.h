/* SPDX-License-Identifier: BSD-2-Clause */
/* Times by the wall's clock, as programs that keep logs write them. */
#ifndef LOG_CLOCK_H
#define LOG_CLOCK_H

#include "text/span.h"

/*
 * A time of this year is one of which nobody told the year: no log is that old, and it is a
 * leap year, so that it has every day.
 */
#define CLOCK_NO_YEAR 1972

/**
 * struct wall - a time by the wall's clock
 * @has_zone: the log tells the zone: @time is in UTC; else it is by the log's own clock
 * @time: nanoseconds since 1970, see CLOCK_NO_YEAR
 */
struct wall {
	bool has_zone;
	int64_t time;
};

/* Whether the log tells the year of a time. */
bool clock_has_year(int64_t time);

/**
 * clock_take() - a time that stands at the begin of a text
 * @text: what is behind the time, if there is one
 * @wall: filled in if there is one
 *
 * Dates of ISO 8601, RFC 3164, RFC 5424, RFC 5322, dmesg -T, journald, logcat and web
 * servers, and seconds since 1970. Without seconds, or with a day that does not exist, it is none.
 *
 * Return: whether there is one.
 */
bool clock_take(struct span *text, struct wall *wall);

/**
 * clock_find() - the first time in a text, at the begin of a word or behind a bracket or quote
 * @text: what stands before a message
 * @wall: filled in if there is one
 *
 * Return: whether there is one.
 */
bool clock_find(struct span text, struct wall *wall);

/**
 * clock_take_uptime() - "[   12.345678]", with which the kernel begins a line
 * @text: what is behind the digits, if they are there: "]", or what some kernels add
 * @time: nanoseconds since boot
 *
 * Return: whether it is there. Seconds since 1970 are not that.
 */
bool clock_take_uptime(struct span *text, uint64_t *time);

/**
 * clock_of_unix() - seconds, milliseconds, microseconds or nanoseconds since 1970
 * @text: digits, and a fraction if they are seconds; which of them it is, their count tells
 * @wall: filled in
 *
 * Return: whether it is a time from 2001 on.
 */
bool clock_of_unix(struct span text, struct wall *wall);

#endif
