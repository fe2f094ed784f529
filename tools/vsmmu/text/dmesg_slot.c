/* SPDX-License-Identifier: BSD-2-Clause */
/* Events that are being put together, one for each SMMU. */
#include "text/dmesg.h"

#include <string.h>

bool dmesg_slot_is_whole(const struct dmesg_slot *slot)
{
	return slot->state == DMESG_INCOMPLETE ||
	       (slot->state == DMESG_RAW && slot->words == DMESG_WORDS);
}

static void slot_close(struct dmesg_slot *slot)
{
	slot->state = DMESG_IDLE;
	slot->words = 0;
	slot->known = 0;
	slot->client[0] = '\0';
	slot->event = (struct vsmmu_event){.size = sizeof(slot->event)};
	memset(&slot->record, 0, sizeof(slot->record));
}

/* An event whose number the log does not tell has a place for nothing but its StreamID. */
static void encode(const struct vsmmu_event *event, struct vsmmu_event_record *record)
{
	if (!vsmmu_event_encode(event, record))
		return;
	memset(record, 0, sizeof(*record));
	record->word[0] = event->id | (uint64_t)event->sid << 32;
}

static void give_event(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	item->kind = VSMMU_DMESG_EVENT;
	item->raw = slot->state == DMESG_RAW;
	item->words = slot->words;
	if (item->raw) {
		item->record = slot->record;
		item->event.size = sizeof(item->event);
		vsmmu_event_decode(&slot->record, &item->event);
		for (unsigned int i = 0; vsmmu_event_field_name(i); i++)
			if (vsmmu_event_has(item->event.id, i))
				item->known |= UINT64_C(1) << i;
	} else {
		item->event = slot->event;
		item->known = slot->known;
		encode(&slot->event, &item->record);
	}
	strcpy(item->client, slot->client);
}

static void give_bad(const struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	static const char *const texts[DMESG_WORDS] = {
		"the words of an event are missing",
		"only 1 of the 4 words of an event is there",
		"only 2 of the 4 words of an event are there",
		"only 3 of the 4 words of an event are there",
	};

	item->kind = VSMMU_DMESG_BAD;
	if (slot->words && (uint8_t)slot->record.word[0] != slot->id)
		strcpy(item->text, "the words are those of another event");
	else
		strcpy(item->text, texts[slot->words % DMESG_WORDS]);
}

enum vsmmu_dmesg_kind dmesg_slot_give(struct dmesg_slot *slot, struct vsmmu_dmesg_item *item)
{
	item->line = slot->line;
	item->has_time = slot->has_time;
	item->time = slot->time;
	strcpy(item->smmu, slot->smmu);
	if (dmesg_slot_is_whole(slot))
		give_event(slot, item);
	else
		give_bad(slot, item);
	slot_close(slot);
	return item->kind;
}

static bool slot_is(const struct dmesg_slot *slot, const char *smmu, const char *host)
{
	return (slot->state || slot->skip) && !strcmp(slot->smmu, smmu) &&
	       !strcmp(slot->host, host);
}

struct dmesg_slot *dmesg_slot_find(struct dmesg *dmesg)
{
	char smmu[VSMMU_DMESG_NAME_SIZE], host[DMESG_HOST_SIZE];

	span_print(dmesg->message.smmu, smmu, sizeof(smmu));
	span_print(dmesg->message.host, host, sizeof(host));
	for (int i = 0; i < DMESG_SMMUS; i++)
		if (slot_is(&dmesg->slots[i], smmu, host))
			return &dmesg->slots[i];
	return NULL;
}

/* Return: the one to be used next: one that is idle, else the oldest. */
static struct dmesg_slot *victim(struct dmesg *dmesg)
{
	struct dmesg_slot *best = &dmesg->slots[0];

	for (int i = 0; i < DMESG_SMMUS && best->state; i++)
		if (!dmesg->slots[i].state || dmesg->slots[i].line < best->line)
			best = &dmesg->slots[i];
	return best;
}

void dmesg_slot_open(struct dmesg *dmesg, struct dmesg_slot *slot, enum dmesg_state state)
{
	const struct dmesg_message *message = &dmesg->message;

	slot_close(slot);
	slot->state = state;
	slot->line = dmesg->line;
	slot->has_time = message->has_time;
	slot->time = message->time;
	slot->skip = 0;
	span_print(message->smmu, slot->smmu, sizeof(slot->smmu));
	span_print(message->host, slot->host, sizeof(slot->host));
}

struct dmesg_slot *dmesg_slot_claim(struct dmesg *dmesg, struct dmesg_slot **old)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);

	if (!slot)
		slot = victim(dmesg);
	*old = slot;
	return slot->state ? NULL : slot;
}
