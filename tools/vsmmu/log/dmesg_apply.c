/* SPDX-License-Identifier: BSD-2-Clause */
/* Deals with a message: the lines of each SMMU are put together to events and messages. */
#include <string.h>

#include "catalogue/catalogue.h"
#include "log/dmesg.h"

/* An item that takes one line. It does not end an event that is under way: it comes in between. */
static enum vsmmu_dmesg_kind apply_line(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	static const enum vsmmu_dmesg_kind kinds[] = {
		[DMESG_OVERFLOW] = VSMMU_DMESG_OVERFLOW,
		[DMESG_SUPPRESSED] = VSMMU_DMESG_SUPPRESSED,
		[DMESG_REQUESTER] = VSMMU_DMESG_MESSAGE,
		[DMESG_ERROR] = VSMMU_DMESG_MESSAGE,
		[DMESG_NOTE] = VSMMU_DMESG_OTHER,
		[DMESG_OTHER] = VSMMU_DMESG_OTHER,
		[DMESG_CONTEXT] = VSMMU_DMESG_CONTEXT,
		[DMESG_GROUP] = VSMMU_DMESG_GROUP,
	};
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_moment moment;

	dmesg->parsed = false;
	dmesg_moment_set(dmesg, &moment);
	dmesg_moment_give(&moment, item);
	item->kind = kinds[message->kind];
	item->count = message->value;
	item->context = message->context;
	item->entry = message->kind == DMESG_REQUESTER
			      ? catalogue_match(message->text.at, message->text.length)
			      : message->entry;
	span_print(message->smmu, item->smmu, sizeof(item->smmu));
	span_print(message->client, item->client, sizeof(item->client));
	span_print(message->text, item->text, sizeof(item->text));
	if (message->what)
		span_print(span_of(message->what), item->what, sizeof(item->what));
	if (*message->note)
		span_print(span_of(message->note), item->text, sizeof(item->text));
	return item->kind;
}

/* A message that has more lines. */
static enum vsmmu_dmesg_kind apply_heading(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	const struct dmesg_message *message = &dmesg->message;
	struct dmesg_slot *slot = dmesg_slot_find(dmesg), *old;

	if (!slot)
		slot = dmesg_slot_claim(dmesg, &old);
	if (!slot)
		return dmesg_slot_give(old, item);
	dmesg->parsed = false;
	slot->wait = message->kind;
	dmesg_slot_touch(dmesg, slot);
	slot->command_words = 0;
	memset(slot->command, 0, sizeof(slot->command));
	dmesg_moment_set(dmesg, &slot->message_begin);
	span_print(message->text, slot->text, sizeof(slot->text));
	return VSMMU_DMESG_NONE;
}

static enum vsmmu_dmesg_kind apply_requester(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	struct dmesg_slot *slot = dmesg_slot_find(dmesg);
	size_t length;

	if (!slot || slot->wait != DMESG_REQUEST)
		return apply_line(dmesg, item);
	dmesg->parsed = false;
	length = strlen(slot->text);
	if (length + 1 < sizeof(slot->text)) {
		slot->text[length++] = ' ';
		span_print(dmesg->message.text, slot->text + length, sizeof(slot->text) - length);
	}
	return dmesg_slot_give_message(slot, item);
}

/* Whether the message ends another one of its SMMU that waits for its lines. */
static bool ends_message(enum dmesg_message_kind kind)
{
	return kind == DMESG_COMMAND || kind == DMESG_REQUEST || kind == DMESG_ERROR ||
	       kind == DMESG_NOTE;
}

/* Whether the message can be of an event whose last line came first. */
static bool is_before(struct dmesg *dmesg, const struct dmesg_slot *slot)
{
	enum dmesg_message_kind kind = dmesg->message.kind;

	return (kind == DMESG_HEADER || kind == DMESG_WORD || kind == DMESG_DECODED) &&
	       dmesg_slot_find(dmesg) == slot && dmesg_slot_goes_back(dmesg, slot);
}

/* Return: an event that was only kept in case that the log begins with the newest line. */
static struct dmesg_slot *find_kept(struct dmesg *dmesg)
{
	for (int i = 0; i < DMESG_SMMUS; i++)
		if (dmesg_slot_is_kept(&dmesg->slots[i]) && !is_before(dmesg, &dmesg->slots[i]))
			return &dmesg->slots[i];
	return NULL;
}

enum vsmmu_dmesg_kind dmesg_apply(struct dmesg *dmesg, struct vsmmu_dmesg_item *item)
{
	enum dmesg_message_kind kind = dmesg->message.kind;
	struct dmesg_slot *slot = find_kept(dmesg);

	if (slot)
		return dmesg_slot_give(slot, item);
	slot = ends_message(kind) ? dmesg_slot_find(dmesg) : NULL;
	if (slot && slot->wait)
		return dmesg_slot_give_message(slot, item);
	switch (kind) {
	case DMESG_HEADER:
		return dmesg_header_apply(dmesg, item);
	case DMESG_WORD:
		return dmesg_words_apply(dmesg, item);
	case DMESG_DECODED:
		return dmesg_decoded_apply(dmesg, item);
	case DMESG_DETAIL:
		return dmesg_detail_apply(dmesg, item);
	case DMESG_COMMAND:
	case DMESG_REQUEST:
		return apply_heading(dmesg, item);
	case DMESG_REQUESTER:
		return apply_requester(dmesg, item);
	default:
		return apply_line(dmesg, item);
	}
}
