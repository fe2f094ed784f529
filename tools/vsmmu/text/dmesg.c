/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel log: each SMMU's lines put together to events. */
#include "text/dmesg.h"

#include <errno.h>
#include <string.h>

_Static_assert(sizeof(struct dmesg) <= sizeof(struct vsmmu_dmesg), "the caller's is too small");
_Static_assert(_Alignof(struct dmesg) <= _Alignof(struct vsmmu_dmesg), "or not aligned");

static struct dmesg *dmesg_of(struct vsmmu_dmesg *dmesg)
{
	return (struct dmesg *)dmesg;
}

void vsmmu_dmesg_init(struct vsmmu_dmesg *dmesg)
{
	memset(dmesg, 0, sizeof(*dmesg));
}

int vsmmu_dmesg_feed(struct vsmmu_dmesg *opaque, const void *line, size_t length)
{
	struct dmesg *dmesg = dmesg_of(opaque);
	struct span span = {.at = line, .length = length};

	if (dmesg->fed || dmesg->flush)
		return -EBUSY;
	dmesg->line++;
	dmesg->fed = true;
	dmesg_line_parse(length ? span : span_of(""), &dmesg->message);
	return 0;
}

int vsmmu_dmesg_flush(struct vsmmu_dmesg *opaque, bool end)
{
	struct dmesg *dmesg = dmesg_of(opaque);

	if (dmesg->fed || dmesg->flush)
		return -EBUSY;
	dmesg->flush = end ? DMESG_FLUSH_ALL : DMESG_FLUSH_WHOLE;
	return 0;
}

/* The event's own number, by the name that the driver gives it. Return: -1 without one. */
static int id_of_name(struct span name)
{
	for (int id = 0; id <= UINT8_MAX; id++)
		if (span_is(name, vsmmu_event_name((uint8_t)id)))
			return id;
	return -1;
}

/* Whether a name stands for many numbers, or for those that the driver does not know. */
static bool is_vague(struct span name)
{
	return span_is(name, vsmmu_event_name(0)) ||
	       span_is(name, vsmmu_event_name(VSMMU_EVENT_IMPDEF_FIRST));
}

static bool is_translation_fault(uint8_t id)
{
	return vsmmu_event_has(id, VSMMU_EVENT_FIELD_STALL);
}

/* Whether the decoded line can be about the event whose header and words came before. */
static bool belongs_to(const struct dmesg_message *message, const struct dmesg_slot *slot)
{
	if (slot->state != DMESG_RAW)
		return false;
	if (!is_vague(message->name) && !span_is(message->name, vsmmu_event_name(slot->id)))
		return false;
	return !slot->words || slot->record.word[0] >> 32 == message->event.sid;
}

/* Takes what the id has a field for, which is all that the driver prints for it. */
static void take_decoded(struct dmesg_slot *slot, const struct dmesg_message *message, int id)
{
	struct vsmmu_event *event = &slot->event;

	*event = message->event;
	slot->known = message->known;
	if (id >= 0) {
		event->id = (uint8_t)id;
		slot->known |= DMESG_KNOWN(ID);
	}
	for (unsigned int i = VSMMU_EVENT_FIELD_SID + 1; vsmmu_event_field_name(i); i++)
		if (!vsmmu_event_has(event->id, i))
			slot->known &= ~(UINT64_C(1) << i);
	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_INPUT_ADDR))
		event->input_addr = 0;
	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_IPA))
		event->ipa = 0;
	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_FETCH_ADDR))
		event->fetch_addr = 0;
	/* C_BAD_SUBSTREAMID has no SSV bit, so the driver takes its SSID for invalid. */
	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV)) {
		event->ssv = false;
		event->ssid = 0;
		slot->known &= ~(DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID));
	}
	span_print(message->client, slot->client, sizeof(slot->client));
}

static enum vsmmu_dmesg_kind apply_decoded(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);
	int id = is_vague(message->name) ? -1 : id_of_name(message->name);

	if (slot && belongs_to(message, slot)) {
		if (slot->words == DMESG_WORDS) {
			span_print(message->client, slot->client, sizeof(slot->client));
			dmesg->fed = false;
			return dmesg_slot_give(slot, item);
		}
		/* Words are missing: this line has what they said. */
		id = slot->id;
	} else {
		struct dmesg_slot *old;

		slot = dmesg_slot_claim(dmesg, &old);
		if (!slot)
			return dmesg_slot_give(old, item);
		dmesg_slot_open(dmesg, slot, DMESG_INCOMPLETE);
	}
	slot->state = DMESG_INCOMPLETE;
	take_decoded(slot, message, id);
	dmesg->fed = false;
	/* The others have no second line. */
	return is_translation_fault(slot->event.id) ? VSMMU_DMESG_NONE
						    : dmesg_slot_give(slot, item);
}

static enum vsmmu_dmesg_kind apply_detail(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	const struct vsmmu_event *detail = &dmesg->message.event;
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);

	dmesg->fed = false;
	if (!slot || slot->state != DMESG_INCOMPLETE)
		return VSMMU_DMESG_NONE;
	slot->event.pnu = detail->pnu;
	slot->event.ind = detail->ind;
	slot->event.rnw = detail->rnw;
	slot->event.s2 = detail->s2;
	slot->event.class_ = detail->class_;
	slot->event.stall = detail->stall;
	slot->event.stag = detail->stag;
	slot->known |= dmesg->message.known;
	if (vsmmu_event_has(slot->event.id, VSMMU_EVENT_FIELD_TTRNW))
		slot->event.ttrnw = detail->ttrnw;
	else
		slot->known &= ~DMESG_KNOWN(TTRNW);
	return dmesg_slot_give(slot, item);
}

static enum vsmmu_dmesg_kind apply_header(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *old, *slot = dmesg_slot_claim(dmesg, &old);

	if (!slot)
		return dmesg_slot_give(old, item);
	dmesg->fed = false;
	dmesg_slot_open(dmesg, slot, DMESG_RAW);
	slot->id = (uint8_t)dmesg->message.value;
	return VSMMU_DMESG_NONE;
}

static enum vsmmu_dmesg_kind apply_word(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);
	uint64_t word = dmesg->message.value;

	dmesg->fed = false;
	if (!slot)
		return VSMMU_DMESG_NONE;
	if (slot->skip) {
		slot->skip--;
		return VSMMU_DMESG_NONE;
	}
	if (slot->state != DMESG_RAW || slot->words == DMESG_WORDS)
		return VSMMU_DMESG_NONE;
	slot->record.word[slot->words++] = word;
	if (slot->words > 1 || (uint8_t)word == slot->id)
		return VSMMU_DMESG_NONE;
	return dmesg_slot_give(slot, item);
}

/* A line of somebody else. */
static enum vsmmu_dmesg_kind apply_other(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	static const enum vsmmu_dmesg_kind kinds[] = {
		[DMESG_OTHER] = VSMMU_DMESG_OTHER,
		[DMESG_CONTEXT] = VSMMU_DMESG_CONTEXT,
		[DMESG_GROUP] = VSMMU_DMESG_GROUP,
	};
	const struct dmesg_message *message = &dmesg->message;

	dmesg->fed = false;
	item->kind = kinds[message->kind];
	item->line = dmesg->line;
	item->has_time = message->has_time;
	item->time = message->time;
	item->has_wall = message->has_wall;
	item->has_zone = message->has_zone;
	item->wall = message->wall;
	item->count = message->value;
	item->context = message->context;
	span_print(message->client, item->client, sizeof(item->client));
	span_print(message->text, item->text, sizeof(item->text));
	if (message->kind == DMESG_OTHER) {
		span_print(span_of(message->what), item->what, sizeof(item->what));
		span_print(span_of(message->note), item->text, sizeof(item->text));
	}
	return item->kind;
}

/* An item that takes one line. It does not end an event that is under way: it comes in between. */
static enum vsmmu_dmesg_kind apply_complaint(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_slot *slot, *old;

	if (message->kind == DMESG_COMMAND) {
		slot = dmesg_slot_find(dmesg);
		if (!slot) {
			slot = dmesg_slot_claim(dmesg, &old);
			if (!slot)
				return dmesg_slot_give(old, item);
			dmesg_slot_open(dmesg, slot, DMESG_IDLE);
		}
		slot->skip = 2;
	}
	dmesg->fed = false;
	item->kind = VSMMU_DMESG_MESSAGE;
	if (message->kind == DMESG_OVERFLOW)
		item->kind = VSMMU_DMESG_OVERFLOW;
	if (message->kind == DMESG_SUPPRESSED)
		item->kind = VSMMU_DMESG_SUPPRESSED;
	item->line = dmesg->line;
	item->has_time = message->has_time;
	item->time = message->time;
	item->count = message->kind == DMESG_SUPPRESSED ? message->value : 0;
	span_print(message->smmu, item->smmu, sizeof(item->smmu));
	span_print(message->text, item->text, sizeof(item->text));
	return item->kind;
}

static enum vsmmu_dmesg_kind apply_message(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	switch (dmesg->message.kind) {
	case DMESG_HEADER:
		return apply_header(dmesg, item);
	case DMESG_WORD:
		return apply_word(dmesg, item);
	case DMESG_DECODED:
		return apply_decoded(dmesg, item);
	case DMESG_DETAIL:
		return apply_detail(dmesg, item);
	case DMESG_OVERFLOW:
	case DMESG_SUPPRESSED:
	case DMESG_COMMAND:
	case DMESG_ERROR:
		return apply_complaint(dmesg, item);
	case DMESG_OTHER:
	case DMESG_CONTEXT:
	case DMESG_GROUP:
		return apply_other(dmesg, item);
	default:
		dmesg->fed = false;
		return VSMMU_DMESG_NONE;
	}
}

/* Return: the oldest event that is not to be waited for any longer, or NULL. */
static struct dmesg_slot *find_overdue(struct dmesg *dmesg)
{
	struct dmesg_slot *oldest = NULL;

	for (int i = 0; i < DMESG_SMMUS; i++) {
		struct dmesg_slot *slot = &dmesg->slots[i];
		bool due = dmesg->flush || dmesg->line - slot->line > VSMMU_DMESG_PATIENCE;

		if (slot->state && (!oldest || slot->line < oldest->line) &&
			(dmesg->flush == DMESG_FLUSH_ALL || (due && dmesg_slot_is_whole(slot))))
			oldest = slot;
	}
	return oldest;
}

enum vsmmu_dmesg_kind vsmmu_dmesg_next(struct vsmmu_dmesg *opaque, struct vsmmu_dmesg_item *item)
{
	struct dmesg *dmesg = dmesg_of(opaque);
	struct dmesg_slot *overdue;

	memset(item, 0, sizeof(*item));
	/* A message gives out nothing, or what was before it, or its own. */
	while (dmesg->fed)
		if (apply_message(dmesg, item) != VSMMU_DMESG_NONE)
			return item->kind;
	overdue = find_overdue(dmesg);
	if (overdue)
		return dmesg_slot_give(overdue, item);
	dmesg->flush = DMESG_NO_FLUSH;
	return VSMMU_DMESG_NONE;
}
