/* SPDX-License-Identifier: BSD-2-Clause */
#include "style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT 100 /* where it is no terminal */
#define WIDTH_LEAST   40
#define WIDTH_MOST    1000

/* Return: columns of the terminal, or what COLUMNS says; 0 where nobody knows. */
static unsigned int known_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	char *end;
	long value;

	if (columns && *columns) {
		value = strtol(columns, &end, 10);
		if (!*end && value > 0)
			return value > WIDTH_MOST ? WIDTH_MOST : (unsigned int)value;
	}
	if (isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return size.ws_col;
	return 0;
}

static bool wants_color(enum color color)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && (!no_color || !*no_color) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

void page_init(struct page *page, enum color color)
{
	unsigned int width = known_width();

	page->color = wants_color(color);
	page->wraps = isatty(STDOUT_FILENO);
	page->width = width ? width : WIDTH_DEFAULT;
	if (page->width < WIDTH_LEAST)
		page->width = WIDTH_LEAST;
}

const char *style_begin(const struct page *page, enum style style)
{
	static const char *const codes[] = {
		[STYLE_PLACE] = "\033[2m",
		[STYLE_NAME] = "\033[1;31m",
		[STYLE_HEADING] = "\033[1m",
	};

	return page->color ? codes[style] : "";
}

const char *style_end(const struct page *page)
{
	return page->color ? "\033[0m" : "";
}

void page_print(const struct page *page, bool wrap, size_t column, size_t indent, const char *text)
{
	while (wrap && column + strlen(text) > page->width) {
		size_t room = page->width > column ? page->width - column : 0, at = room;

		while (at && text[at] != ' ')
			at--;
		/* A word that fits on no line stands beyond the edge. */
		if (!at && column > indent)
			at = 0;
		else if (!at)
			at = strcspn(text, " ");
		if (!text[at])
			break;
		printf("%.*s\n%*s", (int)at, text, (int)indent, "");
		text += at + (text[at] == ' ');
		column = indent;
	}
	printf("%s\n", text);
}
