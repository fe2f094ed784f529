/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a vEVENTQ's stream, against a second decoder that is written from the rules
 * in <vsmmu/decoder.h> alone, with numbers that never wrap.
 *
 * Input: type (1 byte), first sequence (4), then chunks, each a length (2) and its bytes.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <vsmmu/decoder.h>

#include "fuzz.h"

#define COUNT	   (UINT64_C(1) << 31) /* of sequence numbers */
#define BACK_MAX   (UINT64_C(1) << 19)
#define HEADER	   8
#define FLAG_LOST  1
#define LENGTH_MAX 4096

struct reference {
	bool known;
	uint64_t next; /* number of the next event, not wrapped */
	size_t record_size;
	const uint8_t *at;
	size_t left;
	bool wrong; /* the number of the record at hand has been complained about */
	uint64_t sequenced, events, lost, errors, unknown_flags;
};

static uint32_t get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static struct vsmmu_item reference_error(struct reference *reference, enum vsmmu_item_error error)
{
	reference->errors++;
	return (struct vsmmu_item){.kind = VSMMU_ITEM_ERROR, .error = error};
}

static struct vsmmu_item reference_lost(struct reference *reference, uint64_t count)
{
	reference->next += count;
	reference->sequenced += count;
	reference->lost += count;
	return (struct vsmmu_item){
		.kind = VSMMU_ITEM_LOST,
		.sequence = (uint32_t)((reference->next - 1) % COUNT),
		.lost = count,
	};
}

/* @at is its record, of which @flags and @number have been read, with @gap lost before it. */
static struct vsmmu_item reference_take(
	struct reference *reference, uint32_t flags, uint32_t number, uint64_t gap)
{
	bool lost_header = flags & FLAG_LOST;
	size_t size = lost_header ? HEADER : reference->record_size;
	const uint8_t *payload = reference->at + HEADER;

	if (gap && !lost_header)
		return reference_lost(reference, gap);
	reference->unknown_flags += (flags & ~(uint32_t)FLAG_LOST) != 0;
	reference->at += size;
	reference->left -= size;
	if (lost_header)
		return reference_lost(reference, gap + 1);
	reference->next++;
	reference->sequenced++;
	reference->events++;
	return (struct vsmmu_item){
		.kind = VSMMU_ITEM_EVENT,
		.sequence = number % COUNT,
		.payload = payload,
		.payload_size = size - HEADER,
	};
}

static struct vsmmu_item reference_next(struct reference *reference)
{
	uint32_t flags, number;
	uint64_t gap, back;
	bool lost_header;

	if (!reference->left)
		return (struct vsmmu_item){.kind = VSMMU_ITEM_END};
	flags = reference->left < HEADER ? 0 : get32(reference->at);
	lost_header = flags & FLAG_LOST;
	if (reference->left < (lost_header ? HEADER : reference->record_size)) {
		reference->left = 0;
		return reference_error(reference, VSMMU_ITEM_TRUNCATED);
	}
	number = get32(reference->at + 4);
	gap = (number % COUNT + COUNT - reference->next % COUNT) % COUNT;
	back = (COUNT - gap) % COUNT;
	if (!reference->wrong &&
		(number >= COUNT || (reference->known && back && back <= BACK_MAX))) {
		reference->wrong = !lost_header;
		if (lost_header) {
			/* How many it stands for is unknown: it only says where we are. */
			reference->known = true;
			reference->next = number % COUNT + 1;
			reference->at += HEADER;
			reference->left -= HEADER;
		}
		return reference_error(reference, VSMMU_ITEM_SEQUENCE);
	}
	if (reference->wrong || !reference->known) {
		reference->wrong = false;
		reference->known = true;
		reference->next += gap;
		gap = 0;
	}
	return reference_take(reference, flags, number, gap);
}

static void check_item(const struct vsmmu_item *is, const struct vsmmu_item *should)
{
	FUZZ_CHECK(is->kind == should->kind);
	switch (is->kind) {
	case VSMMU_ITEM_END:
		break;
	case VSMMU_ITEM_ERROR:
		FUZZ_CHECK(is->error == should->error);
		break;
	case VSMMU_ITEM_LOST:
		FUZZ_CHECK(is->sequence == should->sequence);
		FUZZ_CHECK(is->lost == should->lost);
		break;
	case VSMMU_ITEM_EVENT:
		FUZZ_CHECK(is->sequence == should->sequence);
		FUZZ_CHECK(is->payload == should->payload);
		FUZZ_CHECK(is->payload_size == should->payload_size);
		break;
	}
}

static void check_stats(const struct vsmmu_decoder *decoder, const struct reference *reference)
{
	struct vsmmu_decoder_stats stats = {.size = sizeof(stats)};

	FUZZ_CHECK(!vsmmu_decoder_get_stats(decoder, &stats));
	FUZZ_CHECK(stats.sequenced == stats.events + stats.lost);
	FUZZ_CHECK(stats.sequenced == reference->sequenced);
	FUZZ_CHECK(stats.events == reference->events);
	FUZZ_CHECK(stats.lost == reference->lost);
	FUZZ_CHECK(stats.errors == reference->errors);
	FUZZ_CHECK(stats.unknown_flags == reference->unknown_flags);
}

static void decode(struct vsmmu_decoder *decoder, struct reference *reference, size_t length)
{
	const uint8_t *chunk = reference->at;
	size_t items = 0;

	FUZZ_CHECK(!vsmmu_decoder_feed(decoder, chunk, length));
	for (;; items++) {
		struct vsmmu_item should = reference_next(reference);
		struct vsmmu_item is = {.size = sizeof(is)};
		int ret = vsmmu_decoder_next(decoder, &is);

		FUZZ_CHECK(ret == (is.kind != VSMMU_ITEM_END));
		check_item(&is, &should);
		if (is.kind == VSMMU_ITEM_END)
			break;
		/* A complaint, a loss and an event for each header, at most. */
		FUZZ_CHECK(items < 3 * (length / HEADER + 1));
		if (is.kind == VSMMU_ITEM_EVENT) {
			const uint8_t *payload = is.payload;

			FUZZ_CHECK(payload >= chunk + HEADER);
			FUZZ_CHECK(payload + is.payload_size <= chunk + length);
		}
		if (reference->left)
			FUZZ_CHECK(vsmmu_decoder_feed(decoder, chunk, length) == -EBUSY);
	}
	check_stats(decoder, reference);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The kernel's type for tests, a type without a size, and a type of a later kernel. */
	static const struct vsmmu_decoder_config types[] = {
		{.size = sizeof(types[0]), .type = VSMMU_VEVENTQ_ARM_SMMUV3},
		{.size = sizeof(types[0]), .type = VSMMU_VEVENTQ_TEGRA241_CMDQV},
		{.size = sizeof(types[0]), .type = 0xbeefbeef},
		{.size = sizeof(types[0])},
		{.size = sizeof(types[0]), .type = 0x77, .payload_size = 24},
	};
	struct fuzz_input input = {data, size};
	struct vsmmu_decoder_config config = types[fuzz_take(&input, 1) % 5];
	uint32_t first = (uint32_t)fuzz_take(&input, 4);
	bool valid = config.type && (first < COUNT || first == VSMMU_SEQUENCE_UNKNOWN);
	struct reference reference = {.known = first != VSMMU_SEQUENCE_UNKNOWN};
	struct vsmmu_decoder *decoder = NULL;

	config.first_sequence = first;
	FUZZ_CHECK(vsmmu_decoder_new(&decoder, &config) == (valid ? 0 : -EINVAL));
	if (!valid) {
		FUZZ_CHECK(!decoder);
		return 0;
	}
	reference.next = reference.known ? first : 0;
	reference.record_size = vsmmu_decoder_record_size(decoder);
	while (input.left) {
		size_t length = fuzz_take(&input, 2) % (LENGTH_MAX + 1);
		uint8_t *chunk;

		if (length > input.left)
			length = input.left;
		chunk = fuzz_alloc(length);
		memcpy(chunk, input.at, length);
		input.at += length;
		input.left -= length;
		reference.at = chunk;
		reference.left = length;
		decode(decoder, &reference, length);
		free(chunk);
	}
	vsmmu_decoder_free(decoder);
	return 0;
}
