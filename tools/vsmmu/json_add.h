/* SPDX-License-Identifier: BSD-2-Clause */
/* Each makes and adds one member, or one element. Return: false when there is no memory. */
#ifndef JSON_ADD_H
#define JSON_ADD_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

/* Takes @value, also on failure. */
static inline bool add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return true;
	json_object_put(value);
	return false;
}

/* Takes @value, also on failure. */
static inline bool append(struct json_object *array, struct json_object *value)
{
	if (value && !json_object_array_add(array, value))
		return true;
	json_object_put(value);
	return false;
}

static inline bool add_null(struct json_object *object, const char *key)
{
	return !json_object_object_add(object, key, NULL);
}

static inline bool add_bool(struct json_object *object, const char *key, bool value)
{
	return add(object, key, json_object_new_boolean(value));
}

static inline bool add_number(struct json_object *object, const char *key, uint64_t value)
{
	return add(object, key, json_object_new_uint64(value));
}

/* @value: NULL: null */
static inline bool add_string(struct json_object *object, const char *key, const char *value)
{
	return value ? add(object, key, json_object_new_string(value)) : add_null(object, key);
}

/* A string, as 64 bits are more than what many readers of JSON numbers keep. */
static inline bool add_hex(struct json_object *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return add_string(object, key, text);
}

#endif
