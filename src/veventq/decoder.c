/* SPDX-License-Identifier: BSD-2-Clause */
#include "veventq/decoder.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/iommufd.h"
#include "uapi/iommufd_test.h"
#include "util/sized.h"

#define SEQUENCE_MASK  ((uint32_t)INT_MAX)
#define SEQUENCE_COUNT ((uint32_t)INT_MAX + 1)
/* Only what the queue can hold at once can come twice or out of order. */
#define BACKWARD_DISTANCE (SEQUENCE_COUNT - VEVENTQ_DEPTH_MAX)

static uint32_t known_payload_size(uint32_t type)
{
	switch (type) {
	case VSMMU_VEVENTQ_ARM_SMMUV3:
		return 32;
	case VSMMU_VEVENTQ_TEGRA241_CMDQV:
		return 16;
	case UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST:
		return 4;
	default:
		return 0;
	}
}

int veventq_decoder_set_sequence(struct veventq_decoder *decoder, uint32_t sequence)
{
	if (sequence > SEQUENCE_MASK && sequence != VSMMU_SEQUENCE_UNKNOWN)
		return -EINVAL;
	if (!veventq_decoder_at_end(decoder))
		return -EBUSY;
	decoder->known = sequence != VSMMU_SEQUENCE_UNKNOWN;
	decoder->expected = sequence & SEQUENCE_MASK;
	return 0;
}

uint32_t veventq_decoder_get_sequence(const struct veventq_decoder *decoder)
{
	return decoder->known ? decoder->expected : VSMMU_SEQUENCE_UNKNOWN;
}

int veventq_decoder_init(struct veventq_decoder *decoder, uint32_t type, uint32_t payload_size,
	uint32_t first_sequence)
{
	const uint32_t known = known_payload_size(type);
	const uint32_t payload = known ? known : payload_size;

	if (!payload || payload > VEVENTQ_PAYLOAD_MAX || (payload_size && payload_size != payload))
		return -EINVAL;
	memset(decoder, 0, sizeof(*decoder));
	decoder->record_size = (uint32_t)VEVENTQ_HEADER_SIZE + payload;
	return veventq_decoder_set_sequence(decoder, first_sequence);
}

void veventq_decoder_feed(struct veventq_decoder *decoder, const void *bytes, size_t length)
{
	decoder->position = bytes;
	decoder->end = decoder->position + length;
}

static enum vsmmu_item_kind decoder_error(
	struct veventq_decoder *decoder, struct veventq_item *item, enum vsmmu_item_error error)
{
	decoder->errors++;
	item->kind = VSMMU_ITEM_ERROR;
	item->error = error;
	return VSMMU_ITEM_ERROR;
}

static enum vsmmu_item_kind decoder_lost(
	struct veventq_decoder *decoder, struct veventq_item *item, uint32_t last, uint32_t count)
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
enum vsmmu_item_kind veventq_decoder_next(
	struct veventq_decoder *decoder, struct veventq_item *item)
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

int vsmmu_decoder_new(struct vsmmu_decoder **out, const struct vsmmu_decoder_config *given)
{
	struct vsmmu_decoder_config config;
	struct vsmmu_decoder *decoder;
	int ret;

	if (!out)
		return -EINVAL;
	ret = sized_copy_in(&config, given, sizeof(config));
	if (!ret && config.reserved)
		ret = -EINVAL;
	if (ret)
		return ret;
	decoder = malloc(sizeof(*decoder));
	if (!decoder)
		return -ENOMEM;
	ret = veventq_decoder_init(
		&decoder->decoder, config.type, config.payload_size, config.first_sequence);
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
	return decoder ? decoder->decoder.record_size : 0;
}

int vsmmu_decoder_feed(struct vsmmu_decoder *decoder, const void *bytes, size_t length)
{
	if (!decoder || (!bytes && length))
		return -EINVAL;
	if (!veventq_decoder_at_end(&decoder->decoder))
		return -EBUSY;
	if (length)
		veventq_decoder_feed(&decoder->decoder, bytes, length);
	return 0;
}

int veventq_item_copy_out(struct vsmmu_item *item, const struct veventq_item *own)
{
	const struct vsmmu_item full = {
		.kind = own->kind,
		.error = own->error,
		.sequence = own->sequence,
		.lost = own->lost,
		.payload = own->payload,
		.payload_size = own->payload_size,
	};

	return sized_copy_out(item, &full, sizeof(full));
}

int vsmmu_decoder_next(struct vsmmu_decoder *decoder, struct vsmmu_item *item)
{
	struct veventq_item own = {0};

	/* Looked at first: an item that cannot be handed out must not be taken. */
	if (!decoder || !sized_is_valid(item))
		return -EINVAL;
	veventq_decoder_next(&decoder->decoder, &own);
	veventq_item_copy_out(item, &own);
	return own.kind != VSMMU_ITEM_END;
}

int vsmmu_decoder_get_sequence(const struct vsmmu_decoder *decoder, uint32_t *sequence)
{
	if (!decoder || !sequence)
		return -EINVAL;
	*sequence = veventq_decoder_get_sequence(&decoder->decoder);
	return 0;
}

int vsmmu_decoder_set_sequence(struct vsmmu_decoder *decoder, uint32_t sequence)
{
	return decoder ? veventq_decoder_set_sequence(&decoder->decoder, sequence) : -EINVAL;
}

struct vsmmu_decoder_stats veventq_decoder_stats(const struct veventq_decoder *decoder)
{
	return (struct vsmmu_decoder_stats){
		.sequenced = decoder->sequenced,
		.events = decoder->events,
		.lost = decoder->lost,
		.errors = decoder->errors,
		.unknown_flags = decoder->unknown_flags,
	};
}

int vsmmu_decoder_get_stats(const struct vsmmu_decoder *decoder, struct vsmmu_decoder_stats *stats)
{
	struct vsmmu_decoder_stats now;

	if (!decoder)
		return -EINVAL;
	now = veventq_decoder_stats(&decoder->decoder);
	return sized_copy_out(stats, &now, sizeof(now));
}
