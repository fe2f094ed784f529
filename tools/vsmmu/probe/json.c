/* SPDX-License-Identifier: BSD-2-Clause */
#include "probe/json.h"

#include <stdio.h>

#define SCHEMA_VERSION 1

bool add_answer(struct json_object *object, const char *key, enum answer answer)
{
	if (answer == ANSWER_UNKNOWN)
		return add_null(object, key);
	return add_bool(object, key, answer == ANSWER_YES);
}

bool add_known(struct json_object *object, const char *key, int64_t value)
{
	return value < 0 ? add_null(object, key) : add(object, key, json_object_new_int64(value));
}

const char *verdict_name(enum probe_level level)
{
	static const char *const names[] = {
		[LEVEL_PASS] = "yes",
		[LEVEL_UNKNOWN] = "unknown",
		[LEVEL_WARN] = "warnings",
		[LEVEL_FAIL] = "no",
	};

	return names[level];
}

static struct json_object *json_row(const struct probe_row *row)
{
	static const char *const names[] = {
		[LEVEL_PASS] = "pass",
		[LEVEL_UNKNOWN] = "unknown",
		[LEVEL_WARN] = "warn",
		[LEVEL_FAIL] = "fail",
	};
	struct json_object *object = json_object_new_object();

	if (object && add_string(object, "code", row->code) &&
		add_string(object, "level", names[row->level]) &&
		(!row->subject[0] || add_string(object, "smmu", row->subject)) &&
		add_string(object, "text", row->text) &&
		(!row->todo[0] || add_string(object, "todo", row->todo)))
		return object;
	json_object_put(object);
	return NULL;
}

bool add_reasons(struct json_object *object, const struct probe_rows *rows)
{
	struct json_object *array = json_object_new_array();

	if (!add(object, "reasons", array))
		return false;
	for (size_t i = 0; i < rows->count; i++)
		if (!append(array, json_row(&rows->rows[i])))
			return false;
	return true;
}

bool add_granules(struct json_object *object, const struct probe_smmu *smmu)
{
	struct json_object *array;

	if (!smmu || smmu->granule_4k == ANSWER_UNKNOWN)
		return add_null(object, "granules");
	array = json_object_new_array();
	return add(object, "granules", array) &&
	       (smmu->granule_4k != ANSWER_YES || append(array, json_object_new_int(4))) &&
	       (smmu->granule_16k != ANSWER_YES || append(array, json_object_new_int(16))) &&
	       (smmu->granule_64k != ANSWER_YES || append(array, json_object_new_int(64)));
}

static bool add_smmus(struct json_object *object, const struct probe_result *result)
{
	struct json_object *array = json_object_new_array();

	if (!add(object, "smmus", array))
		return false;
	for (size_t i = 0; i < result->smmu_count; i++)
		if (!append(array, json_smmu(&result->smmus[i])))
			return false;
	return true;
}

static bool add_devices(struct json_object *object, const struct probe_result *result)
{
	struct json_object *array = json_object_new_array();

	if (!add(object, "devices", array))
		return false;
	for (size_t i = 0; i < result->device_count; i++)
		if (result->devices[i].shown &&
			!append(array, json_device(result, &result->devices[i])))
			return false;
	return true;
}

bool probe_print_json(const struct probe_result *result)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object && add_number(object, "version", SCHEMA_VERSION) &&
		add_string(object, "verdict", verdict_name(result->verdict)) &&
		add(object, "host", json_host(result)) && add_smmus(object, result) &&
		add_devices(object, result))
		text = json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(object);
	return text;
}
