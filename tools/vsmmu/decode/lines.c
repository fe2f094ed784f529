/* SPDX-License-Identifier: BSD-2-Clause */
/* Input that consists of lines: kernel logs, and records in hexadecimal. */
#include <string.h>

#include "decode/input.h"
#include "log/clock.h"

/* A kernel's line has less than 1 KiB, and what syslog puts before it is short. */
#define LINE_MAX_BYTES 65536
#define CUT_MAX	       4096 /* a longer line is cut at a blank in its last bytes */

static void give_item(struct input *input, enum item_kind kind, const struct position *position,
	const struct vsmmu_dmesg_item *dmesg)
{
	struct item item;

	item_init(&item, position);
	item.kind = kind;
	item.moment = (struct moment){
		.has_time = dmesg->has_time,
		.has_wall = dmesg->has_wall,
		.has_zone = dmesg->has_zone,
		.time = dmesg->time,
		.wall = dmesg->wall,
	};
	item.partial = dmesg->partial;
	item.unassigned = dmesg->unassigned;
	item.words = dmesg->words;
	item.have = dmesg->have;
	item.command_words = dmesg->command_words;
	item.context = dmesg->context;
	item.count = dmesg->count;
	item.smmu = dmesg->smmu;
	item.client = dmesg->client;
	item.what = dmesg->what;
	item.text = dmesg->text;
	item.entry = dmesg->entry;
	item.command = dmesg->command;
	item.known = dmesg->known;
	item.event = dmesg->event;
	item.record = dmesg->record;
	output_item(input->output, &item);
}

static void give(struct input *input, const struct vsmmu_dmesg_item *dmesg)
{
	static const enum item_kind kinds[] = {
		[VSMMU_DMESG_EVENT] = ITEM_EVENT,
		[VSMMU_DMESG_OVERFLOW] = ITEM_OVERFLOW,
		[VSMMU_DMESG_SUPPRESSED] = ITEM_SUPPRESSED,
		[VSMMU_DMESG_MESSAGE] = ITEM_MESSAGE,
		[VSMMU_DMESG_OTHER] = ITEM_OTHER,
		[VSMMU_DMESG_CONTEXT] = ITEM_CONTEXT,
		[VSMMU_DMESG_GROUP] = ITEM_GROUP,
	};
	const struct position position = {
		.file = input->position.file,
		.number = dmesg->line,
	};

	/* An event that is cut is bad, and what there is of it is shown. */
	if (dmesg->kind == VSMMU_DMESG_BAD || dmesg->bad)
		output_bad(input->output, &position, dmesg->text);
	if (dmesg->kind != VSMMU_DMESG_BAD)
		give_item(input, kinds[dmesg->kind], &position, dmesg);
}

/* Gives what comes before an event that is waited for. */
static void give_in_order(struct input *input, uint64_t before)
{
	struct vsmmu_dmesg_item item;

	while (order_take(&input->order, before, &item))
		give(input, &item);
}

static void give_all(struct input *input)
{
	struct vsmmu_dmesg_item item;

	while (vsmmu_dmesg_next(&input->dmesg, &item)) {
		uint64_t before = vsmmu_dmesg_waits(&input->dmesg);

		if (!input->order.count && item.line < before) {
			give(input, &item);
			continue;
		}
		order_add(&input->order, &item);
		give_in_order(input, before);
	}
	give_in_order(input, vsmmu_dmesg_waits(&input->dmesg));
}

static void hex_line(struct input *input, const char *line, size_t length)
{
	struct item item;

	switch (hex_parse(&input->hex, line, length)) {
	case HEX_RECORD:
		item_init(&item, &input->position);
		item_set_record(&item, &input->hex.record);
		output_item(input->output, &item);
		break;
	case HEX_BAD:
		output_bad(input->output, &input->position, input->hex.complaint);
		break;
	case HEX_NOTHING:
		break;
	}
}

/* @more: it goes on with the line before. */
static void line_done(struct input *input, const char *line, size_t length, bool more)
{
	if (input->kind == INPUT_HEX) {
		if (!more)
			hex_line(input, line, length);
		return;
	}
	(more ? vsmmu_dmesg_feed_more : vsmmu_dmesg_feed)(&input->dmesg, line, length);
	give_all(input);
}

/* Return: how much of a line that is too long makes sense alone. */
static size_t find_cut(const char *text, size_t length)
{
	size_t blank = 0;

	for (size_t at = length - 1; at > length - CUT_MAX; at--) {
		struct span rest = {.at = text + at, .length = length - at};
		uint64_t time;

		if (clock_take_uptime(&rest, &time))
			return at;
		if (!blank && span_is_blank(text[at]))
			blank = at;
	}
	return blank ? blank : length;
}

/* Return: bytes of the first line with its end, 0 if it is not complete. */
static size_t take_line(struct input *input, const char *text, size_t length, bool end)
{
	const char *newline = memchr(text, '\n', length);
	size_t line = newline ? (size_t)(newline - text) : length;

	if (!newline && !end) {
		if (length < LINE_MAX_BYTES)
			return 0;
		/* A whole log on one line, perhaps: part by part. */
		line = find_cut(text, length);
		line_done(input, text, line, input->cut_line);
		input->cut_line = true;
		return line;
	}
	line_done(input, text, line, input->cut_line);
	input->cut_line = false;
	input->position.number++;
	return line + (newline != NULL);
}

long lines_take(struct input *input, const uint8_t *bytes, size_t length, bool end)
{
	size_t used = 0, line = 1;

	for (; used < length && line; used += line)
		line = take_line(input, (const char *)bytes + used, length - used, end);
	return (long)used;
}

void lines_flush(struct input *input, bool end)
{
	if (input->kind == INPUT_HEX) {
		if (end && hex_end(&input->hex) == HEX_BAD)
			output_bad(input->output, &input->position, input->hex.complaint);
		return;
	}
	vsmmu_dmesg_flush(&input->dmesg, end);
	give_all(input);
	give_in_order(input, UINT64_MAX);
}
