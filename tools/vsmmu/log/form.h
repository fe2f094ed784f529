/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text that was printed by a known format and has been through many hands: blanks may be
 * others, digits in upper case, and the line may end within it.
 */
#ifndef LOG_FORM_H
#define LOG_FORM_H

#include <ctype.h>

#include "text/span.h"

/**
 * struct form - what is left of it
 * @rest: of the line
 * @cut: the line ended where more was expected
 */
struct form {
	struct span rest;
	bool cut;
};

/*
 * Takes blanks, a no-break space in UTF-8 among them, and the commas of who made a list of it.
 * Return: whether there were any.
 */
static inline bool form_take_blanks(struct form *form)
{
	const char *begin = form->rest.at;

	while (form->rest.length) {
		if (span_is_blank(form->rest.at[0]) || form->rest.at[0] == ',' ||
			form->rest.at[0] == ';')
			form->rest = span_skip(form->rest, 1);
		else if (!span_take(&form->rest, "\xc2\xa0"))
			break;
	}
	return form->rest.at != begin;
}

/* Takes @text, in which a blank stands for one or more. Return: whether it was there, whole. */
static inline bool form_take(struct form *form, const char *text)
{
	struct form rest = *form;

	for (; *text; text++) {
		if (*text == ' ' ? !form_take_blanks(&rest)
				 : !rest.rest.length || rest.rest.at[0] != *text) {
			form->cut |= !rest.rest.length;
			return false;
		}
		if (*text != ' ')
			rest.rest = span_skip(rest.rest, 1);
	}
	form->rest = rest.rest;
	return true;
}

/* The text may be missing. */
static inline bool form_take_optional(struct form *form, const char *text)
{
	bool cut = form->cut, taken = form_take(form, text);

	form->cut = cut;
	return taken;
}

/* Takes characters up to a blank, or up to the line's end, which is no end of a word. */
static inline bool form_take_word(struct form *form, struct span *word)
{
	size_t length = 0;

	while (length < form->rest.length && !span_is_blank(form->rest.at[length]))
		length++;
	*word = (struct span){.at = form->rest.at, .length = length};
	form->cut |= length == form->rest.length;
	form->rest = span_skip(form->rest, length);
	return length && form->rest.length;
}

/* Takes a number in base 16. @last: the format ends with it, so that it may end the line. */
static inline bool form_take_hex(struct form *form, bool last, uint64_t *value)
{
	if (!span_take(&form->rest, "0x"))
		span_take(&form->rest, "0X");
	form->cut |= !form->rest.length;
	if (!span_take_number(&form->rest, 16, value))
		return false;
	/* It is not whole at the line's end, nor if a letter follows. */
	form->cut |= !last && !form->rest.length;
	return form->rest.length ? !isalnum((unsigned char)form->rest.at[0]) : last;
}

#endif
