/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/table.h"

#include <stdio.h>
#include <string.h>

#define GAP    2
#define INDENT 6 /* of what goes on below */

void table_init(struct table *table, const struct page *page, const struct table_column *columns,
	unsigned int count)
{
	*table = (struct table){.page = page, .columns = columns, .count = count};
}

void table_measure(struct table *table, const table_cells cells)
{
	for (unsigned int i = 0; i < table->count; i++) {
		size_t length = strlen(cells[i]);

		if (length && length < strlen(table->columns[i].heading))
			length = strlen(table->columns[i].heading);
		if (length > table->width[i])
			table->width[i] = length;
	}
}

static void set_breaks(struct table *table)
{
	size_t column = 0;

	for (unsigned int i = 0; i < table->count; i++) {
		size_t gap = column ? GAP : 0;

		if (!table->width[i])
			continue;
		table->breaks[i] = column && column + gap + table->width[i] > table->page->width;
		if (table->breaks[i])
			column = INDENT;
		else
			column += gap;
		column += table->width[i];
	}
}

static bool has_more(const struct table *table, const table_cells cells, unsigned int from)
{
	for (unsigned int i = from; i < table->count; i++)
		if (*cells[i])
			return true;
	return false;
}

static void print_row(const struct table *table, const table_cells cells)
{
	size_t blanks = 0;

	for (unsigned int i = 0; i < table->count; i++) {
		size_t pad = table->width[i] - strlen(cells[i]);
		bool right = table->columns[i].right;

		if (!table->width[i])
			continue;
		if (table->breaks[i] && has_more(table, cells, i)) {
			printf("\n");
			blanks = INDENT;
		}
		blanks += right ? pad : 0;
		/* No blanks at the end of a line. */
		if (*cells[i]) {
			printf("%*s%s", (int)blanks, "", cells[i]);
			blanks = 0;
		}
		blanks += GAP + (right ? 0 : pad);
	}
	printf("\n");
}

void table_print_headings(struct table *table)
{
	table_cells cells;

	set_breaks(table);
	for (unsigned int i = 0; i < table->count; i++)
		snprintf(cells[i], sizeof(cells[i]), "%s",
			table->width[i] ? table->columns[i].heading : "");
	printf("%s", style_begin(table->page, STYLE_HEADING));
	print_row(table, cells);
	printf("%s", style_end(table->page));
}

void table_print(const struct table *table, const table_cells cells)
{
	print_row(table, cells);
}
