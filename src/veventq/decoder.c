/* SPDX-License-Identifier: BSD-2-Clause */
#include "veventq/decoder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/iommufd.h"
#include "util/sized.h"

#define SEQUENCE_MASK  ((uint32_t)INT_MAX)
#define SEQUENCE_COUNT ((uint32_t)INT_MAX + 1)
/* Only what the queue can hold at once can come twice or out of order. */
#define BACKWARD_DISTANCE (SEQUENCE_COUNT - VEVENTQ_DEPTH_MAX)

/* Return: payload bytes of a queue of this type, or 0 when the type is unknown. */
static uint32_t payload_size(uint32_t type)
{
	switch (type) {
	case VSMMU_VEVENTQ_ARM_SMMUV3:
		return 32;
	case VSMMU_VEVENTQ_TEGRA241_CMDQV:
		return 16;
	case VSMMU_VEVENTQ_SELFTEST:
		return 4;
	default:
		return 0;
	}
}

int veventq_decoder_init(struct veventq_decoder *decoder, uint32_t type, uint32_t first_sequence)
{
	uint32_t payload = payload_size(type);

	if (!payload)
		return -EINVAL;
	if (first_sequence > SEQUENCE_MASK && first_sequence != VSMMU_SEQUENCE_UNKNOWN)
		return -EINVAL;
	memset(decoder, 0, sizeof(*decoder));
	decoder->record_size = (uint32_t)VEVENTQ_HEADER_SIZE + payload;
	decoder->known = first_sequence != VSMMU_SEQUENCE_UNKNOWN;
	decoder->expected = first_sequence & SEQUENCE_MASK;
	return 0;
}

void veventq_decoder_feed(struct veventq_decoder *decoder, const void *bytes, size_t length)
{
	decoder->position = bytes;
	decoder->end = decoder->position + length;
}

static enum vsmmu_item_kind decoder_error(
	struct veventq_decoder *decoder, struct vsmmu_item *item, enum vsmmu_item_error error)
{
	decoder->errors++;
	item->kind = VSMMU_ITEM_ERROR;
	item->error = error;
	return VSMMU_ITEM_ERROR;
}

static enum vsmmu_item_kind decoder_lost(
	struct veventq_decoder *decoder, struct vsmmu_item *item, uint32_t last, uint32_t count)
{
	decoder->expected = (last + 1) & SEQUENCE_MASK;
	decoder->sequenced += count;
	decoder->lost += count;
	item->kind = VSMMU_ITEM_LOST;
	item->sequence = last;
	item->lost = count;
	return VSMMU_ITEM_LOST;
}

/*
 * An item that precedes an event (its gap, or its number being wrong) leaves the record
 * where it is, with the state such that the next call takes it.
 */
enum vsmmu_item_kind veventq_decoder_next(struct veventq_decoder *decoder, struct vsmmu_item *item)
{
	size_t left = (size_t)(decoder->end - decoder->position);
	struct uapi_iommufd_vevent_header header;
	uint32_t sequence, gap;
	bool lost_header;

	if (!left) {
		item->kind = VSMMU_ITEM_END;
		return VSMMU_ITEM_END;
	}
	if (left < VEVENTQ_HEADER_SIZE) {
		decoder->position = decoder->end;
		return decoder_error(decoder, item, VSMMU_ITEM_TRUNCATED);
	}
	memcpy(&header, decoder->position, VEVENTQ_HEADER_SIZE);
	lost_header = header.flags & UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
	/* The length that is needed is known only now: a LOST header has no payload. A
	 * normal one without it was not delivered (before mid-2026 a fault in copying the
	 * payload left its header counted; the event comes again). */
	if (!lost_header && left < decoder->record_size) {
		decoder->position = decoder->end;
		return decoder_error(decoder, item, VSMMU_ITEM_TRUNCATED);
	}

	sequence = header.sequence & SEQUENCE_MASK;
	gap = (sequence - decoder->expected) & SEQUENCE_MASK;
	if (!decoder->resync &&
		(header.sequence != sequence || (decoder->known && gap >= BACKWARD_DISTANCE))) {
		decoder->resync = true;
		if (lost_header) {
			/* How many it stands for cannot be known: none is invented. */
			decoder->resync = false;
			decoder->known = true;
			decoder->expected = (sequence + 1) & SEQUENCE_MASK;
			decoder->position += VEVENTQ_HEADER_SIZE;
		}
		return decoder_error(decoder, item, VSMMU_ITEM_SEQUENCE);
	}
	if (decoder->resync || !decoder->known) {
		decoder->resync = false;
		decoder->known = true;
		gap = 0;
	}

	if (gap && !lost_header)
		return decoder_lost(decoder, item, (sequence - 1) & SEQUENCE_MASK, gap);
	if (header.flags & ~UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
		decoder->unknown_flags++;
	if (lost_header) {
		decoder->position += VEVENTQ_HEADER_SIZE;
		return decoder_lost(decoder, item, sequence, gap + 1);
	}
	decoder->expected = (sequence + 1) & SEQUENCE_MASK;
	decoder->sequenced++;
	decoder->events++;
	item->kind = VSMMU_ITEM_EVENT;
	item->sequence = sequence;
	item->payload = decoder->position + VEVENTQ_HEADER_SIZE;
	item->payload_size = decoder->record_size - VEVENTQ_HEADER_SIZE;
	decoder->position += decoder->record_size;
	return VSMMU_ITEM_EVENT;
}

struct veventq_run veventq_run_begin(const struct veventq_decoder *decoder)
{
	const size_t size = decoder->record_size;
	size_t whole = (size_t)(decoder->end - decoder->position) / size;
	/* After INT_MAX comes 0: that is another run. */
	size_t most = SEQUENCE_COUNT - decoder->expected;

	if (most > whole)
		most = whole;
	if (!decoder->known || decoder->resync)
		most = 0;
	return (struct veventq_run){
		.record = decoder->position,
		.end = decoder->position + most * size,
		.size = size,
		.header = veventq_header(decoder->expected),
	};
}

uint32_t veventq_run_end(struct veventq_decoder *decoder, const uint8_t *record)
{
	uint32_t count = (uint32_t)((size_t)(record - decoder->position) / decoder->record_size);

	decoder->position = record;
	decoder->expected = (decoder->expected + count) & SEQUENCE_MASK;
	decoder->sequenced += count;
	decoder->events += count;
	return count;
}

/* The public decoder is the embedded one in memory of its own. */
struct vsmmu_decoder {
	struct veventq_decoder decoder;
};

int vsmmu_decoder_new(struct vsmmu_decoder **out, uint32_t type, uint32_t first_sequence)
{
	struct vsmmu_decoder *decoder;
	int ret;

	decoder = malloc(sizeof(*decoder));
	if (!decoder)
		return -ENOMEM;
	ret = veventq_decoder_init(&decoder->decoder, type, first_sequence);
	if (ret) {
		free(decoder);
		return ret;
	}
	*out = decoder;
	return 0;
}

void vsmmu_decoder_free(struct vsmmu_decoder *decoder)
{
	free(decoder);
}

size_t vsmmu_decoder_record_size(const struct vsmmu_decoder *decoder)
{
	return decoder->decoder.record_size;
}

int vsmmu_decoder_feed(struct vsmmu_decoder *decoder, const void *bytes, size_t length)
{
	if (!veventq_decoder_at_end(&decoder->decoder))
		return -EBUSY;
	veventq_decoder_feed(&decoder->decoder, bytes, length);
	return 0;
}

enum vsmmu_item_kind vsmmu_decoder_next(struct vsmmu_decoder *decoder, struct vsmmu_item *item)
{
	return veventq_decoder_next(&decoder->decoder, item);
}

int veventq_decoder_get_stats(
	const struct veventq_decoder *decoder, struct vsmmu_decoder_stats *stats)
{
	const struct vsmmu_decoder_stats now = {
		.sequenced = decoder->sequenced,
		.events = decoder->events,
		.lost = decoder->lost,
		.errors = decoder->errors,
		.unknown_flags = decoder->unknown_flags,
	};

	return sized_copy_out(stats, &now, sizeof(now));
}

int vsmmu_decoder_get_stats(const struct vsmmu_decoder *decoder, struct vsmmu_decoder_stats *stats)
{
	return veventq_decoder_get_stats(&decoder->decoder, stats);
}
