/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"
#include "text/span.h"

void messages_destroy(struct message_table *table)
{
	free(table->rows);
	*table = (struct message_table){0};
}

/*
 * Takes the next character of what makes a message: a number, in whatever base, stands for
 * all numbers. Return: '\0' at the end.
 */
static char next_of(const char **text)
{
	const char *at = *text;

	if (*at < '0' || *at > '9') {
		*text += *at != '\0';
		return *at;
	}
	while (span_digit(*at) < 16 || *at == 'x')
		at++;
	*text = at;
	return '#';
}

static bool is_same_text(const char *one, const char *other)
{
	char a, b;

	do {
		a = next_of(&one);
		b = next_of(&other);
	} while (a == b && a);
	return a == b;
}

/* Messages that the catalogue has are told apart by their entry. */
static const char *key_of(const struct item *item)
{
	if (item->kind == ITEM_OTHER)
		return item->what;
	return item->entry ? "" : item->text;
}

static bool is_row_of(const struct message_row *row, const struct item *item)
{
	if (row->kind != item->kind)
		return false;
	if (item->kind == ITEM_OTHER)
		return !strcmp(row->what, item->what);
	return row->entry == item->entry && !strcmp(row->smmu, item->smmu) &&
	       (item->entry || is_same_text(row->text, item->text));
}

static uint32_t hash(const struct item *item)
{
	const char *text = key_of(item), *smmu = item->smmu;
	uint64_t value = HASH_START ^ item->kind;
	char c;

	if (item->kind == ITEM_MESSAGE)
		value ^= (uintptr_t)item->entry;
	while ((c = next_of(&text)))
		value = hash_add(value, (uint8_t)c);
	for (; item->kind == ITEM_MESSAGE && *smmu; smmu++)
		value = hash_add(value, (uint8_t)*smmu);
	return (uint32_t)(value ^ value >> 32);
}

static uint16_t *find(struct message_table *table, const struct item *item)
{
	const uint32_t mask = 2 * MESSAGES_MAX - 1;
	uint32_t place = hash(item) & mask;

	while (table->index[place] && !is_row_of(&table->rows[table->index[place] - 1], item))
		place = (place + 1) & mask;
	return &table->index[place];
}

static struct message_row *new_row(struct message_table *table, const struct item *item)
{
	struct message_row *row = &table->rows[table->row_count++];

	memset(row, 0, sizeof(*row));
	row->kind = item->kind;
	row->entry = item->entry;
	snprintf(row->smmu, sizeof(row->smmu), "%s", item->smmu);
	snprintf(row->what, sizeof(row->what), "%s", item->what);
	snprintf(row->text, sizeof(row->text), "%s", item->text);
	row->command_words = item->command_words;
	for (unsigned int i = 0; i < item->command_words && i < 2; i++)
		row->command[i] = item->command[i];
	return row;
}

struct message_row *messages_add(
	struct message_table *table, const struct item *item, bool *no_memory)
{
	const struct occurrence now = {.position = item->position, .moment = item->moment};
	struct message_row *row;
	uint16_t *place;

	if (!table->rows)
		table->rows = calloc(MESSAGES_MAX, sizeof(*table->rows));
	place = table->rows ? find(table, item) : NULL;
	if (!place || (!*place && table->row_count == MESSAGES_MAX)) {
		*no_memory |= !table->rows;
		table->unlisted[item->kind]++;
		return NULL;
	}
	if (*place) {
		row = &table->rows[*place - 1];
	} else {
		row = new_row(table, item);
		row->first = now;
		*place = (uint16_t)table->row_count;
	}
	row->count++;
	row->last = now;
	return row;
}

static int compare(const void *one, const void *other)
{
	const struct message_row *a = one, *b = other;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->first.position.number > b->first.position.number) -
	       (a->first.position.number < b->first.position.number);
}

void messages_sort(struct message_table *table)
{
	if (table->row_count)
		qsort(table->rows, table->row_count, sizeof(*table->rows), compare);
}
