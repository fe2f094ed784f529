/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of SMMUv3 drivers that are no part of an event. */
#include <ctype.h>

#include "catalogue/catalogue.h"
#include "catalogue/format.h"
#include "log/dmesg_forms.h"
#include "log/dmesg_line.h"
#include "log/dmesg_prefix.h"

/* Words of a complaint, whatever else it says. */
static const char *const complaints[] = {"fail", "error", "timeout", "timed out", "unable",
	"invalid", "abort", "overflow", "unsupported", "not support", "n't ", "broken", "lost",
	"cannot", "could not", "missing", "unexpected", "unknown", "unhandled", "not responding",
	"warning", "falling back", "overrid", "will not", "no interrupt", "too small", "no more",
	"no memory", "retrying", "truncat", "!"};

/* As much of a text is looked at for such a word. */
#define LOOK 512

/* A driver's or device's name that is cut has as many characters. */
#define NAME_MIN_BYTES 5
#define NAME_MAX_BYTES 64

/* Each is before the device's name or behind it, or stands for one that somebody left out. */
static const struct {
	const char *name;
	enum { BEFORE, BEHIND, INSTEAD } place;
} drivers[] = {
	{"arm-smmu-v3 ", BEFORE},
	{"SMMUv3: ", BEFORE},
	{"tegra241_cmdqv: ", BEHIND},
	{"tegra241_cmdqv ", BEFORE},
	{"tegra241-cmdqv ", BEFORE},
	{"arm-smmu-v3: ", INSTEAD},
};

/* "fc900000.iommu: " */
static bool take_device(struct span *rest, struct span *device)
{
	size_t length = 0;

	while (length < rest->length && !span_is_blank(rest->at[length]))
		length++;
	*device = (struct span){.at = rest->at, .length = length};
	if (!span_ends(*device, ":") || length < 2)
		return false;
	device->length--;
	*rest = span_trim(span_skip(*rest, length));
	return true;
}

/* The word before the driver's name, without its colon. */
static struct span device_before(struct span before)
{
	size_t begin;

	before = span_trim(before);
	if (!span_ends(before, ":"))
		return span_of("");
	before.length--;
	for (begin = before.length; begin && !span_is_blank(before.at[begin - 1]);)
		begin--;
	return span_skip(before, begin);
}

bool dmesg_driver_find(struct span line, struct span *device, struct span *rest)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		struct span before, text = line, name;
		bool found = false;

		while (span_take_until(&text, drivers[i].name, &before)) {
			struct span next = text;

			if (drivers[i].place == BEHIND)
				name = device_before(before);
			else if (drivers[i].place == INSTEAD)
				name = (struct span){
					text.at - strlen("arm-smmu-v3: "), strlen("arm-smmu-v3")};
			else if (!take_device(&next, &name))
				continue;
			*device = name;
			*rest = next;
			found = true;
		}
		if (found)
			return true;
	}
	return false;
}

bool dmesg_driver_is_cut(struct span line)
{
	static const char driver[] = "arm-smmu-v3 ";
	size_t begin = line.length;
	struct span word;

	while (begin && line.length - begin <= NAME_MAX_BYTES && !span_is_blank(line.at[begin - 1]))
		begin--;
	word = span_skip(line, begin);
	if (word.length >= NAME_MIN_BYTES && word.length < strlen(driver) &&
		!memcmp(word.at, driver, word.length))
		return true;
	return word.length && !memchr(word.at, ':', word.length) &&
	       span_ends((struct span){line.at, begin}, driver);
}

/* The function that asks for permission to print, so far. */
static bool is_event_printer(struct span function)
{
	return span_has(function, "arm_smmu_") &&
	       (span_has(function, "evtq") || span_has(function, "evt_handler") ||
		       span_has(function, "_event"));
}

/* "FUNCTION: 15 callbacks suppressed" */
static bool parse_suppressed(struct span *line, struct dmesg_message *message)
{
	struct span before, function = span_of(""), number, part;
	struct span rest = *line;
	uint64_t count;

	if (!span_take_until(&rest, " callbacks suppressed", &before))
		return false;
	/* The name is before the last colon. */
	for (number = before; span_take_until(&number, ": ", &part);)
		function = (struct span){before.at, (size_t)(number.at - before.at)};
	if (!is_event_printer(function) || !span_take_number(&number, 10, &count) || number.length)
		return false;
	message->value = count;
	dmesg_prefix_parse(function, message);
	message->smmu = span_of("");
	message->kind = DMESG_SUPPRESSED;
	*line = rest;
	return true;
}

static bool has_complaint(struct span text)
{
	char lower[LOOK];
	struct span look = {.at = lower, .length = text.length < LOOK ? text.length : LOOK};

	for (size_t i = 0; i < look.length; i++)
		lower[i] = (char)tolower((unsigned char)text.at[i]);
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
		if (span_has(look, complaints[i]))
			return true;
	return false;
}

/* Parts of a line with ": " between them: its names, a vendor's words, the driver's text. */
#define PARTS 4

/* A line of an event that makes no sense is no message. */
static bool is_of_event(const struct catalogue_entry *entry)
{
	return !strncmp(entry->name, "event-", 6) || !strcmp(entry->name, "raw-word");
}

/* Looks for a text that the catalogue knows. Return: its entry, or NULL; *text begins there. */
static const struct catalogue_entry *find_entry(struct span *text)
{
	struct span rest = *text, before;

	for (int i = 0; i < PARTS; i++) {
		const struct catalogue_entry *entry = catalogue_match(rest.at, rest.length);

		if (entry && !is_of_event(entry)) {
			*text = rest;
			return entry;
		}
		if (!span_take_until(&rest, ": ", &before))
			break;
	}
	return NULL;
}

/* The catalogue has texts that any driver may print, too. */
static bool is_of_smmu_only(const struct catalogue_entry *entry)
{
	return entry->complaint && dmesg_line_scan(span_of(entry->format)) & DMESG_KEY_DRIVER;
}

/* Whether another text begins with all of this one: then it may be that one, cut. */
static bool begins_another(const char *format)
{
	size_t length = strcspn(format, "%\n");
	const struct catalogue_entry *entry;

	for (size_t i = 0; format[length] != '%' && (entry = catalogue_get(i)); i++)
		if (entry->format && entry->format != format &&
			!strncmp(entry->format, format, length) && entry->format[length] == ' ')
			return true;
	return false;
}

/* Leaves out what is behind the end of a text that is whole. */
static void trim_text(
	const char *format, const struct format_match *match, struct dmesg_message *message)
{
	const char *end = message->text.at, *last = strrchr(format, '%');
	size_t length = strcspn(last ? last : format, "\n");

	if (last && (!match->count || match->count > FORMAT_ARGUMENTS))
		return;
	if (last) {
		const struct span *argument = &match->arguments[match->count - 1].text;

		end = argument->at + argument->length;
		/* The conversion itself, which ends with a letter. */
		length -= strcspn(last, "sduxXp") + 1;
	}
	end += length;
	if (end <= message->text.at + message->text.length)
		message->text.length = (size_t)(end - message->text.at);
}

/* Tells whether the text is all there. */
static void set_entry(const struct catalogue_entry *entry, struct dmesg_message *message)
{
	struct format_match match;

	message->entry = entry;
	message->kind = entry->complaint ? DMESG_ERROR : DMESG_NOTE;
	message->whole = format_match(entry->format, message->text, &match) && !match.cut;
	message->cut = !message->whole;
	if (!message->whole)
		return;
	trim_text(entry->format, &match, message);
	if (message->text.length <= strlen(entry->format))
		message->cut = begins_another(entry->format);
}

/* Without what a list of strings has behind each of them. */
static struct span strip_quote(struct span text)
{
	while (text.length && strchr("\"',`|; ", text.at[text.length - 1]))
		text.length--;
	return text;
}

static bool parse_text(struct span *line, struct dmesg_message *message)
{
	struct span device, text = *line;
	bool named = dmesg_driver_find(*line, &device, &text);
	const struct catalogue_entry *entry;

	if (!named)
		text = dmesg_prefix_skip(*line);
	text = strip_quote(text);
	entry = find_entry(&text);
	if (!named && (!entry || !is_of_smmu_only(entry)))
		return false;
	dmesg_prefix_parse((struct span){line->at, (size_t)(text.at - line->at)}, message);
	message->text = text;
	if (named)
		message->smmu = device;
	if (entry) {
		set_entry(entry, message);
	} else {
		message->kind = has_complaint(text) ? DMESG_ERROR : DMESG_NOTE;
		message->cut = true;
	}
	if (message->kind == DMESG_NOTE)
		message->what = VSMMU_DMESG_NOTE;
	*line = span_skip(*line, line->length);
	return true;
}

bool dmesg_message_goes_on(const struct dmesg_message *message, const char *at)
{
	struct span first = {message->text.at, (size_t)(at - message->text.at)};
	struct format_match match;

	return message->entry && message->whole && at > message->text.at &&
	       (!format_match(message->entry->format, first, &match) || match.cut);
}

bool dmesg_driver_parse(struct span *line, struct dmesg_message *message)
{
	return parse_suppressed(line, message) || parse_text(line, message);
}

static bool take_text(struct form *form, const char *text, enum dmesg_message_kind kind,
	struct dmesg_message *message)
{
	struct span begin = form->rest;

	message->kind = kind;
	message->sure = form_take(form, text);
	if (message->sure)
		form_take_optional(form, ":");
	message->text = begin;
	if (message->sure)
		message->text.length = (size_t)(form->rest.at - begin.at);
	return message->sure || form->cut;
}

bool dmesg_command_parse(struct form *form, struct dmesg_message *message)
{
	return take_text(form, "skipping command in error state", DMESG_COMMAND, message);
}

bool dmesg_request_parse(struct form *form, struct dmesg_message *message)
{
	return take_text(form, "unexpected PRI request received", DMESG_REQUEST, message);
}

bool dmesg_overflow_parse(struct form *form, struct dmesg_message *message)
{
	return take_text(form, "EVTQ overflow detected -- events lost", DMESG_OVERFLOW, message);
}
