/* SPDX-License-Identifier: BSD-2-Clause */
/* Records that take several lines: pretty JSON, and the journal's formats export and verbose. */
#include "log/envelope_record.h"

#define MICROSECONDS UINT64_C(1000)

/* The message that waits has what times there were in its record. */
static void give_held(struct envelope *envelope)
{
	if (envelope->held_length && !envelope->held_given)
		envelope_add(envelope, envelope->held, envelope->held_length, &envelope->record);
	envelope->held_length = 0;
	envelope->held_given = false;
}

static void end_record(struct envelope *envelope)
{
	envelope->count = 0;
	envelope->used = 0;
	give_held(envelope);
	envelope->record = (struct origin){0};
	envelope->in_bytes = false;
	envelope->nested = 0;
}

/* Whether a record has its message twice, as programs keep what they took apart. */
static bool is_held(const struct envelope *envelope, const char *text, size_t length)
{
	return length <= envelope->held_length && !memcmp(envelope->held, text, length);
}

/* A message that comes before the times of its record waits for them. */
static void hold(struct envelope *envelope)
{
	bool timed = envelope->record.has_time || envelope->record.has_wall;
	char text[ENVELOPE_HELD_SIZE];
	size_t length = envelope->used;

	if (envelope->count != 1 || length > sizeof(text))
		return;
	memcpy(text, envelope->buffer, length);
	envelope->count = 0;
	envelope->used = 0;
	if (is_held(envelope, text, length))
		return;
	/* The first may be no more than the begin of the second. */
	if (envelope->held_length > length || memcmp(envelope->held, text, envelope->held_length))
		give_held(envelope);
	if (timed)
		envelope_add(envelope, text, length, &envelope->record);
	memcpy(envelope->held, text, length);
	envelope->held_length = length;
	envelope->held_given = timed;
}

/* "KEY" : VALUE with a comma behind. */
static bool take_pair(struct envelope *envelope, struct span line)
{
	struct span rest = span_skip(line, 1), key;

	if (!span_take_until(&rest, "\"", &key))
		return false;
	rest = span_trim(rest);
	if (!span_take(&rest, ":"))
		return false;
	if (span_is(key, "MESSAGE") && span_is(span_trim(rest), "[")) {
		envelope->in_bytes = true;
		envelope->held_length = 0;
		envelope->held_given = false;
		return true;
	}
	if (span_is(span_trim(rest), "{")) {
		envelope->nested++;
		return true;
	}
	if (span_ends(line, ","))
		line.length--;
	if (!envelope_take_pair(envelope, line))
		return false;
	hold(envelope);
	return true;
}

/* "27,": the journal's form of a text with bytes that are not printable. "]" ends it. */
static bool take_byte(struct envelope *envelope, struct span line)
{
	uint64_t byte;

	if (span_take(&line, "]")) {
		envelope->in_bytes = false;
		return true;
	}
	if (!span_take_number(&line, 10, &byte) || byte > UINT8_MAX) {
		envelope->in_bytes = false;
		return false;
	}
	if (envelope->held_length < sizeof(envelope->held))
		envelope->held[envelope->held_length++] = (char)byte;
	return true;
}

/* "Mon 2024-12-09 09:15:57.123456 CET [s=...;i=...]", with which -o verbose begins a record. */
static bool take_verbose(struct envelope *envelope, struct span line)
{
	struct wall wall;

	if (!span_ends(line, "]") || !clock_take(&line, &wall))
		return false;
	end_record(envelope);
	envelope->record =
		(struct origin){.has_wall = true, .has_zone = wall.has_zone, .wall = wall.time};
	return true;
}

/* KEY=VALUE of export and verbose. */
static bool take_export(struct envelope *envelope, struct span line)
{
	struct span before, value = line;
	uint64_t time;
	struct wall wall;

	if (!span_take_until(&value, "=", &before))
		return false;
	if (span_is(before, "__REALTIME_TIMESTAMP") && clock_of_unix(value, &wall)) {
		envelope->record.has_wall = envelope->record.has_zone = true;
		envelope->record.wall = wall.time;
		return true;
	}
	if ((span_is(before, "__MONOTONIC_TIMESTAMP") ||
		    span_is(before, "_SOURCE_MONOTONIC_TIMESTAMP")) &&
		span_take_number(&value, 10, &time) && time < UINT64_MAX / MICROSECONDS) {
		envelope->record.has_time = true;
		envelope->record.time = time * MICROSECONDS;
		return true;
	}
	if (!span_is(before, "MESSAGE"))
		return false;
	envelope_add(envelope, value.at, value.length, &envelope->record);
	return true;
}

bool envelope_take_member(struct envelope *envelope, struct span line)
{
	static const char *const between[] = {"", "{", "}", "},", "},{", "}, {"};

	if (envelope->in_bytes && take_byte(envelope, line))
		return true;
	if (envelope->nested && (span_is(line, "}") || span_is(line, "},"))) {
		envelope->nested--;
		return true;
	}
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		if (span_is(line, between[i])) {
			end_record(envelope);
			return true;
		}
	}
	if (line.at[0] == '"')
		return take_pair(envelope, line);
	if (span_has(line, " [s="))
		return take_verbose(envelope, line);
	return (line.at[0] == '_' || line.at[0] == 'M') && take_export(envelope, line);
}
