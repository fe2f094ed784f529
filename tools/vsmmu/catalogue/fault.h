/* SPDX-License-Identifier: BSD-2-Clause */
/* A fault as the choice of its causes sees it: an event, and what else is known of it. */
#ifndef CATALOGUE_FAULT_H
#define CATALOGUE_FAULT_H

#include <vsmmu/event.h>

/**
 * struct fault - an event and what is known about it
 * @event: the event
 * @known: bit n is set if enum vsmmu_event_field n is known
 * @empty: all words of the record are there, and are 0
 * @unassigned: the kernel says that it knows no device with this StreamID
 * @endpoints: how many endpoints have this StreamID; 0 if nobody knows
 * @repeats: how often the same fault of the same page came before
 * @before: bits of enum context_kind (text/text.h): what the log has just before
 */
struct fault {
	const struct vsmmu_event *event;
	uint64_t known;
	bool empty;
	bool unassigned;
	uint32_t endpoints;
	uint64_t repeats;
	uint32_t before;
};

#endif
