/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/summary.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "decode/table.h"
#include "decode/view.h"

#define INDENT	  4
#define LINE_SIZE 1024

enum {
	COLUMN_NUMBER,
	COLUMN_COUNT,
	COLUMN_RATE,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_SMMU,
	COLUMN_STREAM,
	COLUMN_PASID,
	COLUMN_ENDPOINT,
	COLUMN_KIND,
	COLUMN_ACCESS,
	COLUMN_ADDRESS,
	COLUMNS
};

static const struct table_column columns[COLUMNS] = {
	[COLUMN_NUMBER] = {"ROW", true},
	[COLUMN_COUNT] = {"COUNT", true},
	[COLUMN_RATE] = {"PER SECOND", true},
	[COLUMN_FIRST] = {"FIRST", false},
	[COLUMN_LAST] = {"LAST", false},
	[COLUMN_SMMU] = {"SMMU", false},
	[COLUMN_STREAM] = {"STREAM", false},
	[COLUMN_PASID] = {"PASID", false},
	[COLUMN_ENDPOINT] = {"ENDPOINT", false},
	[COLUMN_KIND] = {"KIND", false},
	[COLUMN_ACCESS] = {"ACCESS", false},
	[COLUMN_ADDRESS] = {"ADDRESS", false},
};

void summary_print_line(const struct output *output, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%*s", INDENT, "");
	page_print(&output->page, true, INDENT, INDENT, text);
}

static void set_occurrence(char *cell, const struct occurrence *occurrence)
{
	const struct position *position = &occurrence->position;
	struct moment moment = occurrence->moment;

	/* There is room for one of them. */
	moment.has_wall &= !moment.has_time;
	if (moment.has_time || moment.has_wall)
		moment_format(&moment, cell, TABLE_CELL_SIZE);
	else if (position->bytes)
		snprintf(cell, TABLE_CELL_SIZE, "byte 0x%" PRIx64, position->number);
	else
		snprintf(cell, TABLE_CELL_SIZE, "line %" PRIu64, position->number);
}

static bool knows(const struct fault_row *row, enum vsmmu_event_field field)
{
	return vsmmu_event_tells(row->known, field);
}

/* "write, stage 2 (page table)" */
static void set_access(char *cell, const struct fault_row *row)
{
	const struct vsmmu_event *event = &row->event;
	bool stage2 = knows(row, VSMMU_EVENT_FIELD_S2) && event->s2;
	const char *verb = "", *during = "";

	if (knows(row, VSMMU_EVENT_FIELD_RNW))
		verb = event->rnw ? "read" : "write";
	if (knows(row, VSMMU_EVENT_FIELD_CLASS) && event->class_ == VSMMU_EVENT_CLASS_CD)
		during = " (CD)";
	else if (knows(row, VSMMU_EVENT_FIELD_CLASS) && event->class_ == VSMMU_EVENT_CLASS_TT)
		during = " (page table)";
	snprintf(cell, TABLE_CELL_SIZE, "%s%s%s%s", verb, *verb && stage2 ? ", " : "",
		stage2 ? "stage 2" : "", during);
}

static void set_address(char *cell, const struct fault_row *row)
{
	if (row->pages && row->address_least == row->address_most)
		snprintf(cell, TABLE_CELL_SIZE, "0x%" PRIx64, row->address_least);
	else if (row->pages)
		snprintf(cell, TABLE_CELL_SIZE, "0x%" PRIx64 "-0x%" PRIx64 " (%" PRIu64 " page%s)",
			row->address_least, row->address_most, row->pages,
			row->pages == 1 ? "" : "s");
}

static void set_cells(
	const struct output *output, uint32_t number, const char *smmu, table_cells cells)
{
	const struct fault_row *row = &output->faults.rows[number];
	bool has_id = knows(row, VSMMU_EVENT_FIELD_ID);
	struct view view;
	double rate;

	view_of_row(&view, output->map, row);
	for (unsigned int i = 0; i < COLUMNS; i++)
		*cells[i] = '\0';
	snprintf(cells[COLUMN_NUMBER], TABLE_CELL_SIZE, "%" PRIu32, number + 1);
	snprintf(cells[COLUMN_COUNT], TABLE_CELL_SIZE, "%" PRIu64, row->count);
	if (fault_rate(row, &rate))
		snprintf(cells[COLUMN_RATE], TABLE_CELL_SIZE, rate < 10 ? "%.2f" : "%.0f", rate);
	set_occurrence(cells[COLUMN_FIRST], &row->first);
	if (row->count > 1)
		set_occurrence(cells[COLUMN_LAST], &row->last);
	if (!smmu)
		snprintf(cells[COLUMN_SMMU], TABLE_CELL_SIZE, "%s", row->key.smmu);
	if (knows(row, VSMMU_EVENT_FIELD_SID))
		snprintf(cells[COLUMN_STREAM], TABLE_CELL_SIZE, "0x%" PRIx32, row->event.sid);
	if (vsmmu_event_has_ssid(&row->event, row->known))
		snprintf(cells[COLUMN_PASID], TABLE_CELL_SIZE, "0x%" PRIx32, row->event.ssid);
	snprintf(cells[COLUMN_ENDPOINT], TABLE_CELL_SIZE, "%s", view.client);
	snprintf(cells[COLUMN_KIND], TABLE_CELL_SIZE, "%s",
		has_id ? vsmmu_event_name(row->event.id) : "UNKNOWN");
	set_access(cells[COLUMN_ACCESS], row);
	set_address(cells[COLUMN_ADDRESS], row);
}

/* Return: the SMMU of all rows, or NULL if there are several. */
static const char *common_smmu(const struct output *output, uint32_t rows)
{
	const struct fault_row *row = output->faults.rows;

	for (uint32_t i = 1; i < rows; i++)
		if (strcmp(row[i].key.smmu, row->key.smmu) != 0)
			return NULL;
	return row->key.smmu;
}

static void print_faults(const struct output *output, uint32_t rows)
{
	const char *smmu = common_smmu(output, rows);
	struct table table;
	table_cells cells;

	if (smmu && *smmu)
		printf("%s\n", smmu);

	table_init(&table, &output->page, columns, COLUMNS);
	for (uint32_t i = 0; i < rows; i++) {
		set_cells(output, i, smmu, cells);
		table_measure(&table, cells);
	}
	table_print_headings(&table);
	for (uint32_t i = 0; i < rows; i++) {
		set_cells(output, i, smmu, cells);
		table_print(&table, cells);
	}
}

static void print_heading(const struct output *output, bool first, const char *text)
{
	printf("%s%s%s%s\n", first ? "" : "\n", style_begin(&output->page, STYLE_HEADING), text,
		style_end(&output->page));
}

/* Whether it is the same message of another SMMU. */
static bool is_told(const struct output *output, const struct message_row *row)
{
	for (const struct message_row *other = output->messages.rows; other < row; other++)
		if (other->entry == row->entry)
			return true;
	return false;
}

static void print_message(const struct output *output, const struct message_row *row)
{
	struct view_message view;
	char first[TABLE_CELL_SIZE], last[TABLE_CELL_SIZE], text[LINE_SIZE];
	const char *who = row->kind == ITEM_OTHER ? row->what : row->smmu;
	size_t column;

	set_occurrence(first, &row->first);
	set_occurrence(last, &row->last);
	column = (size_t)printf("%8" PRIu64 "  ", row->count);
	if (row->count == 1)
		snprintf(
			text, sizeof(text), "%s%s%s (%s)", who, *who ? ": " : "", row->text, first);
	else
		snprintf(text, sizeof(text), "%s%s%s (the first, %s; the last, %s)", who,
			*who ? ": " : "", row->text, first, last);
	page_print(&output->page, true, column, column, text);
	if (row->kind == ITEM_OTHER || output->brief)
		return;
	view_of_message(&view, row->entry, row->text, row->command, row->command_words);
	if (!view.entry || is_told(output, row))
		return;
	summary_print_line(output, "%s", view.sentences);
	if (view.entry->complaint)
		summary_print_entry(output, view.entry, view.causes, view.cause_count);
}

static void print_messages(const struct output *output)
{
	enum item_kind kind = ITEM_EVENT;

	for (uint32_t i = 0; i < output->messages.row_count; i++) {
		const struct message_row *row = &output->messages.rows[i];

		if (kind != row->kind)
			print_heading(output, !i && !output->faults.row_count,
				row->kind == ITEM_MESSAGE ? "Messages of the driver"
							  : "Other lines");
		kind = row->kind;
		print_message(output, row);
	}
}

/* "1 event", "2 events of ...": @what has an "s" in place of each '*'. */
static void print_count(uint64_t count, const char *what)
{
	printf("%" PRIu64 " ", count);
	for (; *what; what++) {
		if (*what != '*')
			putchar(*what);
		else if (count != 1)
			putchar('s');
	}
	putchar('\n');
}

static void print_some(uint64_t count, const char *what)
{
	if (count)
		print_count(count, what);
}

void summary_print(struct output *output)
{
	const struct fault_table *faults = &output->faults;
	uint32_t rows = faults->row_count;

	if (output->limit && output->limit < rows)
		rows = (uint32_t)output->limit;
	if (rows) {
		print_faults(output, rows);
		if (!output->brief)
			summary_print_causes(output, rows);
	}
	print_messages(output);
	if (rows || output->messages.row_count)
		printf("\n");
	print_count(faults->events, "event*");
	print_some(faults->row_count - rows, "distinct fault* beyond --limit");
	print_some(faults->unlisted, "not listed: too many distinct faults");
	print_some(output->messages.unlisted[ITEM_MESSAGE], "message* not listed: too many kinds");
	print_some(output->lost, "lost by the kernel");
	print_some(output->suppressed, "kept out of the log by the kernel's rate limit");
	print_some(output->overflows, "overflow* of the SMMU's own queue");
	print_some(output->bad, "place* that made no sense");
}
