/* SPDX-License-Identifier: BSD-2-Clause */
/* The names that a capture gives to endpoints. */
#ifndef DECODE_NAMES_H
#define DECODE_NAMES_H

#include <stdint.h>

/* Names are bounded, as anybody may have written the capture. */
#define NAMES_MAX 65536

struct name {
	uint32_t vsid;
	char *text; /* NULL: a place that is free */
};

struct names {
	struct name *table;
	uint32_t size; /* a power of two, or 0 */
	uint32_t count;
};

void names_destroy(struct names *names);

/* The last one counts; unprintable bytes become '?'. Return: 0 or -ENOMEM. */
int names_set(struct names *names, uint32_t vsid, const char *text);

/* Return: the name, or "" if it has none. Valid until the next names_set(). */
const char *names_get(const struct names *names, uint32_t vsid);

#endif
