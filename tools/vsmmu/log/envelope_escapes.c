/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters that a program wrote as escapes, in text that need be of no sound format. */
#include <ctype.h>

#include "log/envelope_clean.h"

size_t put_character(uint32_t character, char *bytes)
{
	if (character < 0x80) {
		bytes[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		bytes[0] = (char)(0xc0 | character >> 6);
		bytes[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		if (character >= 0xd800 && character < 0xe000)
			return 0;
		bytes[0] = (char)(0xe0 | character >> 12);
		bytes[1] = (char)(0x80 | (character >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | character >> 18);
	bytes[1] = (char)(0x80 | (character >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (character >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

/* Takes just so many digits. */
static bool take_digits(struct span *text, size_t count, unsigned int base, uint32_t *value)
{
	*value = 0;
	if (text->length < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned int digit = span_digit(text->at[i]);

		if (digit >= base)
			return false;
		*value = *value * base + digit;
	}
	*text = span_skip(*text, count);
	return true;
}

/* Takes what stands behind a backslash. */
static bool take_letter(struct span *text, uint32_t *character)
{
	/* Those behind "b" are what Markdown escapes in a name, a time or a number. */
	static const char letters[] = "tnr\"'\\/efb[]<>()-.*#",
			  stand_for[] = "\t\n\r\"'\\/\033\f\b[]<>()-.*#";
	const char *letter = text->at[0] ? strchr(letters, text->at[0]) : NULL;

	if (letter) {
		*character = (unsigned char)stand_for[letter - letters];
		*text = span_skip(*text, 1);
		return true;
	}
	return (span_take(text, "x") && take_digits(text, 2, 16, character)) ||
	       (span_take(text, "u") && take_digits(text, 4, 16, character)) ||
	       (span_begins(*text, "0") && take_digits(text, 3, 8, character));
}

/* "\t", also when it was escaped several times: "\\\\t". */
static bool take_backslash(struct span *text, uint32_t *character)
{
	struct span rest = *text;

	while (span_take(&rest, "\\"))
		continue;
	if (rest.length) {
		struct span behind = rest;

		if (take_letter(&behind, character)) {
			*text = behind;
			return true;
		}
	}
	*character = '\\';
	*text = rest;
	return true;
}

/* rsyslog's "#011" is a control character; "IRQ #123" is a number. */
static bool take_number_sign(struct span *text, uint32_t *character)
{
	struct span rest = *text;

	if (!span_take(&rest, "#0") || !take_digits(&rest, 2, 8, character) || *character >= ' ')
		return false;
	*text = rest;
	return true;
}

/* cat -A and less(1) write "^I" and "^[". */
static bool take_caret(struct span *text, uint32_t *character)
{
	if (span_take(text, "^I"))
		*character = '\t';
	else if (span_take(text, "^M"))
		*character = '\n';
	else if (span_take(text, "^["))
		*character = 033;
	else
		return false;
	return true;
}

/* Markdown writes "F\_TRANSLATION"; "\_SB.PCI0" is a name of ACPI. */
static bool is_escaped_line(const char *text, size_t kept, struct span rest)
{
	return kept && isalnum((unsigned char)text[kept - 1]) && span_begins(rest, "\\_");
}

size_t clean_escapes(char *text, size_t length)
{
	struct span rest = {.at = text, .length = length};
	size_t kept = 0;

	while (rest.length) {
		uint32_t character;

		if (is_escaped_line(text, kept, rest))
			rest = span_skip(rest, 1);
		if ((rest.at[0] == '\\' && take_backslash(&rest, &character)) ||
			(rest.at[0] == '#' && take_number_sign(&rest, &character)) ||
			(rest.at[0] == '^' && take_caret(&rest, &character))) {
			kept += put_character(character, text + kept);
			continue;
		}
		text[kept++] = rest.at[0];
		rest = span_skip(rest, 1);
	}
	return kept;
}
