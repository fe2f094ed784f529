/* SPDX-License-Identifier: BSD-2-Clause */
/* Event records as text. The fields that an id has, and that are known, decide which words appear.
 */
#include <inttypes.h>
#include <stdio.h>

#include "text/buffer.h"
#include "text/text.h"

bool vsmmu_event_has_ssid(const struct vsmmu_event *event, uint64_t known)
{
	if (!vsmmu_event_knows(event, known, VSMMU_EVENT_FIELD_SSID))
		return false;
	if (vsmmu_event_knows(event, known, VSMMU_EVENT_FIELD_SSV))
		return event->ssv;
	return event->ssid || (known & VSMMU_EVENT_KNOWN(ID) &&
				      !vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV));
}

bool vsmmu_event_is_empty(const struct vsmmu_event *event)
{
	const uint64_t *reserved = event->reserved;

	return !event->id && !(reserved[0] | reserved[1] | reserved[2] | reserved[3]);
}

struct line {
	struct buffer text;
	const struct vsmmu_event *event;
	uint64_t known;
	unsigned int items; /* in the parentheses, so far */
};

static bool knows(const struct line *line, enum vsmmu_event_field field)
{
	return vsmmu_event_knows(line->event, line->known, field);
}

/* Whether a field is known and is not 0. */
static bool is_set(const struct line *line, enum vsmmu_event_field field)
{
	return knows(line, field) && vsmmu_event_field_value(line->event, field);
}

/* Begins the next item of the list in parentheses. */
static struct buffer *item(struct line *line)
{
	buffer_add(&line->text, "%s", line->items++ ? ", " : " (");
	return &line->text;
}

static void add_name(struct line *line)
{
	const struct vsmmu_event *event = line->event;

	bool id = knows(line, VSMMU_EVENT_FIELD_ID);

	buffer_add(&line->text, "%s",
		id && vsmmu_event_is_empty(event) ? "EMPTY" : vsmmu_event_name(id ? event->id : 0));
	if (knows(line, VSMMU_EVENT_FIELD_SID))
		buffer_add(&line->text, " sid 0x%" PRIx32, event->sid);
	else if (id && !vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SID))
		buffer_add(&line->text, " id 0x%x", event->id);
	if (vsmmu_event_has_ssid(event, line->known))
		buffer_add(&line->text, " ssid 0x%" PRIx32, event->ssid);
}

static void add_address(struct line *line)
{
	if (knows(line, VSMMU_EVENT_FIELD_RNW))
		buffer_add(&line->text, line->event->rnw ? " read" : " write");
	if (knows(line, VSMMU_EVENT_FIELD_INPUT_ADDR) || knows(line, VSMMU_EVENT_FIELD_INPUT_PAGE))
		buffer_add(&line->text, " 0x%" PRIx64, line->event->input_addr);
}

static void add_stage(struct line *line)
{
	static const char *const classes[] = {
		[VSMMU_EVENT_CLASS_CD] = "CD fetch",
		[VSMMU_EVENT_CLASS_TT] = "translation table walk",
		[VSMMU_EVENT_CLASS_IN] = "input address",
		[VSMMU_EVENT_CLASS_RESERVED] = "reserved class",
	};
	const struct vsmmu_event *event = line->event;
	bool table = knows(line, VSMMU_EVENT_FIELD_CLASS) && event->class_ == VSMMU_EVENT_CLASS_TT;

	if (knows(line, VSMMU_EVENT_FIELD_S2))
		buffer_add(item(line), event->s2 ? "stage 2" : "stage 1");
	if (knows(line, VSMMU_EVENT_FIELD_CLASS))
		buffer_add(item(line), "%s", classes[event->class_ & 3]);
	if (table && knows(line, VSMMU_EVENT_FIELD_TTRNW))
		buffer_add(item(line), event->ttrnw ? "table read" : "table write");
	if (is_set(line, VSMMU_EVENT_FIELD_S2) && knows(line, VSMMU_EVENT_FIELD_IPA))
		buffer_add(item(line), "IPA 0x%" PRIx64, event->ipa);
}

/* Single bits that are worth a word only when they are set. */
static void add_flags(struct line *line)
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

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (is_set(line, flags[i].field))
			buffer_add(item(line), "%s", flags[i].words);
}

static void add_privilege(struct line *line)
{
	bool pnu = knows(line, VSMMU_EVENT_FIELD_PNU), ind = knows(line, VSMMU_EVENT_FIELD_IND);
	const char *kind = line->event->ind ? "instruction" : "data";

	if (pnu)
		buffer_add(item(line), "%sprivileged%s%s", line->event->pnu ? "" : "un",
			ind ? " " : "", ind ? kind : "");
	else if (ind)
		buffer_add(item(line), "%s", kind);
}

static void add_details(struct line *line)
{
	const struct vsmmu_event *event = line->event;

	add_privilege(line);
	add_stage(line);
	if (knows(line, VSMMU_EVENT_FIELD_FETCH_ADDR))
		buffer_add(item(line), "fetch at 0x%" PRIx64, event->fetch_addr);
	if (knows(line, VSMMU_EVENT_FIELD_SPAN))
		buffer_add(item(line), "span %u", event->span);
	add_flags(line);
	if (knows(line, VSMMU_EVENT_FIELD_REASON))
		buffer_add(item(line), "reason 0x%x", event->reason);
	/* STAG is meaningless without Stall, IMPDEF mostly absent. */
	if (is_set(line, VSMMU_EVENT_FIELD_STALL))
		buffer_add(item(line), "stalled");
	if (is_set(line, VSMMU_EVENT_FIELD_STALL) && knows(line, VSMMU_EVENT_FIELD_STAG))
		buffer_add(item(line), "tag 0x%x", event->stag);
	if (is_set(line, VSMMU_EVENT_FIELD_IMPDEF))
		buffer_add(item(line), "implementation defined 0x%x", event->impdef);
	if (line->items)
		buffer_add(&line->text, ")");
}

/*
 * Real SMMUs set bits that the architecture does not define: HiSilicon's bits 32 and 44 of word 1
 * in all records, and others with them.
 */
static void add_reserved(struct line *line)
{
	const uint64_t hisilicon = UINT64_C(1) << 32 | UINT64_C(1) << 44;
	const uint64_t *reserved = line->event->reserved;

	if (!(reserved[0] | reserved[1] | reserved[2] | reserved[3]))
		return;
	buffer_add(&line->text,
		" [undefined bits 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 "%s]",
		reserved[0], reserved[1], reserved[2], reserved[3],
		reserved[1] & hisilicon ? ": HiSilicon's SMMUs set such, without a meaning" : "");
}

int vsmmu_event_format(char *buffer, size_t size, const struct vsmmu_event *event, uint64_t known)
{
	struct line line = {
		.text = {.at = buffer, .size = size},
		.event = event,
		.known = known,
	};

	add_name(&line);
	add_address(&line);
	add_details(&line);
	add_reserved(&line);
	return (int)line.text.length;
}

int vsmmu_event_format_record(char *buffer, size_t size, const struct vsmmu_event_record *record)
{
	return snprintf(buffer, size,
		"0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64 " 0x%016" PRIx64, record->word[0],
		record->word[1], record->word[2], record->word[3]);
}
