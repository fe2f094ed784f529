/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries for programs: an array of objects that all have the same members. */
#include <json-c/json.h>
#include <stdio.h>

#include "explain/writer.h"
#include "json_add.h"

static bool add_aliases(struct json_object *object, const struct catalogue_entry *entry)
{
	struct json_object *array = json_object_new_array();
	bool good = array;

	for (const char *const *alias = entry->aliases; good && alias && *alias; alias++)
		good = append(array, json_object_new_string(*alias));
	return add(object, "aliases", array) && good;
}

static bool add_culprits(struct json_object *object, const struct catalogue_entry *entry)
{
	struct json_object *array = json_object_new_array();
	bool good = array;

	for (size_t i = 0; good && i < CATALOGUE_CULPRITS; i++)
		if (entry->culprits[i] != CULPRIT_NONE)
			good = append(
				array, json_object_new_string(culprit_name(entry->culprits[i])));
	return add(object, "culprits", array) && good;
}

static bool add_causes(struct json_object *object, const struct answer *answer)
{
	const struct catalogue_cause *const *causes = answer->causes;
	struct json_object *array = json_object_new_array();
	bool good = array;

	for (size_t i = 0; good && i < answer->cause_count; i++) {
		struct json_object *cause = json_object_new_object();

		good = cause && add_string(cause, "text", causes[i]->text) &&
		       add_bool(cause, "always", catalogue_cause_is_usual(causes[i])) &&
		       add_string(cause, "look", causes[i]->look);
		good = append(array, cause) && good;
	}
	return add(object, "causes", array) && good;
}

static bool add_number_or_null(struct json_object *object, const struct catalogue_entry *entry)
{
	if (entry->number < 0)
		return add_null(object, "number");
	return add_number(object, "number", (uint64_t)entry->number);
}

static struct json_object *new_answer(const struct answer *answer)
{
	const struct catalogue_entry *entry = answer->entry;
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "kind", kind_name(entry->kind)) &&
		add_number_or_null(object, entry) && add_string(object, "name", entry->name) &&
		add_aliases(object, entry) && add_string(object, "format", entry->format) &&
		add_string(object, "source", entry->source) &&
		add_bool(object, "complaint", entry->complaint) &&
		add_string(object, "what", entry->what) &&
		add_string(object, "said", *answer->said ? answer->said : NULL) &&
		add_string(object, "trust", entry->trust) &&
		add_string(object, "guest", entry->guest) && add_culprits(object, entry) &&
		add_causes(object, answer) && add_string(object, "look", entry->look) &&
		add_string(object, "next", entry->next) &&
		add_string(object, "section", entry->section))
		return object;
	json_object_put(object);
	return NULL;
}

bool write_json(const struct answer *const *answers, size_t count)
{
	struct json_object *array = json_object_new_array();
	bool good = array;

	for (size_t i = 0; good && i < count; i++)
		good = append(array, new_answer(answers[i]));
	if (good)
		printf("%s\n", json_object_to_json_string_ext(array,
				       JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
	return good;
}
