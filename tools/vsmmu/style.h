/* SPDX-License-Identifier: BSD-2-Clause */
/* Colours, and how wide the output may be. */
#ifndef STYLE_H
#define STYLE_H

#include <stdbool.h>
#include <stddef.h>

enum style {
	STYLE_PLACE, /* where something is */
	STYLE_NAME,  /* what kind of event or message it is */
	STYLE_HEADING,
};

enum color {
	COLOR_AUTO, /* on a terminal, without NO_COLOR */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct page {
	bool color;
	bool wraps; /* a terminal: lines are broken at @width; else a summary alone minds it */
	unsigned int width;
};

void page_init(struct page *page, enum color color);

/* What begins and ends a style: "" without colour. */
const char *style_begin(const struct page *page, enum style style);
const char *style_end(const struct page *page);

/*
 * Prints a paragraph, its first line behind what stands on it already (@column characters),
 * others behind @indent blanks; with @wrap broken before page->width.
 */
void page_print(const struct page *page, bool wrap, size_t column, size_t indent, const char *text);

#endif
