/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/hash.h"

#define ROWS_FIRST  64
#define INDEX_FIRST 256
#define PAGE_SHIFT  12

void faults_destroy(struct fault_table *table)
{
	free(table->rows);
	free(table->index);
	*table = (struct fault_table){0};
}

/* Whether the event has an address of an access; with *address set. */
static bool fault_address(const struct vsmmu_event *event, uint64_t known, uint64_t *address)
{
	*address = event->input_addr;
	return vsmmu_event_tells(known, VSMMU_EVENT_FIELD_INPUT_ADDR) ||
	       vsmmu_event_tells(known, VSMMU_EVENT_FIELD_INPUT_PAGE);
}

/* Two bits: 0 if the field is not known or not there, else 2 and its value. */
static uint32_t tell(const struct item *item, enum vsmmu_event_field field)
{
	return item_knows(item, field)
		       ? 2 + (uint32_t)(vsmmu_event_field_value(&item->event, field) & 1)
		       : 0;
}

static void make_key(struct fault_key *key, const struct item *item)
{
	const struct vsmmu_event *event = &item->event;
	uint64_t address;

	memset(key, 0, sizeof(*key));
	/* A capture's queues take the place of SMMUs. */
	if (item->has_queue)
		snprintf(key->smmu, sizeof(key->smmu), "queue %u", item->queue);
	else
		snprintf(key->smmu, sizeof(key->smmu), "%s", item->smmu);
	key->sid = event->sid;
	key->ssid = event->ssid;
	key->shape =
		event->id | (uint32_t)item_knows(item, VSMMU_EVENT_FIELD_ID) << 8 |
		(uint32_t)item_knows(item, VSMMU_EVENT_FIELD_SID) << 9 |
		(uint32_t)item_knows(item, VSMMU_EVENT_FIELD_SSID) << 10 |
		tell(item, VSMMU_EVENT_FIELD_SSV) << 11 | tell(item, VSMMU_EVENT_FIELD_RNW) << 13 |
		tell(item, VSMMU_EVENT_FIELD_S2) << 15 | tell(item, VSMMU_EVENT_FIELD_STALL) << 17 |
		(item_knows(item, VSMMU_EVENT_FIELD_CLASS) ? 4U + event->class_ : 0) << 19 |
		(uint32_t)fault_address(event, item->known, &address) << 22 |
		(uint32_t)item->unassigned << 23 | (uint32_t)item_is_empty(item) << 24;
}

static uint32_t hash(const struct fault_key *key, uint64_t page)
{
	uint64_t value = HASH_START, word;

	for (size_t i = 0; i < sizeof(key->smmu) && key->smmu[i]; i += sizeof(word)) {
		memcpy(&word, key->smmu + i, sizeof(word));
		value = hash_add(value, word);
	}
	value = hash_add(value, (uint64_t)key->ssid << 32 | key->sid);
	value = hash_add(value, key->shape);
	value = (value ^ page) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(value >> 32);
}

/* Return: the place in the index where the page is, or would be. */
static struct fault_index *find(
	const struct fault_table *table, const struct fault_key *key, uint64_t page)
{
	uint32_t mask = table->index_size - 1;
	uint32_t place = hash(key, page) & mask;

	for (; table->index[place].row; place = (place + 1) & mask) {
		const struct fault_index *entry = &table->index[place];

		if (entry->page == page &&
			!memcmp(&table->rows[entry->row - 1].key, key, sizeof(*key)))
			break;
	}
	return &table->index[place];
}

/* At most half of the index is in use. Return: whether there is memory. */
static bool grow_index(struct fault_table *table)
{
	struct fault_table bigger = *table;

	bigger.index_size = table->index_size ? table->index_size * 2 : INDEX_FIRST;
	bigger.index = calloc(bigger.index_size, sizeof(*bigger.index));
	if (!bigger.index)
		return false;
	for (uint32_t i = 0; i < table->index_size; i++) {
		const struct fault_index *entry = &table->index[i];

		if (entry->row)
			*find(&bigger, &table->rows[entry->row - 1].key, entry->page) = *entry;
	}
	free(table->index);
	*table = bigger;
	return true;
}

static bool grow_rows(struct fault_table *table)
{
	uint32_t size = table->row_size ? table->row_size * 2 : ROWS_FIRST;
	struct fault_row *rows = realloc(table->rows, size * sizeof(*rows));

	if (!rows)
		return false;
	table->rows = rows;
	table->row_size = size;
	return true;
}

/* Return: a row that has the page at its begin or end, or none. */
static struct fault_row *neighbour(
	const struct fault_table *table, const struct fault_key *key, uint64_t page)
{
	const struct fault_index *below = page ? find(table, key, page - 1) : NULL;
	const struct fault_index *above = find(table, key, page + 1);
	struct fault_row *row;

	if (!(key->shape >> 22 & 1))
		return NULL;
	if (below && below->row) {
		row = &table->rows[below->row - 1];
		if (row->address_most >> PAGE_SHIFT == page - 1)
			return row;
	}
	if (above->row) {
		row = &table->rows[above->row - 1];
		if (row->address_least >> PAGE_SHIFT == page + 1)
			return row;
	}
	return NULL;
}

static struct fault_row *new_row(struct fault_table *table, const struct fault_key *key)
{
	struct fault_row *row;

	if (table->row_count == table->row_size)
		return NULL;
	row = &table->rows[table->row_count++];
	memset(row, 0, sizeof(*row));
	row->key = *key;
	return row;
}

/* Return: the page's place, made if need be; NULL without room or memory. */
static struct fault_index *place_of(
	struct fault_table *table, const struct fault_key *key, uint64_t page, bool *no_memory)
{
	struct fault_index *entry;
	struct fault_row *row;

	if ((table->row_count == table->row_size && table->row_size < FAULTS_MAX &&
		    !grow_rows(table)) ||
		(table->page_count * 2 >= table->index_size &&
			table->page_count < FAULTS_PAGES_MAX && !grow_index(table)))
		*no_memory = true;
	if (!table->index_size)
		return NULL;
	entry = find(table, key, page);
	if (entry->row)
		return entry;
	if (table->page_count * 2 >= table->index_size)
		return NULL;
	row = neighbour(table, key, page);
	if (!row)
		row = new_row(table, key);
	if (!row)
		return NULL;
	entry->page = page;
	entry->row = (uint32_t)(row - table->rows) + 1;
	table->page_count++;
	row->pages += key->shape >> 22 & 1;
	return entry;
}

static void begin_row(struct fault_row *row, const struct item *item, const struct occurrence *now)
{
	row->first = *now;
	row->event = item->event;
	row->known = item->known;
	row->unassigned = item->unassigned;
	row->empty = item_is_empty(item);
	row->address_least = row->address_most = item->event.input_addr;
}

struct fault_row *faults_add(struct fault_table *table, const struct item *item, bool *no_memory)
{
	const struct occurrence now = {
		.position = item->position,
		.moment = item->moment,
		.number = ++table->events,
	};
	uint64_t address;
	bool has_address = fault_address(&item->event, item->known, &address);
	struct fault_index *entry;
	struct fault_row *row;
	struct fault_key key;

	make_key(&key, item);
	entry = place_of(table, &key, has_address ? address >> PAGE_SHIFT : 0, no_memory);
	if (!entry) {
		table->unlisted++;
		return NULL;
	}
	row = &table->rows[entry->row - 1];
	row->repeats = entry->count;
	if (row->repeats > row->repeats_most)
		row->repeats_most = row->repeats;
	entry->count += entry->count < UINT32_MAX;
	if (!row->count++)
		begin_row(row, item, &now);
	row->last = now;
	if (*item->client)
		snprintf(row->client, sizeof(row->client), "%s", item->client);
	if (has_address && address < row->address_least)
		row->address_least = address;
	if (has_address && address > row->address_most)
		row->address_most = address;
	return row;
}

bool fault_rate(const struct fault_row *row, double *rate)
{
	uint64_t distance;

	if (row->count < 2 || !moment_distance(&row->first.moment, &row->last.moment, &distance) ||
		!distance)
		return false;
	*rate = (double)(row->count - 1) * 1e9 / (double)distance;
	return true;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_stream(const void *one, const void *other)
{
	const struct fault_row *a = one, *b = other;
	int order = strcmp(a->key.smmu, b->key.smmu);

	if (!order)
		order = compare_numbers(a->key.sid, b->key.sid);
	if (!order)
		order = compare_numbers(a->key.ssid, b->key.ssid);
	if (!order)
		order = compare_numbers((uint8_t)a->key.shape, (uint8_t)b->key.shape);
	if (!order)
		order = compare_numbers(a->key.shape, b->key.shape);
	return order ? order : compare_numbers(a->address_least, b->address_least);
}

static int by_first(const void *one, const void *other)
{
	const struct fault_row *a = one, *b = other;

	return compare_numbers(a->first.number, b->first.number);
}

static int by_last(const void *one, const void *other)
{
	const struct fault_row *a = one, *b = other;

	return compare_numbers(b->last.number, a->last.number);
}

static int by_count(const void *one, const void *other)
{
	const struct fault_row *a = one, *b = other;
	int order = compare_numbers(b->count, a->count);

	return order ? order : by_first(one, other);
}

/* Whether the second run of pages begins where the first ends. */
static bool meet(const struct fault_row *a, const struct fault_row *b)
{
	return a->pages && !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       (a->address_most >> PAGE_SHIFT) + 1 == b->address_least >> PAGE_SHIFT;
}

static void join(struct fault_row *a, const struct fault_row *b)
{
	struct fault_row joined = a->first.number < b->first.number ? *a : *b;

	joined.last = a->last.number > b->last.number ? a->last : b->last;
	joined.count = a->count + b->count;
	joined.pages = a->pages + b->pages;
	joined.repeats_most = a->repeats_most > b->repeats_most ? a->repeats_most : b->repeats_most;
	joined.address_least = a->address_least;
	joined.address_most = b->address_most;
	*a = joined;
}

void faults_sort(struct fault_table *table, enum fault_order order)
{
	static int (*const compare[])(const void *, const void *) = {
		[FAULTS_BY_COUNT] = by_count,
		[FAULTS_BY_FIRST] = by_first,
		[FAULTS_BY_LAST] = by_last,
		[FAULTS_BY_STREAM] = by_stream,
	};
	uint32_t count = table->row_count, to = 0;

	if (!count)
		return;
	qsort(table->rows, count, sizeof(*table->rows), by_stream);
	for (uint32_t i = 1; i < count; i++) {
		if (meet(&table->rows[to], &table->rows[i]))
			join(&table->rows[to], &table->rows[i]);
		else
			table->rows[++to] = table->rows[i];
	}
	table->row_count = to + 1;
	qsort(table->rows, table->row_count, sizeof(*table->rows), compare[order]);
}
