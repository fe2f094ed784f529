/* SPDX-License-Identifier: BSD-2-Clause */
/* Each makes and adds one member. Return: false when there is no memory. */
#ifndef JSON_ADD_H
#define JSON_ADD_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/* Takes @value, also on failure. */
static inline bool add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && !json_object_object_add(object, key, value))
		return true;
	json_object_put(value);
	return false;
}

static inline bool add_number(struct json_object *object, const char *key, uint64_t value)
{
	return add(object, key, json_object_new_uint64(value));
}

#endif
