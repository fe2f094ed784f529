/* SPDX-License-Identifier: BSD-2-Clause */
/* A table as wide as what is in it; rows that are too long for the page go on below. */
#ifndef DECODE_TABLE_H
#define DECODE_TABLE_H

#include <stddef.h>

#include "style.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_CELL_SIZE	  80

struct table_column {
	const char *heading;
	bool right; /* numbers */
};

struct table {
	const struct page *page;
	const struct table_column *columns;
	unsigned int count;
	size_t width[TABLE_COLUMNS_MAX]; /* 0: empty in all rows, and not shown */
	bool breaks[TABLE_COLUMNS_MAX];	 /* the column begins another line */
};

typedef char table_cells[TABLE_COLUMNS_MAX][TABLE_CELL_SIZE];

void table_init(struct table *table, const struct page *page, const struct table_column *columns,
	unsigned int count);

/* First all rows are measured, then printed. */
void table_measure(struct table *table, const table_cells cells);
void table_print_headings(struct table *table);
void table_print(const struct table *table, const table_cells cells);

#endif
