/* SPDX-License-Identifier: BSD-2-Clause */
/* An item as a JSON object. */
#include "decode/json.h"

#include "json_add.h"

static bool add_origin(struct json_object *object, const struct item *item)
{
	return json_add_position(object, &item->position) &&
	       json_add_moment(object, &item->moment) &&
	       (!*item->smmu || add_string(object, "smmu", item->smmu)) &&
	       (!item->has_queue || add_number(object, "queue", item->queue)) &&
	       (!item->has_sequence || add_number(object, "sequence", item->sequence));
}

/* The four words; or null and those that there are, with null for one before them that is not. */
static bool add_record(struct json_object *object, const struct item *item)
{
	const uint64_t *words = item->record.word, *reserved = item->event.reserved;

	if (item->words < ITEM_WORDS)
		return add_null(object, "record") &&
		       (!item->have || json_add_words(object, "words", words, item->have));
	return (!(reserved[0] | reserved[1] | reserved[2] | reserved[3]) ||
		       json_add_words(object, "reserved", reserved, item->have)) &&
	       json_add_words(object, "record", words, item->have);
}

static bool add_before(
	const struct output *output, struct json_object *object, const struct item *item)
{
	const struct context_line *before[CONTEXT_LINES];
	unsigned int count = context_before(&output->context, item, before);
	struct json_object *array;

	if (!count)
		return true;
	array = json_object_new_array();
	for (unsigned int i = 0; array && i < count; i++) {
		if (json_add_context(array, before[i]))
			continue;
		json_object_put(array);
		return false;
	}
	return add(object, "before", array);
}

static bool add_event(const struct output *output, struct json_object *object,
	const struct item *item, const struct fault_row *row)
{
	bool has_id = item_knows(item, VSMMU_EVENT_FIELD_ID);
	struct view view;

	view_of_item(&view, output->map, item, row);
	return json_add_endpoints(object, &view) &&
	       (!item->unassigned || add_bool(object, "unassigned", true)) &&
	       add_string(object, "name", has_id ? vsmmu_event_name(item->event.id) : NULL) &&
	       json_add_fields(object, &item->event, item->known) && add_record(object, item) &&
	       (!item->partial || (add_bool(object, "partial", true) &&
					  add_string(object, "missing", item->text))) &&
	       json_add_view(object, &view) && add_before(output, object, item);
}

static bool fill(const struct output *output, struct json_object *object, const struct item *item,
	const struct fault_row *row)
{
	struct view_message view;

	if (!add_string(object, "type", item_kind_name(item->kind)) || !add_origin(object, item))
		return false;
	if (item->kind == ITEM_MESSAGE || item->kind == ITEM_OTHER)
		view_of_message(&view, item->entry, item->text, item->command, item->command_words);
	switch (item->kind) {
	case ITEM_EVENT:
		return add_event(output, object, item, row);
	case ITEM_LOST:
	case ITEM_SUPPRESSED:
		return add_number(object, "count", item->count);
	case ITEM_OTHER:
		return add_string(object, "what", item->what) &&
		       add_string(object, "text", item->text) &&
		       (!item->entry || json_add_message(object, &view));
	case ITEM_MESSAGE:
		return add_string(object, "text", item->text) &&
		       (!item->command_words || json_add_words(object, "command", item->command,
							(1U << item->command_words) - 1)) &&
		       json_add_message(object, &view);
	default:
		return true;
	}
}

void json_print(struct output *output, const struct item *item, const struct fault_row *row)
{
	struct json_object *object = json_object_new_object();

	output->shown++;
	json_print_object(output, object, object && fill(output, object, item, row));
}
