/* SPDX-License-Identifier: BSD-2-Clause */
/* An event as a sentence: who did what where, and what was wrong with it. */
#include <inttypes.h>

#include "text/buffer.h"
#include "text/text.h"

struct sentence {
	struct buffer text;
	const struct vsmmu_event *event;
	uint64_t known;
};

static bool knows(const struct sentence *sentence, enum vsmmu_event_field field)
{
	return vsmmu_event_knows(sentence->event, sentence->known, field);
}

/* Whether a field is known and is not 0. */
static bool is_set(const struct sentence *sentence, enum vsmmu_event_field field)
{
	return knows(sentence, field) && vsmmu_event_field_value(sentence->event, field);
}

static void add_who(struct sentence *sentence, const char *client)
{
	bool sid = knows(sentence, VSMMU_EVENT_FIELD_SID);
	bool name = client && *client;

	if (name)
		buffer_add(&sentence->text, "endpoint %s", client);
	if (name && sid)
		buffer_add(&sentence->text, " (stream 0x%" PRIx32 ")", sentence->event->sid);
	else if (sid)
		buffer_add(
			&sentence->text, "the endpoint of stream 0x%" PRIx32, sentence->event->sid);
	else if (!name)
		buffer_add(&sentence->text, "an endpoint");
	/* C_BAD_SUBSTREAMID tells its PASID where it tells what is wrong with it. */
	if (vsmmu_event_has_ssid(sentence->event, sentence->known) &&
		sentence->event->id != VSMMU_EVENT_C_BAD_SUBSTREAMID)
		buffer_add(&sentence->text, ", with PASID 0x%" PRIx32 ",", sentence->event->ssid);
}

static void add_address(struct sentence *sentence, const char *kind, enum vsmmu_event_field field)
{
	if (knows(sentence, field))
		buffer_add(&sentence->text, "%s 0x%" PRIx64, kind,
			vsmmu_event_field_value(sentence->event, field));
	else
		buffer_add(&sentence->text, "an unknown %s", kind);
}

/* Says what the endpoint did, for the events that tell. */
static void add_access(struct sentence *sentence)
{
	const char *verb = "accessed";

	if (is_set(sentence, VSMMU_EVENT_FIELD_RNW))
		verb = is_set(sentence, VSMMU_EVENT_FIELD_IND) ? "fetched instructions from"
							       : "read";
	else if (knows(sentence, VSMMU_EVENT_FIELD_RNW))
		verb = "wrote";
	buffer_add(&sentence->text, " %s ", verb);
}

static void add_access_of_input(struct sentence *sentence)
{
	add_access(sentence);
	add_address(sentence, "IOVA", VSMMU_EVENT_FIELD_INPUT_ADDR);
}

/* Stage 2 did not translate the address of a structure, or that which stage 1 had made. */
static void add_stage2(struct sentence *sentence, const char *wrong)
{
	const char *needed = "a page table or context descriptor";

	if (knows(sentence, VSMMU_EVENT_FIELD_CLASS)) {
		switch (sentence->event->class_) {
		case VSMMU_EVENT_CLASS_IN:
			buffer_add(&sentence->text, "; stage 1 made ");
			add_address(sentence, "IPA", VSMMU_EVENT_FIELD_IPA);
			buffer_add(&sentence->text, " of it, which %s in stage 2", wrong);
			return;
		case VSMMU_EVENT_CLASS_CD:
			needed = "the context descriptor";
			break;
		default:
			needed = "a page table";
			break;
		}
	}
	buffer_add(&sentence->text, "; on the way the SMMU needed %s at ", needed);
	add_address(sentence, "IPA", VSMMU_EVENT_FIELD_IPA);
	buffer_add(&sentence->text, ", which %s in stage 2", wrong);
}

/* QEMU before 9.1 filled in neither CLASS nor IPA of a fault of stage 2. */
static bool may_be_old_qemu(const struct sentence *sentence)
{
	return knows(sentence, VSMMU_EVENT_FIELD_CLASS) &&
	       sentence->event->class_ == VSMMU_EVENT_CLASS_CD &&
	       knows(sentence, VSMMU_EVENT_FIELD_IPA) && !sentence->event->ipa;
}

/*
 * A fault of translation: the address is that of the access itself, or of a table that
 * had to be read for it and that stage 2 is responsible for.
 */
static void add_fault(struct sentence *sentence, const char *wrong)
{
	bool no_page = sentence->event->id == VSMMU_EVENT_F_TRANSLATION;

	add_access_of_input(sentence);
	if (is_set(sentence, VSMMU_EVENT_FIELD_S2)) {
		add_stage2(sentence, wrong);
		if (may_be_old_qemu(sentence))
			buffer_add(&sentence->text,
				" (or QEMU before 9.1, which leaves class and IPA 0: then the "
				"address itself)");
	} else if (no_page && knows(sentence, VSMMU_EVENT_FIELD_S2)) {
		buffer_add(&sentence->text, ", which no page maps");
	} else {
		buffer_add(&sentence->text, ", which %s", wrong);
	}
	if (is_set(sentence, VSMMU_EVENT_FIELD_STALL)) {
		buffer_add(&sentence->text, "; it was stalled");
		if (knows(sentence, VSMMU_EVENT_FIELD_STAG))
			buffer_add(&sentence->text, " (tag 0x%x)", sentence->event->stag);
		buffer_add(&sentence->text,
			", which recent kernels have answered before they print it");
	}
}

static void add_fetch(struct sentence *sentence, const char *what)
{
	buffer_add(
		&sentence->text, " made a transaction, but the SMMU could not read its %s", what);
	if (knows(sentence, VSMMU_EVENT_FIELD_FETCH_ADDR))
		buffer_add(&sentence->text, " at 0x%" PRIx64, sentence->event->fetch_addr);
	if (is_set(sentence, VSMMU_EVENT_FIELD_GPCF))
		buffer_add(&sentence->text, " (granule protection forbids it)");
}

static void add_page_request(struct sentence *sentence)
{
	buffer_add(&sentence->text, " will soon need ");
	if (knows(sentence, VSMMU_EVENT_FIELD_SPAN))
		buffer_add(&sentence->text, "%u KiB at ", 4 * sentence->event->span);
	add_address(sentence, "IOVA", VSMMU_EVENT_FIELD_INPUT_PAGE);
	buffer_add(&sentence->text, " (a hint, not a fault)");
}

static void add_what(struct sentence *sentence)
{
	struct buffer *text = &sentence->text;

	switch (sentence->event->id) {
	case VSMMU_EVENT_F_UUT:
		add_access_of_input(sentence);
		buffer_add(text, " with a transaction of a kind that the SMMU does not support");
		break;
	case VSMMU_EVENT_C_BAD_STREAMID:
		buffer_add(text, " used a StreamID for which the stream table has no entry");
		break;
	case VSMMU_EVENT_F_STE_FETCH:
		add_fetch(sentence, "stream table entry");
		break;
	case VSMMU_EVENT_C_BAD_STE:
		buffer_add(text, " made a transaction, but its stream table entry is invalid");
		break;
	case VSMMU_EVENT_F_BAD_ATS_TREQ:
		buffer_add(text, " asked for the translation of ");
		add_address(sentence, "IOVA", VSMMU_EVENT_FIELD_INPUT_PAGE);
		buffer_add(text, " by ATS, which it may not");
		break;
	case VSMMU_EVENT_F_STREAM_DISABLED:
		buffer_add(text, " made a transaction of a kind (without a PASID, or with PASID 0) "
				 "that its stream table entry disables");
		break;
	case VSMMU_EVENT_F_TRANSL_FORBIDDEN:
		add_access(sentence);
		add_address(sentence, "address", VSMMU_EVENT_FIELD_INPUT_ADDR);
		buffer_add(text, " as one that ATS had translated, which it may not");
		break;
	case VSMMU_EVENT_C_BAD_SUBSTREAMID:
		buffer_add(text, " used ");
		add_address(sentence, "PASID", VSMMU_EVENT_FIELD_SSID);
		buffer_add(text, ", which its stream table entry does not allow");
		break;
	case VSMMU_EVENT_F_CD_FETCH:
		add_fetch(sentence, "context descriptor");
		break;
	case VSMMU_EVENT_C_BAD_CD:
		buffer_add(text, " made a transaction, but its context descriptor is invalid");
		break;
	case VSMMU_EVENT_F_WALK_EABT:
		add_access_of_input(sentence);
		buffer_add(text, ", but the SMMU could not read a page table");
		if (knows(sentence, VSMMU_EVENT_FIELD_FETCH_ADDR))
			buffer_add(text, " at 0x%" PRIx64, sentence->event->fetch_addr);
		break;
	case VSMMU_EVENT_F_TRANSLATION:
		add_fault(sentence, "is not mapped");
		break;
	case VSMMU_EVENT_F_ADDR_SIZE:
		add_fault(sentence, "leads to an address that is too large");
		break;
	case VSMMU_EVENT_F_ACCESS:
		add_fault(sentence, "is in a page whose access flag is clear");
		break;
	case VSMMU_EVENT_F_PERMISSION:
		add_fault(sentence, "is in a page that does not permit it");
		break;
	case VSMMU_EVENT_F_TLB_CONFLICT:
		add_access_of_input(sentence);
		buffer_add(text, ", for which the SMMU's TLB holds contradicting entries");
		break;
	case VSMMU_EVENT_F_CFG_CONFLICT:
		buffer_add(text, " made a transaction, for which the SMMU's configuration caches "
				 "hold contradicting entries");
		break;
	case VSMMU_EVENT_E_PAGE_REQUEST:
		add_page_request(sentence);
		break;
	case VSMMU_EVENT_F_VMS_FETCH:
		add_fetch(sentence, "virtual machine structure");
		break;
	default:
		break;
	}
}

/* A line that says who caused an event says what kind it was, if the kernel knows a name for it. */
static void add_unnamed(struct sentence *sentence)
{
	if (knows(sentence, VSMMU_EVENT_FIELD_SID)) {
		buffer_add(&sentence->text,
			" caused an event for which the kernel has no name; its words are needed "
			"to tell which");
	} else if (knows(sentence, VSMMU_EVENT_FIELD_STALL)) {
		add_access_of_input(sentence);
		buffer_add(&sentence->text,
			", which caused F_TRANSLATION, F_ADDR_SIZE, F_ACCESS or F_PERMISSION: the "
			"log does not say which");
	} else {
		add_access_of_input(sentence);
		buffer_add(&sentence->text, ", which caused an event that the log does not name");
	}
}

/* The number is all that is known of these. */
static const char *explain_number(const struct vsmmu_event *event)
{
	if (vsmmu_event_is_empty(event))
		return "an empty record: its write did not reach memory, or it was read too early";
	if (event->id >= VSMMU_EVENT_IMPDEF_FIRST && event->id <= VSMMU_EVENT_IMPDEF_LAST)
		return "which only its manual explains";
	return "which the architecture does not define";
}

int vsmmu_event_explain(char *buffer, size_t size, const struct vsmmu_event *event, uint64_t known,
	const char *client)
{
	struct sentence sentence = {
		.text = {.at = buffer, .size = size},
		.event = event,
		.known = known,
	};

	if (!knows(&sentence, VSMMU_EVENT_FIELD_ID)) {
		add_who(&sentence, client);
		add_unnamed(&sentence);
	} else if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SID)) {
		buffer_add(&sentence.text, "the SMMU recorded event 0x%02x, %s", event->id,
			explain_number(event));
	} else {
		add_who(&sentence, client);
		add_what(&sentence);
	}
	return (int)sentence.text.length;
}
