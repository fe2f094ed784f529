/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of SMMUv3 drivers that are no part of an event. */
#include <ctype.h>
#include <strings.h>

#include "text/dmesg_forms.h"
#include "text/dmesg_prefix.h"

/* Texts that need no driver's name in the line. */
static const char *const known[] = {
	"CMDQ error (cons ",
	"CMD_SYNC timeout",
	"CMDQ MSI write aborted",
	"CMDQ timeout",
	"EVTQ MSI write aborted",
	"EVTQ write aborted -- events may have been lost",
	"GERROR MSI write aborted",
	"PRIQ MSI write aborted",
	"PRIQ overflow detected -- requests lost",
	"PRIQ write aborted -- events may have been lost",
	"device has entered Service Failure Mode!",
	"unexpected global error reported (",
};

/* Words of a complaint, whatever else it says. */
static const char *const complaints[] = {"fail", "error", "timeout", "timed out", "unable",
	"invalid", "abort", "overflow", "unsupported", "not support", "n't support", "broken",
	"lost", "cannot", "could not", "missing", "unexpected", "unknown", "unhandled",
	"not responding", "falling back", "overrid", "will not", "no interrupt", "too small",
	"no more", "no memory", "retrying", "truncat", "!"};

/* As much of a text is looked at for such a word. */
#define LOOK 512

/* Each is before the device's name or behind it. */
static const struct {
	const char *name;
	bool behind;
} drivers[] = {
	{"arm-smmu-v3 ", false},
	{"SMMUv3: ", false},
	{"tegra241_cmdqv: ", true},
	{"tegra241_cmdqv ", false},
	{"tegra241-cmdqv ", false},
};

/* Finds the last of several. */
static bool take_driver(struct span *rest, const char *driver, struct span *before)
{
	struct span begin = *rest, part;
	bool found = false;

	while (span_take_until(rest, driver, &part))
		found = true;
	*before = (struct span){begin.at, (size_t)(rest->at - begin.at)};
	before->length -= found ? strlen(driver) : 0;
	return found;
}

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
		struct span before;

		*rest = line;
		if (!take_driver(rest, drivers[i].name, &before))
			continue;
		if (drivers[i].behind)
			*device = device_before(before);
		else if (!take_device(rest, device))
			continue;
		return true;
	}
	return false;
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

	if (!span_take_until(&rest, " callbacks suppressed", &before))
		return false;
	/* The name is before the last colon. */
	for (number = before; span_take_until(&number, ": ", &part);)
		function = (struct span){before.at, (size_t)(number.at - before.at)};
	if (!is_event_printer(function) || !span_take_number(&number, 10, &message->value) ||
		number.length)
		return false;
	dmesg_prefix_parse(function, message);
	message->smmu = span_of("");
	message->kind = DMESG_SUPPRESSED;
	*line = rest;
	return true;
}

static bool has_complaint(struct span text)
{
	for (size_t at = 0; at < text.length && at < LOOK; at++)
		for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
			if (text.length - at >= strlen(complaints[i]) &&
				!strncasecmp(text.at + at, complaints[i], strlen(complaints[i])))
				return true;
	return false;
}

static size_t find_known(struct span line)
{
	size_t first = line.length;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && first == line.length; i++)
		first = span_find(line, known[i]);
	return first;
}

static bool parse_text(struct span *line, struct dmesg_message *message)
{
	struct span device, rest = *line;
	bool named = dmesg_driver_find(*line, &device, &rest);
	size_t at = find_known(*line);

	if (at == line->length && !named)
		return false;
	if (at == line->length)
		at = (size_t)(rest.at - line->at);
	if (!dmesg_prefix_parse((struct span){line->at, at}, message) && !named)
		return false;
	message->text = named ? rest : span_skip(*line, at);
	message->kind = has_complaint(message->text) ? DMESG_ERROR : DMESG_NOTE;
	if (message->kind == DMESG_NOTE)
		message->what = "note of an SMMUv3's driver";
	if (named)
		message->smmu = device;
	*line = span_skip(*line, line->length);
	return true;
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
	message->text = (struct span){begin.at, (size_t)(form->rest.at - begin.at)};
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
