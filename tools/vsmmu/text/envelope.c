/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/envelope.h"

#include "text/envelope_clean.h"

/* What a line can have that the kernel did not print: bits, so that one scan collects all. */
enum {
	ODD_TERMINAL = 1, /* control characters, or what may be the begin of a sequence */
	ODD_UNICODE = 2,
};

/* Return: which of them @text has. */
static unsigned int scan(struct span text)
{
	static const uint8_t odd[256] = {
		[0 ... 8] = ODD_TERMINAL,
		['\n'] = ODD_TERMINAL,
		[11 ... 31] = ODD_TERMINAL,
		['^'] = ODD_TERMINAL,
		['\\'] = ODD_TERMINAL,
		['#'] = ODD_TERMINAL,
		[127] = ODD_TERMINAL,
		[128 ... 255] = ODD_UNICODE,
	};
	unsigned int found = 0;

	for (size_t i = 0; i < text.length; i++)
		found |= odd[(unsigned char)text.at[i]];
	return found;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "[   12.345678]", with which the kernel begins a line. */
static bool begins_with_uptime(struct span text)
{
	struct span rest = text;
	size_t digits = 0;

	if (!span_take(&rest, "["))
		return false;
	while (rest.length && rest.at[0] == ' ')
		rest = span_skip(rest, 1);
	for (; rest.length && is_digit(rest.at[0]); digits++)
		rest = span_skip(rest, 1);
	if (!digits || digits > 12 || !span_take(&rest, ".") || rest.length < 7)
		return false;
	for (size_t i = 0; i < 6; i++)
		if (!is_digit(rest.at[i]))
			return false;
	return rest.at[6] == ']';
}

/* Whether a colour may be there whose escape character was lost. */
static bool has_bare_colour(struct span text)
{
	for (size_t at = 0; at < text.length; at++) {
		const char *bracket = memchr(text.at + at, '[', text.length - at);

		if (!bracket)
			return false;
		at = (size_t)(bracket - text.at);
		if (at + 2 < text.length && is_digit(bracket[1]) &&
			(bracket[2] == 'm' || bracket[2] == ';' ||
				(at + 3 < text.length && bracket[3] == 'm')))
			return true;
	}
	return false;
}

/*
 * Return: where the next line begins that was pasted behind this one, by a time or a driver's
 * name for the second time; or the length.
 */
static size_t find_next_line(struct span text)
{
	static const char driver[] = "arm-smmu-v3 ";
	bool timed = false, named = false;

	for (size_t at = 0; at < text.length; at++) {
		struct span rest = span_skip(text, at);

		if (rest.at[0] == '[' && begins_with_uptime(rest)) {
			if (timed || named)
				return at;
			timed = true;
		} else if (rest.at[0] == 'a' && span_begins(rest, driver)) {
			if (named)
				return at;
			named = true;
		}
	}
	return text.length;
}

/* The part of the line that fits into the buffer, cut between words if there are any. */
static struct span take_part(struct envelope *envelope)
{
	struct span part = envelope->left;

	if (part.length > ENVELOPE_SIZE) {
		part.length = ENVELOPE_SIZE;
		while (part.length && !span_is_blank(part.at[part.length - 1]))
			part.length--;
		if (!part.length)
			part.length = ENVELOPE_SIZE;
	}
	envelope->left = span_skip(envelope->left, part.length);
	return part;
}

static void clean(struct envelope *envelope, unsigned int odd)
{
	struct span part = take_part(envelope);
	size_t length = part.length;

	memcpy(envelope->buffer, part.at, length);
	if (odd & ODD_TERMINAL)
		length = clean_terminal(envelope->buffer, length);
	if (odd & ODD_UNICODE)
		length = clean_unicode(envelope->buffer, length);
	envelope->rest = (struct span){.at = envelope->buffer, .length = length};
}

void envelope_open(struct envelope *envelope, const char *line, size_t length)
{
	envelope->left = span_trim((struct span){.at = line, .length = length});
	envelope->rest = span_of("");
	envelope->joins = false;
}

/* Return: whether there is anything in envelope->rest. */
static bool fill(struct envelope *envelope)
{
	while (!envelope->rest.length && envelope->left.length) {
		unsigned int odd = scan(envelope->left);

		if (has_bare_colour(envelope->left))
			odd |= ODD_TERMINAL;
		if (odd) {
			clean(envelope, odd);
		} else {
			envelope->rest = envelope->left;
			envelope->left.length = 0;
		}
		envelope->rest = span_trim(envelope->rest);
	}
	return envelope->rest.length > 0;
}

bool envelope_next(struct envelope *envelope, struct log_line *line)
{
	struct span text;
	size_t end;

	if (!fill(envelope))
		return false;
	*line = (struct log_line){.host = span_of("")};
	text = envelope->rest;
	end = find_next_line((struct span){.at = text.at, .length = span_find(text, "\n")});
	line->text = span_trim((struct span){.at = text.at, .length = end});
	envelope->rest = span_trim(span_skip(text, end));
	line->joins = envelope->joins && !envelope->rest.length && !envelope->left.length;
	return true;
}
