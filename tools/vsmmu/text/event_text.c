/* SPDX-License-Identifier: BSD-2-Clause */
/* Event records as text. Which words appear follows from the fields that an id has. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "text/text.h"

/* Text under construction: counts on when the buffer is full, as snprintf() does. */
struct text {
	char *buffer;
	size_t size;
	size_t length;
	unsigned int items; /* in the parentheses, so far */
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	size_t room = text->length < text->size ? text->size - text->length : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? text->buffer + text->length : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		text->length += (size_t)n;
}

/* Begins the next item of the list in parentheses. */
static void item(struct text *text)
{
	add(text, "%s", text->items++ ? ", " : " (");
}

static void add_address(struct text *text, const struct vsmmu_event *event)
{
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_RNW))
		add(text, event->rnw ? " read" : " write");
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_INPUT_ADDR) ||
		vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_INPUT_PAGE))
		add(text, " 0x%" PRIx64, event->input_addr);
}

static void add_stage(struct text *text, const struct vsmmu_event *event)
{
	static const char *const classes[] = {
		[VSMMU_EVENT_CLASS_CD] = "CD fetch",
		[VSMMU_EVENT_CLASS_TT] = "translation table walk",
		[VSMMU_EVENT_CLASS_IN] = "input address",
		[VSMMU_EVENT_CLASS_RESERVED] = "reserved class",
	};

	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_S2)) {
		item(text);
		add(text, event->s2 ? "stage 2" : "stage 1");
	}
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_CLASS)) {
		item(text);
		add(text, "%s", classes[event->class_ & 3]);
	}
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_TTRNW) &&
		event->class_ == VSMMU_EVENT_CLASS_TT) {
		item(text);
		add(text, event->ttrnw ? "table read" : "table write");
	}
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_IPA) && event->s2) {
		item(text);
		add(text, "IPA 0x%" PRIx64, event->ipa);
	}
}

/* Single bits that are worth a word only when they are set. */
static void add_flags(struct text *text, const struct vsmmu_event *event)
{
	static const struct {
		enum vsmmu_event_field field;
		const char *words;
	} flags[] = {
		{VSMMU_EVENT_FIELD_NSIPA, "Non-secure IPA"},
		{VSMMU_EVENT_FIELD_ASSURED_ONLY, "AssuredOnly"},
		{VSMMU_EVENT_FIELD_OVERLAY, "overlay"},
		{VSMMU_EVENT_FIELD_DIRTY_BIT, "dirty bit"},
		{VSMMU_EVENT_FIELD_GPCF, "granule protection"},
		{VSMMU_EVENT_FIELD_ATS_READ, "read"},
		{VSMMU_EVENT_FIELD_ATS_WRITE, "write"},
		{VSMMU_EVENT_FIELD_ATS_EXEC, "execute"},
		{VSMMU_EVENT_FIELD_ATS_PRIV, "privileged"},
		{VSMMU_EVENT_FIELD_UR, "unprivileged read"},
		{VSMMU_EVENT_FIELD_UW, "unprivileged write"},
		{VSMMU_EVENT_FIELD_UX, "unprivileged execute"},
		{VSMMU_EVENT_FIELD_PR, "privileged read"},
		{VSMMU_EVENT_FIELD_PW, "privileged write"},
		{VSMMU_EVENT_FIELD_PX, "privileged execute"},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (vsmmu_event_has(event->id, flags[i].field) &&
			vsmmu_event_field_value(event, flags[i].field)) {
			item(text);
			add(text, "%s", flags[i].words);
		}
	}
}

static void add_details(struct text *text, const struct vsmmu_event *event)
{
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_PNU)) {
		item(text);
		add(text, "%sprivileged %s", event->pnu ? "" : "un",
			event->ind ? "instruction" : "data");
	}
	add_stage(text, event);
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_FETCH_ADDR)) {
		item(text);
		add(text, "fetch at 0x%" PRIx64, event->fetch_addr);
	}
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SPAN)) {
		item(text);
		add(text, "span %u", event->span);
	}
	add_flags(text, event);
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_REASON)) {
		item(text);
		add(text, "reason 0x%x", event->reason);
	}
	/* STAG is meaningless without Stall, IMPDEF mostly absent. */
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_STALL) && event->stall) {
		item(text);
		add(text, "stalled, tag 0x%x", event->stag);
	}
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_IMPDEF) && event->impdef) {
		item(text);
		add(text, "implementation defined 0x%x", event->impdef);
	}
	if (text->items)
		add(text, ")");
}

int vsmmu_event_format(char *buffer, size_t size, const struct vsmmu_event *event)
{
	struct text text = {.buffer = buffer, .size = size};
	const uint64_t *reserved = event->reserved;
	bool ssv = event->ssv || !vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV);

	add(&text, "%s", vsmmu_event_name(event->id));
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SID))
		add(&text, " sid 0x%" PRIx32, event->sid);
	else
		add(&text, " id 0x%x", event->id);
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSID) && ssv)
		add(&text, " ssid 0x%" PRIx32, event->ssid);
	add_address(&text, event);
	add_details(&text, event);
	if (reserved[0] | reserved[1] | reserved[2] | reserved[3])
		add(&text,
			" [undefined bits 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "]",
			reserved[0], reserved[1], reserved[2], reserved[3]);
	return (int)text.length;
}

int vsmmu_event_format_record(char *buffer, size_t size, const struct vsmmu_event_record *record)
{
	return snprintf(buffer, size,
		"0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64, record->word[0],
		record->word[1], record->word[2], record->word[3]);
}
