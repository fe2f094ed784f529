/* SPDX-License-Identifier: BSD-2-Clause */
/* Bare records, and the stream that a vEVENTQ gives. */
#include <errno.h>
#include <stdio.h>

#include "decode/input.h"

#define HEADER_SIZE 8
#define FLAG_LOST   1 /* bit 0 of a header's flags: no record follows */

long binary_take(struct input *input, const uint8_t *bytes, size_t length, bool end)
{
	size_t used = 0;

	for (; length - used >= VSMMU_EVENT_RECORD_SIZE; used += VSMMU_EVENT_RECORD_SIZE) {
		struct vsmmu_event_record record;
		struct item item;

		vsmmu_event_record_load(bytes + used, &record);
		item_init(&item, &input->position);
		item_set_record(&item, &record);
		output_item(input->output, &item);
		input->position.number += VSMMU_EVENT_RECORD_SIZE;
	}
	if (end && used < length) {
		char complaint[80];

		snprintf(complaint, sizeof(complaint), "%zu bytes at the end are no whole record",
			length - used);
		output_bad(input->output, &input->position, complaint);
	}
	return (long)used;
}

static void give(struct input *input, const struct vsmmu_item *what)
{
	struct vsmmu_event_record record;
	struct item item;

	if (what->kind == VSMMU_ITEM_ERROR) {
		output_bad(input->output, &input->position,
			what->error == VSMMU_ITEM_TRUNCATED
				? "the stream ends within a record"
				: "the sequence numbers go back, or one is beyond 31 bits");
		return;
	}
	item_init(&item, &input->position);
	item.has_sequence = true;
	item.sequence = what->sequence;
	if (what->kind == VSMMU_ITEM_LOST) {
		item.kind = ITEM_LOST;
		item.count = what->lost;
	} else {
		vsmmu_event_record_load(what->payload, &record);
		item_set_record(&item, &record);
	}
	output_item(input->output, &item);
}

/* Feeds a record by itself, so that its place is known. */
static void feed(struct input *input, const uint8_t *bytes, size_t length)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	vsmmu_decoder_feed(input->decoder, bytes, length);
	while (vsmmu_decoder_next(input->decoder, &item) == 1)
		give(input, &item);
	input->position.number += length;
}

long veventq_take(struct input *input, const uint8_t *bytes, size_t length, bool end)
{
	/* Where the queue began nobody knows: loss before the first record cannot be seen. */
	static const struct vsmmu_decoder_config config = {
		.size = sizeof(config),
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN,
	};
	size_t used = 0;

	if (!input->decoder && vsmmu_decoder_new(&input->decoder, &config))
		return -ENOMEM;
	while (length - used >= HEADER_SIZE) {
		size_t record = HEADER_SIZE + VSMMU_EVENT_RECORD_SIZE;

		if (bytes[used] & FLAG_LOST)
			record = HEADER_SIZE;
		if (length - used < record)
			break;
		feed(input, bytes + used, record);
		used += record;
	}
	if (end && used < length)
		feed(input, bytes + used, length - used);
	return (long)used;
}
