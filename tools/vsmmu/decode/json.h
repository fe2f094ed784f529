/* SPDX-License-Identifier: BSD-2-Clause */
/* Items and summaries for programs: JSON, one object a line. */
#ifndef DECODE_JSON_H
#define DECODE_JSON_H

#include <json-c/json.h>

#include "decode/output_state.h"
#include "decode/view.h"

/* @row: the event's, or NULL. */
void json_print(struct output *output, const struct item *item, const struct fault_row *row);

void json_print_summary(struct output *output);

/*
 * json_parts.c: what items and rows of a summary have in common. Addresses and words are
 * strings, as 64 bits are more than what many readers of JSON numbers keep. All of these
 * return false when there is no memory.
 */
/* @have: bit n: word n is there; null stands for one that is not, before another that is. */
bool json_add_words(
	struct json_object *object, const char *key, const uint64_t *words, unsigned int have);

/* Each field that the id has; null if it is not known. */
bool json_add_fields(struct json_object *object, const struct vsmmu_event *event, uint64_t known);
bool json_add_moment(struct json_object *object, const struct moment *moment);
bool json_add_position(struct json_object *object, const struct position *position);
/* "client" and "endpoints", as far as they are known. */
bool json_add_endpoints(struct json_object *object, const struct view *view);
bool json_add_view(struct json_object *object, const struct view *view);
bool json_add_message(struct json_object *object, const struct view_message *view);
bool json_add_context(struct json_object *array, const struct context_line *line);

/* On one line. Return: valid as long as the object; NULL when there is no memory. */
const char *json_to_text(struct json_object *object);

/* Frees the object; !@filled: there was no memory for it. */
void json_print_object(struct output *output, struct json_object *object, bool filled);

#endif
