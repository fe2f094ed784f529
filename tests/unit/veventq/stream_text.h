/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vEVENTQ streams and what a decoder makes of them, both written as text:
 *
 *	records  E5 an event with number 5     L7 a LOST header with number 7
 *		 F5 and M7 the same with a flag that nobody knows
 *		 E5/20 only the first 20 bytes of it
 *	items    E5 an event    L7x3 three lost, the last one is 7
 *		 !short and !order are errors
 */
#ifndef UNIT_STREAM_TEXT_H
#define UNIT_STREAM_TEXT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/decoder.h>

#include "lib/unit.h"
#include "uapi/iommufd.h"
#include "uapi/iommufd_test.h"

#define STREAM_TEXT_SIZE 4096
#define STREAM_SIZE	 (1 << 20)

struct stream {
	uint32_t payload;
	size_t length;
	uint8_t bytes[STREAM_SIZE];
};

static inline uint8_t stream_byte(uint32_t sequence, uint32_t index)
{
	return (uint8_t)(sequence * 7 + index + 1);
}

static inline void stream_put(struct stream *stream, uint32_t flags, uint32_t sequence)
{
	const struct uapi_iommufd_vevent_header header = {.flags = flags, .sequence = sequence};

	assert_true(stream->length + sizeof(header) + stream->payload <= STREAM_SIZE);
	memcpy(stream->bytes + stream->length, &header, sizeof(header));
	stream->length += sizeof(header);
	if (flags & UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
		return;
	for (uint32_t i = 0; i < stream->payload; i++)
		stream->bytes[stream->length++] = stream_byte(sequence, i);
}

static inline void stream_put_text(struct stream *stream, const char *records)
{
	char *text = strdup(records), *save = NULL;

	assert_non_null(text);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		uint32_t flags = *word == 'L' || *word == 'M' ? 1 : 0;
		size_t before = stream->length;
		char *end;
		uint32_t sequence = (uint32_t)strtoul(word + 1, &end, 0);

		stream_put(stream, flags | (*word == 'F' || *word == 'M' ? 0x10 : 0), sequence);
		if (*end == '/')
			stream->length = before + strtoul(end + 1, &end, 0);
		assert_int_equal(*end, '\0');
	}
	free(text);
}

static inline int stream_decoder_new(
	struct vsmmu_decoder **out, uint32_t type, uint32_t first_sequence)
{
	const struct vsmmu_decoder_config config = {
		.size = sizeof(config),
		.type = type,
		.first_sequence = first_sequence,
	};

	return vsmmu_decoder_new(out, &config);
}

/* Takes all items and writes them to @text; checks every event's payload. */
static inline void stream_decode(struct vsmmu_decoder *decoder, char *text, uint32_t payload)
{
	struct vsmmu_item item = {.size = sizeof(item)};
	size_t used = 0;

	text[0] = '\0';
	while (vsmmu_decoder_next(decoder, &item) == 1) {
		const char *space = used ? " " : "";

		assert_true(used < STREAM_TEXT_SIZE - 64);
		switch (item.kind) {
		case VSMMU_ITEM_EVENT:
			assert_int_equal(item.payload_size, payload);
			for (uint32_t i = 0; i < payload; i++)
				assert_int_equal(((const uint8_t *)item.payload)[i],
					stream_byte(item.sequence, i));
			used += (size_t)sprintf(text + used, "%sE%" PRIu32, space, item.sequence);
			break;
		case VSMMU_ITEM_LOST:
			used += (size_t)sprintf(text + used, "%sL%" PRIu32 "x%" PRIu64, space,
				item.sequence, item.lost);
			break;
		default:
			assert_int_equal(item.kind, VSMMU_ITEM_ERROR);
			used += (size_t)sprintf(text + used, "%s%s", space,
				item.error == VSMMU_ITEM_TRUNCATED  ? "!short"
				: item.error == VSMMU_ITEM_SEQUENCE ? "!order"
								    : "?");
			break;
		}
	}
	assert_int_equal(vsmmu_decoder_next(decoder, &item), 0);
	assert_int_equal(item.kind, VSMMU_ITEM_END);
}

static inline struct vsmmu_decoder_stats stream_stats(const struct vsmmu_decoder *decoder)
{
	struct vsmmu_decoder_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_decoder_get_stats(decoder, &stats), 0);
	assert_int_equal(stats.size, sizeof(stats));
	return stats;
}

#endif
