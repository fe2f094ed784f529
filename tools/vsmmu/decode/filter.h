/* SPDX-License-Identifier: BSD-2-Clause */
/* Items that the command line asks for. */
#ifndef DECODE_FILTER_H
#define DECODE_FILTER_H

#include "decode/item.h"

#define FILTER_STREAMS_MAX 256

struct filter {
	uint32_t streams[FILTER_STREAMS_MAX];
	unsigned int stream_count; /* 0: of all streams, and what is of none */
	bool has_kinds;
	bool unnamed;	     /* events whose number nobody knows */
	uint32_t ids[8];     /* bit n of word w: events with number 32 * w + n */
	uint32_t item_kinds; /* bits: enum item_kind, apart from events */
	bool has_since;
	bool has_until;
	struct bound since;
	struct bound until;
	uint64_t untimed; /* items that were not taken because they have no such time */
};

/* "0x100,8": StreamIDs, decimal without 0x. All of these return false after a message. */
bool filter_add_streams(struct filter *filter, const char *command, const char *text);

/* "F_TRANSLATION,0x07,message" */
bool filter_add_kinds(struct filter *filter, const char *command, const char *text);

bool filter_set_since(struct filter *filter, const char *command, const char *text);
bool filter_set_until(struct filter *filter, const char *command, const char *text);

bool filter_takes(struct filter *filter, const struct item *item);

#endif
