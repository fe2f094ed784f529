/* SPDX-License-Identifier: BSD-2-Clause */
/* Deals with an event in names, which may follow its words: the decoded line and its details. */
#include <string.h>

#include "log/dmesg.h"

/* Lines in which one with the details of an event that was given out is expected. */
#define DETAIL_NEAR 64

/* Words without a header are the last ones of an event if its address is among them. */
static bool place_words(const struct dmesg_message *message, struct dmesg_slot *slot)
{
	unsigned int missing = DMESG_WORDS - slot->next;

	if (slot->next < 2 || !(message->known & DMESG_KNOWN(INPUT_ADDR)) || message->id < 0 ||
		slot->record.word[slot->next - 2] != message->event.input_addr)
		return false;
	for (unsigned int i = DMESG_WORDS; i-- > missing;)
		slot->record.word[i] = slot->record.word[i - missing];
	memset(slot->record.word, 0, missing * sizeof(slot->record.word[0]));
	slot->have = (uint8_t)(slot->have << missing);
	slot->next = DMESG_WORDS;
	slot->placed = true;
	return true;
}

/* Whether the decoded line can be about the event whose header and words came before. */
static bool belongs_to(const struct dmesg_message *message, struct dmesg_slot *slot)
{
	uint8_t id = slot->headed ? slot->id : (uint8_t)slot->record.word[0];

	if (slot->state != DMESG_NUMBERS || slot->decoded)
		return false;
	if (!slot->placed)
		return place_words(message, slot);
	if (message->id >= 0 && message->id != id)
		return false;
	return !(slot->have & 1) || !(message->known & DMESG_KNOWN(SID)) ||
	       slot->record.word[0] >> 32 == message->event.sid;
}

/* Leaves what the id has a field for, which is all that the driver prints for it. */
static void filter_fields(struct dmesg_slot *slot, int id)
{
	struct vsmmu_event *event = &slot->event;

	if (id < 0)
		return;
	event->id = (uint8_t)id;
	for (unsigned int i = VSMMU_EVENT_FIELD_SID + 1; vsmmu_event_field_name(i); i++)
		if (!vsmmu_event_has(event->id, i))
			slot->known &= ~(UINT64_C(1) << i);
	/* C_BAD_SUBSTREAMID has no SSV bit, so the driver takes its SSID for invalid. */
	if (!vsmmu_event_has(event->id, VSMMU_EVENT_FIELD_SSV)) {
		event->ssv = false;
		event->ssid = 0;
		slot->known &= ~(DMESG_KNOWN(SSV) | DMESG_KNOWN(SSID));
	}
	if (!(slot->known & DMESG_KNOWN(INPUT_ADDR)))
		event->input_addr = 0;
	if (!(slot->known & DMESG_KNOWN(IPA)))
		event->ipa = 0;
	if (!(slot->known & DMESG_KNOWN(FETCH_ADDR)))
		event->fetch_addr = 0;
	if (!(slot->known & DMESG_KNOWN(TTRNW)))
		event->ttrnw = false;
	slot->known |= DMESG_KNOWN(ID);
}

static void take_decoded(struct dmesg_slot *slot, const struct dmesg_message *message)
{
	const struct vsmmu_event *decoded = &message->event;
	struct vsmmu_event *event = &slot->event;

	event->sid = decoded->sid;
	event->ssv = decoded->ssv;
	event->ssid = decoded->ssid;
	event->input_addr = decoded->input_addr;
	event->ipa = decoded->ipa;
	event->fetch_addr = decoded->fetch_addr;
	slot->known |= message->known;
	slot->decoded = true;
	slot->whole &= message->whole;
	slot->unassigned = message->unassigned;
	span_print(message->client, slot->client, sizeof(slot->client));
	filter_fields(slot, slot->headed ? slot->id : message->id);
}

static enum vsmmu_dmesg_kind give_and_expect_detail(
	struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	dmesg_slot_give(slot, item);
	slot->state = DMESG_GIVEN;
	return item->kind;
}

/* Whether the line with the details came before, as in a log that begins with the newest. */
static bool is_before_its_detail(struct dmesg *dmesg, const struct dmesg_slot *slot)
{
	return slot && slot->state == DMESG_NAMES && !slot->decoded && !slot->headed &&
	       dmesg_slot_goes_back(dmesg, slot);
}

enum vsmmu_dmesg_kind dmesg_decoded_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_slot *slot = dmesg_slot_find(dmesg), *old;

	if (is_before_its_detail(dmesg, slot)) {
		slot->reversed = dmesg->reversed = true;
	} else if (!slot || !belongs_to(message, slot)) {
		slot = dmesg_slot_claim(dmesg, &old);
		if (!slot)
			return dmesg_slot_give(old, item);
		dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	}
	dmesg->parsed = false;
	take_decoded(slot, message);
	dmesg_slot_touch(dmesg, slot);
	if (slot->have == (1 << DMESG_WORDS) - 1)
		return give_and_expect_detail(slot, item);
	/* The details may follow; and words, where the newest line is the first. */
	slot->state = DMESG_NAMES;
	return VSMMU_DMESG_NONE;
}

static bool takes_detail(const struct dmesg *dmesg, const struct dmesg_slot *slot)
{
	if (!slot || slot->detailed || slot->reversed || dmesg_slot_goes_back(dmesg, slot) ||
		(slot->state != DMESG_NUMBERS && slot->state != DMESG_NAMES) ||
		(!slot->placed && !slot->decoded))
		return false;
	if (slot->decoded)
		return dmesg_event_has_detail(slot);
	return vsmmu_event_has(
		slot->headed ? slot->id : (uint8_t)slot->record.word[0], VSMMU_EVENT_FIELD_STALL);
}

static void take_detail(struct dmesg_slot *slot, const struct dmesg_message *message)
{
	const struct vsmmu_event *detail = &message->event;
	struct vsmmu_event *event = &slot->event;

	event->pnu = detail->pnu;
	event->ind = detail->ind;
	event->rnw = detail->rnw;
	event->s2 = detail->s2;
	event->class_ = detail->class_;
	event->stall = detail->stall;
	event->stag = detail->stag;
	event->ttrnw = detail->ttrnw;
	slot->known |= message->known;
	slot->detailed = true;
	slot->whole &= message->whole;
	if (slot->headed || slot->known & DMESG_KNOWN(ID))
		filter_fields(slot, slot->headed ? slot->id : event->id);
}

enum vsmmu_dmesg_kind dmesg_detail_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg), *old;
	bool takes = takes_detail(dmesg, slot);

	if (slot && slot->state == DMESG_GIVEN && dmesg->log_line - slot->last <= DETAIL_NEAR) {
		slot->state = DMESG_IDLE;
		dmesg->parsed = false;
		return VSMMU_DMESG_NONE;
	}
	if (!takes) {
		slot = dmesg_slot_claim(dmesg, &old);
		if (!slot)
			return dmesg_slot_give(old, item);
		dmesg_slot_open(dmesg, slot, DMESG_NAMES);
	}
	dmesg->parsed = false;
	take_detail(slot, &dmesg->message);
	dmesg_slot_touch(dmesg, slot);
	return takes ? dmesg_slot_give(slot, item) : VSMMU_DMESG_NONE;
}
