/* SPDX-License-Identifier: BSD-2-Clause */
/* Deals with an event in numbers: its header and its words. */
#include "log/dmesg.h"

/* Puts the first word last, as in a log that begins with the newest line. */
static void flip_words(struct dmesg_slot *slot)
{
	struct vsmmu_event_record record = slot->record;
	uint8_t have = 0;

	for (unsigned int i = 0; i < DMESG_WORDS; i++) {
		slot->record.word[DMESG_WORDS - 1 - i] = record.word[i];
		have |= (uint8_t)((slot->have >> i & 1) << (DMESG_WORDS - 1 - i));
	}
	slot->have = have;
}

/* Whether four words are a record when the last is taken for the first. */
static bool is_plausible_flipped(const struct dmesg_slot *slot)
{
	struct dmesg_slot flipped = *slot;

	flip_words(&flipped);
	return dmesg_event_is_plausible(&flipped.record);
}

/* Whether the header is the last line of an event in a log that begins with the newest. */
static bool ends_event(struct dmesg *dmesg, struct dmesg_slot *slot)
{
	uint8_t id = (uint8_t)dmesg->message.value;

	if (!slot || slot->headed || (slot->state != DMESG_NUMBERS && slot->state != DMESG_NAMES))
		return false;
	if (!slot->decoded && !slot->placed && !slot->reversed && slot->next == DMESG_WORDS &&
		(uint8_t)slot->record.word[DMESG_WORDS - 1] == id) {
		flip_words(slot);
		return true;
	}
	if (!slot->reversed && !dmesg_slot_goes_back(dmesg, slot))
		return false;
	if (slot->have & 1 && (slot->placed || slot->reversed))
		return (uint8_t)slot->record.word[0] == id;
	return !(slot->known & DMESG_KNOWN(ID)) || slot->event.id == id;
}

enum vsmmu_dmesg_kind dmesg_header_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *old, *slot = dmesg_slot_find(dmesg);
	bool ends = ends_event(dmesg, slot);

	if (!ends)
		slot = dmesg_slot_claim(dmesg, &old);
	if (!slot)
		return dmesg_slot_give(old, item);
	dmesg->parsed = false;
	if (!ends)
		dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	slot->headed = slot->placed = true;
	slot->id = (uint8_t)dmesg->message.value;
	if (!ends)
		return VSMMU_DMESG_NONE;
	dmesg->reversed = true;
	return dmesg_slot_give(slot, item);
}

/* No two events side by side have four words in a row that are 0. */
static bool is_empty(const struct dmesg_slot *slot)
{
	const uint64_t *word = slot->record.word;

	return *slot->smmu && !(word[0] | word[1] | word[2] | word[3]);
}

/* The four words that no header announced: the first may be of something else. */
static void check_loose(struct dmesg_slot *slot)
{
	slot->placed = dmesg_event_is_plausible(&slot->record) || is_empty(slot);
	if (slot->placed || is_plausible_flipped(slot))
		return;
	for (unsigned int i = 1; i < DMESG_WORDS; i++)
		slot->record.word[i - 1] = slot->record.word[i];
	slot->next--;
	slot->have >>= 1;
}

/* Whether the word is one before the slot's, in a log that begins with the newest line. */
static bool goes_before(struct dmesg *dmesg, struct dmesg_slot *slot)
{
	if (!slot || slot->headed || slot->next == DMESG_WORDS)
		return false;
	if (slot->state == DMESG_NUMBERS ? !slot->next : slot->state != DMESG_NAMES)
		return false;
	return slot->reversed || dmesg_slot_goes_back(dmesg, slot);
}

static void add_word_before(struct dmesg *dmesg, struct dmesg_slot *slot, uint64_t word)
{
	unsigned int place;

	if (!slot->reversed)
		flip_words(slot);
	slot->reversed = dmesg->reversed = true;
	place = DMESG_WORDS - 1u - slot->next++;
	slot->record.word[place] = word;
	slot->have |= (uint8_t)(1 << place);
	slot->placed = slot->decoded || (!place && dmesg_event_is_plausible(&slot->record));
	dmesg_slot_touch(dmesg, slot);
}

static void add_word(struct dmesg *dmesg, struct dmesg_slot *slot, uint64_t word)
{
	/* Numbers without any name are an event's only if they follow each other. */
	if (!slot->headed && !*slot->smmu && dmesg->log_line - slot->last > 1)
		dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	slot->record.word[slot->next] = word;
	slot->have |= (uint8_t)(1 << slot->next);
	slot->next++;
	dmesg_slot_touch(dmesg, slot);
	if (!slot->headed && slot->next == DMESG_WORDS)
		check_loose(slot);
}

static enum vsmmu_dmesg_kind add_command_word(
	struct dmesg_slot *slot, uint64_t word, struct vsmmu_dmesg_item *item)
{
	slot->command[slot->command_words++] = word;
	return slot->command_words < 2 ? VSMMU_DMESG_NONE : dmesg_slot_give_message(slot, item);
}

static bool takes_words(const struct dmesg_slot *slot)
{
	return slot && slot->state == DMESG_NUMBERS && !slot->reversed && slot->next < DMESG_WORDS;
}

/* A word that has too few digits counts only where one is expected. */
static enum vsmmu_dmesg_kind apply_short_word(struct dmesg *dmesg)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);

	dmesg->parsed = false;
	if (!takes_words(slot) || !slot->headed)
		return VSMMU_DMESG_NONE;
	slot->next++;
	if (!slot->short_word) {
		slot->short_word = slot->next;
		slot->digits = dmesg->message.digits;
	}
	dmesg_slot_touch(dmesg, slot);
	return VSMMU_DMESG_NONE;
}

static enum vsmmu_dmesg_kind apply_word(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	uint64_t word = dmesg->message.word[dmesg->word];
	struct dmesg_slot *slot = dmesg_slot_find(dmesg), *old;

	if (slot && slot->wait == DMESG_COMMAND) {
		dmesg->word++;
		dmesg_slot_touch(dmesg, slot);
		return add_command_word(slot, word, item);
	}
	if (goes_before(dmesg, slot)) {
		dmesg->word++;
		add_word_before(dmesg, slot, word);
		return VSMMU_DMESG_NONE;
	}
	if (!takes_words(slot)) {
		slot = dmesg_slot_claim(dmesg, &old);
		if (!slot)
			return dmesg_slot_give(old, item);
		dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	}
	slot->alien = slot->headed && !slot->next && (uint8_t)word != slot->id;
	if (slot->alien)
		return dmesg_slot_give(slot, item);
	add_word(dmesg, slot, word);
	dmesg->word++;
	return VSMMU_DMESG_NONE;
}

enum vsmmu_dmesg_kind dmesg_words_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	if (!dmesg->message.words)
		return apply_short_word(dmesg);
	while (dmesg->word < dmesg->message.words && apply_word(dmesg, item) == VSMMU_DMESG_NONE)
		;
	dmesg->parsed = dmesg->word < dmesg->message.words;
	return item->kind;
}
