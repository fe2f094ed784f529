/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

static void stream_insert(struct stream_table *table, uint32_t index)
{
	uint32_t mask = 2 * table->capacity - 1;
	uint32_t slot = stream_slot(table, table->entries[index].vsid);

	while (table->slots[slot] != STREAM_NONE)
		slot = (slot + 1) & mask;
	table->slots[slot] = index;
}

static void stream_rehash(struct stream_table *table)
{
	memset(table->slots, 0xff, 2 * table->capacity * sizeof(*table->slots));
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].state != STREAM_FREE)
			stream_insert(table, i);
}

static int stream_resize(struct stream_table *table, uint32_t capacity)
{
	struct stream *entries = calloc(capacity, sizeof(*entries));
	struct stream_discards *discards = calloc(capacity, sizeof(*discards));
	struct stream_holder *holders = calloc(capacity, sizeof(*holders));
	uint32_t *slots = calloc(2 * (size_t)capacity, sizeof(*slots));

	if (!entries || !discards || !holders || !slots) {
		free(entries);
		free(discards);
		free(holders);
		free(slots);
		return -ENOMEM;
	}
	if (table->entries) {
		memcpy(entries, table->entries, table->capacity * sizeof(*entries));
		memcpy(discards, table->discards, table->capacity * sizeof(*discards));
		memcpy(holders, table->holders, table->capacity * sizeof(*holders));
	}
	free(table->entries);
	free(table->discards);
	free(table->holders);
	free(table->slots);
	table->entries = entries;
	table->discards = discards;
	table->holders = holders;
	table->slots = slots;
	table->capacity = capacity;
	table->slot_shift = (uint32_t)__builtin_clz(capacity);
	stream_rehash(table);
	return 0;
}

int stream_table_init(struct stream_table *table)
{
	memset(table, 0, sizeof(*table));
	return stream_resize(table, CAPACITY_FIRST);
}

void stream_table_destroy(struct stream_table *table)
{
	free(table->entries);
	free(table->discards);
	free(table->holders);
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

int stream_reserve(struct stream_table *table)
{
	if (table->used < table->capacity)
		return 0;
	if (table->capacity > UINT32_MAX / 8)
		return -ENOMEM;
	return stream_resize(table, 2 * table->capacity);
}

uint32_t stream_add(struct stream_table *table, uint32_t vsid, const struct viommu *viommu)
{
	uint32_t index = 0;

	while (table->entries[index].state != STREAM_FREE)
		index++;
	table->entries[index] = (struct stream){
		.vsid = vsid,
		.state = STREAM_LIVE,
		.viommu = viommu,
	};
	table->discards[index] = (struct stream_discards){0};
	table->holders[index] = (struct stream_holder){0};
	table->live++;
	table->used++;
	stream_insert(table, index);
	return index;
}

void stream_unqueue_all(struct stream_table *table)
{
	for (uint32_t i = 0; i < table->capacity; i++)
		table->entries[i].queued = 0;
}

static void stream_end(struct stream_table *table, uint32_t index)
{
	if (table->entries[index].state == STREAM_LIVE)
		table->live--;
	table->used--;
	table->entries[index].state = STREAM_FREE;
}

void stream_remove(struct stream_table *table, uint32_t index)
{
	stream_end(table, index);
	/* Open addressing has no cheap deletion, and endpoints go away seldom. */
	stream_rehash(table);
}

bool stream_sweep(struct stream_table *table, const struct viommu *viommu, bool live)
{
	const uint32_t used = table->used;

	for (uint32_t i = 0; i < table->capacity; i++) {
		const struct stream *stream = &table->entries[i];

		if (stream->viommu == viommu &&
			(stream->state == STREAM_STALE || (live && stream->state == STREAM_LIVE)))
			stream_end(table, i);
	}
	if (table->used == used)
		return false;
	stream_rehash(table);
	return true;
}
