/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as a sentence: who did what where, and what was wrong with it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "text/text.h"

struct text {
	char *buffer;
	size_t size;
	size_t length;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
	size_t room = text->length < text->size ? text->size - text->length : 0;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(room ? text->buffer + text->length : NULL, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		text->length += (size_t)length;
}

static void add_who(struct text *text, const struct vsmmu_event *event, const char *client)
{
	if (client && *client)
		add(text, "endpoint %s (stream 0x%" PRIx32 ")", client, event->sid);
	else
		add(text, "the endpoint of stream 0x%" PRIx32, event->sid);
	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV) && event->ssv)
		add(text, ", with PASID 0x%" PRIx32 ",", event->ssid);
}

/* Says what the endpoint did, for the events that tell. */
static void add_access(struct text *text, const struct vsmmu_event *event)
{
	const char *verb = event->rnw ? "read" : "wrote";

	if (vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_IND) && event->ind)
		verb = event->rnw ? "fetched instructions from" : "wrote";
	add(text, " %s IOVA 0x%" PRIx64, verb, event->input_addr);
}

/*
 * A fault of translation: the address is that of the access itself, or of a table that
 * had to be read for it and that stage 2 is responsible for.
 */
static void add_fault(
	struct text *text, const struct vsmmu_event *event, const char *input, const char *stage2)
{
	add_access(text, event);
	if (!event->s2) {
		add(text, ", which %s", input);
	} else if (event->class_ == VSMMU_EVENT_CLASS_IN) {
		add(text, "; stage 1 made IPA 0x%" PRIx64 " of it, which %s in stage 2", event->ipa,
			stage2);
	} else {
		add(text,
			"; on the way the SMMU needed %s at IPA 0x%" PRIx64 ", which %s in "
			"stage 2",
			event->class_ == VSMMU_EVENT_CLASS_CD ? "the context descriptor"
							      : "a page table",
			event->ipa, stage2);
	}
	if (event->stall)
		add(text, "; it waits to be resumed (tag 0x%x)", event->stag);
}

static void add_fetch(struct text *text, const struct vsmmu_event *event, const char *what)
{
	add(text, " made a transaction, but the SMMU could not read its %s at 0x%" PRIx64, what,
		event->fetch_addr);
	if (event->gpcf)
		add(text, " (granule protection forbids it)");
}

static void add_what(struct text *text, const struct vsmmu_event *event)
{
	switch (event->id) {
	case VSMMU_EVENT_F_UUT:
		add_access(text, event);
		add(text, " with a transaction of a kind that the SMMU does not support");
		break;
	case VSMMU_EVENT_C_BAD_STREAMID:
		add(text, " used a StreamID that is beyond the stream table");
		break;
	case VSMMU_EVENT_F_STE_FETCH:
		add_fetch(text, event, "stream table entry");
		break;
	case VSMMU_EVENT_C_BAD_STE:
		add(text, " made a transaction, but its stream table entry is invalid");
		break;
	case VSMMU_EVENT_F_BAD_ATS_TREQ:
		add(text,
			" asked for the translation of IOVA 0x%" PRIx64 " by ATS, which it may "
			"not",
			event->input_addr);
		break;
	case VSMMU_EVENT_F_STREAM_DISABLED:
		add(text, " made a transaction of a kind (without a PASID, or with PASID 0) that "
			  "its stream table entry disables");
		break;
	case VSMMU_EVENT_F_TRANSL_FORBIDDEN:
		add(text,
			" %s 0x%" PRIx64 " as an address that ATS had translated, which it may "
			"not",
			event->rnw ? "read" : "wrote", event->input_addr);
		break;
	case VSMMU_EVENT_C_BAD_SUBSTREAMID:
		add(text, " used PASID 0x%" PRIx32 ", which its stream table entry does not allow",
			event->ssid);
		break;
	case VSMMU_EVENT_F_CD_FETCH:
		add_fetch(text, event, "context descriptor");
		break;
	case VSMMU_EVENT_C_BAD_CD:
		add(text, " made a transaction, but its context descriptor is invalid");
		break;
	case VSMMU_EVENT_F_WALK_EABT:
		add_access(text, event);
		add(text, ", but the SMMU could not read a page table at 0x%" PRIx64,
			event->fetch_addr);
		break;
	case VSMMU_EVENT_F_TRANSLATION:
		add_fault(text, event, "no page maps", "is not mapped");
		break;
	case VSMMU_EVENT_F_ADDR_SIZE:
		add_fault(text, event, "leads to an address that is too large",
			"leads to an address that is too large");
		break;
	case VSMMU_EVENT_F_ACCESS:
		add_fault(text, event, "is in a page whose access flag is clear",
			"is in a page whose access flag is clear");
		break;
	case VSMMU_EVENT_F_PERMISSION:
		add_fault(text, event, "is in a page that does not permit it",
			"is in a page that does not permit it");
		break;
	case VSMMU_EVENT_F_TLB_CONFLICT:
		add_access(text, event);
		add(text, ", for which the SMMU's TLB holds contradicting entries");
		break;
	case VSMMU_EVENT_F_CFG_CONFLICT:
		add(text, " made a transaction, for which the SMMU's configuration caches hold "
			  "contradicting entries");
		break;
	case VSMMU_EVENT_E_PAGE_REQUEST:
		add(text, " will soon need %u KiB at IOVA 0x%" PRIx64 " (a hint, not a fault)",
			4 * event->span, event->input_addr);
		break;
	case VSMMU_EVENT_F_VMS_FETCH:
		add_fetch(text, event, "virtual machine structure");
		break;
	default:
		break;
	}
}

int vsmmu_event_explain(
	char *buffer, size_t size, const struct vsmmu_event *event, const char *client)
{
	struct text text = {.buffer = buffer, .size = size};

	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SID)) {
		add(&text, "the SMMU recorded event 0x%02x, which %s", event->id,
			event->id >= VSMMU_EVENT_IMPDEF_FIRST &&
					event->id <= VSMMU_EVENT_IMPDEF_LAST
				? "only its manual explains"
				: "the architecture does not define");
		return (int)text.length;
	}
	add_who(&text, event, client);
	add_what(&text, event);
	return (int)text.length;
}
