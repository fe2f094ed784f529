/* SPDX-License-Identifier: BSD-2-Clause */
/* The public decoder as a program of another version, or one that hands over, calls it. */
#include <errno.h>

#include "stream_text.h"

#define SMMU	VSMMU_VEVENTQ_ARM_SMMUV3
#define UNKNOWN VSMMU_SEQUENCE_UNKNOWN

static struct stream stream;
static char text[STREAM_TEXT_SIZE];

TEST(null_is_einval)
{
	struct vsmmu_decoder_config config = {.size = sizeof(config), .type = SMMU};
	struct vsmmu_decoder_stats stats = {.size = sizeof(stats)};
	struct vsmmu_item item = {.size = sizeof(item)};
	struct vsmmu_decoder *decoder;
	uint32_t sequence;

	assert_int_equal(vsmmu_decoder_new(NULL, &config), -EINVAL);
	assert_int_equal(vsmmu_decoder_new(&decoder, NULL), -EINVAL);
	assert_int_equal(vsmmu_decoder_feed(NULL, &item, 1), -EINVAL);
	assert_int_equal(vsmmu_decoder_next(NULL, &item), -EINVAL);
	assert_int_equal(vsmmu_decoder_get_stats(NULL, &stats), -EINVAL);
	assert_int_equal(vsmmu_decoder_get_sequence(NULL, &sequence), -EINVAL);
	assert_int_equal(vsmmu_decoder_set_sequence(NULL, 0), -EINVAL);
	assert_int_equal(vsmmu_decoder_record_size(NULL), 0);
}

TEST(a_payload_size_is_for_types_that_we_do_not_know)
{
	static const uint32_t bad[] = {0, 4097, UINT32_MAX};
	struct vsmmu_decoder_config config = {.size = sizeof(config), .type = 3};
	struct vsmmu_decoder *decoder = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config.payload_size = bad[i];
		assert_int_equal(vsmmu_decoder_new(&decoder, &config), -EINVAL);
	}
	/* A known type cannot be told another size than it has. */
	config.type = SMMU;
	config.payload_size = 64;
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), -EINVAL);
	assert_null(decoder);
	config.payload_size = 32;
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), 0);
	vsmmu_decoder_free(decoder);
	config.type = 3;
	config.payload_size = 4096;
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), 0);
	assert_int_equal(vsmmu_decoder_record_size(decoder), 4104);
	vsmmu_decoder_free(decoder);
	config.payload_size = stream.payload = 5;
	assert_int_equal(vsmmu_decoder_new(&decoder, &config), 0);
	stream.length = 0;
	stream_put_text(&stream, "E0 L1 E2 E4");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	stream_decode(decoder, text, stream.payload);
	assert_string_equal(text, "E0 L1x1 E2 L3x1 E4");
	vsmmu_decoder_free(decoder);
}

/* An item as an older program knows it, and as a newer one. */
TEST(an_item_is_filled_up_to_its_size)
{
	struct {
		struct vsmmu_item item;
		uint64_t newer;
	} item = {.item.size = offsetof(struct vsmmu_item, lost), .item.lost = 7};
	struct vsmmu_item none = {.size = sizeof(none.size)};
	struct vsmmu_decoder *decoder;

	assert_int_equal(stream_decoder_new(&decoder, SMMU, 0), 0);
	stream.payload = 32;
	stream.length = 0;
	stream_put_text(&stream, "E0 L2");
	assert_int_equal(vsmmu_decoder_feed(decoder, stream.bytes, stream.length), 0);
	/* An item that cannot be filled is not taken. */
	assert_int_equal(vsmmu_decoder_next(decoder, &none), -EINVAL);
	assert_int_equal(vsmmu_decoder_next(decoder, NULL), -EINVAL);
	assert_int_equal(vsmmu_decoder_next(decoder, &item.item), 1);
	assert_int_equal(item.item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.item.sequence, 0);
	assert_int_equal(item.item.lost, 7);
	assert_int_equal(item.item.size, offsetof(struct vsmmu_item, lost));
	item.item.size = sizeof(item);
	item.newer = 1;
	assert_int_equal(vsmmu_decoder_next(decoder, &item.item), 1);
	assert_int_equal(item.item.lost, 2);
	assert_null(item.item.payload);
	assert_int_equal(item.newer, 0);
	assert_int_equal(item.item.size, sizeof(item));
	vsmmu_decoder_free(decoder);
}

/* A second decoder goes on where the first has stopped. */
TEST(the_place_in_the_sequence_is_handed_over)
{
	struct vsmmu_decoder *first, *second;
	uint32_t sequence;

	assert_int_equal(stream_decoder_new(&first, SMMU, UNKNOWN), 0);
	assert_int_equal(vsmmu_decoder_get_sequence(first, &sequence), 0);
	assert_int_equal(sequence, UNKNOWN);
	stream.payload = 32;
	stream.length = 0;
	stream_put_text(&stream, "E2147483646 L2147483647");
	assert_int_equal(vsmmu_decoder_feed(first, stream.bytes, stream.length), 0);
	assert_int_equal(vsmmu_decoder_set_sequence(first, 5), -EBUSY);
	stream_decode(first, text, 32);
	assert_int_equal(vsmmu_decoder_get_sequence(first, &sequence), 0);
	assert_int_equal(sequence, 0);

	assert_int_equal(stream_decoder_new(&second, SMMU, sequence), 0);
	stream.length = 0;
	stream_put_text(&stream, "E2");
	assert_int_equal(vsmmu_decoder_feed(second, stream.bytes, stream.length), 0);
	stream_decode(second, text, 32);
	assert_string_equal(text, "L1x2 E2");
	/* Back to the first: who tells it where to go on sees no loss and no error. */
	assert_int_equal(vsmmu_decoder_get_sequence(second, &sequence), 0);
	assert_int_equal(vsmmu_decoder_set_sequence(first, sequence), 0);
	stream.length = 0;
	stream_put_text(&stream, "E3");
	assert_int_equal(vsmmu_decoder_feed(first, stream.bytes, stream.length), 0);
	stream_decode(first, text, 32);
	assert_string_equal(text, "E3");
	assert_int_equal(vsmmu_decoder_set_sequence(first, UNKNOWN), 0);
	stream.length = 0;
	stream_put_text(&stream, "E100");
	assert_int_equal(vsmmu_decoder_feed(first, stream.bytes, stream.length), 0);
	stream_decode(first, text, 32);
	assert_string_equal(text, "E100");
	vsmmu_decoder_free(first);
	vsmmu_decoder_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(null_is_einval),
		UNIT_TEST_PLAIN(a_payload_size_is_for_types_that_we_do_not_know),
		UNIT_TEST_PLAIN(an_item_is_filled_up_to_its_size),
		UNIT_TEST("E5", the_place_in_the_sequence_is_handed_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
