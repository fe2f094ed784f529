/* SPDX-License-Identifier: BSD-2-Clause */
/* What was meant for a terminal: dmesg --color=always, script(1), test runners. */
#include "log/envelope_clean.h"

#include "text/span.h"

/* The escape character, or its picture in Unicode. */
static bool take_escape(struct span *text)
{
	return span_take(text, "\x1b") || span_take(text, "\xe2\x90\x9b");
}

static bool is_between(char c, unsigned char first, unsigned char last)
{
	return (unsigned char)c >= first && (unsigned char)c <= last;
}

/* "[32;1m" behind an escape: parameters, intermediates, a final (ECMA-48 5.4). */
static bool take_sequence(struct span *text)
{
	struct span rest = *text;

	if (!span_take(&rest, "["))
		return false;
	while (rest.length && is_between(rest.at[0], 0x20, 0x3f))
		rest = span_skip(rest, 1);
	if (!rest.length || !is_between(rest.at[0], 0x40, 0x7e))
		return false;
	*text = span_skip(rest, 1);
	return true;
}

/* "]0;title" up to BEL or ESC "\"; also DCS, SOS, PM and APC (ECMA-48 5.6). */
static bool take_string(struct span *text)
{
	struct span rest = *text;

	if (!rest.length || !strchr("]PX^_", rest.at[0]))
		return false;
	for (rest = span_skip(rest, 1); rest.length; rest = span_skip(rest, 1)) {
		if (span_take(&rest, "\a") || span_take(&rest, "\x1b\\")) {
			*text = rest;
			return true;
		}
		/* Nothing else of its kind is in one. */
		if (rest.at[0] == '\x1b')
			return false;
	}
	return false;
}

/* A colour whose escape character was lost: "[0m", "[1;32m". */
static bool take_bare_colour(struct span *text)
{
	struct span rest = *text;
	size_t digits = 0;

	if (!span_take(&rest, "["))
		return false;
	while (rest.length && (is_between(rest.at[0], '0', '9') || rest.at[0] == ';')) {
		digits++;
		rest = span_skip(rest, 1);
	}
	if (!digits || digits > 16 || !span_take(&rest, "m"))
		return false;
	*text = rest;
	return true;
}

/* Takes whatever begins here and is for the terminal alone. */
static bool take_control(struct span *text)
{
	struct span rest = *text;
	bool visible = rest.at[0] != '\x1b';

	if (!take_escape(&rest))
		return take_bare_colour(text);
	if (take_sequence(&rest)) {
		*text = rest;
		return true;
	}
	/* Only the character itself surely begins one of the others. */
	if (visible)
		return false;
	if (!take_string(&rest) && rest.length) {
		/* "(B" and its like choose a character set; else it is a single character. */
		size_t count = strchr("()*+-./#%", rest.at[0]) && rest.length > 1 ? 2 : 1;

		rest = span_skip(rest, count);
	}
	*text = rest;
	return true;
}

size_t clean_terminal(char *text, size_t length)
{
	struct span rest = {.at = text, .length = length};
	size_t kept = 0;

	while (rest.length) {
		char c = rest.at[0];

		if (strchr("\x1b\xe2[", c) && c && take_control(&rest))
			continue;
		rest = span_skip(rest, 1);
		/* A carriage return begins the terminal's line anew. */
		if (c == '\r')
			c = '\n';
		if ((unsigned char)c >= ' ' || c == '\t' || c == '\n')
			text[kept++] = c == 0x7f ? ' ' : c;
	}
	return kept;
}
