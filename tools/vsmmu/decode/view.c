/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMAND_WORDS 2

static bool knows_sid(const struct fault *fault)
{
	return vsmmu_event_tells(fault->known, VSMMU_EVENT_FIELD_SID);
}

/* Who it was, and who it may have been. */
static void name(struct view *view, struct endpoint_map *map, struct fault *fault, const char *smmu,
	const char *client)
{
	uint32_t sid = fault->event->sid;

	view->client = client;
	*view->about = *view->unknown = *view->guess = '\0';
	view->endpoint_count = view->certain = 0;
	if (knows_sid(fault))
		view->endpoint_count =
			endpoint_map_find(map, smmu, sid, view->endpoints, VIEW_ENDPOINTS_MAX);
	for (unsigned int i = 0; i < view->endpoint_count && i < VIEW_ENDPOINTS_MAX; i++)
		view->certain += view->endpoints[i].certain;
	if (view->certain == 1 && view->endpoint_count == 1 && !*client)
		view->client = view->endpoints[0].name;
	if (*view->client)
		endpoint_map_about(map, view->client, view->about, sizeof(view->about));
	if (knows_sid(fault) && fault->unassigned)
		snprintf(view->unknown, sizeof(view->unknown),
			"The kernel knows no device with stream 0x%" PRIx32, sid);
	if (knows_sid(fault))
		endpoint_map_guess(map, smmu, sid, view->client,
			fault->unassigned || fault->event->id == VSMMU_EVENT_C_BAD_STREAMID,
			view->guess, sizeof(view->guess));
	if (view->certain)
		fault->endpoints =
			view->certain < VIEW_ENDPOINTS_MAX ? view->certain : view->endpoint_count;
}

static void make(struct view *view, struct endpoint_map *map, struct fault *fault, const char *smmu,
	const char *client)
{
	name(view, map, fault, smmu, client);
	vsmmu_event_format(view->line, sizeof(view->line), fault->event, fault->known);
	vsmmu_event_explain(
		view->sentence, sizeof(view->sentence), fault->event, fault->known, view->client);
	view->entry = catalogue_of_fault(fault);
	view->cause_count = catalogue_causes(view->entry, fault, view->causes, VIEW_CAUSES_MAX);
}

void view_of_row(struct view *view, struct endpoint_map *map, const struct fault_row *row)
{
	struct fault fault = {
		.event = &row->event,
		.known = row->known,
		.empty = row->empty,
		.unassigned = row->unassigned,
		.repeats = row->repeats_most,
		.before = row->before,
	};

	make(view, map, &fault, row->key.smmu, row->client);
}

void view_of_item(struct view *view, struct endpoint_map *map, const struct item *item,
	const struct fault_row *row)
{
	struct fault fault = {
		.event = &item->event,
		.known = item->known,
		.empty = item_is_empty(item),
		.unassigned = item->unassigned,
		.repeats = row ? row->repeats : 0,
		.before = row ? row->before : 0,
	};

	make(view, map, &fault, item->smmu, item->client);
}

void view_of_message(struct view_message *view, const struct catalogue_entry *entry,
	const char *text, const uint64_t *command, unsigned int words)
{
	char numbers[VIEW_MESSAGE_SIZE / 2];

	*view = (struct view_message){.entry = entry};
	if (!entry)
		return;
	if (words != COMMAND_WORDS)
		command = NULL;
	view->cause_count = catalogue_message_causes(
		entry, text, strlen(text), command, view->causes, VIEW_CAUSES_MAX);
	if (catalogue_message_explain(numbers, sizeof(numbers), entry, text, strlen(text), command))
		snprintf(view->sentences, sizeof(view->sentences), "%s Here: %s.", entry->what,
			numbers);
	else
		snprintf(view->sentences, sizeof(view->sentences), "%s", entry->what);
}

const char *view_endpoints(const struct view *view, uint32_t sid, char *buffer, size_t size)
{
	bool shared = view->certain > 1;
	/* The certain ones come first; others beside several of them are of no use. */
	unsigned int count =
		shared && view->certain < VIEW_ENDPOINTS_MAX ? view->certain : view->endpoint_count;
	unsigned int listed = count < VIEW_ENDPOINTS_MAX ? count : VIEW_ENDPOINTS_MAX;
	int length;

	*buffer = '\0';
	/* It is named already. */
	if (count == 0 || (count == 1 && *view->client))
		return buffer;
	length = snprintf(buffer, size, "Stream 0x%" PRIx32 " %s ", sid,
		shared ? "is shared by" : "may be of");
	for (unsigned int i = 0; i < listed && (size_t)length < size; i++) {
		const struct endpoint_name *one = &view->endpoints[i];
		const char *between = i + 1 < count ? ", " : shared ? " and " : " or ";

		length += snprintf(buffer + length, size - (size_t)length, "%s%s%s%s%s",
			i ? between : "", one->name, *one->about ? " (" : "", one->about,
			*one->about ? ")" : "");
	}
	if (listed < count && (size_t)length < size)
		snprintf(buffer + length, size - (size_t)length, " %s %u more",
			shared ? "and" : "or", count - listed);
	return buffer;
}
