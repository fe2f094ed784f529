/* SPDX-License-Identifier: BSD-2-Clause */
/* An event out of what a log has of it: what is not there stays unknown. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log/dmesg.h"

#define ALL_WORDS ((1u << DMESG_WORDS) - 1)

static bool has_all_words(const struct dmesg_slot *slot)
{
	return slot->have == ALL_WORDS;
}

static uint8_t count_words(const struct dmesg_slot *slot)
{
	return (uint8_t)__builtin_popcount(slot->have);
}

bool dmesg_event_is_plausible(const struct vsmmu_event_record *record)
{
	struct vsmmu_event event = {.size = sizeof(event)};

	vsmmu_event_decode(record, &event);
	/* The first word of a known kind, with nothing in it that cannot be there. */
	return vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SID) && !event.reserved[0] &&
	       (event.ssv || !event.ssid || !vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SSV));
}

/* Return: the fields of events with this id that the words @have hold. */
static uint64_t fields_of(uint8_t id, unsigned int have)
{
	struct vsmmu_event_record record = {0};
	struct vsmmu_event event = {.size = sizeof(event)};
	uint64_t known = 0;

	/* Each field of a record of ones is set. */
	for (unsigned int i = 0; i < DMESG_WORDS; i++)
		record.word[i] = have >> i & 1 ? UINT64_MAX : 0;
	record.word[0] = (record.word[0] & ~UINT64_C(0xff)) | id;
	vsmmu_event_decode(&record, &event);
	for (unsigned int i = VSMMU_EVENT_FIELD_ID + 1; vsmmu_event_field_name(i); i++)
		if (vsmmu_event_has(id, i) && vsmmu_event_field_value(&event, i))
			known |= UINT64_C(1) << i;
	return known | DMESG_KNOWN(ID);
}

/* An event with members that its id has no field for has a place for its StreamID alone. */
static void encode(const struct vsmmu_event *event, struct vsmmu_event_record *record)
{
	if (!vsmmu_event_encode(event, record))
		return;
	memset(record, 0, sizeof(*record));
	record->word[0] = event->id | (uint64_t)event->sid << 32;
}

static void set_event(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	item->event = slot->event;
	item->known = slot->known;
	if (slot->headed) {
		item->event.id = slot->id;
		item->known |= DMESG_KNOWN(ID);
	} else if (slot->placed && slot->have & 1) {
		item->event.id = (uint8_t)slot->record.word[0];
		item->known |= DMESG_KNOWN(ID);
	}
	if (item->known & DMESG_KNOWN(ID))
		encode(&item->event, &item->record);
	/* Nobody knows which fields the words of an event without a name hold. */
	if (!slot->placed || !slot->have || !(item->known & DMESG_KNOWN(ID)))
		return;
	/* The words are the truth, and the other lines say what those would that are missing. */
	for (unsigned int i = 0; i < DMESG_WORDS; i++)
		if (slot->have >> i & 1)
			item->record.word[i] = slot->record.word[i];
	vsmmu_event_decode(&item->record, &item->event);
	if (has_all_words(slot))
		item->known = 0;
	item->known |= fields_of(item->event.id, slot->have);
	item->words = count_words(slot);
	item->have = slot->have;
}

bool dmesg_event_has_detail(const struct dmesg_slot *slot)
{
	if (slot->known & DMESG_KNOWN(ID))
		return vsmmu_event_has(slot->event.id, VSMMU_EVENT_FIELD_STALL);
	return slot->known & DMESG_KNOWN(INPUT_ADDR);
}

static void say_loose_words(const struct dmesg_slot *slot, char *text, size_t size)
{
	int length = snprintf(
		text, size, "a part of an event: %u of its words alone,", count_words(slot));

	for (unsigned int i = 0; i < slot->next; i++)
		length += snprintf(text + length, size - (size_t)length, " 0x%016" PRIx64,
			slot->record.word[i]);
}

/* Without words and with a decoded line that is whole: somebody may have looked for "event:". */
static const char *missing_of_names(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	item->bad = false;
	item->partial = dmesg_event_has_detail(slot) && !slot->detailed;
	return item->partial ? "the line with the details is missing" : NULL;
}

/* Says what is missing. */
static void say_missing(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	const char *missing = NULL;

	if (has_all_words(slot))
		return;
	item->partial = item->bad = true;
	if (slot->short_word)
		snprintf(item->text, sizeof(item->text), "word %u has only %u digit%s",
			slot->short_word, slot->digits, slot->digits == 1 ? "" : "s");
	else if (slot->have && !slot->placed)
		say_loose_words(slot, item->text, sizeof(item->text));
	else if (slot->have)
		snprintf(item->text, sizeof(item->text), "the log has %u of the 4 words",
			count_words(slot));
	else if (slot->alien)
		missing = "its words, or the first of them, are missing: what follows does not "
			  "begin with its number";
	else if (!slot->decoded && slot->detailed)
		missing = slot->headed ? "only the heading and the line with the details are there"
				       : "a part of an event: the line with the details alone";
	else if (!slot->decoded)
		missing = "only the heading of the event is there";
	else if (!slot->whole)
		missing = "its line is cut or damaged";
	else
		missing = missing_of_names(slot, item);
	if (missing)
		snprintf(item->text, sizeof(item->text), "%s", missing);
}

enum vsmmu_dmesg_kind dmesg_event_give(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	/* Without a driver's name that may be the numbers of anybody. */
	if (!slot->headed && !slot->decoded && !slot->detailed && !slot->placed && !*slot->smmu)
		return VSMMU_DMESG_NONE;
	item->kind = VSMMU_DMESG_EVENT;
	say_missing(slot, item);
	item->unassigned = slot->unassigned;
	set_event(slot, item);
	strcpy(item->client, slot->client);
	return item->kind;
}
