/* SPDX-License-Identifier: BSD-2-Clause */
/* All that can be said of an event: made once, for people and for programs. */
#ifndef DECODE_VIEW_H
#define DECODE_VIEW_H

#include "catalogue/catalogue.h"
#include "decode/faults.h"
#include "endpoints/map.h"
#include "text/text.h"

#define VIEW_CAUSES_MAX	   8
#define VIEW_ENDPOINTS_MAX 4

struct view {
	char line[VSMMU_EVENT_TEXT_SIZE];     /* what happened, in a line */
	char sentence[VSMMU_EVENT_TEXT_SIZE]; /* and in plain words */
	const struct catalogue_entry *entry;
	const struct catalogue_cause *causes[VIEW_CAUSES_MAX]; /* the most likely first */
	size_t cause_count;
	const char *client; /* the endpoint: of the log, else the only one that has the stream */
	char about[64];	    /* what that is; "" if nobody knows */
	struct endpoint_name endpoints[VIEW_ENDPOINTS_MAX]; /* that have, or may have, the stream */
	unsigned int endpoint_count;			    /* of all that there are */
	unsigned int certain;				    /* of those that are listed */
	char unknown[64]; /* that the kernel says it knows no such device; "" if it does not */
	char guess[40];	  /* a PCI address that the StreamID may be; "" if it cannot be one */
};

#define VIEW_MESSAGE_SIZE 1024

/* All that can be said of a message, or of a line of others. */
struct view_message {
	const struct catalogue_entry *entry; /* NULL: nothing is known of it */
	char sentences[VIEW_MESSAGE_SIZE];   /* what it says, its numbers decoded; "": nothing */
	const struct catalogue_cause *causes[VIEW_CAUSES_MAX];
	size_t cause_count;
};

/*
 * @map: who has which stream; NULL: nobody knows
 * @row: the event's, or NULL
 *
 * The view is valid as long as @item or @row is.
 */
void view_of_item(struct view *view, struct endpoint_map *map, const struct item *item,
	const struct fault_row *row);
void view_of_row(struct view *view, struct endpoint_map *map, const struct fault_row *row);

/* @command: of @words words, which the message is about. */
void view_of_message(struct view_message *view, const struct catalogue_entry *entry,
	const char *text, const uint64_t *command, unsigned int words);

/* "Stream 0x100 is shared by ... and ..."; "" with nothing to say. Return: @buffer. */
const char *view_endpoints(const struct view *view, uint32_t sid, char *buffer, size_t size);

#endif
