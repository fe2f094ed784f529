/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_FIRST 64

void summary_init(struct summary *summary)
{
	memset(summary, 0, sizeof(*summary));
}

void summary_destroy(struct summary *summary)
{
	free(summary->rows);
	free(summary->index);
	summary_init(summary);
}

/* FNV-1a over what makes a row. */
static uint32_t hash(const char *smmu, uint32_t sid, uint8_t id)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (; *smmu; smmu++)
		value = (value ^ (uint8_t)*smmu) * UINT64_C(0x100000001b3);
	for (int i = 0; i < 4; i++)
		value = (value ^ (uint8_t)(sid >> 8 * i)) * UINT64_C(0x100000001b3);
	value = (value ^ id) * UINT64_C(0x100000001b3);
	return (uint32_t)(value ^ value >> 32);
}

/* Return: the place in the index where the row is, or would be. */
static uint32_t *find(const struct summary *summary, const char *smmu, uint32_t sid, uint8_t id)
{
	uint32_t mask = summary->size * 4 - 1;
	uint32_t place = hash(smmu, sid, id) & mask;

	for (; summary->index[place]; place = (place + 1) & mask) {
		const struct summary_row *row = &summary->rows[summary->index[place] - 1];

		if (row->sid == sid && row->id == id && !strcmp(row->smmu, smmu))
			break;
	}
	return &summary->index[place];
}

static int grow(struct summary *summary)
{
	uint32_t size = summary->size ? summary->size * 2 : ROWS_FIRST;
	struct summary_row *rows = realloc(summary->rows, size * sizeof(*rows));
	uint32_t *index;

	if (!rows)
		return -ENOMEM;
	summary->rows = rows;
	index = calloc((size_t)size * 4, sizeof(*index));
	if (!index)
		return -ENOMEM;
	free(summary->index);
	summary->index = index;
	summary->size = size;
	for (uint32_t i = 0; i < summary->row_count; i++)
		*find(summary, rows[i].smmu, rows[i].sid, rows[i].id) = i + 1;
	return 0;
}

/* Return: the row, made if need be; NULL without room or memory, with *error set. */
static struct summary_row *row_of(struct summary *summary, const struct item *item, int *error)
{
	struct summary_row *row;
	char smmu[SUMMARY_NAME_SIZE];
	uint32_t *place;

	*error = 0;
	/* A capture's queues take the place of SMMUs. */
	if (item->has_queue)
		snprintf(smmu, sizeof(smmu), "queue %u", item->queue);
	else
		snprintf(smmu, sizeof(smmu), "%s", item->smmu);
	if (summary->row_count == summary->size && summary->size < SUMMARY_ROWS_MAX)
		*error = grow(summary);
	if (!summary->size)
		return NULL;
	place = find(summary, smmu, item->event.sid, item->event.id);
	if (*place)
		return &summary->rows[*place - 1];
	if (summary->row_count == summary->size)
		return NULL;
	row = &summary->rows[summary->row_count++];
	*place = summary->row_count;
	memset(row, 0, sizeof(*row));
	memcpy(row->smmu, smmu, sizeof(smmu));
	row->sid = item->event.sid;
	row->id = item->event.id;
	return row;
}

static bool knows_address(const struct item *item)
{
	return item_knows(item, VSMMU_EVENT_FIELD_INPUT_ADDR) ||
	       item_knows(item, VSMMU_EVENT_FIELD_INPUT_PAGE);
}

static int add_event(struct summary *summary, const struct item *item)
{
	const struct moment moment = {
		.has_time = item->has_time,
		.time = item->time,
		.number = item->position.number,
		.bytes = item->position.bytes,
	};
	uint64_t address = item->event.input_addr;
	struct summary_row *row;
	int error;

	summary->events++;
	row = row_of(summary, item, &error);
	if (!row) {
		summary->unlisted++;
		return error;
	}
	if (!row->count++)
		row->first = moment;
	row->last = moment;
	if (*item->client)
		snprintf(row->client, sizeof(row->client), "%s", item->client);
	if (!knows_address(item))
		return 0;
	if (!row->has_address || address < row->address_least)
		row->address_least = address;
	if (!row->has_address || address > row->address_most)
		row->address_most = address;
	row->has_address = true;
	return 0;
}

int summary_add(struct summary *summary, const struct item *item)
{
	switch (item->kind) {
	case ITEM_EVENT:
		return add_event(summary, item);
	case ITEM_LOST:
		summary->lost += item->count;
		break;
	case ITEM_OVERFLOW:
		summary->overflows++;
		break;
	case ITEM_SUPPRESSED:
		summary->suppressed += item->count;
		break;
	case ITEM_MESSAGE:
		summary->messages++;
		break;
	}
	return 0;
}

static int compare(const void *one, const void *other)
{
	const struct summary_row *a = one, *b = other;
	int smmu = strcmp(a->smmu, b->smmu);

	if (smmu)
		return smmu;
	if (a->sid != b->sid)
		return a->sid < b->sid ? -1 : 1;
	return (int)a->id - (int)b->id;
}

void summary_sort(struct summary *summary)
{
	if (summary->row_count)
		qsort(summary->rows, summary->row_count, sizeof(*summary->rows), compare);
}
