/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The StreamIDs that the guest knows: which vEVENTQ carries the events of each, and its
 * counters. Entries keep their index for life; a hash finds them. Belongs to the holder of the
 * vSMMU's event lock.
 */
#ifndef SMMU_STREAM_H
#define SMMU_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/event_filter.h"

#define STREAM_NONE UINT32_MAX
/* Fibonacci hashing; StreamIDs are bus numbers, dense in the low bits. */
#define STREAM_HASH UINT32_C(0x9e3779b9)

struct event_source;
struct vsmmu_endpoint;

enum stream_state {
	STREAM_FREE = 0,
	STREAM_RESERVED, /* for an endpoint that is being attached or renumbered */
	STREAM_LIVE,
	STREAM_SAVED, /* restored, and waits for an endpoint that has no StreamID yet */
	STREAM_HEIR,  /* restored, and its endpoint is being given the StreamID */
	STREAM_STALE, /* its endpoint is gone, its events may still be in the vEVENTQ */
};

/* A StreamID that the guest knows. */
struct stream {
	uint32_t vsid;
	enum stream_state state;
	struct event_source *source; /* the only one that may carry its events */
	uint32_t tag;		     /* of that, while the stream is live; else 0 */
	bool wanted;		     /* an attach was answered -EAGAIN because of it */
	uint64_t delivered;	     /* while the slots are made anew */
	uint64_t discarded;
	struct vsmmu_endpoint *endpoint; /* NULL unless live; to be followed under control_lock */
	struct fault_override fault_override;
};

/* Every event touches this: a place of the hash, with all that a plain fault needs. */
struct stream_slot {
	uint64_t key; /* stream_key() of the entry */
	uint64_t delivered;
};

struct stream_table {
	struct stream *entries;
	uint32_t capacity; /* a power of two */
	uint32_t live;
	uint32_t saved;
	uint32_t used;		   /* entries that are not free */
	struct stream_slot *slots; /* open addressing */
	uint32_t *slot_index;	   /* of the entry in the same place, or STREAM_NONE */
	uint32_t slot_shift;	   /* 32 less log2 of their number */
};

int stream_table_init(struct stream_table *table);
void stream_table_destroy(struct stream_table *table);

/* Forgets all streams. */
void stream_table_clear(struct stream_table *table);

/* Reserves a StreamID that is not in the table. Return: 0 or -ENOMEM. */
int stream_reserve(struct stream_table *table, uint32_t vsid);

/* Reserves the StreamID of a saved stream whose endpoint is not known. Return: 0 or -ENOMEM. */
int stream_await(struct stream_table *table, uint32_t vsid);

/* The endpoint of a saved stream is known now, and gets the events that wait for it. */
void stream_go_heir(struct stream_table *table, uint32_t index);

/* A saved stream is reserved for an endpoint that gets none of its events. */
void stream_go_new(struct stream_table *table, uint32_t index);

/* Frees the saved streams that still wait. */
void stream_forget_saved(struct stream_table *table);

/* A reserved stream, or an heir's, gets its endpoint. @tag, not 0, is @source's alone. */
void stream_go_live(struct stream_table *table, uint32_t index, struct vsmmu_endpoint *endpoint,
	struct event_source *source, uint32_t tag);

/* Another source carries the events of a live stream. */
void stream_set_source(
	struct stream_table *table, uint32_t index, struct event_source *source, uint32_t tag);

/* Events of it still go to the guest, but nobody finds its endpoint any more. */
void stream_disown(struct stream_table *table, uint32_t index);

/* The endpoint is gone before an event came of it. */
void stream_go_reserved(struct stream_table *table, uint32_t index);

/* The endpoint is gone, but events of it may still come. */
void stream_go_stale(struct stream_table *table, uint32_t index);

void stream_remove(struct stream_table *table, uint32_t index);

/*
 * Removes all that are stale of a source's, and with @live those as well. Return: how many of
 * them were wanted; *vsid is one of these.
 */
uint32_t stream_sweep(
	struct stream_table *table, const struct event_source *source, bool live, uint32_t *vsid);

/* Where the search for a StreamID begins. Twice as many slots as entries: it soon ends. */
static inline uint32_t stream_slot(const struct stream_table *table, uint32_t vsid)
{
	return vsid * STREAM_HASH >> table->slot_shift;
}

/* Live streams alone have a tag, so that one comparison tells StreamID, vEVENTQ and state. */
static inline uint64_t stream_key(uint32_t vsid, uint32_t tag)
{
	return (uint64_t)tag << 32 | vsid;
}

/* Return: the place of a StreamID, or a free one. */
static inline uint32_t stream_place(const struct stream_table *table, uint32_t vsid)
{
	uint32_t at = stream_slot(table, vsid);

	while (table->slot_index[at] != STREAM_NONE && (uint32_t)table->slots[at].key != vsid)
		at = (at + 1) & (2 * table->capacity - 1);
	return at;
}

/* Return: the slot of a StreamID that is in the table. */
static inline struct stream_slot *stream_probe(const struct stream_table *table, uint32_t vsid)
{
	return &table->slots[stream_place(table, vsid)];
}

/* Return: index of the entry, whatever its state, or STREAM_NONE. */
static inline uint32_t stream_find(const struct stream_table *table, uint32_t vsid)
{
	return table->slot_index[stream_place(table, vsid)];
}

/* Whether the guest may get events of the stream: it is live or saved. */
static inline bool stream_is_known(const struct stream *stream)
{
	return stream->state == STREAM_LIVE || stream->state == STREAM_SAVED ||
	       stream->state == STREAM_HEIR;
}

static inline uint32_t stream_find_known(const struct stream_table *table, uint32_t vsid)
{
	uint32_t index = stream_find(table, vsid);

	return index != STREAM_NONE && stream_is_known(&table->entries[index]) ? index
									       : STREAM_NONE;
}

static inline uint32_t stream_find_live(const struct stream_table *table, uint32_t vsid)
{
	uint32_t index = stream_find(table, vsid);

	return index != STREAM_NONE && table->entries[index].state == STREAM_LIVE ? index
										  : STREAM_NONE;
}

#endif
