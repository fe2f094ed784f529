/* SPDX-License-Identifier: BSD-2-Clause */
#include "log/envelope.h"

#include "log/envelope_clean.h"
#include "log/envelope_record.h"

/*
 * A kernel's line has less than 1 KiB, and what programs put before it is short. What is longer
 * is given out in parts, so that who looks for something in it has an end.
 */
#define LINE_MAX_BYTES 2048
#define PREFIX_MAX     64 /* characters that begin with a time, before a driver's name */

/* A mailer breaks lines after 76 characters (RFC 2045 6.7); marks of quoting stand before them. */
#define MAIL_LINE_MAX 100
#define JOINED_MAX    8

/* What a line can have that the kernel did not print: bits, so that one scan collects all. */
enum {
	ODD_TERMINAL = 1, /* control characters */
	ODD_UNICODE = 2,
	ODD_ESCAPE = 4,
	ODD_MARKUP = 8,
	ODD_EQUAL = 16,
	ODD_TABLE = 32,
};

/* Return: which of them @text has. */
static unsigned int scan(struct span text)
{
	static const uint8_t odd[256] = {
		[0 ... 8] = ODD_TERMINAL,
		['\n'] = ODD_TERMINAL,
		[11 ... 31] = ODD_TERMINAL,
		['"'] = ODD_TABLE,
		['#'] = ODD_ESCAPE,
		['&'] = ODD_MARKUP,
		['<'] = ODD_MARKUP,
		['='] = ODD_EQUAL,
		['\\'] = ODD_ESCAPE,
		['^'] = ODD_ESCAPE,
		['`'] = ODD_TABLE,
		['|'] = ODD_TABLE,
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
 * Return: where the time begins that stands before the line at @at, if one is there and none of
 * it before @least; else @at.
 */
static size_t begin_of_time(struct span text, size_t least, size_t at)
{
	size_t begin = at > least + PREFIX_MAX ? at - PREFIX_MAX : least;
	struct wall wall;

	for (; begin < at; begin++) {
		struct span rest = {.at = text.at + begin, .length = at - begin};
		bool bracket = span_take(&rest, "[");

		if ((!begin || span_is_blank(text.at[begin - 1])) && clock_take(&rest, &wall) &&
			(!bracket || span_begins(rest, "]")))
			return begin;
	}
	return at;
}

/* Syslog over TCP: "86 <3>1 ..." is so long. Return: the length with the count; 0 if it is none. */
static size_t length_of_frame(struct span text)
{
	struct span rest = text;
	uint64_t count, priority;

	if (!span_take_number(&rest, 10, &count) || !span_take(&rest, " ") ||
		!span_begins(rest, "<") || count > rest.length)
		return 0;
	count += text.length - rest.length;
	span_take(&rest, "<");
	return span_take_number(&rest, 10, &priority) && span_begins(rest, ">") ? count : 0;
}

/*
 * Return: where the next line begins that was pasted behind this one, by a time or a driver's
 * name for the second time; or the length.
 */
static size_t find_next_line(struct span text)
{
	static const char driver[] = "arm-smmu-v3 ";
	size_t name = span_find(text, driver), bracket = span_find(text, "[");
	bool timed = false, named = false;
	size_t first = 0; /* behind the name or time of this line */
	size_t frame = length_of_frame(text);
	uint64_t time;

	if (frame)
		return frame;
	while (name < text.length || bracket < text.length) {
		size_t at = name < bracket ? name : bracket, next = at + 1;
		struct span rest = span_skip(text, at);

		if (at == name) {
			if (named)
				return begin_of_time(text, first, at);
			named = true;
			first = next;
			name = next + span_find(span_skip(text, next), driver);
		} else {
			if (clock_take_uptime(&rest, &time)) {
				if (timed || named)
					return begin_of_time(text, first, at);
				timed = true;
				first = next;
			}
			bracket = next + span_find(span_skip(text, next), "[");
		}
	}
	return text.length;
}

/* As much of a text as is at most @most bytes long, cut between words if there are any. */
static struct span take_at_most(struct span text, size_t most)
{
	size_t length = most;

	if (text.length <= most)
		return text;
	while (length && !span_is_blank(text.at[length - 1]))
		length--;
	text.length = length ? length : most;
	return text;
}

/* Return: the bits of @odd whose passes have something to do. */
static unsigned int look_closer(struct span text, unsigned int odd)
{
	if (odd & ODD_MARKUP && !has_markup(text))
		odd &= ~(unsigned int)ODD_MARKUP;
	if (odd & ODD_EQUAL && !is_quoted_printable(text))
		odd &= ~(unsigned int)ODD_EQUAL;
	if (odd & ODD_TABLE && !has_table(text))
		odd &= ~(unsigned int)ODD_TABLE;
	if (has_bare_colour(text))
		odd |= ODD_TERMINAL;
	return odd;
}

/* Takes off what there is; @text is a part of the buffer. */
static struct span clean(struct envelope *envelope, char *text, size_t length, unsigned int odd)
{
	if (odd & ODD_EQUAL)
		length = clean_quoted_printable(text, length, &envelope->joins);
	if (odd & ODD_MARKUP)
		length = clean_markup(text, length);
	if (odd & ODD_ESCAPE)
		length = clean_escapes(text, length);
	/* Each of those may have brought what the others take off. */
	odd |= scan((struct span){.at = text, .length = length});
	if (odd & ODD_TERMINAL)
		length = clean_terminal(text, length);
	if (odd & ODD_UNICODE)
		length = clean_unicode(text, length);
	if (odd & ODD_TABLE)
		length = clean_table(text, length);
	return (struct span){.at = text, .length = length};
}

void envelope_add(
	struct envelope *envelope, const char *text, size_t length, const struct origin *origin)
{
	size_t room = ENVELOPE_SIZE - envelope->used;

	if (envelope->count == ENVELOPE_MESSAGES || !room)
		return;
	if (length > room)
		length = room;
	memcpy(envelope->buffer + envelope->used, text, length);
	envelope->messages[envelope->count].length = length;
	envelope->messages[envelope->count++].origin = *origin;
	envelope->used += length;
}

void envelope_open(struct envelope *envelope, const char *line, size_t length)
{
	struct span text = {.at = line, .length = length};

	envelope->continues = envelope->joins;
	envelope->joined = envelope->continues ? envelope->joined + 1 : 0;
	envelope->rest = span_of("");
	envelope->joins = false;
	while (text.length && span_is_blank(text.at[text.length - 1]))
		text.length--;
	if (!envelope->continues)
		text = span_trim(text);
	envelope->count = envelope->given = 0;
	envelope->used = 0;
	envelope->origin = (struct origin){0};
	if (envelope_take_member(envelope, text) ||
		(memchr(text.at, '{', text.length) && envelope_take_json(envelope, text)))
		text = span_of("");
	envelope->left = text;
	envelope->used = 0;
}

void envelope_end(struct envelope *envelope)
{
	/* An empty line ends a record. */
	envelope->joins = false;
	envelope_open(envelope, "", 0);
}

/* The next of the messages out of JSON. */
static void fill_from_message(struct envelope *envelope)
{
	char *text = envelope->buffer + envelope->used;
	size_t length = envelope->messages[envelope->given].length;
	struct span span = {.at = text, .length = length};

	envelope->origin = envelope->messages[envelope->given++].origin;
	envelope->used += length;
	envelope->rest = clean(envelope, text, length, look_closer(span, scan(span)));
	envelope->joins = false;
}

static void fill_from_line(struct envelope *envelope)
{
	unsigned int odd = look_closer(envelope->left, scan(envelope->left));
	struct span part = envelope->left;

	if (!odd) {
		envelope->rest = part;
		envelope->left.length = 0;
		return;
	}
	part = take_at_most(part, ENVELOPE_SIZE);
	envelope->left = span_skip(envelope->left, part.length);
	memcpy(envelope->buffer, part.at, part.length);
	envelope->rest = clean(envelope, envelope->buffer, part.length, odd);
	/* An equal sign ends other lines, too: those of a mail are short, and so is a message. */
	envelope->joins &= part.length <= MAIL_LINE_MAX && envelope->joined < JOINED_MAX;
}

/* Blanks at the edges go, but where a mailer broke the line: there they belong to the text. */
static struct span trim(const struct envelope *envelope, struct span text)
{
	bool first = envelope->continues, last = envelope->joins && !envelope->left.length;

	while (!first && text.length && span_is_blank(text.at[0]))
		text = span_skip(text, 1);
	while (!last && text.length && span_is_blank(text.at[text.length - 1]))
		text.length--;
	return text;
}

/* Return: whether there is anything in envelope->rest. */
static bool fill(struct envelope *envelope)
{
	while (!envelope->rest.length) {
		if (envelope->given < envelope->count)
			fill_from_message(envelope);
		else if (envelope->left.length)
			fill_from_line(envelope);
		else
			return false;
		envelope->rest = trim(envelope, envelope->rest);
	}
	return true;
}

/* What answers in mails and lists put before a line: "> ", "* ", "- ". */
static struct span skip_quote(struct span text)
{
	for (;;) {
		struct span rest = text;

		if (!span_take(&rest, ">") && !span_take(&rest, "* ") && !span_take(&rest, "- ") &&
			!span_take(&rest, "+ ") && !span_take(&rest, "\xe2\x80\xa2"))
			return text;
		text = span_trim(rest);
	}
}

/* Takes the first of the lines that envelope->rest holds. */
static struct span take_line(struct envelope *envelope)
{
	struct span text = envelope->rest, line = text;

	line.length = span_find(text, "\n");
	line.length = find_next_line(line);
	line = take_at_most(line, LINE_MAX_BYTES);
	envelope->rest = span_skip(text, line.length);
	if (span_trim(envelope->rest).length) {
		envelope->rest = trim(envelope, envelope->rest);
		line = span_trim(line);
	} else {
		envelope->rest.length = 0;
		line = trim(envelope, line);
	}
	envelope->continues = false;
	return skip_quote(line);
}

bool envelope_next(struct envelope *envelope, struct log_line *line)
{
	if (!fill(envelope))
		return false;
	*line = (struct log_line){
		.text = take_line(envelope),
		.has_time = envelope->origin.has_time,
		.has_wall = envelope->origin.has_wall,
		.has_zone = envelope->origin.has_zone,
		.time = envelope->origin.time,
		.wall = envelope->origin.wall,
		.host = span_of(envelope->origin.host),
		.joins = envelope->joins && !envelope->rest.length && !envelope->left.length,
	};
	return true;
}
