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
	uint64_t *discarded = calloc(capacity, sizeof(*discarded));
	struct stream_holder *holders = calloc(capacity, sizeof(*holders));
	uint32_t *slots = calloc(2 * (size_t)capacity, sizeof(*slots));

	if (!entries || !discarded || !holders || !slots) {
		free(entries);
		free(discarded);
		free(holders);
		free(slots);
		return -ENOMEM;
	}
	if (table->entries) {
		memcpy(entries, table->entries, table->capacity * sizeof(*entries));
		memcpy(discarded, table->discarded, table->capacity * sizeof(*discarded));
		memcpy(holders, table->holders, table->capacity * sizeof(*holders));
	}
	free(table->entries);
	free(table->discarded);
	free(table->holders);
	free(table->slots);
	table->entries = entries;
	table->discarded = discarded;
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
	free(table->discarded);
	free(table->holders);
	free(table->slots);
	memset(table, 0, sizeof(*table));
}

int stream_reserve(struct stream_table *table, uint32_t vsid)
{
	uint32_t index = 0;
	int ret = 0;

	if (table->used == table->capacity)
		ret = table->capacity > UINT32_MAX / 8 ? -ENOMEM
						       : stream_resize(table, 2 * table->capacity);
	if (ret)
		return ret;
	while (table->entries[index].state != STREAM_FREE)
		index++;
	table->entries[index] = (struct stream){.vsid = vsid, .state = STREAM_RESERVED};
	table->discarded[index] = 0;
	table->holders[index] = (struct stream_holder){0};
	table->used++;
	stream_insert(table, index);
	return 0;
}

void stream_go_live(struct stream_table *table, uint32_t index, struct vsmmu_endpoint *endpoint,
	const struct event_source *source)
{
	table->entries[index].state = STREAM_LIVE;
	table->entries[index].source = source;
	table->holders[index].endpoint = endpoint;
	table->live++;
}

void stream_disown(struct stream_table *table, uint32_t index)
{
	table->holders[index].endpoint = NULL;
}

void stream_go_reserved(struct stream_table *table, uint32_t index)
{
	table->entries[index].state = STREAM_RESERVED;
	stream_disown(table, index);
	table->live--;
}

void stream_go_stale(struct stream_table *table, uint32_t index)
{
	stream_go_reserved(table, index);
	table->entries[index].state = STREAM_STALE;
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

uint32_t stream_sweep(
	struct stream_table *table, const struct event_source *source, bool live, uint32_t *vsid)
{
	const uint32_t used = table->used;
	uint32_t wanted = 0;

	for (uint32_t i = 0; i < table->capacity; i++) {
		const struct stream *stream = &table->entries[i];

		if (stream->source != source ||
			(stream->state != STREAM_STALE && !(live && stream->state == STREAM_LIVE)))
			continue;
		if (table->holders[i].wanted) {
			wanted++;
			*vsid = stream->vsid;
		}
		stream_end(table, i);
	}
	if (table->used != used)
		stream_rehash(table);
	return wanted;
}
