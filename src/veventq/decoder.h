/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder's state, to be embedded; the rules are told in <vsmmu/decoder.h>. */
#ifndef VEVENTQ_DECODER_H
#define VEVENTQ_DECODER_H

#include <string.h>

#include <vsmmu/decoder.h>

#include "uapi/iommufd.h"

#define VEVENTQ_HEADER_SIZE sizeof(struct uapi_iommufd_vevent_header)

/* The kernel's deepest queue (VEVENTQ depth cap, Linux drivers/iommu/iommufd/eventq.c). */
#define VEVENTQ_DEPTH_MAX (UINT32_C(1) << 19)

#define VEVENTQ_PAYLOAD_MAX 4096

/* struct vsmmu_item without its size: see there. */
struct veventq_item {
	enum vsmmu_item_kind kind;
	enum vsmmu_item_error error;
	uint32_t sequence;
	uint64_t lost;
	const void *payload;
	size_t payload_size;
};

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

/* @payload_size: as in a config, or 0. Return: 0 or -EINVAL, see vsmmu_decoder_new(). */
int veventq_decoder_init(struct veventq_decoder *decoder, uint32_t type, uint32_t payload_size,
	uint32_t first_sequence);

void veventq_decoder_feed(struct veventq_decoder *decoder, const void *bytes, size_t length);

static inline bool veventq_decoder_at_end(const struct veventq_decoder *decoder)
{
	return decoder->position == decoder->end;
}

/* Return: item->kind, VSMMU_ITEM_END when the bytes are used up. */
enum vsmmu_item_kind veventq_decoder_next(
	struct veventq_decoder *decoder, struct veventq_item *item);

/* The counters, without a size. */
struct vsmmu_decoder_stats veventq_decoder_stats(const struct veventq_decoder *decoder);

/* Fills a caller's item up to its size. Return: 0 or -EINVAL. */
int veventq_item_copy_out(struct vsmmu_item *item, const struct veventq_item *own);

/* See vsmmu_decoder_get_sequence() and vsmmu_decoder_set_sequence(). */
uint32_t veventq_decoder_get_sequence(const struct veventq_decoder *decoder);
int veventq_decoder_set_sequence(struct veventq_decoder *decoder, uint32_t sequence);

/*
 * Many at once: a run is the events that come next with nothing to tell in between, no
 * loss and no error. In a storm that is all there is.
 */
struct veventq_run {
	const uint8_t *record;
	const uint8_t *end; /* no further than this */
	size_t size;	    /* of a record */
	uint64_t header;    /* that the next one must have */
};

/* A header without flags, in one word. */
static inline uint64_t veventq_header(uint32_t sequence)
{
	const struct uapi_iommufd_vevent_header header = {.sequence = sequence};
	uint64_t word;

	memcpy(&word, &header, sizeof(word));
	return word;
}

struct veventq_run veventq_run_begin(const struct veventq_decoder *decoder);

/* The event of an item as a run of its own: for it there is no veventq_run_end(). */
static inline struct veventq_run veventq_run_of(const struct veventq_item *item)
{
	const uint8_t *record = (const uint8_t *)item->payload - VEVENTQ_HEADER_SIZE;
	struct veventq_run run = {
		.record = record,
		.size = VEVENTQ_HEADER_SIZE + item->payload_size,
	};

	run.end = record + run.size;
	memcpy(&run.header, record, sizeof(run.header));
	return run;
}

/* Return: the next one's payload, or NULL: veventq_decoder_next() knows what comes. */
static inline const uint8_t *veventq_run_next(struct veventq_run *run)
{
	const uint8_t *record = run->record;
	uint64_t header;

	if (record == run->end)
		return NULL;
	memcpy(&header, record, sizeof(header));
	if (header != run->header)
		return NULL;
	run->record += run->size;
	/* No carry: the run ends before the number has more than 31 bits. */
	run->header += veventq_header(1);
	return record + VEVENTQ_HEADER_SIZE;
}

/* The decoder goes on at @record, where the run has come to. Return: events of the run. */
uint32_t veventq_run_end(struct veventq_decoder *decoder, const uint8_t *record);

#endif
