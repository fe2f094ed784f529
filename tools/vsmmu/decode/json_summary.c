/* SPDX-License-Identifier: BSD-2-Clause */
/* A summary as a JSON object. */
#include <stdio.h>
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

/* The latest of what preceded the first event. */
static bool add_before(struct json_object *object, const struct fault_row *row)
{
	struct json_object *array;

	if (!row->before)
		return true;
	array = json_object_new_array();
	if (array && json_add_context(array, &row->context))
		return add(object, "before", array);
	json_object_put(array);
	return false;
}

static bool fill_fault(const struct output *output, struct json_object *object, const void *what)
{
	const struct fault_row *row = what;
	uint8_t id = row->event.id;
	bool has_id = vsmmu_event_tells(row->known, VSMMU_EVENT_FIELD_ID);
	/* These two differ among the events of a row. */
	uint64_t known = row->known & ~(UINT64_C(1) << VSMMU_EVENT_FIELD_INPUT_ADDR |
					      UINT64_C(1) << VSMMU_EVENT_FIELD_INPUT_PAGE);
	struct view view;
	double rate;

	view_of_row(&view, output->map, row);
	return (!*row->key.smmu || add_string(object, "smmu", row->key.smmu)) &&
	       json_add_endpoints(object, &view) &&
	       add_string(object, "name", has_id ? vsmmu_event_name(id) : NULL) &&
	       add_number(object, "count", row->count) &&
	       (fault_rate(row, &rate) ? add(object, "per_second", json_object_new_double(rate))
				       : add_null(object, "per_second")) &&
	       add_occurrence(object, "first", &row->first) &&
	       add_occurrence(object, "last", &row->last) &&
	       (!row->pages || (add_number(object, "pages", row->pages) &&
				       add_hex(object, "address_least", row->address_least) &&
				       add_hex(object, "address_most", row->address_most))) &&
	       json_add_fields(object, &row->event, known) && json_add_view(object, &view) &&
	       add_before(object, row);
}

static bool fill_message(const struct output *output, struct json_object *object, const void *what)
{
	const struct message_row *row = what;
	struct view_message view;

	(void)output;
	view_of_message(&view, row->entry, row->text, row->command, row->command_words);
	return (row->kind != ITEM_OTHER || add_string(object, "what", row->what)) &&
	       (!*row->smmu || add_string(object, "smmu", row->smmu)) &&
	       add_number(object, "count", row->count) &&
	       add_occurrence(object, "first", &row->first) &&
	       add_occurrence(object, "last", &row->last) &&
	       add_string(object, "text", row->text) &&
	       (row->kind == ITEM_OTHER || json_add_message(object, &view));
}

/* Rows go out one by one: all of them in memory would be hundreds of megabytes. */
static void print_row(struct output *output, bool first, fill_row *fill, const void *row)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object && fill(output, object, row))
		text = json_to_text(object);
	if (text)
		printf("%s%s", first ? "" : ",", text);
	else
		output->no_memory = true;
	json_object_put(object);
}

static void print_faults(struct output *output)
{
	uint32_t count = output->faults.row_count;

	if (output->limit && output->limit < count)
		count = (uint32_t)output->limit;
	printf(",\"faults\":[");
	for (uint32_t i = 0; i < count && !output->no_memory; i++)
		print_row(output, !i, fill_fault, &output->faults.rows[i]);
	printf("]");
}

static void print_messages(struct output *output, const char *key, enum item_kind kind)
{
	const struct message_table *table = &output->messages;
	bool first = true;

	printf(",\"%s\":[", key);
	for (uint32_t i = 0; i < table->row_count && !output->no_memory; i++) {
		if (table->rows[i].kind != kind)
			continue;
		print_row(output, first, fill_message, &table->rows[i]);
		first = false;
	}
	printf("]");
}

static bool fill_totals(const struct output *output, struct json_object *object)
{
	return add_string(object, "type", "summary") &&
	       add_number(object, "events", output->faults.events) &&
	       add_number(object, "unlisted", output->faults.unlisted) &&
	       add_number(object, "lost", output->lost) &&
	       add_number(object, "suppressed", output->suppressed) &&
	       add_number(object, "overflows", output->overflows) &&
	       add_number(object, "bad", output->bad);
}

void json_print_summary(struct output *output)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object && fill_totals(output, object))
		text = json_to_text(object);
	if (text) {
		/* The arrays stand before the brace that ends it. */
		printf("%.*s", (int)strlen(text) - 1, text);
		print_faults(output);
		print_messages(output, "messages", ITEM_MESSAGE);
		print_messages(output, "others", ITEM_OTHER);
		printf("}\n");
	} else {
		output->no_memory = true;
	}
	json_object_put(object);
}
