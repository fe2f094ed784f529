/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_add.h"

static struct json_object *endpoint_object(const struct machine_endpoint *endpoint)
{
	struct json_object *object = json_object_new_object();

	if (object && add_number(object, "vsid", endpoint->vsid) &&
		add_number(object, "faults", endpoint->faults) &&
		add_number(object, "delivered", endpoint->delivered) &&
		add_number(object, "discarded", endpoint->discarded) &&
		add_number(object, "host_log", endpoint->host_log))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *endpoints_array(const struct machine *machine)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; array && i < machine->endpoint_count; i++) {
		struct json_object *object = endpoint_object(&machine->endpoints[i]);

		if (object && !json_object_array_add(array, object))
			continue;
		json_object_put(object);
		json_object_put(array);
		return NULL;
	}
	return array;
}

static struct json_object *reasons_object(const struct vsmmu_stats *stats)
{
	struct json_object *object = json_object_new_object();

	for (int i = 0; object && i < VSMMU_DISCARD_SLOTS; i++) {
		const char *name = vsmmu_discard_name(i);

		if (!strcmp(name, "unknown") || add_number(object, name, stats->discarded_by[i]))
			continue;
		json_object_put(object);
		return NULL;
	}
	return object;
}

static struct json_object *guest_object(const struct machine *machine)
{
	struct json_object *object = json_object_new_object();

	if (object && add_number(object, "consumed", machine->guest.consumed) &&
		add_number(object, "event_interrupts", machine->irqs[VSMMU_IRQ_EVENTQ]) &&
		add_number(object, "error_interrupts", machine->irqs[VSMMU_IRQ_GERROR]) &&
		add_number(object, "overflows", machine->guest.overflows) &&
		add_number(object, "aborts", machine->guest.aborts))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *translation_object(const struct translation *translation)
{
	struct json_object *object = json_object_new_object();
	bool verified = translation_is_verified(translation);

	if (object && add_number(object, "copies", translation->copies) &&
		add_number(object, "bytes", translation->bytes) &&
		add_number(object, "bytes_differing", translation->wrong_bytes) &&
		add_number(object, "faults", translation->faults) &&
		add_number(object, "events", translation->events) &&
		add_number(object, "stes_replaced", translation->replaced) &&
		add_number(object, "commands", translation->commands) &&
		add_number(object, "invalidations", translation->invalidations) &&
		add_number(object, "walks", translation->walks) &&
		add_bool(object, "verified", verified))
		return object;
	json_object_put(object);
	return NULL;
}

static bool fill(struct json_object *object, const struct result *result)
{
	const struct machine *machine = result->machine;
	const struct vsmmu_stats *stats = &machine->stats;

	return (!result->has_seed || add_number(object, "seed", result->seed)) &&
	       add_number(object, "produced", machine->produced) &&
	       add_number(object, "sequenced", stats->sequenced) &&
	       add_number(object, "delivered", stats->delivered) &&
	       add_number(object, "lost", stats->lost) &&
	       add_number(object, "discarded", stats->discarded) &&
	       add_number(object, "pending", stats->pending) &&
	       add_bool(object, "accounted", result_is_accounted(result)) &&
	       add(object, "discarded_by", reasons_object(stats)) &&
	       (!result->translation ||
		       add(object, "translation", translation_object(result->translation))) &&
	       add(object, "endpoints", endpoints_array(machine)) &&
	       add(object, "guest", guest_object(machine)) &&
	       add_number(object, "reads", stats->reads) &&
	       add_number(object, "pauses", stats->pauses) &&
	       add_number(object, "reports", result->reports_shown) &&
	       add_number(object, "reports_suppressed", result->reports_suppressed) &&
	       add_number(object, "host_objects_left", result->objects_left) &&
	       add_number(object, "signal", (uint64_t)result->signal);
}

int result_print_json(const struct result *result)
{
	struct json_object *object = json_object_new_object();
	const char *text = NULL;

	if (object && fill(object, result))
		text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY);
	if (text)
		printf("%s\n", text);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}
