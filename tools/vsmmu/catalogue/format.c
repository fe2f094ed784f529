/* SPDX-License-Identifier: BSD-2-Clause */
#include "catalogue/format.h"

#include <ctype.h>

/* Strings that may begin and end anywhere make many ways to match: after these, it is given up. */
#define STEPS 2000

/* The longest string that is believed: a device's name, the name of an option. */
#define STRING_MAX 64

/* A text and a format that are being compared. */
struct comparison {
	const char *begin;
	const char *end;
	const char *format;
	unsigned int steps;
	struct format_match *match;
};

struct conversion {
	char kind;	    /* 's', 'd', 'u', 'x' or 'p' */
	bool resource;	    /* 's' of a "[mem 0x0-0xff]" */
	unsigned int width; /* 0: any */
	const char *rest;   /* of the format */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Takes a conversion apart. @format is at its "%". */
static struct conversion conversion_of(const char *format)
{
	struct conversion conversion = {0};

	for (format++; *format && strchr("#-+ 0.*123456789", *format); format++)
		if (isdigit((unsigned char)*format))
			conversion.width = conversion.width * 10 + (unsigned int)(*format - '0');
	while (*format && strchr("hlzjt", *format))
		format++;
	conversion.kind = *format ? *format++ : 's';
	if (conversion.kind == 'X')
		conversion.kind = 'x';
	if (conversion.kind == 'i')
		conversion.kind = 'd';
	/* The kernel's %pr, %pa, %pOF: a resource, an address, a name. */
	if (conversion.kind == 'p') {
		conversion.resource = *format == 'r' || *format == 'R';
		if (*format != 'a' && isalpha((unsigned char)*format))
			conversion.kind = 's';
		while (isalpha((unsigned char)*format))
			format++;
	}
	conversion.rest = format;
	return conversion;
}

static bool at_end(const char *format)
{
	return !*format || *format == '\n';
}

/* Whether nothing is left of the text but what somebody set behind it, which is short. */
static bool is_over(const struct comparison *comparison, const char *at)
{
	for (size_t i = 0; i < STRING_MAX && at < comparison->end; i++, at++)
		if (*at == '<' || is_word(*at))
			return *at == '<';
	return at == comparison->end;
}

static void keep(struct comparison *comparison, unsigned int count, const char *at, const char *end,
	uint64_t value)
{
	if (count < FORMAT_ARGUMENTS)
		comparison->match->arguments[count] = (struct format_argument){
			.text = {.at = at, .length = (size_t)(end - at)}, .value = value};
}

/* Return: where the number ends, or NULL if there is none. */
static const char *take_number(const struct comparison *comparison, struct conversion conversion,
	const char *at, uint64_t *value)
{
	struct span span = {.at = at, .length = (size_t)(comparison->end - at)};
	bool negative = conversion.kind == 'd' && span_take(&span, "-");
	unsigned int base = conversion.kind == 'd' || conversion.kind == 'u' ? 10 : 16;

	if (base == 16 && !span_take(&span, "0x"))
		span_take(&span, "0X");
	if (!span_take_number(&span, base, value))
		return NULL;
	if (negative)
		*value = -*value;
	return span.at;
}

/* Whether only "0x" is left of a number. */
static bool is_number_begun(const struct comparison *comparison, const char *at)
{
	return comparison->end - at == 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
}

static bool match_from(struct comparison *comparison, const char *format, const char *at,
	unsigned int count, unsigned int literal);

/* Whether it is worth the while to look whether the format goes on here. */
static bool may_follow(const struct comparison *comparison, const char *format, const char *at)
{
	return at == comparison->end || *format == '%' || span_is_blank(*format) ||
	       tolower((unsigned char)*at) == tolower((unsigned char)*format);
}

/* Tries the string's ends in turn, the nearest first, until the whole format fits. */
static bool match_string(struct comparison *comparison, struct conversion conversion,
	const char *at, unsigned int count, unsigned int literal)
{
	bool head = conversion.rest == comparison->format + 2 && !span_is_blank(*conversion.rest);
	bool one_word = *conversion.rest == ' ' && conversion.rest[1] == '%';
	bool found = false, blank = false;
	struct format_match cut;

	if (conversion.resource && (at == comparison->end || *at != '['))
		return false;
	if (at_end(conversion.rest)) {
		const char *end =
			comparison->end - at > STRING_MAX ? at + STRING_MAX : comparison->end;

		keep(comparison, count, at, end, 0);
		return match_from(comparison, conversion.rest, end, count + 1, literal);
	}
	for (const char *end = at; end - at <= STRING_MAX; end++) {
		if ((!head || end == at || (end - at > 1 && end[-2] == ':' && end[-1] == ' ')) &&
			may_follow(comparison, conversion.rest, end)) {
			keep(comparison, count, at, end, 0);
			if (match_from(comparison, conversion.rest, end, count + 1, literal)) {
				if (!comparison->match->cut)
					return true;
				if (!found || comparison->match->literal > cut.literal)
					cut = *comparison->match;
				found = true;
			}
		}
		if (end == comparison->end || ++comparison->steps > STEPS)
			break;
		blank |= span_is_blank(*end);
		/* A string that the text's end cuts is not taken for one if it has blanks. */
		if (blank && (one_word || (end + 1 == comparison->end && !strchr("[(", *at))))
			break;
	}
	if (found)
		*comparison->match = cut;
	return found;
}

static bool finish(
	struct comparison *comparison, bool cut, unsigned int count, unsigned int literal)
{
	comparison->match->cut = cut;
	comparison->match->count = count < FORMAT_ARGUMENTS ? count : FORMAT_ARGUMENTS;
	comparison->match->literal = literal;
	return true;
}

/* It calls itself once for each conversion of the format at most. */
static bool match_from(struct comparison *comparison, const char *format, const char *at,
	unsigned int count, unsigned int literal)
{
	while (!at_end(format)) {
		struct conversion conversion;
		const char *end;
		uint64_t value;

		if (++comparison->steps > STEPS)
			return false;
		if (at < comparison->end && *at == *format && is_word(*at)) {
			at++;
			format++;
			literal++;
			continue;
		}
		if (span_is_blank(*format)) {
			const char *blank = at;

			while (at < comparison->end && span_is_blank(*at))
				at++;
			while (span_is_blank(*format) && !at_end(format))
				format++;
			/* Blanks on both sides of an empty string are one. */
			if (at == blank && at != comparison->begin && !span_is_blank(at[-1]) &&
				!is_over(comparison, at))
				return false;
			continue;
		}
		if (*format != '%' || format[1] == '%') {
			if (at == comparison->end ||
				tolower((unsigned char)*at) != tolower((unsigned char)*format)) {
				if (!is_over(comparison, at))
					return false;
				return finish(comparison, true, count, literal);
			}
			format += *format == '%' ? 2 : 1;
			at++;
			literal++;
			continue;
		}
		if (at == comparison->end)
			return finish(comparison, true, count, literal);
		conversion = conversion_of(format);
		if (conversion.kind == 's')
			return match_string(comparison, conversion, at, count, literal);
		end = take_number(comparison, conversion, at, &value);
		if (!end)
			return (is_over(comparison, at) || is_number_begun(comparison, at)) &&
			       finish(comparison, true, count, literal);
		/* The rest of the number may be what is missing. */
		if (end == comparison->end && !at_end(conversion.rest) &&
			(size_t)(end - at) < (conversion.width ? conversion.width : STRING_MAX))
			return finish(comparison, true, count, literal);
		keep(comparison, count++, at, end, value);
		at = end;
		format = conversion.rest;
	}
	if (at > comparison->begin && at < comparison->end && is_word(at[-1]) && is_word(*at))
		return false;
	return finish(comparison, false, count, literal);
}

bool format_match(const char *format, struct span text, struct format_match *match)
{
	struct comparison comparison = {.match = match};

	text = span_trim(text);
	comparison.begin = text.at;
	comparison.end = text.at + text.length;
	while (span_is_blank(*format) && !at_end(format))
		format++;
	comparison.format = format;
	return match_from(&comparison, format, text.at, 0, 0);
}
