/* SPDX-License-Identifier: BSD-2-Clause */
/* Items: every kind of input gives them, every kind of output takes them. */
#ifndef DECODE_ITEM_H
#define DECODE_ITEM_H

#include <vsmmu/event.h>

#include "decode/when.h"
#include "text/text.h"

struct catalogue_entry;

enum item_kind {
	ITEM_EVENT,
	ITEM_LOST,	 /* the kernel dropped @count events, the last of them @sequence */
	ITEM_OVERFLOW,	 /* the SMMU's own queue overflowed */
	ITEM_SUPPRESSED, /* the kernel kept @count events out of its log */
	ITEM_MESSAGE,	 /* the driver says something else: @text */
	ITEM_OTHER,	 /* a line of @what, which is no SMMUv3: @text */
	ITEM_SHOWN_KINDS,
	ITEM_CONTEXT = ITEM_SHOWN_KINDS, /* something that often precedes a fault: @context */
	ITEM_GROUP,			 /* @client has an IOMMU group */
};

/* Where something is. */
struct position {
	const char *file;
	bool bytes; /* @number is an offset, else a line or an argument, from 1 */
	uint64_t number;
};

struct item {
	enum item_kind kind;
	struct position position;
	struct moment moment;
	bool has_sequence;
	bool has_queue;
	bool partial;	 /* an event of which the log lacks something: @text */
	bool unassigned; /* the kernel knows no device with this StreamID */
	uint8_t words;	 /* of @record that are known: 0 to 4 */
	uint8_t have;	 /* bit n: word n is one of them */
	uint8_t command_words;
	uint32_t queue;	   /* of a capture */
	uint32_t sequence; /* the kernel's number */
	uint32_t context;  /* enum context_kind */
	uint64_t count;
	const char *smmu; /* "" when nobody knows it; the same for the next three */
	const char *client;
	const char *what;
	const char *text;
	const struct catalogue_entry *entry; /* of a message; NULL: nobody knows it */
	const uint64_t *command;	     /* that a message is about: @command_words words */
	uint64_t known;			     /* bit n: enum vsmmu_event_field n is valid */
	struct vsmmu_event event;
	struct vsmmu_event_record record;
};

#define ITEM_WORDS 4 /* of a record */

/* An event of which the record is known. The strings are "". */
void item_init(struct item *item, const struct position *position);
void item_set_record(struct item *item, const struct vsmmu_event_record *record);

/* Whether it is an empty slot of a queue, and no event. */
bool item_is_empty(const struct item *item);

/* Whether it is a line of an SMMUv3's driver that is no complaint: a machine that boots has many.
 */
bool item_is_note(const struct item *item);

/* "event", "lost", ...: the names in JSON. */
const char *item_kind_name(enum item_kind kind);

/* "FILE:12", "FILE: byte 0x40". Return: @buffer. */
const char *position_format(const struct position *position, char *buffer, unsigned int size);

#define POSITION_SIZE 256

static inline bool item_knows(const struct item *item, enum vsmmu_event_field field)
{
	return vsmmu_event_tells(item->known, field);
}

#endif
