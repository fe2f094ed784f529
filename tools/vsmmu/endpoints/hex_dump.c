/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables from their dumps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/hex_dump.h"
#include "text/span.h"

#define LINE_BYTES 16

void hex_dump_free(struct hex_dump *dump)
{
	free(dump->bytes);
	*dump = (struct hex_dump){.bytes = NULL};
}

/* How long the table is that was begun, or 0 while that is not known. */
static size_t announced(const struct hex_dump *dump)
{
	const uint8_t *b = dump->bytes + 4;

	if (dump->length < 8)
		return 0;
	return (size_t)b[0] | (size_t)b[1] << 8 | (size_t)b[2] << 16 | (size_t)b[3] << 24;
}

/* "0010:" or "00000010", with blanks behind it. */
static bool take_offset(struct span *line, uint64_t *offset)
{
	struct span before;

	*line = span_trim(*line);
	before = *line;
	if (!span_take_number(line, 16, offset) || before.length - line->length < 4 ||
		before.length - line->length > 8)
		return false;
	span_take(line, ":");
	return line->length && span_is_blank(line->at[0]);
}

/* One byte, or several without a blank between them. Return: how many. */
static size_t take_bytes(struct span *line, uint8_t *bytes, size_t room)
{
	size_t digits = 0, count = 0;

	*line = span_trim(*line);
	while (digits < line->length && span_digit(line->at[digits]) < 16)
		digits++;
	if (digits % 2 || (digits < line->length && !span_is_blank(line->at[digits])))
		return 0;
	for (; count < digits / 2 && count < room; count++)
		bytes[count] = (uint8_t)(span_digit(line->at[2 * count]) << 4 |
					 span_digit(line->at[2 * count + 1]));
	*line = span_skip(*line, digits);
	return count;
}

int hex_dump_feed(struct hex_dump *dump, const char *text, size_t length)
{
	struct span line = {.at = text, .length = length};
	uint8_t bytes[LINE_BYTES];
	size_t count = 0, more, whole;
	uint64_t offset;
	uint8_t *all;

	/* A complete one was given out. */
	if (dump->length && announced(dump) == dump->length)
		dump->length = 0;
	if (!take_offset(&line, &offset) || (offset && offset != dump->length))
		return 0;
	if (!offset)
		dump->length = 0;
	/* What follows the last byte in a line is the same in characters. */
	while (count < LINE_BYTES && (more = take_bytes(&line, bytes + count, LINE_BYTES - count)))
		count += more;
	if (!offset && (count < 8 || memcmp(bytes, "IORT", 4)))
		return 0;
	all = realloc(dump->bytes, dump->length + LINE_BYTES);
	if (!all)
		return -ENOMEM;
	dump->bytes = all;
	memcpy(all + dump->length, bytes, count);
	dump->length += count;
	whole = announced(dump);
	if (whole > HEX_DUMP_MAX) {
		dump->length = 0;
		return 0;
	}
	if (dump->length < whole)
		return 0;
	dump->length = whole;
	return 1;
}
