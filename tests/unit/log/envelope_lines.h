/* SPDX-License-Identifier: BSD-2-Clause */
/* A line in an envelope, and the lines that come out of it. */
#ifndef UNIT_ENVELOPE_LINES_H
#define UNIT_ENVELOPE_LINES_H

#include <stdio.h>
#include <string.h>

#include "lib/unit.h"
#include "log/envelope.h"

#define LINES_MAX 64
#define EVENT	  "arm-smmu-v3 fc900000.iommu: event 0x10 received:"

static struct envelope envelope;
static char lines[LINES_MAX][256];
static struct log_line last;
static unsigned int count;

static inline void open_bytes(const char *line, size_t length)
{
	struct log_line found;

	count = 0;
	envelope_open(&envelope, line, length);
	while (envelope_next(&envelope, &found)) {
		assert_true(count < LINES_MAX);
		snprintf(lines[count++], sizeof(lines[0]), "%.*s", (int)found.text.length,
			found.text.at);
		last = found;
	}
}

/* What comes out of @line, the last of @wanted is NULL. */
static inline void assert_lines(const char *line, const char *const *wanted)
{
	unsigned int i = 0;

	open_bytes(line, strlen(line));
	for (; wanted[i]; i++) {
		assert_true(i < count);
		assert_string_equal(lines[i], wanted[i]);
	}
	assert_int_equal(count, i);
}

#define GIVES(...)	       GIVES_LINES(__VA_ARGS__, NULL)
#define GIVES_LINES(line, ...) assert_lines(line, (const char *const[]){__VA_ARGS__})

#endif
