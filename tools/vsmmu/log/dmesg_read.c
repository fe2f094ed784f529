/* SPDX-License-Identifier: BSD-2-Clause */
/* Gets messages out of lines, those among them that a mailer or a terminal has wrapped. */
#include <string.h>

#include "log/context.h"
#include "log/dmesg.h"
#include "log/dmesg_forms.h"
#include "log/dmesg_prefix.h"
#include "log/others.h"

/* Longer lines are no numbers alone. */
#define BARE_MAX 128

static void begin(struct dmesg *dmesg, const struct log_line *log, uint64_t line, bool final)
{
	dmesg->log = *log;
	dmesg->log_line = line;
	dmesg->keys = dmesg_line_scan(log->text);
	dmesg->continued = false;
	dmesg->final = final;
}

static bool is_text(enum dmesg_message_kind kind)
{
	return kind == DMESG_ERROR || kind == DMESG_NOTE;
}

/* Whether the message may go on in the next line: then its line is kept until that comes. */
static bool hold(struct dmesg *dmesg, struct span text)
{
	struct dmesg_held *held = &dmesg->held;

	if (!dmesg->message.cut || dmesg->final || span_trim(dmesg->log.text).length ||
		text.length > sizeof(held->text) || held->lines == DMESG_HELD_LINES)
		return false;
	memcpy(held->text, text.at, text.length);
	held->length = text.length;
	held->log = dmesg->log;
	held->line = dmesg->log_line;
	span_print(dmesg->log.host, held->host, sizeof(held->host));
	held->log.host = span_of(held->host);
	held->kind = dmesg->message.kind;
	held->unknown = is_text(held->kind) && !dmesg->message.entry;
	held->lines++;
	held->open = true;
	dmesg->log.text.length = 0;
	return true;
}

/*
 * Whether two lines make sense as one: the second belongs to what the first begins. A header
 * may end within the second as well, unless that begins as lines of the driver do.
 */
static bool fits(struct span text, size_t first, bool may_end)
{
	struct span rest = text;
	struct dmesg_message message;

	if (!dmesg_line_parse(&rest, dmesg_line_scan(text), false, &message) ||
		(size_t)(rest.at - text.at) <= first)
		return false;
	switch (message.kind) {
	case DMESG_DECODED:
	case DMESG_DETAIL:
		return message.whole || message.cut;
	case DMESG_WORD:
		return message.words;
	case DMESG_ERROR:
	case DMESG_NOTE:
		return dmesg_message_goes_on(&message, text.at + first);
	default:
		return !message.cut || may_end;
	}
}

/* Whether the driver's or the device's name is there, of which the first @first bytes lack some. */
static bool completes_name(struct span text, size_t first)
{
	struct span device, rest = text;
	struct dmesg_message message;

	return dmesg_line_parse(&rest, dmesg_line_scan(text), false, &message) &&
	       dmesg_driver_find(text, &device, &rest) &&
	       device.at <= text.at + first + strlen("arm-smmu-v3 ");
}

/* Puts the line that is held and @next together. Return: whether that makes sense. */
static bool join_with(struct dmesg *dmesg, const char *between, struct span next, bool may_end)
{
	const struct dmesg_held *held = &dmesg->held;
	struct span joined;
	size_t first = held->length + strlen(between);

	if (next.length > sizeof(dmesg->joined) - first)
		next.length = sizeof(dmesg->joined) - first;
	memcpy(dmesg->joined, held->text, held->length);
	memcpy(dmesg->joined + held->length, between, strlen(between));
	memcpy(dmesg->joined + first, next.at, next.length);
	dmesg->joined_length = first + next.length;
	joined = (struct span){dmesg->joined, dmesg->joined_length};
	return held->kind ? fits(joined, first, may_end) : completes_name(joined, first);
}

/* Without the marks that mailers put before a line that they quote. */
static struct span strip_quotes(struct span text)
{
	while (text.length && strchr("> |\t", text.at[0]))
		text = span_skip(text, 1);
	return text;
}

static bool join(struct dmesg *dmesg, struct span text)
{
	struct span next = strip_quotes(text), device, bare;

	if (!dmesg->held.kind)
		return !dmesg_driver_find(next, &device, &bare) &&
		       (join_with(dmesg, "", next, true) || join_with(dmesg, " ", next, true));
	/* A program that splits lines repeats what is before the text. */
	if (dmesg_driver_find(next, &device, &bare))
		return !dmesg->held.unknown && join_with(dmesg, " ", bare, false);
	return join_with(dmesg, " ", next, true) || join_with(dmesg, "", next, true);
}

static void begin_held(struct dmesg *dmesg, const char *text, size_t length, bool final)
{
	struct log_line log = dmesg->held.log;

	log.text = (struct span){text, length};
	dmesg->held.open = false;
	begin(dmesg, &log, dmesg->held.line, final);
}

/* Puts the lines together that the envelope says are one. Return: whether @log is complete. */
static bool glue(struct dmesg *dmesg, struct log_line *log, uint64_t *line)
{
	struct dmesg_glue *glue = &dmesg->glue;

	*line = glue->length ? glue->line : dmesg->line;
	if (!log->joins && !glue->length)
		return true;
	if (log->text.length > sizeof(glue->text) - glue->length)
		log->text.length = sizeof(glue->text) - glue->length;
	if (log->text.length)
		memcpy(glue->text + glue->length, log->text.at, log->text.length);
	glue->length += log->text.length;
	glue->line = *line;
	if (log->joins)
		return false;
	log->text = (struct span){glue->text, glue->length};
	glue->length = 0;
	return true;
}

/* Gets the next line, as the envelope has it. Return: whether there is one. */
static bool open_line(struct dmesg *dmesg, struct log_line *log, uint64_t *line)
{
	while (envelope_next(&dmesg->envelope, log))
		if (glue(dmesg, log, line))
			return true;
	/* The log ends where a line should go on. */
	*log = (struct log_line){.host = span_of("")};
	return dmesg->flush == DMESG_FLUSH_ALL && dmesg->glue.length && glue(dmesg, log, line);
}

/* Whether the line that is held is not to be kept for another one. */
static bool is_over(const struct dmesg *dmesg)
{
	const struct dmesg_held *held = &dmesg->held;
	/* An event may still become complete after a pause; a message is wanted at once. */
	return held->open &&
	       (dmesg->flush == DMESG_FLUSH_ALL || (dmesg->flush && is_text(held->kind)));
}

/* Takes the next line into dmesg->log. Return: whether there is one. */
static bool next_line(struct dmesg *dmesg)
{
	struct dmesg_held *held = &dmesg->held;
	struct log_line log = dmesg->next;
	uint64_t line = dmesg->next_line;
	bool there = log.text.length || open_line(dmesg, &log, &line);

	dmesg->next.text.length = 0;
	if (!there && !is_over(dmesg))
		return false;
	if (!held->open) {
		held->lines = 0;
		begin(dmesg, &log, line, false);
	} else if (there && join(dmesg, log.text)) {
		begin_held(dmesg, dmesg->joined, dmesg->joined_length, false);
	} else {
		begin_held(dmesg, held->text, held->length, true);
		dmesg->next = log;
		dmesg->next_line = line;
	}
	return true;
}

/* Reads a line that is of no SMMUv3. */
static bool parse_other(struct span line, struct dmesg_message *message)
{
	struct span text = dmesg_prefix_skip(line), smmu;

	dmesg_message_init(message);
	if (group_parse(line, message))
		message->kind = DMESG_GROUP;
	else if (others_parse(line, message))
		message->kind = DMESG_OTHER;
	else if (context_parse(line, message))
		message->kind = DMESG_CONTEXT;
	else
		return false;
	smmu = message->smmu;
	dmesg_prefix_parse((struct span){line.at, (size_t)(text.at - line.at)}, message);
	message->smmu = smmu;
	return true;
}

/* Takes words that lack the device's name, or their 0x, where words are expected. */
static bool take_bare_words(
	const struct dmesg *dmesg, struct span text, struct dmesg_message *message)
{
	struct span device = span_of(""), rest = text;

	if (text.length > BARE_MAX || !dmesg_slot_wants_words(dmesg))
		return false;
	if (dmesg_driver_find(text, &device, &rest) && dmesg->keys & DMESG_KEY_WORD)
		return false;
	if (!dmesg_line_parse_words(rest, message))
		return false;
	dmesg_prefix_parse((struct span){text.at, (size_t)(rest.at - text.at)}, message);
	message->smmu = device;
	return true;
}

/* A number that nobody waits for is no word of a record if the line tells something else. */
static void prefer_other(struct dmesg *dmesg, struct span text)
{
	struct dmesg_message other;

	if (dmesg->message.kind != DMESG_WORD || dmesg->continued ||
		dmesg_slot_wants_words(dmesg) || !parse_other(text, &other))
		return;
	dmesg->message = other;
	dmesg->log.text.length = 0;
}

/* Takes a message off dmesg->log, of which nothing is left if there is none. */
static bool take_message(struct dmesg *dmesg)
{
	struct dmesg_message *message = &dmesg->message;
	struct span text = dmesg->log.text;

	if (!dmesg->continued && !(dmesg->keys & DMESG_KEY_WORD) &&
		take_bare_words(dmesg, text, message)) {
		dmesg->log.text.length = 0;
		return true;
	}
	if (dmesg->keys &&
		dmesg_line_parse(&dmesg->log.text, dmesg->keys, dmesg->continued, message)) {
		prefer_other(dmesg, text);
		return true;
	}
	dmesg->log.text.length = 0;
	if (dmesg->continued)
		return false;
	if (take_bare_words(dmesg, text, message) || parse_other(text, message))
		return true;
	dmesg_message_init(message);
	message->cut = !dmesg->final && dmesg_driver_is_cut(text);
	return message->cut;
}

/* The envelope may know more than the line. */
static void add_envelope(struct dmesg_message *message, const struct log_line *log)
{
	if (!message->has_time && log->has_time) {
		message->has_time = true;
		message->time = log->time;
	}
	if (!message->has_wall && log->has_wall) {
		message->has_wall = true;
		message->has_zone = log->has_zone;
		message->wall = log->wall;
	}
	if (!message->host.length)
		message->host = log->host;
}

bool dmesg_read(struct dmesg *dmesg)
{
	const struct dmesg_message *message = &dmesg->message;

	while (dmesg->log.text.length || next_line(dmesg)) {
		struct span text = dmesg->log.text;

		if (!text.length || !take_message(dmesg) || hold(dmesg, text))
			continue;
		dmesg->continued = true;
		/* A driver's name with nothing behind it, or a part of it. */
		if (!message->kind || (message->kind == DMESG_NOTE && !message->text.length))
			continue;
		add_envelope(&dmesg->message, &dmesg->log);
		dmesg->word = 0;
		return true;
	}
	return false;
}
