/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/item.h"

#include <inttypes.h>
#include <stdio.h>

#include "text/text.h"

void item_init(struct item *item, const struct position *position)
{
	*item = (struct item){
		.position = *position,
		.smmu = "",
		.client = "",
		.text = "",
	};
}

void item_set_record(struct item *item, const struct vsmmu_event_record *record)
{
	item->kind = ITEM_EVENT;
	item->record = *record;
	item->event.size = sizeof(item->event);
	vsmmu_event_decode(record, &item->event);
	item->known = VSMMU_EVENT_KNOWN_ALL(item->event.id);
}

void item_fault(const struct item *item, struct fault *fault)
{
	*fault = (struct fault){.event = &item->event, .known = item->known};
}

const char *position_format(const struct position *position, char *buffer, unsigned int size)
{
	if (position->bytes)
		snprintf(buffer, size, "%.200s: byte 0x%" PRIx64, position->file, position->number);
	else
		snprintf(buffer, size, "%.200s:%" PRIu64, position->file, position->number);
	return buffer;
}
