/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/view.h"

#include <stdio.h>

/* The StreamID of a PCIe endpoint mostly is its requester ID: bus, device, function. */
static void guess(struct view *view, const struct fault *what, const char *client)
{
	uint32_t sid = what->event->sid;

	*view->guess = '\0';
	if (what->known >> VSMMU_EVENT_FIELD_SID & 1 && !*client && sid <= UINT16_MAX)
		snprintf(view->guess, sizeof(view->guess), "%02x:%02x.%x", sid >> 8, sid >> 3 & 31,
			sid & 7);
}

static void make(struct view *view, const struct fault *fault, const char *client)
{
	vsmmu_event_format(view->line, sizeof(view->line), fault->event, fault->known);
	vsmmu_event_explain(
		view->sentence, sizeof(view->sentence), fault->event, fault->known, client);
	view->entry = catalogue_of_fault(fault);
	view->cause_count = catalogue_causes(view->entry, fault, view->causes, VIEW_CAUSES_MAX);
	guess(view, fault, client);
}

void view_of_row(struct view *view, const struct fault_row *row)
{
	const struct fault fault = {
		.event = &row->event,
		.known = row->known,
		.empty = row->empty,
		.unassigned = row->unassigned,
		.repeats = row->repeats_most,
		.before = row->before,
	};

	make(view, &fault, row->client);
}

void view_of_item(struct view *view, const struct item *item, const struct fault_row *row)
{
	const struct fault fault = {
		.event = &item->event,
		.known = item->known,
		.empty = item_is_empty(item),
		.unassigned = item->unassigned,
		.repeats = row ? row->repeats : 0,
		.before = row ? row->before : 0,
	};

	make(view, &fault, item->client);
}
