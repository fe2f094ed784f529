/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder against streams that nobody chose: cut, shifted, random, garbage. */
#include <limits.h>

#include "lib/rng.h"
#include "stream_text.h"

#define SMMU	 VSMMU_VEVENTQ_ARM_SMMUV3
#define SEEDS	 400
#define RECORDS	 500
#define SEQUENCE UINT32_C(0x7fffffff)

static const uint32_t types[] = {
	VSMMU_VEVENTQ_ARM_SMMUV3, VSMMU_VEVENTQ_TEGRA241_CMDQV, UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST};

static struct stream stream;

static struct vsmmu_decoder *decoder_new(uint32_t type, uint32_t first)
{
	struct vsmmu_decoder *decoder;

	assert_int_equal(stream_decoder_new(&decoder, type, first), 0);
	stream.payload = (uint32_t)vsmmu_decoder_record_size(decoder) - 8;
	stream.length = 0;
	return decoder;
}

/* A copy at the very end of its memory, so that ASan sees one byte too many read. */
static void decode_copy(struct vsmmu_decoder *decoder, const void *bytes, size_t length, char *text)
{
	uint8_t *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	assert_int_equal(vsmmu_decoder_feed(decoder, copy, length), 0);
	stream_decode(decoder, text, stream.payload);
	free(copy);
}

TEST(a_stream_may_be_cut_anywhere)
{
	static const char vmm[] = "E0 L3 E4 E7 L8 L9 E10";
	/* What is complete after so many bytes; in between, the same and an error. */
	static const struct {
		size_t at;
		const char *items;
	} complete[] = {
		{0, ""},
		{40, "E0"},
		{48, "E0 L3x3"},
		{88, "E0 L3x3 E4"},
		{128, "E0 L3x3 E4 L6x2 E7"},
		{136, "E0 L3x3 E4 L6x2 E7 L8x1"},
		{144, "E0 L3x3 E4 L6x2 E7 L8x1 L9x1"},
		{184, "E0 L3x3 E4 L6x2 E7 L8x1 L9x1 E10"},
	};
	size_t done = 0;

	for (size_t length = 0; length <= 184; length++) {
		struct vsmmu_decoder *decoder = decoder_new(SMMU, 0);
		char text[STREAM_TEXT_SIZE], expected[STREAM_TEXT_SIZE];
		struct vsmmu_decoder_stats stats;

		stream_put_text(&stream, vmm);
		assert_int_equal(stream.length, 184);
		if (complete[done + 1].at == length && done + 1 < 8)
			done++;
		snprintf(expected, sizeof(expected), "%s%s", complete[done].items,
			complete[done].at == length ? ""
			: done			    ? " !short"
						    : "!short");
		decode_copy(decoder, stream.bytes, length, text);
		assert_string_equal(text, expected);
		stats = stream_stats(decoder);
		assert_int_equal(stats.sequenced, stats.events + stats.lost);
		vsmmu_decoder_free(decoder);
	}
}

TEST(bytes_need_no_alignment)
{
	for (size_t shift = 0; shift < 16; shift++) {
		struct vsmmu_decoder *decoder = decoder_new(SMMU, 0);
		char text[STREAM_TEXT_SIZE];
		uint8_t *bytes;

		stream_put_text(&stream, "E0 L1 E2 E5");
		bytes = malloc(stream.length + shift);
		assert_non_null(bytes);
		memcpy(bytes + shift, stream.bytes, stream.length);
		assert_int_equal(vsmmu_decoder_feed(decoder, bytes + shift, stream.length), 0);
		stream_decode(decoder, text, stream.payload);
		assert_string_equal(text, "E0 L1x1 E2 L4x2 E5");
		free(bytes);
		vsmmu_decoder_free(decoder);
	}
}

/* What the stream must come out as, kept by counting upwards in 64 bits. */
struct oracle {
	uint64_t number; /* of the next event, not wrapped */
	uint64_t events, lost;
};

static size_t expect(char *text, size_t used, const char *format, uint32_t sequence, uint64_t lost)
{
	const char *space = used ? " " : "";

	return used + (size_t)sprintf(text + used, format, space, sequence, lost);
}

/* One record of a kernel that breaks no rule, and what the decoder must say to it. */
static size_t random_record(struct oracle *oracle, struct rng *random, char *text, size_t used)
{
	uint64_t gap = rng_below(random, 3) ? 0 : rng_below(random, 5);

	if (!rng_below(random, 50))
		gap = rng_below(random, 0x7ff00000);
	oracle->number += gap;
	oracle->lost += gap;
	if (rng_below(random, 4)) {
		if (gap)
			used = expect(text, used, "%sL%" PRIu32 "x%" PRIu64,
				(uint32_t)(oracle->number - 1) & SEQUENCE, gap);
		stream_put(&stream, 0, (uint32_t)oracle->number & SEQUENCE);
		used = expect(text, used, "%sE%" PRIu32, (uint32_t)oracle->number & SEQUENCE, 0);
		oracle->events++;
	} else {
		stream_put(&stream, 1, (uint32_t)oracle->number & SEQUENCE);
		used = expect(text, used, "%sL%" PRIu32 "x%" PRIu64,
			(uint32_t)oracle->number & SEQUENCE, gap + 1);
		oracle->lost++;
	}
	oracle->number++;
	return used;
}

TEST(random_streams_agree_with_the_oracle)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rng random = {seed};
		uint32_t first = rng_below(&random, 2)
					 ? SEQUENCE - (uint32_t)rng_below(&random, 200)
					 : (uint32_t)rng_below(&random, 1u << 31);
		struct vsmmu_decoder *decoder = decoder_new(types[seed % 3], first);
		struct oracle oracle = {.number = first};
		struct vsmmu_decoder_stats stats;

		for (unsigned int fed = 0; fed < RECORDS;) {
			char text[STREAM_TEXT_SIZE], expected[STREAM_TEXT_SIZE] = "";
			uint64_t records = rng_below(&random, 60);
			size_t used = 0;

			stream.length = 0;
			for (uint64_t i = 0; i < records; i++)
				used = random_record(&oracle, &random, expected, used);
			decode_copy(decoder, stream.bytes, stream.length, text);
			if (strcmp(text, expected))
				print_message("# seed %" PRIu64 "\n", seed);
			assert_string_equal(text, expected);
			fed += (unsigned int)records;
		}
		stats = stream_stats(decoder);
		assert_int_equal(stats.events, oracle.events);
		assert_int_equal(stats.lost, oracle.lost);
		assert_int_equal(stats.sequenced, oracle.number - first);
		assert_int_equal(stats.errors, 0);
		vsmmu_decoder_free(decoder);
	}
}

TEST(garbage_is_survived_and_adds_up)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct rng random = {seed};
		struct vsmmu_decoder *decoder = decoder_new(
			types[seed % 3], rng_below(&random, 2) ? 0 : VSMMU_SEQUENCE_UNKNOWN);

		for (int round = 0; round < 20; round++) {
			size_t length = rng_below(&random, 2000);
			uint8_t *bytes = malloc(length + 1);
			struct vsmmu_decoder_stats stats;
			struct vsmmu_item item = {.size = sizeof(item)};
			size_t items = 0;

			assert_non_null(bytes);
			for (size_t i = 0; i < length; i++)
				bytes[i] = (uint8_t)rng_next(&random);
			assert_int_equal(vsmmu_decoder_feed(decoder, bytes, length), 0);
			while (vsmmu_decoder_next(decoder, &item) == 1)
				/* At most three to a header: bounded work. */
				assert_true(++items <= 3 * (length / 8 + 1));
			stats = stream_stats(decoder);
			assert_int_equal(stats.sequenced, stats.events + stats.lost);
			free(bytes);
		}
		vsmmu_decoder_free(decoder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E4 E6", a_stream_may_be_cut_anywhere),
		UNIT_TEST("E4", bytes_need_no_alignment),
		UNIT_TEST("E5 E6 P1 P3", random_streams_agree_with_the_oracle),
		UNIT_TEST("E6", garbage_is_survived_and_adds_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
