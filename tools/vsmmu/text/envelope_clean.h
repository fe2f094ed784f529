/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Passes over a text, in place: each takes one kind of wrapping off and returns the new
 * length, which is never above the old one. A '\n' in what they leave ends a line.
 */
#ifndef TEXT_ENVELOPE_CLEAN_H
#define TEXT_ENVELOPE_CLEAN_H

#include <stddef.h>

/* Colours, titles and cursors of a terminal (ECMA-48), and control characters but the tab. */
size_t clean_terminal(char *text, size_t length);

/* Blanks, quotes and hyphens that are not of ASCII become those that are; marks without width go.
 */
size_t clean_unicode(char *text, size_t length);

#endif
