/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/item.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log/log.h"

void item_init(struct item *item, const struct position *position)
{
	*item = (struct item){
		.position = *position,
		.smmu = "",
		.client = "",
		.what = "",
		.text = "",
	};
}

void item_set_record(struct item *item, const struct vsmmu_event_record *record)
{
	item->kind = ITEM_EVENT;
	item->words = ITEM_WORDS;
	item->have = (1U << ITEM_WORDS) - 1;
	item->record = *record;
	item->event.size = sizeof(item->event);
	vsmmu_event_decode(record, &item->event);
	item->known = VSMMU_EVENT_KNOWN_ALL(item->event.id);
}

bool item_is_empty(const struct item *item)
{
	const uint64_t *word = item->record.word;

	return item->words == ITEM_WORDS && !(word[0] | word[1] | word[2] | word[3]);
}

bool item_is_note(const struct item *item)
{
	return item->kind == ITEM_OTHER && !strcmp(item->what, VSMMU_DMESG_NOTE);
}

const char *item_kind_name(enum item_kind kind)
{
	static const char *const names[] = {
		[ITEM_EVENT] = "event",
		[ITEM_LOST] = "lost",
		[ITEM_OVERFLOW] = "overflow",
		[ITEM_SUPPRESSED] = "suppressed",
		[ITEM_MESSAGE] = "message",
		[ITEM_OTHER] = "other",
		[ITEM_CONTEXT] = "context",
		[ITEM_GROUP] = "group",
	};

	return names[kind];
}

const char *position_format(const struct position *position, char *buffer, unsigned int size)
{
	if (position->bytes)
		snprintf(buffer, size, "%.200s: byte 0x%" PRIx64, position->file, position->number);
	else
		snprintf(buffer, size, "%.200s:%" PRIu64, position->file, position->number);
	/* Whoever named the file may not move the cursor. */
	for (char *c = buffer; *c; c++)
		if ((unsigned char)*c < ' ' || *c == '\177')
			*c = '?';
	return buffer;
}
