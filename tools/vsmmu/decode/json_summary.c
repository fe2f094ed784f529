/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary as a JSON object. */
#include <string.h>

#include "decode/json.h"
#include "json_add.h"

typedef bool fill_row(const struct output *output, struct json_object *object, const void *row);

static bool add_occurrence(
	struct json_object *object, const char *key, const struct occurrence *occurrence)
{
	struct json_object *value = json_object_new_object();

	if (value && json_add_position(value, &occurrence->position) &&
		json_add_moment(value, &occurrence->moment))
		return add(object, key, value);
	json_object_put(value);
	return false;
}

static bool fill_fault(const struct output *output, struct json_object *object, const void *what)
{
	const struct fault_row *row = what;
	uint8_t id = row->event.id;
	bool has_id = row->known >> VSMMU_EVENT_FIELD_ID & 1;
	/* These two differ among the events of a row. */
	uint64_t known = row->known & ~(UINT64_C(1) << VSMMU_EVENT_FIELD_INPUT_ADDR |
					      UINT64_C(1) << VSMMU_EVENT_FIELD_INPUT_PAGE);
	struct view view;
	double rate;

	view_of_row(&view, output->map, row);
	return (!*row->key.smmu || json_add_string(object, "smmu", row->key.smmu)) &&
	       json_add_endpoints(object, &view) &&
	       json_add_string(object, "name", has_id ? vsmmu_event_name(id) : NULL) &&
	       add_number(object, "count", row->count) &&
	       (fault_rate(row, &rate) ? add(object, "per_second", json_object_new_double(rate))
				       : json_add_null(object, "per_second")) &&
	       add_occurrence(object, "first", &row->first) &&
	       add_occurrence(object, "last", &row->last) &&
	       (!row->pages || (add_number(object, "pages", row->pages) &&
				       json_add_hex(object, "address_least", row->address_least) &&
				       json_add_hex(object, "address_most", row->address_most))) &&
	       json_add_fields(object, &row->event, known) && json_add_view(object, &view);
}

static bool fill_message(const struct output *output, struct json_object *object, const void *what)
{
	const struct message_row *row = what;
	struct view_message view;

	(void)output;
	view_of_message(&view, row->entry, row->text, row->command, row->command_words);
	return (row->kind != ITEM_OTHER || json_add_string(object, "what", row->what)) &&
	       (!*row->smmu || json_add_string(object, "smmu", row->smmu)) &&
	       add_number(object, "count", row->count) &&
	       add_occurrence(object, "first", &row->first) &&
	       add_occurrence(object, "last", &row->last) &&
	       json_add_string(object, "text", row->text) &&
	       (row->kind == ITEM_OTHER || json_add_message(object, &view));
}

/* Takes @array, also on failure. */
static bool append_row(
	const struct output *output, struct json_object *array, fill_row *fill, const void *row)
{
	struct json_object *object = json_object_new_object();

	if (object && fill(output, object, row) && !json_object_array_add(array, object))
		return true;
	json_object_put(object);
	json_object_put(array);
	return false;
}

static struct json_object *faults_array(const struct output *output)
{
	struct json_object *array = json_object_new_array();
	uint32_t count = output->faults.row_count;

	if (output->limit && output->limit < count)
		count = (uint32_t)output->limit;
	for (uint32_t i = 0; array && i < count; i++)
		if (!append_row(output, array, fill_fault, &output->faults.rows[i]))
			return NULL;
	return array;
}

static struct json_object *messages_array(const struct output *output, enum item_kind kind)
{
	const struct message_table *table = &output->messages;
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; array && i < table->row_count; i++)
		if (table->rows[i].kind == kind &&
			!append_row(output, array, fill_message, &table->rows[i]))
			return NULL;
	return array;
}

void json_print_summary(struct output *output)
{
	struct json_object *object = json_object_new_object();
	bool filled = object && json_add_string(object, "type", "summary") &&
		      add_number(object, "events", output->faults.events) &&
		      add_number(object, "unlisted", output->faults.unlisted) &&
		      add_number(object, "lost", output->lost) &&
		      add_number(object, "suppressed", output->suppressed) &&
		      add_number(object, "overflows", output->overflows) &&
		      add_number(object, "bad", output->bad) &&
		      add(object, "faults", faults_array(output)) &&
		      add(object, "messages", messages_array(output, ITEM_MESSAGE)) &&
		      add(object, "others", messages_array(output, ITEM_OTHER));

	json_print_object(output, object, filled);
}
