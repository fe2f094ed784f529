/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The StreamIDs that the guest knows: which vEVENTQ carries each, its share of the
 * guest's queue, its counters. Entries keep their index for life; a hash finds them.
 * Belongs to the holder of the vSMMU's event lock.
 */
#ifndef SMMU_STREAM_H
#define SMMU_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#define STREAM_NONE UINT32_MAX

struct viommu;
struct vsmmu_endpoint;

enum stream_state {
	STREAM_FREE = 0,
	STREAM_LIVE,
	STREAM_STALE, /* its endpoint is gone, its events may still be in the vEVENTQ */
};

/* What every event touches: half a cache line. */
struct stream {
	uint32_t vsid;
	enum stream_state state;
	const struct viommu *viommu; /* the only one that may carry its events */
	uint64_t delivered;
	uint32_t queued; /* its records in the guest's queue */
};

struct stream_discards {
	uint64_t discarded;
	uint64_t fair_share; /* of them */
};

/*
 * What a record of C_BAD_STE really tells: 0, what it says; else the event that hardware
 * has no way to know of, and its FetchAddr.
 */
struct fault_override {
	uint8_t event;
	uint64_t fetch_address;
};

struct stream_holder {
	struct vsmmu_endpoint *endpoint; /* NULL once stale; to be followed under control_lock */
	struct fault_override fault_override;
};

struct stream_table {
	struct stream *entries;
	struct stream_discards *discards; /* of the entry with the same index */
	struct stream_holder *holders;	  /* the same */
	uint32_t capacity;		  /* a power of two */
	uint32_t live;
	uint32_t used;	     /* live and stale */
	uint32_t *slots;     /* open addressing: index of the entry, or STREAM_NONE */
	uint32_t slot_shift; /* 32 less log2 of their number */
};

int stream_table_init(struct stream_table *table);
void stream_table_destroy(struct stream_table *table);

/* Makes sure that the next stream_add() has a place. Return: 0 or -ENOMEM. */
int stream_reserve(struct stream_table *table);

/* Return: the new entry's index. The StreamID must not be in the table. */
uint32_t stream_add(struct stream_table *table, uint32_t vsid, const struct viommu *viommu);

void stream_remove(struct stream_table *table, uint32_t index);

/* All that are stale of a vEVENTQ's, and with @live those as well. Return: whether any was. */
bool stream_sweep(struct stream_table *table, const struct viommu *viommu, bool live);

/* Where the search for a StreamID begins. Twice as many slots as entries: it soon ends. */
static inline uint32_t stream_slot(const struct stream_table *table, uint32_t vsid)
{
	/* Fibonacci hashing; StreamIDs are bus numbers, dense in the low bits. */
	return vsid * UINT32_C(0x9e3779b9) >> table->slot_shift;
}

/* None of them has a record in the guest's queue any more. */
void stream_unqueue_all(struct stream_table *table);

/* Return: index of the entry, live or stale, or STREAM_NONE. */
static inline uint32_t stream_find(const struct stream_table *table, uint32_t vsid)
{
	uint32_t slot = stream_slot(table, vsid);
	uint32_t index = table->slots[slot];

	while (index != STREAM_NONE && table->entries[index].vsid != vsid) {
		slot = (slot + 1) & (2 * table->capacity - 1);
		index = table->slots[slot];
	}
	return index;
}

#endif
