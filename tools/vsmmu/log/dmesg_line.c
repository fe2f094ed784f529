/* SPDX-License-Identifier: BSD-2-Clause */
#include "log/dmesg_line.h"

#include <ctype.h>

#include "log/dmesg_forms.h"
#include "log/dmesg_prefix.h"

/* Places in a line at which a form is tried: a bound for lines that are made to be slow. */
#define TRIES 32

/* As much is looked at of what is before a form. */
#define PREFIX_MAX 1024

/* A vendor's own words between the driver's and the device's name and the text. */
#define VENDOR_MAX 64

static bool parse_words(struct form *form, struct dmesg_message *message)
{
	return dmesg_words_parse(form, false, message);
}

static const struct form_kind {
	const char *begin;
	unsigned int key;
	bool (*parse)(struct form *form, struct dmesg_message *message);
} kinds[] = {
	{"event:", DMESG_KEY_EVENT, dmesg_decoded_parse},
	{"event", DMESG_KEY_EVENT, dmesg_header_parse},
	{"0x", DMESG_KEY_WORD, parse_words},
	{"0X", DMESG_KEY_WORD, parse_words},
	{"unpriv", DMESG_KEY_DETAIL, dmesg_detail_parse},
	{"priv", DMESG_KEY_DETAIL, dmesg_detail_parse},
	{"sid ", DMESG_KEY_REQUESTER, dmesg_requester_parse},
	{"skipping command", DMESG_KEY_DRIVER, dmesg_command_parse},
	{"unexpected PRI", DMESG_KEY_DRIVER, dmesg_request_parse},
	{"EVTQ overflow", DMESG_KEY_DRIVER, dmesg_overflow_parse},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Whether the driver's name may be before a form with this in between: a vendor's own words. */
static bool is_vendors(struct span text)
{
	text = span_trim(text);
	return !text.length ||
	       (text.length <= VENDOR_MAX && strchr(":])-", text.at[text.length - 1]));
}

/* Whether it only separates one form from the next. */
static bool is_gap(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if (isalnum((unsigned char)text.at[i]))
			return false;
	return true;
}

/*
 * Takes time, host and device from what is before a form. @before: what the message before it in
 * the line has of them, or NULL. Return: whether the form may be there.
 */
static bool take_prefix(
	struct span prefix, const struct dmesg_message *before, struct dmesg_message *message)
{
	struct span device, vendor;
	bool fits, named;

	if (prefix.length > PREFIX_MAX)
		prefix = span_skip(prefix, prefix.length - PREFIX_MAX);
	fits = dmesg_prefix_parse(prefix, message);
	if (dmesg_driver_find(prefix, &device, &vendor)) {
		fits |= is_vendors(vendor);
		if (message->kind == DMESG_WORD && !message->words)
			fits = is_gap(vendor);
		message->smmu = device;
	}
	named = message->smmu.length;
	if (before) {
		if (!message->smmu.length)
			message->smmu = before->smmu;
		if (!message->host.length)
			message->host = before->host;
		if (!message->has_time) {
			message->has_time = before->has_time;
			message->time = before->time;
		}
		if (!message->has_wall) {
			message->has_wall = before->has_wall;
			message->has_zone = before->has_zone;
			message->wall = before->wall;
		}
	}
	return (fits || (before && is_gap(prefix))) && (message->sure || named);
}

void dmesg_message_init(struct dmesg_message *message)
{
	memset(message, 0, offsetof(struct dmesg_message, note));
	message->note[0] = '\0';
	message->event.size = sizeof(message->event);
	message->smmu = message->host = message->client = message->text = span_of("");
}

/* Return: whether a form begins at @at; then it is taken off the line. */
static bool take_form(struct span *line, size_t at, const struct form_kind *kind,
	const struct dmesg_message *before, struct dmesg_message *message)
{
	struct form form = {.rest = span_skip(*line, at)};

	dmesg_message_init(message);
	if (!kind->parse(&form, message))
		return false;
	message->cut = form.cut;
	/* Digits that are too few for a word may be any number, unless they are alone. */
	if (message->kind == DMESG_WORD && !message->words && !is_gap(form.rest))
		return false;
	if (!take_prefix((struct span){line->at, at}, before, message))
		return false;
	*line = form.cut ? span_skip(*line, line->length) : form.rest;
	return true;
}

/* Return: the first place from @from on where a form may begin, or the line's length. */
static size_t find_begin(struct span line, size_t from, unsigned int keys, uint32_t *begins)
{
	struct span rest = span_skip(line, from);
	size_t first = line.length;

	*begins = 0;
	for (unsigned int i = 0; i < KINDS; i++) {
		size_t at;

		if (!(kinds[i].key & keys))
			continue;
		at = span_find(rest, kinds[i].begin);
		if (at == rest.length || from + at > first)
			continue;
		if (from + at < first)
			*begins = 0;
		first = from + at;
		*begins |= UINT32_C(1) << i;
	}
	return first;
}

static bool parse_forms(struct span *line, unsigned int keys, const struct dmesg_message *before,
	struct dmesg_message *message)
{
	uint32_t begins;
	size_t at = 0;

	for (unsigned int tries = 0; tries < TRIES; tries++, at++) {
		at = find_begin(*line, at, keys, &begins);
		if (at == line->length)
			return false;
		for (unsigned int i = 0; i < KINDS; i++)
			if (begins >> i & 1 && take_form(line, at, &kinds[i], before, message))
				return true;
	}
	return false;
}

bool dmesg_line_parse(
	struct span *line, unsigned int keys, bool continued, struct dmesg_message *message)
{
	struct dmesg_message before;

	if (continued)
		before = *message;
	if (keys && parse_forms(line, keys, continued ? &before : NULL, message))
		return true;
	if (keys & DMESG_KEY_DRIVER) {
		dmesg_message_init(message);
		if (dmesg_driver_parse(line, message))
			return true;
	}
	dmesg_message_init(message);
	*line = span_skip(*line, line->length);
	return false;
}

bool dmesg_line_parse_words(struct span line, struct dmesg_message *message)
{
	struct form form = {.rest = line};

	dmesg_message_init(message);
	/* Quotation marks of mails. */
	while (form.rest.length && !isalnum((unsigned char)form.rest.at[0]))
		form.rest = span_skip(form.rest, 1);
	if (!dmesg_words_parse(&form, true, message) || !is_gap(form.rest))
		return false;
	message->cut = form.cut;
	return true;
}
