/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decode/json.h"
#include "json_add.h"

static struct json_object *new_word(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%016" PRIx64, value);
	return json_object_new_string(text);
}

bool json_add_words(
	struct json_object *object, const char *key, const uint64_t *words, unsigned int have)
{
	struct json_object *array = json_object_new_array();

	for (unsigned int i = 0; array && have >> i; i++) {
		if (have >> i & 1 ? append(array, new_word(words[i]))
				  : !json_object_array_add(array, NULL))
			continue;
		json_object_put(array);
		return false;
	}
	return add(object, key, array);
}

static bool add_field(struct json_object *object, const struct vsmmu_event *event, uint64_t known,
	unsigned int field)
{
	const char *name = vsmmu_event_field_name(field);
	uint64_t value = vsmmu_event_field_value(event, field);

	if (!vsmmu_event_tells(known, field))
		return add_null(object, name);
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
		return add_hex(object, name, value);
	default:
		return add_bool(object, name, value);
	}
}

bool json_add_fields(struct json_object *object, const struct vsmmu_event *event, uint64_t known)
{
	bool has_id = vsmmu_event_tells(known, VSMMU_EVENT_FIELD_ID);

	for (unsigned int i = 0; vsmmu_event_field_name(i); i++) {
		/* Of an event without a number nobody knows which fields it has. */
		bool has = i == VSMMU_EVENT_FIELD_ID || vsmmu_event_tells(known, i) ||
			   (has_id ? vsmmu_event_has(event->id, i) : i == VSMMU_EVENT_FIELD_SID);

		if (has && !add_field(object, event, known, i))
			return false;
	}
	return true;
}

bool json_add_position(struct json_object *object, const struct position *position)
{
	return add_string(object, "file", position->file) &&
	       add_number(object, position->bytes ? "offset" : "line", position->number);
}

bool json_add_moment(struct json_object *object, const struct moment *moment)
{
	char text[MOMENT_SIZE];

	return (!moment->has_time || add_number(object, "time_ns", moment->time)) &&
	       (!moment->has_wall ||
		       add_string(object, "time", moment_format_iso(moment, text, sizeof(text))));
}

static bool add_causes(
	struct json_object *object, const struct catalogue_cause *const *causes, size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < count; i++) {
		if (append(array, json_object_new_string(causes[i]->text)))
			continue;
		json_object_put(array);
		return false;
	}
	return add(object, "causes", array);
}

static bool add_culprits(struct json_object *object, const struct catalogue_entry *entry)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < CATALOGUE_CULPRITS && entry->culprits[i]; i++) {
		if (append(array, json_object_new_string(culprit_name(entry->culprits[i]))))
			continue;
		json_object_put(array);
		return false;
	}
	return add(object, "culprits", array);
}

/* The address alone, without "of another segment". */
static bool add_guess(struct json_object *object, const char *guess)
{
	return add(object, "requester_id",
		json_object_new_string_len(guess, (int)strcspn(guess, " ")));
}

static struct json_object *new_endpoint(const struct endpoint_name *name)
{
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "name", name->name) &&
		(!*name->about || add_string(object, "about", name->about)) &&
		add_bool(object, "certain", name->certain))
		return object;
	json_object_put(object);
	return NULL;
}

bool json_add_endpoints(struct json_object *object, const struct view *view)
{
	struct json_object *array;

	if (*view->client && !add_string(object, "client", view->client))
		return false;
	if (!view->endpoint_count)
		return true;
	array = json_object_new_array();
	for (unsigned int i = 0; array && i < view->endpoint_count && i < VIEW_ENDPOINTS_MAX; i++) {
		if (append(array, new_endpoint(&view->endpoints[i])))
			continue;
		json_object_put(array);
		return false;
	}
	return add(object, "endpoints", array);
}

/* What the catalogue has of it: NULL is nothing. */
static bool add_entry(struct json_object *object, const struct catalogue_entry *entry,
	const struct catalogue_cause *const *causes, size_t count)
{
	return !entry || (add_causes(object, causes, count) && add_culprits(object, entry) &&
				 (!entry->look || add_string(object, "look", entry->look)) &&
				 (!entry->next || add_string(object, "next", entry->next)));
}

bool json_add_view(struct json_object *object, const struct view *view)
{
	return add_string(object, "explanation", view->sentence) &&
	       (!*view->guess || add_guess(object, view->guess)) &&
	       add_entry(object, view->entry, view->causes, view->cause_count);
}

bool json_add_message(struct json_object *object, const struct view_message *view)
{
	const struct catalogue_entry *entry = view->entry;

	return add_string(object, "entry", entry ? entry->name : NULL) &&
	       (!entry || (add_bool(object, "complaint", entry->complaint) &&
				  add_string(object, "explanation", view->sentences))) &&
	       add_entry(object, entry, view->causes, view->cause_count);
}

bool json_add_context(struct json_object *array, const struct context_line *line)
{
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "kind", context_name(line->kind)) &&
		add_number(object, "line", line->position.number) &&
		json_add_moment(object, &line->moment) &&
		(!*line->client || add_string(object, "client", line->client)) &&
		add_string(object, "text", line->text))
		return append(array, object);
	json_object_put(object);
	return false;
}

const char *json_to_text(struct json_object *object)
{
	return json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

void json_print_object(struct output *output, struct json_object *object, bool filled)
{
	const char *text = NULL;

	if (filled)
		text = json_to_text(object);
	if (text)
		printf("%s\n", text);
	else
		output->no_memory = true;
	json_object_put(object);
}
