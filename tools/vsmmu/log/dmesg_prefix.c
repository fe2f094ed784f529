/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the text in front of the driver's own: times, levels, host names, the device. */
#include "log/dmesg_prefix.h"

#include "log/clock.h"

#define MICRO UINT64_C(1000)

#define BRACKET_MAX 40 /* characters of a time between brackets */

/* "[   12.345678]", wherever it stands. */
static bool parse_uptime(struct span prefix, uint64_t *time)
{
	while (prefix.length) {
		prefix = span_skip(prefix, span_find(prefix, "["));
		if (clock_take_uptime(&prefix, time))
			return true;
		prefix = span_skip(prefix, prefix.length ? 1 : 0);
	}
	return false;
}

/* /dev/kmsg: "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];" Taken off if it is there. */
static bool take_kmsg(struct span *line, uint64_t *time)
{
	struct span rest = *line, flags;
	uint64_t number;

	if (!span_take_number(&rest, 10, &number) || !span_take(&rest, ",") ||
		!span_take_number(&rest, 10, &number) || !span_take(&rest, ",") ||
		!span_take_number(&rest, 10, time) || *time > UINT64_MAX / MICRO ||
		!span_take(&rest, ",") || !span_take_until(&rest, ";", &flags))
		return false;
	*time *= MICRO;
	*line = rest;
	return true;
}

/* The last word; what is before it stays in @span. */
static struct span take_last_word(struct span *span)
{
	struct span word = *span = span_trim(*span);

	while (span->length && !span_is_blank(span->at[span->length - 1]))
		span->length--;
	return span_skip(word, span->length);
}

/*
 * A tab, as it is or as one of the programs that handle logs writes it: the kernel's
 * /dev/kmsg "\x09", rsyslog "#011", others "\t".
 */
static struct span strip_tab(struct span prefix)
{
	static const char *const tabs[] = {"\\x09", "#011", "\\011", "\\t"};

	prefix = span_trim(prefix);
	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		if (span_ends(prefix, tabs[i]))
			prefix.length -= strlen(tabs[i]);
	return span_trim(prefix);
}

/* A syslog daemon writes "... HOST kernel: ". */
static struct span parse_host(struct span prefix)
{
	struct span before;

	if (!span_take_until(&prefix, " kernel: ", &before))
		return span_of("");
	return take_last_word(&before);
}

static bool has_smmu(struct span prefix)
{
	return span_has(prefix, "smmu") || span_has(prefix, "iommu");
}

/*
 * A word that ends with no colon is no device. That is right if nothing but a time or a level
 * is there; then someone cut the device's name off.
 */
static bool parse_device(struct span prefix, struct span *device)
{
	char last;

	*device = span_of("");
	if (!prefix.length)
		return true;
	last = prefix.at[prefix.length - 1];
	if (last == ']' || last == '>')
		return true;
	if (last != ':')
		return false;
	if (span_ends(prefix, "kernel:"))
		return true;
	if (!has_smmu(prefix))
		return false;
	prefix.length--;
	*device = take_last_word(&prefix);
	return device->length > 0;
}

bool dmesg_prefix_parse(struct span prefix, struct dmesg_message *message)
{
	struct wall wall;

	message->has_time = take_kmsg(&prefix, &message->time);
	if (!message->has_time)
		message->has_time = parse_uptime(prefix, &message->time);
	message->has_wall = clock_find(prefix, &wall);
	message->has_zone = message->has_wall && wall.has_zone;
	message->wall = message->has_wall ? wall.time : 0;
	message->host = parse_host(prefix);
	return parse_device(strip_tab(prefix), &message->smmu);
}

/* "<6>", "[   12.345678]", "[Mon Dec  9 09:15:57 2024]", "[ T1234]" */
static bool take_bracket(struct span *line)
{
	struct span rest = *line, inside;

	if (!span_take(&rest, "[") && !span_take(&rest, "<"))
		return false;
	if (!span_take_until(&rest, line->at[0] == '[' ? "]" : ">", &inside) ||
		inside.length > BRACKET_MAX)
		return false;
	for (size_t i = 0; i < inside.length; i++) {
		if (span_digit(inside.at[i]) < 10) {
			*line = span_trim(rest);
			return true;
		}
	}
	return false;
}

struct span dmesg_prefix_skip(struct span line)
{
	struct span before;
	uint64_t time;

	if (!take_kmsg(&line, &time))
		span_take_until(&line, " kernel: ", &before);
	line = span_trim(line);
	while (take_bracket(&line))
		continue;
	return line;
}
