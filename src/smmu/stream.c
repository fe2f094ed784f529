/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 16

static void stream_insert(struct stream_table *table, uint32_t index)
{
	const struct stream *stream = &table->entries[index];
	const uint32_t at = stream_place(table, stream->vsid);

	table->slots[at].key = stream_key(stream->vsid, stream->tag);
	table->slots[at].delivered = stream->delivered;
	table->slot_index[at] = index;
}

/* The counts of the slots go to the entries, before the slots are made anew. */
static void stream_collect(struct stream_table *table)
{
	for (uint32_t i = 0; table->slots && i < 2 * table->capacity; i++)
		if (table->slot_index[i] != STREAM_NONE)
			table->entries[table->slot_index[i]].delivered = table->slots[i].delivered;
}

static void stream_rehash(struct stream_table *table)
{
	memset(table->slots, 0, 2 * table->capacity * sizeof(*table->slots));
	memset(table->slot_index, 0xff, 2 * table->capacity * sizeof(*table->slot_index));
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].state != STREAM_FREE)
			stream_insert(table, i);
}

void stream_table_destroy(struct stream_table *table)
{
	free(table->entries);
	free(table->slots);
	free(table->slot_index);
	memset(table, 0, sizeof(*table));
}

static int stream_resize(struct stream_table *table, uint32_t capacity)
{
	struct stream_table next = *table;

	next.entries = calloc(capacity, sizeof(*next.entries));
	next.slots = calloc(2 * (size_t)capacity, sizeof(*next.slots));
	next.slot_index = calloc(2 * (size_t)capacity, sizeof(*next.slot_index));
	next.slot_shift = (uint32_t)__builtin_clz(capacity);
	next.capacity = capacity;
	if (!next.entries || !next.slots || !next.slot_index) {
		stream_table_destroy(&next);
		return -ENOMEM;
	}
	if (table->entries) {
		stream_collect(table);
		memcpy(next.entries, table->entries, table->capacity * sizeof(*next.entries));
	}
	stream_table_destroy(table);
	*table = next;
	stream_rehash(table);
	return 0;
}

int stream_table_init(struct stream_table *table)
{
	memset(table, 0, sizeof(*table));
	return stream_resize(table, CAPACITY_FIRST);
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
	table->used++;
	stream_insert(table, index);
	return 0;
}

int stream_await(struct stream_table *table, uint32_t vsid)
{
	int ret = stream_reserve(table, vsid);

	if (ret)
		return ret;
	table->entries[stream_find(table, vsid)].state = STREAM_SAVED;
	table->saved++;
	return 0;
}

void stream_go_heir(struct stream_table *table, uint32_t index)
{
	table->entries[index].state = STREAM_HEIR;
	table->saved--;
}

void stream_go_new(struct stream_table *table, uint32_t index)
{
	struct stream *stream = &table->entries[index];

	*stream = (struct stream){.vsid = stream->vsid, .state = STREAM_RESERVED};
	stream_probe(table, stream->vsid)->delivered = 0;
	table->saved--;
}

void stream_go_live(struct stream_table *table, uint32_t index, struct vsmmu_endpoint *endpoint,
	struct event_source *source, uint32_t tag)
{
	struct stream *stream = &table->entries[index];

	stream->state = STREAM_LIVE;
	stream_set_source(table, index, source, tag);
	stream->endpoint = endpoint;
	table->live++;
}

void stream_set_source(
	struct stream_table *table, uint32_t index, struct event_source *source, uint32_t tag)
{
	struct stream *stream = &table->entries[index];

	stream->source = source;
	stream->tag = tag;
	stream_probe(table, stream->vsid)->key = stream_key(stream->vsid, tag);
}

void stream_disown(struct stream_table *table, uint32_t index)
{
	table->entries[index].endpoint = NULL;
}

void stream_go_reserved(struct stream_table *table, uint32_t index)
{
	struct stream *stream = &table->entries[index];

	stream->state = STREAM_RESERVED;
	stream->tag = 0;
	stream_probe(table, stream->vsid)->key = stream_key(stream->vsid, 0);
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
	if (table->entries[index].state == STREAM_SAVED)
		table->saved--;
	table->used--;
	table->entries[index].state = STREAM_FREE;
}

void stream_remove(struct stream_table *table, uint32_t index)
{
	stream_end(table, index);
	/* Open addressing has no cheap deletion, and endpoints go away seldom. */
	stream_collect(table);
	stream_rehash(table);
}

void stream_table_clear(struct stream_table *table)
{
	memset(table->entries, 0, table->capacity * sizeof(*table->entries));
	table->live = table->saved = table->used = 0;
	stream_rehash(table);
}

void stream_forget_saved(struct stream_table *table)
{
	if (!table->saved)
		return;
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].state == STREAM_SAVED)
			stream_end(table, i);
	stream_collect(table);
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
		if (stream->wanted) {
			wanted++;
			*vsid = stream->vsid;
		}
		stream_end(table, i);
	}
	if (table->used != used) {
		stream_collect(table);
		stream_rehash(table);
	}
	return wanted;
}
