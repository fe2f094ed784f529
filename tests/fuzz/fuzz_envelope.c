/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as lines in envelopes. What comes out is read as text of others, as context and for
 * a time. Behind them comes a line of the kernel, which must come out as it is; and the whole
 * input as a JSON string, out of which it must come the same as by itself.
 */
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "log/context.h"
#include "log/dmesg_prefix.h"
#include "log/envelope.h"
#include "log/others.h"

#define EVENT "[   12.345678] arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:"

static bool is_within(struct span part, struct span whole)
{
	return !part.length ||
	       (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void reset(struct dmesg_message *message)
{
	memset(message, 0, sizeof(*message));
	message->smmu = message->host = message->client = message->text = span_of("");
}

static void check_message(struct span text)
{
	struct dmesg_message message;
	struct wall wall;

	reset(&message);
	if (others_parse(text, &message)) {
		FUZZ_CHECK(message.what && *message.what);
		FUZZ_CHECK(memchr(message.note, '\0', sizeof(message.note)));
		FUZZ_CHECK(is_within(message.smmu, text));
	}
	reset(&message);
	if (context_parse(text, &message)) {
		FUZZ_CHECK(message.context && !(message.context & (message.context - 1)));
		FUZZ_CHECK(is_within(message.client, text) && is_within(message.text, text));
	}
	reset(&message);
	if (group_parse(text, &message))
		FUZZ_CHECK(message.client.length && is_within(message.client, text));
	FUZZ_CHECK(is_within(dmesg_prefix_skip(text), text));
	if (clock_find(text, &wall))
		FUZZ_CHECK(!wall.has_zone || clock_has_year(wall.time) || wall.time > 0);
	reset(&message);
	dmesg_prefix_parse(text, &message);
	FUZZ_CHECK(is_within(message.smmu, text) && is_within(message.host, text));
}

static void check_line(
	const struct envelope *envelope, struct span source, const struct log_line *line)
{
	struct span buffer = {envelope->buffer, sizeof(envelope->buffer)};

	FUZZ_CHECK(is_within(line->text, source) || is_within(line->text, buffer));
	FUZZ_CHECK(!memchr(line->text.at, '\n', line->text.length));
	FUZZ_CHECK(line->host.length < ENVELOPE_HOST_SIZE);
	FUZZ_CHECK(!line->joins || !envelope->rest.length);
	check_message(line->text);
}

/* Return: how many lines there were. */
static size_t open_line(struct envelope *envelope, const void *bytes, size_t length)
{
	struct span source = {.at = bytes, .length = length};
	struct log_line line;
	size_t lines = 0;

	envelope_open(envelope, bytes, length);
	while (envelope_next(envelope, &line)) {
		/* Each is of a byte or more, of this line or of one that waited. */
		FUZZ_CHECK(++lines <= length + ENVELOPE_HELD_SIZE);
		check_line(envelope, source, &line);
	}
	FUZZ_CHECK(!envelope_next(envelope, &line));
	return lines;
}

static void check_plain(struct envelope *envelope)
{
	static const char event[] = EVENT;
	struct log_line line;

	envelope_open(envelope, event, strlen(event));
	FUZZ_CHECK(envelope_next(envelope, &line));
	FUZZ_CHECK(span_is(line.text, EVENT) && line.text.at == event);
	FUZZ_CHECK(!line.has_time && !line.has_wall && !line.host.length && !line.joins);
	FUZZ_CHECK(!envelope_next(envelope, &line));
}

/* The text that comes out, with a line end behind each line. Return: its length. */
static size_t collect(struct envelope *envelope, const char *bytes, size_t length, char *text)
{
	struct log_line line;
	size_t used = 0;

	for (envelope_open(envelope, bytes, length); envelope_next(envelope, &line); used++) {
		memcpy(text + used, line.text.at, line.text.length);
		used += line.text.length;
		text[used] = '\n';
	}
	return used;
}

/* Printable bytes, as they are and as docker would keep them. */
static void check_json(struct envelope *envelope, const uint8_t *data, size_t size)
{
	/* The name of the stream is a word that is worth it. */
	static const char behind[] =
		"\",\"stream\":\"smmu\",\"time\":\"2024-12-09T09:15:57.123456789Z\"}";
	static char plain[1024], json[2 * sizeof(plain) + 128], one[2 * sizeof(plain)],
		other[2 * sizeof(plain)];
	size_t length = 0, end;

	for (size_t i = 0; i < size && length < sizeof(plain); i++)
		if (data[i] >= ' ' && data[i] <= '~' && !strchr("{=\"M_>*+-", data[i]))
			plain[length++] = (char)data[i];
	memset(&envelope->record, 0, sizeof(envelope->record));
	end = (size_t)sprintf(json, "{\"log\":\"");
	for (size_t i = 0; i < length; i++) {
		if (plain[i] == '\\')
			json[end++] = '\\';
		json[end++] = plain[i];
	}
	end += (size_t)sprintf(json + end, "%s", behind);
	length = collect(envelope, plain, length, one);
	/* Nothing but blanks is no message. */
	if (!length)
		return;
	FUZZ_CHECK(collect(envelope, json, end, other) == length);
	FUZZ_CHECK(!memcmp(one, other, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct envelope envelope;
	struct fuzz_input input = {data, size};

	memset(&envelope, 0, sizeof(envelope));
	while (input.left) {
		const uint8_t *end = memchr(input.at, '\n', input.left);
		size_t length = end ? (size_t)(end - input.at) : input.left;
		char *copy = fuzz_alloc(length);

		memcpy(copy, input.at, length);
		open_line(&envelope, copy, length);
		free(copy);
		input.at += length + (end != NULL);
		input.left -= length + (end != NULL);
	}
	open_line(&envelope, data, size);
	check_plain(&envelope);
	check_json(&envelope, data, size);
	return 0;
}
