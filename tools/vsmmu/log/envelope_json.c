/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON of journalctl, dmesg, docker, containerd, LAVA, GELF, fluentd, Loki and their like. The
 * string that is the message has a name that many of them share, or has a driver's name in it.
 */
#include <stdlib.h>

#include <json-c/json.h>

#include "log/envelope_record.h"
#include "log/words.h"

#define DEPTH_MAX    8
#define OBJECT_LEAST 8	 /* characters for each brace of a line that has messages */
#define PREFIX_MAX   128 /* characters of a line that a time may be in, before its object */
#define MICROSECONDS UINT64_C(1000)
#define SECONDS	     UINT64_C(1000000000)

/* Names of the message, in the order in which they are looked for. */
static const char *const message_keys[] = {"MESSAGE", "message", "msg", "Message", "log",
	"full_message", "short_message", "line", "text", "body", "textPayload", "original", "_raw",
	"raw", "content", "stringValue", NULL};
static const char *const wall_keys[] = {"__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP",
	"@timestamp", "timestamp", "time", "ts", "dt", "date", "datetime", "_time", "Timestamp",
	"eventTime", "ISODATE", "timereported", "timegenerated", NULL};
static const char *const boot_keys[] = {
	"_SOURCE_MONOTONIC_TIMESTAMP", "__MONOTONIC_TIMESTAMP", NULL};
static const char *const host_keys[] = {"_HOSTNAME", "hostname", "host", NULL};

/* A string, or a number as it was written. */
static struct span text_of(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return (struct span){.at = json_object_get_string(value),
			.length = (size_t)json_object_get_string_len(value)};
	if (json_object_is_type(value, json_type_int) ||
		json_object_is_type(value, json_type_double))
		return span_of(json_object_get_string(value));
	return span_of("");
}

/* Return: the first of the members that is a string or a number; empty without one. */
static struct span find_text(struct json_object *object, const char *const *keys)
{
	struct json_object *value;

	for (; *keys; keys++) {
		if (json_object_object_get_ex(object, *keys, &value)) {
			struct span text = text_of(value);

			if (text.length)
				return text;
		}
	}
	return span_of("");
}

/* "12.345678": the clock of dmesg --json. */
static bool read_uptime(struct span text, uint64_t *time)
{
	uint64_t seconds, unit = SECONDS;

	text = span_trim(text);
	if (!span_take_number(&text, 10, &seconds) || seconds >= SECONDS || !span_take(&text, "."))
		return false;
	*time = seconds * SECONDS;
	for (; text.length && span_digit(text.at[0]) < 10; text = span_skip(text, 1)) {
		unit /= 10;
		*time += unit * span_digit(text.at[0]);
	}
	return !text.length;
}

static void read_times(struct json_object *object, struct origin *origin)
{
	struct span boot = find_text(object, boot_keys), text = find_text(object, wall_keys);
	uint64_t value;
	struct wall wall;

	if (span_take_number(&boot, 10, &value) && !boot.length &&
		value < UINT64_MAX / MICROSECONDS) {
		origin->has_time = true;
		origin->time = value * MICROSECONDS;
	}
	if (clock_of_unix(text, &wall) || clock_take(&text, &wall)) {
		origin->has_wall = true;
		origin->has_zone = wall.has_zone;
		origin->wall = wall.time;
	} else if (read_uptime(text, &value)) {
		origin->has_time = true;
		origin->time = value;
	}
}

static void read_origin(struct json_object *object, struct origin *origin)
{
	struct span host = find_text(object, host_keys);

	read_times(object, origin);
	if (host.length)
		span_print(host, origin->host, sizeof(origin->host));
}

static bool has_driver(struct span text)
{
	return span_has(text, " ") && (span_has(text, "smmu") || span_has(text, "SMMU"));
}

static bool collect(struct envelope *envelope, struct json_object *value,
	const struct origin *outer, unsigned int depth);

/* A text, which may be JSON once more. */
static bool collect_text(struct envelope *envelope, struct span text, const struct origin *origin,
	unsigned int depth)
{
	struct json_object *inner = NULL;
	bool found = false;

	if (depth < DEPTH_MAX && span_begins(span_trim(text), "{")) {
		inner = json_tokener_parse(text.at);
		found = inner && collect(envelope, inner, origin, depth + 1);
		json_object_put(inner);
	}
	if (!found)
		envelope_add(envelope, text.at, text.length, origin);
	return true;
}

/* The journal's form of a text with bytes that are not printable. */
static bool collect_bytes(
	struct envelope *envelope, struct json_object *array, const struct origin *origin)
{
	size_t length = json_object_array_length(array);
	char bytes[1024];

	if (!length)
		return false;
	if (length > sizeof(bytes))
		length = sizeof(bytes);
	for (size_t i = 0; i < length; i++) {
		struct json_object *byte = json_object_array_get_idx(array, i);
		int value = json_object_get_int(byte);

		if (!json_object_is_type(byte, json_type_int) || value < 0 || value > 255)
			return false;
		bytes[i] = (char)value;
	}
	envelope_add(envelope, bytes, length, origin);
	return true;
}

/* The member that is the message, by its name or by what it says. */
static bool collect_message(struct envelope *envelope, struct json_object *object,
	const struct origin *origin, unsigned int depth)
{
	struct json_object *value;

	for (const char *const *key = message_keys; *key; key++) {
		if (!json_object_object_get_ex(object, *key, &value))
			continue;
		if (json_object_is_type(value, json_type_string) &&
			json_object_get_string_len(value))
			return collect_text(envelope, text_of(value), origin, depth);
		if (json_object_is_type(value, json_type_array) &&
			collect_bytes(envelope, value, origin))
			return true;
	}
	json_object_object_foreach(object, name, member)
	{
		struct span text = text_of(member);

		if (name && has_driver(text))
			return collect_text(envelope, text, origin, depth);
	}
	return false;
}

static bool collect_object(struct envelope *envelope, struct json_object *object,
	const struct origin *outer, unsigned int depth)
{
	struct origin origin = *outer;
	bool found = false;

	read_origin(object, &origin);
	if (collect_message(envelope, object, &origin, depth))
		return true;
	json_object_object_foreach(object, name, member)
	{
		found |= name && collect(envelope, member, &origin, depth + 1);
	}
	return found;
}

/* Records, or Loki's pairs of a time and a text. */
static bool collect_array(struct envelope *envelope, struct json_object *array,
	const struct origin *outer, unsigned int depth)
{
	struct origin origin = *outer;
	bool found = false;
	struct wall wall;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *value = json_object_array_get_idx(array, i);
		struct span text = text_of(value);

		if (!text.length) {
			found |= collect(envelope, value, &origin, depth + 1);
		} else if (clock_of_unix(text, &wall)) {
			origin.has_wall = origin.has_zone = true;
			origin.wall = wall.time;
		} else if (has_driver(text)) {
			found |= collect_text(envelope, text, &origin, depth);
		}
	}
	return found;
}

static bool collect(struct envelope *envelope, struct json_object *value,
	const struct origin *outer, unsigned int depth)
{
	if (depth >= DEPTH_MAX)
		return false;
	if (json_object_is_type(value, json_type_object))
		return collect_object(envelope, value, outer, depth);
	if (json_object_is_type(value, json_type_array))
		return collect_array(envelope, value, outer, depth);
	return false;
}

/* Return: where an object or an array of them may begin; the length if nowhere. */
static size_t find_json(struct span line)
{
	for (size_t at = 0; at < line.length; at++) {
		struct span rest = span_skip(line, at);

		if (rest.at[0] != '{' && (at || rest.at[0] != '['))
			continue;
		rest = span_trim(span_skip(rest, 1));
		if (rest.length &&
			(rest.at[0] == '"' || (!at && (rest.at[0] == '{' || rest.at[0] == '['))))
			return at;
	}
	return line.length;
}

/* Without one of them no message is of interest, whatever its line has around it. */
static const struct word word_list[] = {{"0x", NULL, 0}, {"AER", NULL, 0}, {"AMD-Vi", NULL, 0},
	{"DMAR", NULL, 0}, {"Error", NULL, 0}, {"Link", NULL, 0}, {"MMU", NULL, 0},
	{"Removing", NULL, 0}, {"Reset", NULL, 0}, {"WATCHDOG", NULL, 0}, {"\" : [", NULL, 0},
	{"\": [", NULL, 0}, {"\":[", NULL, 0}, {"ault", NULL, 0}, {"imeout", NULL, 0},
	{"iommu", NULL, 0}, {"link is", NULL, 0}, {"panic", NULL, 0}, {"reset", NULL, 0},
	{"smmu", NULL, 0}, {"vfio", NULL, 0}, {0}};

static const struct words words = {
	.start = {['0'] = 1,
		['A'] = 2,
		['D'] = 4,
		['E'] = 5,
		['L'] = 6,
		['M'] = 7,
		['R'] = 8,
		['W'] = 10,
		['"'] = 11,
		['a'] = 14,
		['i'] = 15,
		['l'] = 17,
		['p'] = 18,
		['r'] = 19,
		['s'] = 20,
		['v'] = 21},
	.list = word_list,
};

/*
 * Whether it is worth to take it apart, which costs much more than a look. A log may be full of
 * objects that are too small for a message.
 */
static bool is_worth_it(struct span line)
{
	size_t at = 0, braces = 0;

	if (!words_find(&words, line, &at))
		return false;
	for (size_t i = 0; i < line.length; i++)
		braces += line.at[i] == '{';
	return braces <= 1 || line.length / braces >= OBJECT_LEAST;
}

/* Takes one value off the text. Return: it, or NULL. */
static struct json_object *take_value(struct json_tokener *tokener, struct span *text)
{
	struct json_object *value;

	json_tokener_reset(tokener);
	value = json_tokener_parse_ex(tokener, text->at, (int)text->length);
	if (value)
		*text = span_skip(*text, json_tokener_get_parse_end(tokener));
	return value;
}

bool envelope_take_json(struct envelope *envelope, struct span line)
{
	size_t begin = find_json(line);
	struct span text = span_skip(line, begin);
	struct json_tokener *tokener;
	struct json_object *value;
	struct origin origin = {0};
	struct wall wall;
	bool found = false;

	if (!text.length || text.length > INT32_MAX || !is_worth_it(line))
		return false;
	tokener = json_tokener_new_ex(DEPTH_MAX * 2);
	if (!tokener)
		return false;
	if (begin && clock_find((struct span){.at = line.at,
					.length = begin < PREFIX_MAX ? begin : PREFIX_MAX},
			     &wall)) {
		origin.has_wall = true;
		origin.has_zone = wall.has_zone;
		origin.wall = wall.time;
	}
	while (text.length && (value = take_value(tokener, &text))) {
		found |= collect(envelope, value, &origin, 0);
		json_object_put(value);
		/* Several may follow each other, with a comma or nothing between. */
		text = span_trim(text);
		span_take(&text, ",");
		text = span_trim(text);
		if (!span_begins(text, "{"))
			break;
	}
	json_tokener_free(tokener);
	return found;
}

bool envelope_take_pair(struct envelope *envelope, struct span line)
{
	struct json_object *object;
	char *text = envelope->buffer;

	if (line.length + 3 > ENVELOPE_SIZE)
		return false;
	text[0] = '{';
	memcpy(text + 1, line.at, line.length);
	memcpy(text + 1 + line.length, "}", 2);
	object = json_tokener_parse(text);
	if (!object)
		return false;
	read_times(object, &envelope->record);
	collect_message(envelope, object, &envelope->record, 0);
	json_object_put(object);
	return true;
}
