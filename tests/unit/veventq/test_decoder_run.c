/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking events by runs must be the same as taking them one by one. */
#include <limits.h>
#include <string.h>

#include "lib/rng.h"
#include "lib/unit.h"
#include "veventq/decoder.h"

#define SMMU	VSMMU_VEVENTQ_ARM_SMMUV3
#define FEEDS	40000
#define RECORDS 24

/* What the stream gave, as numbers: kind, sequence or count, where the payload was. */
struct seen {
	uint64_t item[RECORDS * 4][3];
	size_t count;
};

static void see(struct seen *seen, uint64_t kind, uint64_t number, uint64_t place)
{
	assert_true(seen->count < RECORDS * 4);
	seen->item[seen->count][0] = kind;
	seen->item[seen->count][1] = number;
	seen->item[seen->count][2] = place;
	seen->count++;
}

static enum vsmmu_item_kind see_next(
	struct veventq_decoder *decoder, const uint8_t *bytes, struct seen *seen)
{
	struct veventq_item item;
	enum vsmmu_item_kind kind = veventq_decoder_next(decoder, &item);

	if (kind == VSMMU_ITEM_EVENT)
		see(seen, kind, 0, (uint64_t)((const uint8_t *)item.payload - bytes));
	else if (kind == VSMMU_ITEM_LOST)
		see(seen, kind, item.lost, item.sequence);
	else if (kind == VSMMU_ITEM_ERROR)
		see(seen, kind, item.error, 0);
	return kind;
}

static void take_by_runs(struct veventq_decoder *decoder, const uint8_t *bytes, struct seen *seen)
{
	do {
		struct veventq_run run = veventq_run_begin(decoder);
		const uint8_t *payload;
		uint32_t count = 0;

		while ((payload = veventq_run_next(&run))) {
			see(seen, VSMMU_ITEM_EVENT, 0, (uint64_t)(payload - bytes));
			count++;
		}
		assert_int_equal(veventq_run_end(decoder, run.record), count);
	} while (see_next(decoder, bytes, seen) != VSMMU_ITEM_END);
}

/* Mostly in order, with gaps, steps back, LOST headers and flags that nobody knows. */
static size_t make_feed(struct rng *rng, uint8_t *bytes, uint32_t *sequence)
{
	const uint32_t records = (uint32_t)rng_below(rng, RECORDS);
	size_t length = 0;

	for (uint32_t i = 0; i < records; i++) {
		struct uapi_iommufd_vevent_header header = {.sequence = *sequence};
		uint32_t dice = (uint32_t)rng_below(rng, 16);

		if (dice == 0)
			header.flags = UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
		else if (dice == 1)
			header.flags = 1u << (1 + rng_below(rng, 31));
		else if (dice == 2)
			header.sequence += (uint32_t)rng_below(rng, 5);
		else if (dice == 3)
			header.sequence -= (uint32_t)rng_below(rng, 5);
		else if (dice == 4 && rng_below(rng, 8) == 0)
			header.sequence |= UINT32_C(0x80000000);
		if (dice != 4)
			header.sequence &= INT_MAX;
		*sequence = (header.sequence + 1) & INT_MAX;
		memcpy(bytes + length, &header, sizeof(header));
		length += sizeof(header);
		if (!(header.flags & UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS))
			length += 32;
	}
	/* Now and then the last one is cut short. */
	if (length && rng_below(rng, 8) == 0)
		length -= 1 + rng_below(rng, 7);
	return length;
}

TEST(runs_equal_items)
{
	static uint8_t bytes[RECORDS * 40];
	struct veventq_decoder single, runs;
	struct rng rng = {.state = 1};
	uint32_t sequence = INT_MAX - 1000;

	assert_int_equal(veventq_decoder_init(&single, SMMU, 0, sequence), 0);
	assert_int_equal(veventq_decoder_init(&runs, SMMU, 0, sequence), 0);
	for (int feed = 0; feed < FEEDS; feed++) {
		static struct seen one, many;
		size_t length = make_feed(&rng, bytes, &sequence);

		one.count = many.count = 0;
		veventq_decoder_feed(&single, bytes, length);
		while (see_next(&single, bytes, &one) != VSMMU_ITEM_END)
			;
		veventq_decoder_feed(&runs, bytes, length);
		take_by_runs(&runs, bytes, &many);
		assert_int_equal(one.count, many.count);
		assert_memory_equal(one.item, many.item, one.count * sizeof(one.item[0]));
		assert_int_equal(single.sequenced, runs.sequenced);
		assert_int_equal(single.expected, runs.expected);
		assert_int_equal(single.events, runs.events);
		assert_int_equal(single.lost, runs.lost);
		assert_int_equal(single.errors, runs.errors);
	}
	assert_true(single.events > FEEDS && single.lost > 0 && single.errors > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT_TEST("E4 E5 P1", runs_equal_items)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
