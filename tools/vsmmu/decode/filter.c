/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/filter.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/span.h"

#define NAME_SIZE 64

/* Takes what is before the next comma. Return: whether there is anything. */
static bool take_part(const char **text, struct span *part)
{
	const char *comma = strchr(*text, ',');

	*part = span_trim((struct span){
		.at = *text,
		.length = comma ? (size_t)(comma - *text) : strlen(*text),
	});
	*text = comma ? comma + 1 : *text + strlen(*text);
	return part->length > 0;
}

static bool parse_number(struct span span, uint64_t most, uint64_t *value)
{
	unsigned int base = span_take(&span, "0x") || span_take(&span, "0X") ? 16 : 10;

	return span_take_number(&span, base, value) && !span.length && *value <= most;
}

bool filter_add_streams(struct filter *filter, const char *command, const char *text)
{
	struct span part;
	uint64_t value;

	do {
		if (!take_part(&text, &part) || !parse_number(part, UINT32_MAX, &value)) {
			fprintf(stderr,
				"%s: --stream: '%.*s' is no StreamID: those are of 32 bits, and "
				"hexadecimal ones begin with 0x\n",
				command, (int)part.length, part.at);
			return false;
		}
		if (filter->stream_count == FILTER_STREAMS_MAX) {
			fprintf(stderr, "%s: --stream takes at most %d StreamIDs\n", command,
				FILTER_STREAMS_MAX);
			return false;
		}
		filter->streams[filter->stream_count++] = (uint32_t)value;
	} while (*text);
	return true;
}

static void add_id(struct filter *filter, unsigned int id)
{
	filter->ids[id / 32] |= UINT32_C(1) << id % 32;
}

/* Return: whether there are events or other items of this name. */
static bool add_name(struct filter *filter, const char *name)
{
	bool found = false;

	for (int kind = ITEM_EVENT + 1; kind < ITEM_SHOWN_KINDS; kind++) {
		if (strcasecmp(name, item_kind_name((enum item_kind)kind)) != 0)
			continue;
		filter->item_kinds |= UINT32_C(1) << kind;
		return true;
	}
	for (unsigned int id = 0; id <= UINT8_MAX; id++) {
		if (strcasecmp(name, vsmmu_event_name((uint8_t)id)) != 0)
			continue;
		add_id(filter, id);
		found = true;
	}
	/* The kernel has the name UNKNOWN for each number that it has no name for. */
	filter->unnamed |= !strcasecmp(name, vsmmu_event_name(0));
	return found;
}

bool filter_add_kinds(struct filter *filter, const char *command, const char *text)
{
	char name[NAME_SIZE];
	struct span part;
	uint64_t id;

	filter->has_kinds = true;
	do {
		bool any = take_part(&text, &part);

		span_print(part, name, sizeof(name));
		if (any && parse_number(part, UINT8_MAX, &id)) {
			add_id(filter, (unsigned int)id);
		} else if (!any || !add_name(filter, name)) {
			fprintf(stderr,
				"%s: --kind: '%s' is neither the name nor the number of an event "
				"(F_TRANSLATION, 0x10), nor one of: lost overflow suppressed "
				"message other\n",
				command, name);
			return false;
		}
	} while (*text);
	return true;
}

static bool set_bound(
	struct bound *bound, const char *command, const char *option, const char *text)
{
	if (bound_parse(bound, text))
		return true;
	fprintf(stderr,
		"%s: %s: '%s' is no time: \"12.5\" is seconds since boot, others are "
		"\"2026-11-30 03:00\" and \"-5min\"\n",
		command, option, text);
	return false;
}

bool filter_set_since(struct filter *filter, const char *command, const char *text)
{
	filter->has_since = true;
	return set_bound(&filter->since, command, "--since", text);
}

bool filter_set_until(struct filter *filter, const char *command, const char *text)
{
	filter->has_until = true;
	return set_bound(&filter->until, command, "--until", text);
}

static bool takes_stream(const struct filter *filter, const struct item *item)
{
	if (item->kind != ITEM_EVENT || !item_knows(item, VSMMU_EVENT_FIELD_SID))
		return false;
	for (unsigned int i = 0; i < filter->stream_count; i++)
		if (filter->streams[i] == item->event.sid)
			return true;
	return false;
}

static bool takes_kind(const struct filter *filter, const struct item *item)
{
	uint8_t id = item->event.id;

	if (item->kind != ITEM_EVENT)
		return filter->item_kinds >> (unsigned int)item->kind & 1;
	if (!item_knows(item, VSMMU_EVENT_FIELD_ID))
		return filter->unnamed;
	return filter->ids[id / 32] >> id % 32 & 1;
}

static bool takes_moment(struct filter *filter, const struct moment *moment)
{
	int since = 0, until = 0;

	if ((filter->has_since && !bound_compare(&filter->since, moment, &since)) ||
		(filter->has_until && !bound_compare(&filter->until, moment, &until))) {
		filter->untimed++;
		return false;
	}
	return since >= 0 && until <= 0;
}

bool filter_takes(struct filter *filter, const struct item *item)
{
	return (!filter->stream_count || takes_stream(filter, item)) &&
	       (!filter->has_kinds || takes_kind(filter, item)) &&
	       takes_moment(filter, &item->moment);
}
