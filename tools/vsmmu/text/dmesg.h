/* SPDX-License-Identifier: BSD-2-Clause */
/* The private side of struct vsmmu_dmesg. */
#ifndef TEXT_DMESG_H
#define TEXT_DMESG_H

#include "text/dmesg_line.h"

#define DMESG_WORDS 4 /* of an event */

/* SMMUs whose lines may be mixed. With more, the one that waits longest loses its turn. */
#define DMESG_SMMUS	8
#define DMESG_HOST_SIZE 32

enum dmesg_state {
	DMESG_IDLE = 0,
	DMESG_RAW,	 /* a header was seen, and @words words */
	DMESG_INCOMPLETE /* decoded lines only: the line with the details is missing yet */
};

/* An SMMU's event that is being put together. */
struct dmesg_slot {
	enum dmesg_state state;
	uint8_t id; /* RAW: what the header says */
	uint8_t words;
	uint8_t skip; /* words that follow belong to a command */
	bool has_time;
	uint64_t line; /* where it began */
	uint64_t time;
	uint64_t known;
	struct vsmmu_event event;
	struct vsmmu_event_record record;
	char smmu[VSMMU_DMESG_NAME_SIZE];
	char host[DMESG_HOST_SIZE];
	char client[VSMMU_DMESG_NAME_SIZE];
};

enum dmesg_flush {
	DMESG_NO_FLUSH = 0,
	DMESG_FLUSH_WHOLE, /* events that are complete */
	DMESG_FLUSH_ALL,
};

struct dmesg {
	uint64_t line; /* that was fed last */
	bool fed;      /* @message is not dealt with yet */
	enum dmesg_flush flush;
	struct dmesg_message message;
	struct dmesg_slot slots[DMESG_SMMUS];
};

/* Whether the slot has an event that can be given out, were it not for a name or a detail. */
bool dmesg_slot_is_whole(const struct dmesg_slot *slot);

/* Gives out what the slot has, an event or what is wrong with it; it is idle after this. */
enum vsmmu_dmesg_kind dmesg_slot_give(struct dmesg_slot *slot, struct vsmmu_dmesg_item *item);

/* Return: the slot of the message's SMMU, or NULL if it has none. */
struct dmesg_slot *dmesg_slot_find(struct dmesg *dmesg);

/*
 * For a message that begins something. Return: an idle slot; or NULL with *old one whose
 * event must be given out first.
 */
struct dmesg_slot *dmesg_slot_claim(struct dmesg *dmesg, struct dmesg_slot **old);

/* Begins something in an idle slot. */
void dmesg_slot_open(struct dmesg *dmesg, struct dmesg_slot *slot, enum dmesg_state state);

#endif
