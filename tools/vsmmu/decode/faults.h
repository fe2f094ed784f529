/* SPDX-License-Identifier: BSD-2-Clause */
/* Distinct faults: equal events are counted, and so are those of neighbouring pages. */
#ifndef DECODE_FAULTS_H
#define DECODE_FAULTS_H

#include "decode/context.h"
#include "decode/item.h"

/* The table is bounded, as anybody may have written the input. */
#define FAULTS_MAX	 65536
#define FAULTS_PAGES_MAX 262144
#define FAULT_NAME_SIZE	 64

struct occurrence {
	struct position position;
	struct moment moment;
	uint64_t number; /* of all events, from 1 */
};

/* Whatever makes a fault another one, apart from the page. */
struct fault_key {
	char smmu[FAULT_NAME_SIZE];
	uint32_t sid;
	uint32_t ssid;
	uint32_t shape; /* the small fields, and which of them are known */
};

struct fault_row {
	struct fault_key key;
	char client[FAULT_NAME_SIZE]; /* the last one that was told */
	uint64_t count;
	uint64_t pending; /* of them, not shown yet */
	struct occurrence first;
	struct occurrence last;
	uint64_t repeats;      /* how often the page of the last event was hit before */
	uint64_t repeats_most; /* of all its pages */
	uint64_t pages;	       /* distinct ones; 0: the address is not known, or there is none */
	uint64_t address_least;
	uint64_t address_most;

	/* The first of them, and what preceded it. */
	struct vsmmu_event event;
	uint64_t known;
	bool empty;
	bool unassigned;
	uint32_t before; /* enum context_kind */
	struct context_line context;
};

struct fault_index {
	uint64_t page;
	uint32_t row;	/* its number plus 1; 0: a place that is free */
	uint32_t count; /* events of this page; it stops at its limit */
};

struct fault_table {
	struct fault_row *rows; /* in the order of their first event, until sorted */
	struct fault_index *index;
	uint32_t row_count;
	uint32_t row_size;
	uint32_t page_count;
	uint32_t index_size; /* a power of two, or 0 */
	uint64_t events;
	uint64_t unlisted; /* events for which there was no row any more */
};

enum fault_order {
	FAULTS_BY_COUNT,  /* the most first */
	FAULTS_BY_FIRST,  /* in the order of their first event */
	FAULTS_BY_LAST,	  /* the one that happened last first */
	FAULTS_BY_STREAM, /* by SMMU, stream, PASID, kind and address */
};

void faults_destroy(struct fault_table *table);

/*
 * Return: the event's row, valid until the next call; NULL without room or memory, the
 * latter with *no_memory set.
 */
struct fault_row *faults_add(struct fault_table *table, const struct item *item, bool *no_memory);

/* Joins runs of pages that have met, and sorts. Nothing may be added after this. */
void faults_sort(struct fault_table *table, enum fault_order order);

/* Per second, from the first to the last. Return: whether that is known. */
bool fault_rate(const struct fault_row *row, double *rate);

#endif
