/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries for a terminal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "style.h"
#include "explain/writer.h"

#define INDENT	     2
#define CAUSE_INDENT 4

static void text_entry(
	const struct page *page, const struct catalogue_entry *entry, const char *title)
{
	(void)entry;
	printf("%s%s%s\n", style_begin(page, STYLE_HEADING), title, style_end(page));
}

static void text_paragraph(const struct page *page, const char *label, const char *text)
{
	size_t column = INDENT;

	printf("%*s", INDENT, "");
	if (label) {
		printf("%s%s:%s ", style_begin(page, STYLE_HEADING), label, style_end(page));
		column += strlen(label) + 2;
	}
	page_print(page, page->wraps, column, INDENT, text);
}

static void text_causes(const struct page *page, const char *heading,
	const struct catalogue_cause *const *causes, size_t count)
{
	char line[1024];

	printf("%*s%s%s:%s\n", INDENT, "", style_begin(page, STYLE_HEADING), heading,
		style_end(page));
	for (size_t i = 0; i < count; i++) {
		int number = snprintf(line, sizeof(line), "%zu. ", i + 1);

		snprintf(line + number, sizeof(line) - (size_t)number, "%s%s%s", causes[i]->text,
			causes[i]->look ? ". Check: " : "", causes[i]->look ? causes[i]->look : "");
		printf("%*s", CAUSE_INDENT, "");
		page_print(page, page->wraps, CAUSE_INDENT, CAUSE_INDENT + (size_t)number, line);
	}
}

static void text_end(const struct page *page)
{
	(void)page;
	printf("\n");
}

const struct writer writer_text = {
	.entry = text_entry,
	.paragraph = text_paragraph,
	.causes = text_causes,
	.end = text_end,
};

void write_line(const struct page *page, const struct catalogue_entry *entry)
{
	char number[16] = "-", line[1024];
	const char *text =
		entry->format ? entry->format + strspn(entry->format, " \t") : entry->what;
	size_t length = strcspn(text, "\n");
	/* The first sentence. */
	const char *stop = entry->format ? NULL : strstr(text, ". ");

	if (entry->number >= 0)
		snprintf(number, sizeof(number), entry->kind == CATALOGUE_EVENT ? "0x%02x" : "%d",
			(unsigned int)entry->number);
	if (stop)
		length = (size_t)(stop - text) + 1;
	snprintf(line, sizeof(line), "%-7s  %-4s  %-26s  %.*s", kind_name(entry->kind), number,
		entry->name, (int)length, text);
	if (page->wraps && strlen(line) > page->width)
		memcpy(line + page->width - 3, "...", sizeof("..."));
	printf("%s\n", line);
}
