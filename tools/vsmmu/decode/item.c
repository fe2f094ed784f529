/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/item.h"

#include <inttypes.h>
#include <stdio.h>

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
	item->known = 0;
	for (unsigned int i = 0; vsmmu_event_field_name(i); i++)
		if (vsmmu_event_has(item->event.id, i))
			item->known |= UINT64_C(1) << i;
}

const char *position_format(const struct position *position, char *buffer, unsigned int size)
{
	if (position->bytes)
		snprintf(buffer, size, "%.200s: byte 0x%" PRIx64, position->file, position->number);
	else
		snprintf(buffer, size, "%.200s:%" PRIu64, position->file, position->number);
	return buffer;
}
