/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"
#include "decode/summary.h"
#include "decode/view.h"

#define GROUPS_MAX    50 /* nobody reads more */
#define LIST_SIZE     256
#define SENTENCE_SIZE 768

/* Rows of which the same is to be said: those of one kind, with the same causes. */
static uint64_t group_of(const struct output *output, const struct fault_row *row)
{
	uint64_t hash = HASH_START;
	struct view view;

	view_of_row(&view, output->map, row);
	hash = hash_add(hash, row->event.id | (row->known & 1) << 8);
	hash = hash_add(hash, row->unassigned);
	for (size_t i = 0; i < view.cause_count; i++)
		hash = hash_add(hash, (uintptr_t)view.causes[i]);
	return hash;
}

/* "1, 3-5, 9", or as many as fit */
static void list_rows(char *list, const uint64_t *groups, uint32_t from, uint32_t rows)
{
	uint64_t group = groups[from];
	size_t length = 0;

	*list = '\0';
	for (uint32_t i = from; i < rows; i++) {
		uint32_t begin = i;

		if (groups[i] != group)
			continue;
		while (i + 1 < rows && groups[i + 1] == group)
			i++;
		if (length > LIST_SIZE - 40) {
			snprintf(list + length, LIST_SIZE - length, ", ...");
			return;
		}
		length += (size_t)snprintf(list + length, LIST_SIZE - length, "%s%" PRIu32,
			length ? ", " : "", begin + 1);
		if (i != begin)
			length += (size_t)snprintf(
				list + length, LIST_SIZE - length, "-%" PRIu32, i + 1);
	}
}

static void print_group(const struct output *output, const struct fault_row *row, const char *list)
{
	bool has_id = vsmmu_event_tells(row->known, VSMMU_EVENT_FIELD_ID);
	char text[SENTENCE_SIZE];
	struct view view;

	view_of_row(&view, output->map, row);
	printf("\n%s%s%s (row%s %s)\n", style_begin(&output->page, STYLE_NAME),
		has_id ? vsmmu_event_name(row->event.id) : "UNKNOWN", style_end(&output->page),
		strpbrk(list, ",-") ? "s" : "", list);
	summary_print_line(output, "%s.", view.sentence);
	if (*view.unknown)
		summary_print_line(output, "%s.", view.unknown);
	if (*view.about)
		summary_print_line(output, "%s is %s.", view.client, view.about);
	if (*view_endpoints(&view, row->event.sid, text, sizeof(text)))
		summary_print_line(output, "%s.", text);
	if (*view.guess)
		summary_print_line(output, "If it is a PCIe endpoint, that may be %s.", view.guess);
	if (row->before)
		summary_print_line(output, "Just before, in line %" PRIu64 ": %s%s%s",
			row->context.position.number, context_device(&row->context),
			*context_device(&row->context) ? ": " : "", row->context.text);
	summary_print_entry(output, view.entry, view.causes, view.cause_count);
}

void summary_print_entry(const struct output *output, const struct catalogue_entry *entry,
	const struct catalogue_cause *const *causes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		summary_print_line(output, "%s: %s.%s%s%s", i ? "Or" : "Often", causes[i]->text,
			causes[i]->look ? " Look at " : "", causes[i]->look ? causes[i]->look : "",
			causes[i]->look ? "." : "");
	if (entry->look)
		summary_print_line(output, "Look at: %s.", entry->look);
	if (entry->next)
		summary_print_line(output, "Next: %s", entry->next);
}

static bool is_told(const uint64_t *told, unsigned int count, uint64_t group)
{
	for (unsigned int i = 0; i < count; i++)
		if (told[i] == group)
			return true;
	return false;
}

void summary_print_causes(struct output *output, uint32_t rows)
{
	uint64_t *groups = calloc(rows, sizeof(*groups)), told[GROUPS_MAX];
	unsigned int count = 0;
	char list[LIST_SIZE];

	if (!groups) {
		output->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < rows; i++)
		groups[i] = group_of(output, &output->faults.rows[i]);
	for (uint32_t i = 0; i < rows; i++) {
		if (is_told(told, count, groups[i]))
			continue;
		if (count == GROUPS_MAX) {
			printf("\nMore kinds are not explained here: --kind or --stream picks "
			       "them.\n");
			break;
		}
		list_rows(list, groups, i, rows);
		print_group(output, &output->faults.rows[i], list);
		told[count++] = groups[i];
	}
	free(groups);
}
