/* SPDX-License-Identifier: BSD-2-Clause */
/* Deals with an event in numbers: its header and its words. */
#include "text/dmesg.h"

enum vsmmu_dmesg_kind dmesg_header_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *old, *slot = dmesg_slot_claim(dmesg, &old);

	if (!slot)
		return dmesg_slot_give(old, item);
	dmesg->parsed = false;
	dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	slot->headed = slot->placed = true;
	slot->id = (uint8_t)dmesg->message.value;
	return VSMMU_DMESG_NONE;
}

/* The four words that no header announced: the first may be of something else. */
static void check_loose(struct dmesg_slot *slot)
{
	slot->placed = dmesg_event_is_plausible(&slot->record);
	if (slot->placed)
		return;
	for (unsigned int i = 1; i < DMESG_WORDS; i++)
		slot->record.word[i - 1] = slot->record.word[i];
	slot->next--;
	slot->have >>= 1;
}

static void add_word(struct dmesg *dmesg, struct dmesg_slot *slot, uint64_t word)
{
	/* Numbers without any name are an event's only if they follow each other. */
	if (!slot->headed && !*slot->smmu && dmesg->log_line - slot->last > 1)
		dmesg_slot_open(dmesg, slot, DMESG_NUMBERS);
	slot->record.word[slot->next] = word;
	slot->have |= (uint8_t)(1 << slot->next);
	slot->next++;
	slot->last = dmesg->log_line;
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
	return slot && slot->state == DMESG_NUMBERS && slot->next < DMESG_WORDS;
}

/* A word that has too few digits counts only where one is expected. */
static enum vsmmu_dmesg_kind apply_short_word(struct dmesg *dmesg)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);

	dmesg->parsed = false;
	if (!takes_words(slot) || !slot->headed)
		return VSMMU_DMESG_NONE;
	slot->short_word = ++slot->next;
	slot->digits = dmesg->message.digits;
	slot->last = dmesg->log_line;
	return VSMMU_DMESG_NONE;
}

static enum vsmmu_dmesg_kind apply_word(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	uint64_t word = dmesg->message.word[dmesg->word];
	struct dmesg_slot *slot = dmesg_slot_find(dmesg), *old;

	if (slot && slot->wait == DMESG_COMMAND) {
		dmesg->word++;
		slot->last = dmesg->log_line;
		return add_command_word(slot, word, item);
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
