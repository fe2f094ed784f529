/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages of drivers, counted: those that differ in their numbers alone are the same. */
#ifndef DECODE_MESSAGES_H
#define DECODE_MESSAGES_H

#include "decode/faults.h"

/* The table is bounded, as anybody may have written the input. */
#define MESSAGES_MAX	  512
#define MESSAGE_NAME_SIZE 64
#define MESSAGE_TEXT_SIZE 512

struct message_row {
	enum item_kind kind; /* ITEM_MESSAGE or ITEM_OTHER */
	const struct catalogue_entry *entry;
	uint64_t count;
	uint64_t pending; /* of them, not shown yet */
	struct occurrence first;
	struct occurrence last;
	char smmu[MESSAGE_NAME_SIZE]; /* of a message */
	char what[MESSAGE_NAME_SIZE]; /* of a line of others */

	/* The first of them. */
	char text[MESSAGE_TEXT_SIZE];
	uint64_t command[2];
	uint8_t command_words;
};

struct message_table {
	struct message_row *rows;
	uint16_t index[2 * MESSAGES_MAX]; /* hash table of numbers of rows, plus 1 */
	uint32_t row_count;
	uint64_t unlisted[ITEM_SHOWN_KINDS]; /* those for which there was no row any more */
};

void messages_destroy(struct message_table *table);

/*
 * Return: the message's row, valid until the next call; NULL without room or memory, the
 * latter with *no_memory set.
 */
struct message_row *messages_add(
	struct message_table *table, const struct item *item, bool *no_memory);

/* The most first. Nothing may be added after this. */
void messages_sort(struct message_table *table);

#endif
