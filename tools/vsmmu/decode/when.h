/* SPDX-License-Identifier: BSD-2-Clause */
/* Times of a log, and the times that --since and --until name. */
#ifndef DECODE_WHEN_H
#define DECODE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When something was: a log tells one of them, both or none. */
struct moment {
	bool has_time;
	bool has_wall;
	bool has_zone;
	uint64_t time; /* nanoseconds: since boot in a log, since its begin in a capture */
	int64_t wall;  /* nanoseconds since 1970: in UTC with has_zone, else by the log's clock.
			  See CLOCK_NO_YEAR for those without a year */
};

/* Room for any of the two texts below. */
#define MOMENT_SIZE 72

/* "106.585811", "2026-12-09 09:15:57", "Dec  9 09:15:57"; two of them; "". Return: @buffer. */
const char *moment_format(const struct moment *moment, char *buffer, size_t size);

/*
 * The wall clock, "2026-12-09T09:15:57.5Z"; without the Z if the zone is not known, and with
 * "--" in place of an unknown year and its hyphen.
 */
const char *moment_format_iso(const struct moment *moment, char *buffer, size_t size);

/* Nanoseconds from one to the other. Return: whether that is known, and not negative. */
bool moment_distance(const struct moment *from, const struct moment *to, uint64_t *distance);

/* A time of the command line, as each of the clocks has it that a log may go by. */
struct bound {
	bool has_boot;
	bool has_wall;
	uint64_t boot;
	int64_t utc;
	int64_t local;
};

/*
 * "12.5" (since boot), "2026-11-30 03:00", "2026-11-30T03:00:05Z", "-5min" (before now).
 * Return: whether @text is a time.
 */
bool bound_parse(struct bound *bound, const char *text);

/* Compares as strcmp(moment, bound) would. Return: false if the two have no clock in common. */
bool bound_compare(const struct bound *bound, const struct moment *moment, int *order);

#endif
