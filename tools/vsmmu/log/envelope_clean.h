/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passes over a text, in place: each takes one kind of wrapping off and returns the new
 * length, which is never above the old one. A '\n' in what they leave ends a line. They are
 * named in the order in which they are to be used.
 */
#ifndef LOG_ENVELOPE_CLEAN_H
#define LOG_ENVELOPE_CLEAN_H

#include "text/span.h"

/*
 * Quoted-printable of a mail (RFC 2045 6.7): "=3D", "=20", "=C2=A0". A line is taken for that
 * if all its equal signs can be such. *joins: it ends with a soft line break.
 */
bool is_quoted_printable(struct span line);
size_t clean_quoted_printable(char *text, size_t length, bool *joins);

/* Tags and entities of HTML: "<br>", "<code>", "&quot;", "&#x27;". */
bool has_markup(struct span line);
size_t clean_markup(char *text, size_t length);

/* Escapes of programming languages and log programs: "\t", "\u0022", "\x09", "#011", "^I". */
size_t clean_escapes(char *text, size_t length);

/* Colours, titles and cursors of a terminal (ECMA-48), and control characters but the tab. */
size_t clean_terminal(char *text, size_t length);

/* Blanks, quotes and hyphens that are not of ASCII become those that are; marks without width go.
 */
size_t clean_unicode(char *text, size_t length);

/* Cells and code of Markdown, "| ... |" and "`...`", and the doubled quotes of CSV. */
bool has_table(struct span line);
size_t clean_table(char *text, size_t length);

/* Return: how many bytes of UTF-8 @character has, at most 4; 0 if it is none. */
size_t put_character(uint32_t character, char *bytes);

#endif
