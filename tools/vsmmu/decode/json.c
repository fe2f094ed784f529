/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Items and summaries for programs: JSON, one object a line. Addresses and words are
 * strings, as 64 bits are more than what many readers of JSON numbers keep.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "catalogue/catalogue.h"
#include "decode/output.h"
#include "json_add.h"
#include "text/text.h"

#define CAUSES_MAX 16

static bool add_string(struct json_object *object, const char *key, const char *value)
{
	return add(object, key, json_object_new_string(value));
}

static bool add_bool(struct json_object *object, const char *key, bool value)
{
	return add(object, key, json_object_new_boolean(value));
}

static struct json_object *new_hex(uint64_t value, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
	return json_object_new_string(text);
}

static bool add_null(struct json_object *object, const char *key)
{
	return !json_object_object_add(object, key, NULL);
}

static bool add_words(struct json_object *object, const char *key, const uint64_t words[4])
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; array && i < 4; i++) {
		struct json_object *word = new_hex(words[i], 16);

		if (word && !json_object_array_add(array, word))
			continue;
		json_object_put(word);
		json_object_put(array);
		return false;
	}
	return add(object, key, array);
}

static bool add_field(struct json_object *object, const struct item *item, unsigned int field)
{
	const char *name = vsmmu_event_field_name(field);
	uint64_t value = vsmmu_event_field_value(&item->event, field);

	if (!item_knows(item, field))
		return !vsmmu_event_has(item->event.id, field) || add_null(object, name);
	switch (field) {
	case VSMMU_EVENT_FIELD_ID:
	case VSMMU_EVENT_FIELD_SSID:
	case VSMMU_EVENT_FIELD_SID:
	case VSMMU_EVENT_FIELD_REASON:
	case VSMMU_EVENT_FIELD_STAG:
	case VSMMU_EVENT_FIELD_CLASS:
	case VSMMU_EVENT_FIELD_IMPDEF:
	case VSMMU_EVENT_FIELD_SPAN:
		return add_number(object, name, value);
	case VSMMU_EVENT_FIELD_INPUT_ADDR:
	case VSMMU_EVENT_FIELD_INPUT_PAGE:
	case VSMMU_EVENT_FIELD_IPA:
	case VSMMU_EVENT_FIELD_FETCH_ADDR:
		return add(object, name, new_hex(value, 0));
	default:
		return add_bool(object, name, value);
	}
}

static bool add_place(struct json_object *object, const struct item *item)
{
	const struct position *position = &item->position;

	return add_string(object, "file", position->file) &&
	       add_number(object, position->bytes ? "offset" : "line", position->number) &&
	       (!item->has_time || add_number(object, "time_ns", item->time)) &&
	       (!*item->smmu || add_string(object, "smmu", item->smmu)) &&
	       (!item->has_queue || add_number(object, "queue", item->queue)) &&
	       (!item->has_sequence || add_number(object, "sequence", item->sequence));
}

static bool add_causes(struct json_object *object, const struct item *item)
{
	const struct catalogue_cause *causes[CAUSES_MAX];
	struct json_object *array = json_object_new_array();
	struct fault fault;
	size_t count;

	item_fault(item, &fault);
	count = catalogue_causes(catalogue_of_fault(&fault), &fault, causes, CAUSES_MAX);
	for (size_t i = 0; array && i < count; i++) {
		struct json_object *text = json_object_new_string(causes[i]->text);

		if (text && !json_object_array_add(array, text))
			continue;
		json_object_put(text);
		json_object_put(array);
		return false;
	}
	return add(object, "causes", array);
}

static bool add_event(struct json_object *object, const struct item *item)
{
	const uint64_t *reserved = item->event.reserved;
	char text[VSMMU_EVENT_TEXT_SIZE];

	if (*item->client && !add_string(object, "client", item->client))
		return false;
	if (!add_string(object, "name", vsmmu_event_name(item->event.id)))
		return false;
	for (unsigned int i = 0; vsmmu_event_field_name(i); i++)
		if (!add_field(object, item, i))
			return false;
	if (reserved[0] | reserved[1] | reserved[2] | reserved[3])
		if (!add_words(object, "reserved", reserved))
			return false;
	vsmmu_event_explain(text, sizeof(text), &item->event, item->known, item->client);
	return add_words(object, "record", item->record.word) &&
	       add_string(object, "explanation", text) && add_causes(object, item);
}

static bool fill(struct json_object *object, const struct item *item)
{
	static const char *const types[] = {
		[ITEM_EVENT] = "event",
		[ITEM_LOST] = "lost",
		[ITEM_OVERFLOW] = "overflow",
		[ITEM_SUPPRESSED] = "suppressed",
		[ITEM_MESSAGE] = "message",
	};

	if (!add_string(object, "type", types[item->kind]) || !add_place(object, item))
		return false;
	switch (item->kind) {
	case ITEM_EVENT:
		return add_event(object, item);
	case ITEM_LOST:
	case ITEM_SUPPRESSED:
		return add_number(object, "count", item->count);
	case ITEM_MESSAGE:
		return add_string(object, "text", item->text);
	default:
		return true;
	}
}

/* Frees it. Return: 0 or -ENOMEM. */
static int print(struct json_object *object, bool filled)
{
	const char *text = NULL;

	if (filled)
		text = json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		printf("%s\n", text);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}

int json_print(const struct item *item)
{
	struct json_object *object = json_object_new_object();

	return print(object, object && fill(object, item));
}

static bool add_moment(struct json_object *object, const char *key, const struct moment *moment)
{
	struct json_object *value = json_object_new_object();

	if (value && add_number(value, moment->bytes ? "offset" : "line", moment->number) &&
		(!moment->has_time || add_number(value, "time_ns", moment->time)))
		return add(object, key, value);
	json_object_put(value);
	return false;
}

static bool fill_row(struct json_object *object, const struct summary_row *row)
{
	return (!*row->smmu || add_string(object, "smmu", row->smmu)) &&
	       (!*row->client || add_string(object, "client", row->client)) &&
	       add_number(object, "sid", row->sid) && add_number(object, "id", row->id) &&
	       add_string(object, "name", vsmmu_event_name(row->id)) &&
	       add_number(object, "count", row->count) &&
	       add_moment(object, "first", &row->first) && add_moment(object, "last", &row->last) &&
	       (!row->has_address ||
		       (add(object, "address_least", new_hex(row->address_least, 0)) &&
			       add(object, "address_most", new_hex(row->address_most, 0))));
}

static struct json_object *rows_array(const struct summary *summary)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; array && i < summary->row_count; i++) {
		struct json_object *object = json_object_new_object();

		if (object && fill_row(object, &summary->rows[i]) &&
			!json_object_array_add(array, object))
			continue;
		json_object_put(object);
		json_object_put(array);
		return NULL;
	}
	return array;
}

int json_print_summary(const struct summary *summary)
{
	struct json_object *object = json_object_new_object();
	bool filled = object && add_string(object, "type", "summary") &&
		      add_number(object, "events", summary->events) &&
		      add_number(object, "unlisted", summary->unlisted) &&
		      add_number(object, "lost", summary->lost) &&
		      add_number(object, "suppressed", summary->suppressed) &&
		      add_number(object, "overflows", summary->overflows) &&
		      add_number(object, "messages", summary->messages) &&
		      add_number(object, "bad", summary->bad) &&
		      add(object, "streams", rows_array(summary));

	return print(object, filled);
}
