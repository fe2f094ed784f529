/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder's state, to be embedded; the rules are told in <vsmmu/decoder.h>. */
#ifndef VEVENTQ_DECODER_H
#define VEVENTQ_DECODER_H

#include <vsmmu/decoder.h>

/* The kernel's deepest queue (VEVENTQ depth cap, Linux drivers/iommu/iommufd/eventq.c). */
#define VEVENTQ_DEPTH_MAX (UINT32_C(1) << 19)

struct veventq_decoder {
	const uint8_t *position;
	const uint8_t *end;
	uint32_t record_size;
	uint32_t expected; /* number of the next event; meaningless until known */
	bool known;
	bool resync; /* the record at position had a wrong number: take it as it is */
	uint64_t sequenced;
	uint64_t events;
	uint64_t lost;
	uint64_t errors;
	uint64_t unknown_flags;
};

/* Return: payload bytes of a queue of this type, or 0 when the type is unknown. */
uint32_t veventq_payload_size(uint32_t type);

/* Return: 0 or -EINVAL, see vsmmu_decoder_new(). */
int veventq_decoder_init(struct veventq_decoder *decoder, uint32_t type, uint32_t first_sequence);

void veventq_decoder_feed(struct veventq_decoder *decoder, const void *bytes, size_t length);

static inline bool veventq_decoder_at_end(const struct veventq_decoder *decoder)
{
	return decoder->position == decoder->end;
}

int veventq_decoder_get_stats(
	const struct veventq_decoder *decoder, struct vsmmu_decoder_stats *stats);

enum vsmmu_item_kind veventq_decoder_next(struct veventq_decoder *decoder, struct vsmmu_item *item);

/*
 * Takes the events that come next with nothing to tell in between, no loss and no error,
 * all at once. @item is the first of them; the others' payloads follow, each record_size
 * bytes behind the one before. Return: how many; 0 when veventq_decoder_next() must say
 * what comes, and @item is untouched.
 */
uint32_t veventq_decoder_run(struct veventq_decoder *decoder, struct vsmmu_item *item);

#endif
