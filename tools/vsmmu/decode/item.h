/* SPDX-License-Identifier: BSD-2-Clause */
/* Items: every kind of input gives them, every kind of output takes them. */
#ifndef DECODE_ITEM_H
#define DECODE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue/fault.h"

enum item_kind {
	ITEM_EVENT,
	ITEM_LOST,	 /* the kernel dropped @count events, the last of them @sequence */
	ITEM_OVERFLOW,	 /* the SMMU's own queue overflowed */
	ITEM_SUPPRESSED, /* the kernel kept @count events out of its log */
	ITEM_MESSAGE,	 /* the driver complains: @text */
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
	bool has_time;
	bool has_sequence;
	bool has_queue;
	uint32_t queue;	   /* of a capture */
	uint32_t sequence; /* the kernel's number */
	uint64_t time;	   /* nanoseconds: since boot in a log, since its begin in a capture */
	uint64_t count;
	const char *smmu; /* "" when nobody knows it; the same for the next two */
	const char *client;
	const char *text;
	uint64_t known; /* bit n: enum vsmmu_event_field n is valid */
	struct vsmmu_event event;
	struct vsmmu_event_record record;
};

/* An event of which the record is known. The strings are "". */
void item_init(struct item *item, const struct position *position);
void item_set_record(struct item *item, const struct vsmmu_event_record *record);

/* What is known of an event, for the choice of its causes. It points into @item. */
void item_fault(const struct item *item, struct fault *fault);

/* "FILE:12", "FILE: byte 0x40". Return: @buffer. */
const char *position_format(const struct position *position, char *buffer, unsigned int size);

#define POSITION_SIZE 256

static inline bool item_knows(const struct item *item, enum vsmmu_event_field field)
{
	return item->known >> (unsigned int)field & 1;
}

#endif
