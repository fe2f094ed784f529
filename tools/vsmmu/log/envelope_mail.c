/* SPDX-License-Identifier: BSD-2-Clause */
/* Quoted-printable, which mailers make of a log. */
#include "log/envelope_clean.h"

/* The byte that "=XX" stands for; -1 if it is no such. Digits in lower case are not allowed. */
static int byte_of(struct span text)
{
	unsigned int high, low;

	if (text.length < 3 || text.at[0] != '=' || text.at[1] >= 'a' || text.at[2] >= 'a')
		return -1;
	high = span_digit(text.at[1]);
	low = span_digit(text.at[2]);
	return high < 16 && low < 16 ? (int)(high << 4 | low) : -1;
}

/* What needs no encoding has none: "irq=32" is no digit. */
static bool is_encoded(int byte)
{
	return byte == '\t' || byte == '\r' || byte == '\n' ||
	       (byte >= ' ' && byte < 0x100 && (byte < '0' || byte > '9') &&
		       (byte < 'A' || byte > 'Z') && (byte < 'a' || byte > 'z'));
}

bool is_quoted_printable(struct span line)
{
	bool found = false;

	for (size_t at = 0; at < line.length; at++) {
		const char *sign = memchr(line.at + at, '=', line.length - at);

		if (!sign)
			return found;
		at = (size_t)(sign - line.at);
		/* "==" and the like end base64 and rules. */
		if (at + 1 == line.length)
			return found || (at && sign[-1] != '=' && span_has(line, " "));
		if (!is_encoded(byte_of(span_skip(line, at))))
			return false;
		found = true;
		at += 2;
	}
	return found;
}

size_t clean_quoted_printable(char *text, size_t length, bool *joins)
{
	struct span rest = {.at = text, .length = length};
	size_t kept = 0;

	while (rest.length) {
		int byte = byte_of(rest);

		if (rest.length == 1 && rest.at[0] == '=') {
			*joins = true;
			break;
		}
		text[kept++] = byte < 0 ? rest.at[0] : (char)byte;
		rest = span_skip(rest, byte < 0 ? 1 : 3);
	}
	return kept;
}
