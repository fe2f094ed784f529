/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode/csv.h"
#include "decode/json.h"
#include "decode/summary.h"
#include "decode/text.h"
#include "log/log.h"

void output_init(struct output *output, const char *command)
{
	memset(output, 0, sizeof(*output));
	output->command = command;
	output->items = true;
	output->map = endpoint_map_new();
	output->no_memory = !output->map;
}

void output_destroy(struct output *output)
{
	endpoint_map_free(output->map);
	faults_destroy(&output->faults);
	messages_destroy(&output->messages);
	messages_destroy(&output->others_here);
}

void output_begin(struct output *output)
{
	if (output->format == OUTPUT_CSV)
		csv_begin(output);
}

static void count(struct output *output, const struct item *item)
{
	switch (item->kind) {
	case ITEM_LOST:
		output->lost += item->count;
		break;
	case ITEM_OVERFLOW:
		output->overflows++;
		break;
	case ITEM_SUPPRESSED:
		output->suppressed += item->count;
		break;
	default:
		break;
	}
}

/* A row keeps what the log said before the first of its events. */
static void set_context(const struct output *output, const struct item *item, struct fault_row *row)
{
	const struct context_line *before[CONTEXT_LINES];
	unsigned int lines = context_before(&output->context, item, before);

	if (lines)
		row->context = *before[0];
	for (unsigned int i = 0; i < lines; i++)
		row->before |= before[i]->kind;
}

static void print(struct output *output, const struct item *item, struct fault_row *row,
	struct message_row *message)
{
	if (output->format == OUTPUT_RAW)
		raw_print(output, item);
	else if (output->format == OUTPUT_JSON)
		json_print(output, item, row);
	else if (output->format == OUTPUT_CSV)
		csv_print(output, item);
	else if (!item_is_note(item) || output->filter.has_kinds)
		text_print(output, item, row, message);
}

bool output_is_full(const struct output *output)
{
	return ferror(stdout) ||
	       (output->limit && !output->summarize && output->shown >= output->limit);
}

void output_item(struct output *output, const struct item *item)
{
	struct message_row *message = NULL;
	struct fault_row *row = NULL;

	if (item->kind == ITEM_OTHER)
		messages_add(&output->others_here, item, &output->no_memory);
	else if (item->kind < ITEM_SHOWN_KINDS)
		output->found_here = true;
	if (item->kind == ITEM_CONTEXT)
		context_add(&output->context, item);
	if (item->kind == ITEM_GROUP && output->map)
		endpoint_map_add_name(output->map, item->client);
	if (item->kind == ITEM_OTHER && output->map)
		endpoint_map_add_name(output->map, item->smmu);
	if (item->kind >= ITEM_SHOWN_KINDS || output_is_full(output))
		return;
	if (!filter_takes(&output->filter, item)) {
		output->filtered++;
		return;
	}
	count(output, item);
	if (item->kind == ITEM_EVENT)
		row = faults_add(&output->faults, item, &output->no_memory);
	if (item->kind == ITEM_MESSAGE || item->kind == ITEM_OTHER)
		message = messages_add(&output->messages, item, &output->no_memory);
	if (row && row->count == 1)
		set_context(output, item, row);
	if (output->items)
		print(output, item, row, message);
}

void output_bad(struct output *output, const struct position *position, const char *complaint)
{
	char place[POSITION_SIZE];

	if (output_is_full(output))
		return;
	output->bad++;
	output->found_here = true;
	if (output->bad_here++ >= OUTPUT_BAD_MAX)
		return;
	/* In the order in which things are found, if both go to the same place. */
	fflush(stdout);
	fprintf(stderr, "%s: %s: %s\n", output->command,
		position_format(position, place, sizeof(place)), complaint);
}

void output_pause(struct output *output)
{
	text_flush(output);
	fflush(stdout);
}

/* Counts and takes the notes of an SMMUv3's driver out of the table's rows. */
static uint64_t take_notes(struct message_table *others)
{
	for (uint32_t i = 0; i < others->row_count; i++) {
		struct message_row *row = &others->rows[i];
		uint64_t count = row->count;

		if (strcmp(row->what, VSMMU_DMESG_NOTE) != 0)
			continue;
		memmove(row, row + 1, (--others->row_count - i) * sizeof(*row));
		return count;
	}
	return 0;
}

/* A log of which nothing could be used is no reason to say nothing. */
static void complain_nothing(
	const struct output *output, const char *name, struct message_table *others, uint64_t lines)
{
	uint64_t notes = take_notes(others);

	fflush(stdout);
	fprintf(stderr, "%s: %s: no SMMUv3 %s in %" PRIu64 " line%s", output->command, name,
		notes ? "events or complaints" : "messages", lines, lines == 1 ? "" : "s");
	if (notes)
		fprintf(stderr, ", but %" PRIu64 " note%s of its driver", notes,
			notes == 1 ? "" : "s");
	for (uint32_t i = 0; i < others->row_count; i++) {
		const struct message_row *row = &others->rows[i];

		if (i)
			fprintf(stderr, ", %" PRIu64 " of %s", row->count, row->what);
		else
			fprintf(stderr, "; %" PRIu64 " line%s of %s", row->count,
				row->count == 1 ? "" : "s", row->what);
	}
	fprintf(stderr, "\n");
}

void output_end_file(struct output *output, const char *name, bool is_log, uint64_t lines)
{
	text_flush(output);
	if (output->bad_here > OUTPUT_BAD_MAX) {
		uint64_t more = output->bad_here - OUTPUT_BAD_MAX;

		fflush(stdout);
		fprintf(stderr, "%s: %s: and %" PRIu64 " more place%s\n", output->command, name,
			more, more == 1 ? "" : "s");
	}
	messages_sort(&output->others_here);
	if (is_log && !output->found_here)
		complain_nothing(output, name, &output->others_here, lines);
	messages_destroy(&output->others_here);
	output->bad_here = 0;
	output->found_here = false;
}

static void note(const struct output *output, uint64_t number, const char *what)
{
	if (!number)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: %" PRIu64 " %s\n", output->command, number, what);
}

void output_end(struct output *output)
{
	if (output->summarize) {
		faults_sort(&output->faults, output->order);
		messages_sort(&output->messages);
		if (output->format == OUTPUT_JSON)
			json_print_summary(output);
		else if (output->format == OUTPUT_CSV)
			csv_print_summary(output);
		else
			summary_print(output);
	}
	note(output, output->wordless,
		output->wordless == 1 ? "event is left out: the log does not have its words"
				      : "events are left out: the log does not have their words");
	note(output, output->filter.untimed,
		output->filter.untimed == 1
			? "item is left out: it has no time that --since or --until can mean"
			: "items are left out: they have no time that --since or --until can mean");
	if (output->filtered && !output->shown && !output->faults.events)
		note(output, output->filtered,
			output->filtered == 1 ? "item was found, but not as it was asked for"
					      : "items were found, none as they were asked for");
}
