/* SPDX-License-Identifier: BSD-2-Clause */
/* Events and messages that are being put together, one of each for each SMMU. */
#include <string.h>

#include "catalogue/catalogue.h"
#include "log/dmesg.h"

bool dmesg_slot_is_whole(const struct dmesg_slot *slot)
{
	return slot->state == DMESG_NAMES ||
	       (slot->state == DMESG_NUMBERS && slot->next == DMESG_WORDS);
}

bool dmesg_slot_is_kept(const struct dmesg_slot *slot)
{
	if (slot->state != DMESG_NAMES || slot->reversed)
		return false;
	return slot->decoded ? !dmesg_event_has_detail(slot) : slot->detailed;
}

/* Ends the event; the names stay. */
static void close_slot(struct dmesg_slot *slot)
{
	slot->state = DMESG_IDLE;
	slot->reversed = slot->headed = slot->placed = slot->alien = slot->decoded =
		slot->detailed = slot->unassigned = false;
	slot->whole = true;
	slot->have = slot->next = slot->short_word = 0;
	slot->known = 0;
	slot->client[0] = '\0';
	slot->event = (struct vsmmu_event){.size = sizeof(slot->event)};
	memset(&slot->record, 0, sizeof(slot->record));
}

void dmesg_moment_give(const struct dmesg_moment *moment, struct vsmmu_dmesg_item *item)
{
	item->line = moment->line;
	item->has_time = moment->has_time;
	item->time = moment->time;
	item->has_wall = moment->has_wall;
	item->has_zone = moment->has_zone;
	item->wall = moment->wall;
}

enum vsmmu_dmesg_kind dmesg_slot_give_message(
	struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	item->kind = VSMMU_DMESG_MESSAGE;
	dmesg_moment_give(&slot->message_begin, item);
	strcpy(item->smmu, slot->smmu);
	strcpy(item->text, slot->text);
	item->entry = catalogue_match(slot->text, strlen(slot->text));
	memcpy(item->command, slot->command, sizeof(item->command));
	item->command_words = slot->command_words;
	slot->wait = DMESG_NOTHING;
	return item->kind;
}

static bool has_event(const struct dmesg_slot *slot)
{
	return slot->state && slot->state != DMESG_GIVEN;
}

enum vsmmu_dmesg_kind dmesg_slot_give(struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	if (!has_event(slot))
		return dmesg_slot_give_message(slot, item);
	dmesg_event_give(slot, item);
	if (item->kind) {
		dmesg_moment_give(&slot->begin, item);
		strcpy(item->smmu, slot->smmu);
	}
	close_slot(slot);
	return item->kind;
}

static bool is_used(const struct dmesg_slot *slot)
{
	return slot->state || slot->wait;
}

/* Numbers of whom nobody knows: they are no part of what has a name. */
static bool is_nameless(const struct dmesg_slot *slot)
{
	return slot->state == DMESG_NUMBERS && !slot->headed && !*slot->smmu;
}

/* How well the names fit: 2 if they are equal, 1 if one of them is missing, else 0. */
static int fit(struct span name, const char *own, size_t size)
{
	char text[VSMMU_DMESG_NAME_SIZE];

	span_print(name, text, size);
	if (!strcmp(own, text))
		return 2;
	return !*own || !*text;
}

/* The slot whose names fit best, of several the one that was used last. */
static struct dmesg_slot *find(struct dmesg *dmesg, int *best_fit)
{
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_slot *best = NULL;

	*best_fit = 0;
	for (int i = 0; i < DMESG_SMMUS; i++) {
		struct dmesg_slot *slot = &dmesg->slots[i];
		int fits;

		if (!is_used(slot) || (is_nameless(slot) && message->smmu.length))
			continue;
		fits = fit(message->smmu, slot->smmu, sizeof(slot->smmu)) *
		       fit(message->host, slot->host, sizeof(slot->host));
		if (fits > *best_fit || (fits && fits == *best_fit && slot->last > best->last)) {
			best = slot;
			*best_fit = fits;
		}
	}
	return best;
}

/* The fit of two pairs of names that are equal. */
#define EQUAL 4

struct dmesg_slot *dmesg_slot_find(struct dmesg *dmesg)
{
	int fits;
	struct dmesg_slot *slot = find(dmesg, &fits);

	if (!slot || fits == EQUAL)
		return slot;
	/* A name that is missing is only guessed from what is near. */
	if (dmesg->log_line - slot->last > DMESG_NEAR)
		return NULL;
	if (!*slot->smmu)
		span_print(dmesg->message.smmu, slot->smmu, sizeof(slot->smmu));
	return slot;
}

bool dmesg_slot_wants_words(const struct dmesg *dmesg)
{
	for (int i = 0; i < DMESG_SMMUS; i++) {
		const struct dmesg_slot *slot = &dmesg->slots[i];
		bool wants = slot->wait == DMESG_COMMAND ||
			     (slot->state == DMESG_NUMBERS && slot->next < DMESG_WORDS);

		if (wants && dmesg->log_line - slot->last <= DMESG_NEAR)
			return true;
	}
	return false;
}

/* Return: the one to be used next: one that is free, else the oldest. */
static struct dmesg_slot *victim(struct dmesg *dmesg)
{
	struct dmesg_slot *best = &dmesg->slots[0];

	for (int i = 0; i < DMESG_SMMUS; i++) {
		struct dmesg_slot *slot = &dmesg->slots[i];

		if (!is_used(slot))
			return slot;
		if (slot->last < best->last)
			best = slot;
	}
	return best;
}

void dmesg_moment_set(const struct dmesg *dmesg, struct dmesg_moment *moment)
{
	const struct dmesg_message *message = &dmesg->message;

	*moment = (struct dmesg_moment){
		.line = dmesg->log_line,
		.has_time = message->has_time,
		.time = message->time,
		.has_wall = message->has_wall,
		.has_zone = message->has_zone,
		.wall = message->wall,
	};
}

/* Return: whether the message has one: since boot, else by the wall's clock. */
static bool take_time(const struct dmesg_message *message, int64_t *time)
{
	*time = message->has_time ? (int64_t)message->time : message->wall;
	return message->has_time || message->has_wall;
}

void dmesg_slot_touch(struct dmesg *dmesg, struct dmesg_slot *slot)
{
	slot->last = dmesg->log_line;
	slot->has_last_time = take_time(&dmesg->message, &slot->last_time);
}

bool dmesg_slot_goes_back(const struct dmesg *dmesg, const struct dmesg_slot *slot)
{
	int64_t time;

	/* Where times are equal, it is as it was before. */
	if (!take_time(&dmesg->message, &time) || !slot->has_last_time || time == slot->last_time)
		return dmesg->reversed;
	return time < slot->last_time;
}

void dmesg_slot_open(struct dmesg *dmesg, struct dmesg_slot *slot, enum dmesg_state state)
{
	close_slot(slot);
	slot->state = state;
	dmesg_moment_set(dmesg, &slot->begin);
	dmesg_slot_touch(dmesg, slot);
}

struct dmesg_slot *dmesg_slot_claim(struct dmesg *dmesg, struct dmesg_slot **old)
{
	const struct dmesg_message *message = &dmesg->message;
	int fits;
	struct dmesg_slot *slot = find(dmesg, &fits);

	*old = slot;
	if (fits == EQUAL)
		return has_event(slot) ? NULL : slot;
	*old = slot = victim(dmesg);
	if (has_event(slot) || slot->wait)
		return NULL;
	span_print(message->smmu, slot->smmu, sizeof(slot->smmu));
	span_print(message->host, slot->host, sizeof(slot->host));
	return slot;
}
