/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages of Linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: arm_smmu_dump_event()
 * of 6.14 and later, arm_smmu_evtq_thread() before it, arm_smmu_gerror_handler(),
 * arm_smmu_cmdq_skip_err(); and that of lib/ratelimit.c.
 */
#include "text/dmesg_line.h"

#include "text/dmesg_prefix.h"

#define WORD_DIGITS 16

/* Widths of the records' fields (IHI 0070 7.3); the driver prints even less of them. */
#define SSID_MAX	0xfffff
#define IPA_MASK	UINT64_C(0x00fffffffffff000)
#define FETCH_ADDR_MASK UINT64_C(0x00fffffffffffff8)

/* Complaints that are told as they are. Where one ends in a space, a number follows. */
static const struct {
	const char *text;
	enum dmesg_message_kind kind;
} complaints[] = {
	{"EVTQ overflow detected -- events lost", DMESG_OVERFLOW},
	{"skipping command in error state:", DMESG_COMMAND},
	{"CMDQ error (cons ", DMESG_ERROR},
	{"CMD_SYNC timeout at ", DMESG_ERROR},
	{"CMDQ MSI write aborted", DMESG_ERROR},
	{"CMDQ timeout", DMESG_ERROR},
	{"EVTQ MSI write aborted", DMESG_ERROR},
	{"EVTQ write aborted -- events may have been lost", DMESG_ERROR},
	{"GERROR MSI write aborted", DMESG_ERROR},
	{"PRIQ MSI write aborted", DMESG_ERROR},
	{"PRIQ overflow detected -- requests lost", DMESG_ERROR},
	{"PRIQ write aborted -- events may have been lost", DMESG_ERROR},
	{"device has entered Service Failure Mode!", DMESG_ERROR},
	{"unexpected PRI request received:", DMESG_ERROR},
	{"unexpected global error reported (", DMESG_ERROR},
};

/* Takes the prefix off @line if @text follows it. */
static bool take_message(struct span *line, const char *text, struct dmesg_message *message)
{
	struct span rest = *line, prefix;

	if (!span_take_until(&rest, text, &prefix) || !dmesg_prefix_parse(prefix, message))
		return false;
	*line = rest;
	return true;
}

static bool parse_header(struct span line, struct dmesg_message *message)
{
	return take_message(&line, "event 0x", message) &&
	       span_take_number(&line, 16, &message->value) && message->value <= UINT8_MAX &&
	       span_is(line, " received:");
}

/* The whole of what the driver says: 16 digits. */
static bool parse_word(struct span line, struct dmesg_message *message)
{
	struct span word = line;

	if (line.length < WORD_DIGITS + 2)
		return false;
	line.length -= WORD_DIGITS + 2;
	word = span_skip(word, line.length);
	return span_take(&word, "0x") && span_take_number(&word, 16, &message->value) &&
	       !word.length && dmesg_prefix_parse(line, message);
}

/* "TEXT0x12"; @known is the bit of the field that it tells. */
static bool take_field(struct span *line, const char *text, uint64_t known,
	struct dmesg_message *message, uint64_t *value)
{
	if (!span_take(line, text) || !span_take_hex(line, value))
		return false;
	message->known |= known;
	return true;
}

/* Reads what follows "sid: ": three forms, by the event's kind. */
static bool parse_addresses(struct span line, struct dmesg_message *message)
{
	struct vsmmu_event *event = &message->event;
	uint64_t sid, ssid;

	if (!span_take_hex(&line, &sid) || sid > UINT32_MAX)
		return false;
	if (!take_field(&line, " ssid: ", 0, message, &ssid) || ssid > SSID_MAX)
		return false;
	event->sid = (uint32_t)sid;
	event->ssid = (uint32_t)ssid;
	message->known |= DMESG_KNOWN(SID);
	/* It prints 0 when there is none: only another number tells that there is one. */
	event->ssv = ssid > 0;
	if (ssid)
		message->known |= DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID);
	if (!line.length)
		return true;
	if (take_field(
		    &line, " fetch_addr: ", DMESG_KNOWN(FETCH_ADDR), message, &event->fetch_addr))
		return !line.length && !(event->fetch_addr & ~FETCH_ADDR_MASK);
	return take_field(&line, " iova: ", DMESG_KNOWN(INPUT_ADDR), message, &event->input_addr) &&
	       take_field(&line, " ipa: ", DMESG_KNOWN(IPA), message, &event->ipa) &&
	       !line.length && !(event->ipa & ~IPA_MASK);
}

static bool parse_decoded(struct span line, struct dmesg_message *message)
{
	return take_message(&line, "event: ", message) &&
	       span_take_until(&line, " client: ", &message->name) &&
	       span_take_until(&line, " sid: ", &message->client) && parse_addresses(line, message);
}

/* Reads one of two words. */
static bool take_either(struct span *line, const char *one, const char *zero, bool *value)
{
	*value = span_take(line, one);
	return *value || span_take(line, zero);
}

static bool take_class(struct span *line, struct vsmmu_event *event)
{
	static const char *const classes[] = {
		[VSMMU_EVENT_CLASS_CD] = "\"CD fetch\"",
		[VSMMU_EVENT_CLASS_TT] = "\"Stage 1 translation table fetch\"",
		[VSMMU_EVENT_CLASS_IN] = "\"Input address caused fault\"",
		[VSMMU_EVENT_CLASS_RESERVED] = "\"Reserved\"",
	};

	for (uint8_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		event->class_ = i;
		if (span_take(line, classes[i]))
			return true;
	}
	return false;
}

static bool parse_detail(struct span line, struct dmesg_message *message)
{
	struct vsmmu_event *event = &message->event;
	uint64_t stag;

	/* "unpriv" is looked for first, as "priv" is a part of it. */
	if (!take_message(&line, "unpriv ", message)) {
		if (!take_message(&line, "priv ", message))
			return false;
		event->pnu = true;
	}
	if (!take_either(&line, "inst ", "data ", &event->ind) ||
		!take_either(&line, "read ", "write ", &event->rnw) ||
		!take_either(&line, "s2 ", "s1 ", &event->s2) || !take_class(&line, event))
		return false;
	if (span_begins(line, " ttd_")) {
		if (!take_either(&line, " ttd_read", " ttd_write", &event->ttrnw))
			return false;
		message->known |= DMESG_KNOWN(TTRNW);
	}
	event->stall = span_take(&line, " stall");
	if (!span_take(&line, " stag: ") || !span_take_hex(&line, &stag) || stag > UINT16_MAX)
		return false;
	event->stag = (uint16_t)stag;
	message->known |= DMESG_KNOWN(PNU) | DMESG_KNOWN(IND) | DMESG_KNOWN(RNW) | DMESG_KNOWN(S2) |
			  DMESG_KNOWN(CLASS) | DMESG_KNOWN(STALL) | DMESG_KNOWN(STAG);
	return !line.length;
}

/* The function that asks for permission to print, so far. */
static bool is_event_printer(struct span function)
{
	return span_has(function, "arm_smmu_") &&
	       (span_has(function, "evtq") || span_has(function, "evt_handler") ||
		       span_has(function, "_event"));
}

/* "FUNCTION: 15 callbacks suppressed" */
static bool parse_suppressed(struct span line, struct dmesg_message *message)
{
	struct span function = span_of(""), rest = line, before;

	if (!span_ends(line, " callbacks suppressed"))
		return false;
	rest.length -= strlen(" callbacks suppressed");
	/* The name is before the last colon. */
	while (span_take_until(&rest, ": ", &before))
		function = (struct span){.at = line.at, .length = (size_t)(rest.at - line.at)};
	if (!is_event_printer(function) || !span_take_number(&rest, 10, &message->value) ||
		rest.length)
		return false;
	dmesg_prefix_parse(function, message);
	message->smmu = span_of("");
	return true;
}

static bool parse_complaint(struct span line, struct dmesg_message *message)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		struct span rest = line;

		if (!take_message(&rest, complaints[i].text, message))
			continue;
		message->kind = complaints[i].kind;
		/* From the phrase to the line's end. */
		message->text =
			span_skip(line, line.length - rest.length - strlen(complaints[i].text));
		return true;
	}
	return false;
}

void dmesg_line_parse(struct span line, struct dmesg_message *message)
{
	static const struct {
		bool (*parse)(struct span line, struct dmesg_message *message);
		enum dmesg_message_kind kind;
	} forms[] = {
		{parse_header, DMESG_HEADER},
		{parse_word, DMESG_WORD},
		{parse_decoded, DMESG_DECODED},
		{parse_detail, DMESG_DETAIL},
		{parse_suppressed, DMESG_SUPPRESSED},
	};

	line = span_trim(line);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		memset(message, 0, sizeof(*message));
		message->event.size = sizeof(message->event);
		message->smmu = message->host = span_of("");
		if (forms[i].parse(line, message)) {
			message->kind = forms[i].kind;
			return;
		}
	}
	memset(message, 0, sizeof(*message));
	message->event.size = sizeof(message->event);
	message->smmu = message->host = span_of("");
	parse_complaint(line, message);
}
