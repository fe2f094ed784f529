/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/plausible.h"

#include <limits.h>
#include <string.h>

#include <vsmmu/event.h>

#define HEADER_SIZE  8
#define FLAG_LOST    1
#define SAMPLE_BYTES 65536

enum verdict { GOOD, UNSURE, BAD };

struct tally {
	size_t good;
	size_t bad;
};

/* An event with a number that is defined, and next to no bits that are not. */
static enum verdict judge(const uint8_t *bytes)
{
	struct vsmmu_event event = {.size = sizeof(event)};
	struct vsmmu_event_record record;
	int odd = 0;

	vsmmu_event_record_load(bytes, &record);
	vsmmu_event_decode(&record, &event);
	if (!(record.word[0] | record.word[1] | record.word[2] | record.word[3]) ||
		(event.id >= VSMMU_EVENT_IMPDEF_FIRST && event.id <= VSMMU_EVENT_IMPDEF_LAST))
		return UNSURE;
	if (!vsmmu_event_has(event.id, VSMMU_EVENT_FIELD_SID))
		return BAD;
	/* Some SMMUs set one or two that only their maker knows. */
	for (unsigned int i = 0; i < 4; i++)
		odd += __builtin_popcountll(event.reserved[i]);
	return odd <= 2 ? GOOD : BAD;
}

static void count(struct tally *tally, enum verdict verdict)
{
	tally->good += verdict == GOOD;
	tally->bad += verdict == BAD;
}

/* Most of them, as one may be damaged. */
static bool is_good(const struct tally *tally)
{
	return tally->good > 3 * tally->bad;
}

bool is_plausible_records(const uint8_t *bytes, size_t length)
{
	struct tally tally = {0};

	if (length > SAMPLE_BYTES)
		length = SAMPLE_BYTES;
	for (; length >= VSMMU_EVENT_RECORD_SIZE;
		bytes += VSMMU_EVENT_RECORD_SIZE, length -= VSMMU_EVENT_RECORD_SIZE)
		count(&tally, judge(bytes));
	return is_good(&tally);
}

static uint32_t load32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

bool is_plausible_stream(const uint8_t *bytes, size_t length)
{
	struct tally tally = {0};

	if (length > SAMPLE_BYTES)
		length = SAMPLE_BYTES;
	while (length >= HEADER_SIZE) {
		uint32_t flags = load32(bytes);

		if (flags > FLAG_LOST || load32(bytes + 4) > INT_MAX)
			return false;
		bytes += HEADER_SIZE;
		length -= HEADER_SIZE;
		if (flags == FLAG_LOST) {
			tally.good++;
			continue;
		}
		if (length < VSMMU_EVENT_RECORD_SIZE)
			break;
		count(&tally, judge(bytes));
		bytes += VSMMU_EVENT_RECORD_SIZE;
		length -= VSMMU_EVENT_RECORD_SIZE;
	}
	return is_good(&tally);
}

bool is_plausible_text(const uint8_t *bytes, size_t length)
{
	size_t text = 0, zeros = 0;

	if (length > SAMPLE_BYTES)
		length = SAMPLE_BYTES;
	for (size_t i = 0; i < length; i++) {
		zeros += !bytes[i];
		text += bytes[i] >= ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r') ||
			bytes[i] == '\033';
	}
	return text * 100 >= (length - zeros) * 99 && text * 4 >= zeros && text >= 16 &&
	       memchr(bytes, '\n', length);
}
