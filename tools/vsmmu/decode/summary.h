/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts per stream and kind of event. */
#ifndef DECODE_SUMMARY_H
#define DECODE_SUMMARY_H

#include "decode/item.h"

/* Rows are bounded, as anybody may have written the input. */
#define SUMMARY_ROWS_MAX  65536
#define SUMMARY_NAME_SIZE 64

/* When or where something was. */
struct moment {
	bool has_time;
	uint64_t time;
	uint64_t number; /* of the position */
	bool bytes;
};

struct summary_row {
	char smmu[SUMMARY_NAME_SIZE];
	char client[SUMMARY_NAME_SIZE]; /* the last one that was told */
	uint32_t sid;
	uint8_t id;
	uint64_t count;
	struct moment first;
	struct moment last;
	bool has_address;
	uint64_t address_least;
	uint64_t address_most;
};

struct summary {
	struct summary_row *rows; /* in the order of their first event, until sorted */
	uint32_t *index;	  /* hash table of numbers of rows, plus 1 */
	uint32_t row_count;
	uint32_t size; /* of rows; the index has four times as many */
	uint64_t events;
	uint64_t unlisted; /* events for which there was no row any more */
	uint64_t lost;
	uint64_t overflows;
	uint64_t suppressed;
	uint64_t messages;
	uint64_t bad;
};

void summary_init(struct summary *summary);
void summary_destroy(struct summary *summary);

/* Return: 0 or -ENOMEM; then the event is counted but not in a row. */
int summary_add(struct summary *summary, const struct item *item);

/* By SMMU, stream and kind. Nothing may be added after this. */
void summary_sort(struct summary *summary);

#endif
