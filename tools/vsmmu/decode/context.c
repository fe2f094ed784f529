/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/context.h"

#include <stdio.h>
#include <string.h>

#include "log/log.h"

#define NEAR_TIME  UINT64_C(1000000000)
#define NEAR_LINES 20

void context_add(struct context *context, const struct item *item)
{
	struct context_line *line = &context->lines[context->next++ % CONTEXT_LINES];

	line->kind = item->context;
	line->position = item->position;
	line->moment = item->moment;
	snprintf(line->client, sizeof(line->client), "%s", item->client);
	snprintf(line->text, sizeof(line->text), "%s", item->text);
}

static bool have_a_clock_in_common(const struct moment *one, const struct moment *other)
{
	return (one->has_time && other->has_time) || (one->has_wall && other->has_wall);
}

static bool is_near(const struct context_line *line, const struct item *item)
{
	uint64_t distance;

	if (line->position.file != item->position.file ||
		line->position.number > item->position.number)
		return false;
	if (have_a_clock_in_common(&line->moment, &item->moment))
		return moment_distance(&line->moment, &item->moment, &distance) &&
		       distance <= NEAR_TIME;
	return item->position.number - line->position.number <= NEAR_LINES;
}

unsigned int context_before(const struct context *context, const struct item *item,
	const struct context_line *before[CONTEXT_LINES])
{
	unsigned int count = 0;

	for (unsigned int i = 1; i <= CONTEXT_LINES; i++) {
		const struct context_line *line =
			&context->lines[(context->next - i) % CONTEXT_LINES];

		if (line->kind && is_near(line, item))
			before[count++] = line;
	}
	return count;
}

const char *context_device(const struct context_line *line)
{
	return strstr(line->text, line->client) ? "" : line->client;
}

const char *context_name(uint32_t kind)
{
	switch (kind) {
	case CONTEXT_RESET:
		return "reset";
	case CONTEXT_AER:
		return "aer";
	case CONTEXT_UNBIND:
		return "unbind";
	case CONTEXT_WATCHDOG:
		return "watchdog";
	case CONTEXT_VFIO:
		return "vfio";
	default:
		return "other";
	}
}
