/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of a line that need not end with a NUL, and what a parser does with them. */
#ifndef TEXT_SPAN_H
#define TEXT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *at;
	size_t length;
};

static inline struct span span_of(const char *text)
{
	return (struct span){.at = text, .length = strlen(text)};
}

static inline bool span_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline struct span span_skip(struct span span, size_t count)
{
	return (struct span){.at = span.at + count, .length = span.length - count};
}

/* Without blanks at either end. */
static inline struct span span_trim(struct span span)
{
	while (span.length && span_is_blank(span.at[span.length - 1]))
		span.length--;
	while (span.length && span_is_blank(span.at[0]))
		span = span_skip(span, 1);
	return span;
}

/* Nothing is at @at where a span is empty: memcmp() may not have it then. */
static inline bool span_begins(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && (!length || !memcmp(span.at, text, length));
}

static inline bool span_ends(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span.length >= length && span_begins(span_skip(span, span.length - length), text);
}

static inline bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && span_begins(span, text);
}

/* Return: where @text first is, or span.length if it is nowhere. */
static inline size_t span_find(struct span span, const char *text)
{
	const char *found = NULL;

	/* Never NULL, but a compiler that checks pointer arithmetic does not see that. */
	if (span.at)
		found = memmem(span.at, span.length, text, strlen(text));
	return found ? (size_t)(found - span.at) : span.length;
}

static inline bool span_has(struct span span, const char *text)
{
	return span_find(span, text) < span.length;
}

/* Takes @text off the span's begin. Return: whether it was there. */
static inline bool span_take(struct span *span, const char *text)
{
	if (!span_begins(*span, text))
		return false;
	*span = span_skip(*span, strlen(text));
	return true;
}

/* Takes what is before @text, and @text itself. Return: whether @text was there. */
static inline bool span_take_until(struct span *span, const char *text, struct span *before)
{
	size_t found = span_find(*span, text);

	if (found == span->length)
		return false;
	*before = (struct span){.at = span->at, .length = found};
	*span = span_skip(*span, found + strlen(text));
	return true;
}

/* The value of a digit in any base up to 16, else 16. */
static inline unsigned int span_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A' + 10);
	return 16;
}

/* Takes digits of @base, 10 or 16. Return: whether there were any, and 64 bits hold them. */
static inline bool span_take_number(struct span *span, unsigned int base, uint64_t *value)
{
	size_t digits = 0;

	*value = 0;
	for (; digits < span->length && span_digit(span->at[digits]) < base; digits++) {
		unsigned int digit = span_digit(span->at[digits]);

		if (*value > (UINT64_MAX - digit) / base)
			return false;
		*value = *value * base + digit;
	}
	*span = span_skip(*span, digits);
	return digits > 0;
}

/* Takes a number in base 16, with or without "0x" before it. Return: as span_take_number(). */
static inline bool span_take_hex(struct span *span, uint64_t *value)
{
	span_take(span, "0x");
	return span_take_number(span, 16, value);
}

/* Makes it a string of printable ASCII characters, cut to @size. */
static inline void span_print(struct span span, char *buffer, size_t size)
{
	size_t length = span.length < size ? span.length : size - 1;

	for (size_t i = 0; i < length; i++)
		buffer[i] = span.at[i] >= ' ' && span.at[i] <= '~' ? span.at[i] : '?';
	buffer[length] = '\0';
}

#endif
