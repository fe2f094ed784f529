/* SPDX-License-Identifier: BSD-2-Clause */
/* All that can be said of an event: made once, for people and for programs. */
#ifndef DECODE_VIEW_H
#define DECODE_VIEW_H

#include "catalogue/catalogue.h"
#include "decode/faults.h"
#include "text/text.h"

#define VIEW_CAUSES_MAX 8

struct view {
	char line[VSMMU_EVENT_TEXT_SIZE];     /* what happened, in a line */
	char sentence[VSMMU_EVENT_TEXT_SIZE]; /* and in plain words */
	const struct catalogue_entry *entry;
	const struct catalogue_cause *causes[VIEW_CAUSES_MAX]; /* the most likely first */
	size_t cause_count;
	char guess[16]; /* a PCI address that the StreamID may be; "" if it cannot be one */
};

/* @row: the event's, or NULL. */
void view_of_item(struct view *view, const struct item *item, const struct fault_row *row);
void view_of_row(struct view *view, const struct fault_row *row);

#endif
