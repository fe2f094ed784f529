/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader over a source that answers what the test wants: counts, errors, lies. */
#include <errno.h>

#include "stream_text.h"
#include "veventq/reader.h"

#define SMMU   VSMMU_VEVENTQ_ARM_SMMUV3
#define RECORD 40

/* One answer after the other; after the last one the queue is empty. */
struct answer {
	const char *records; /* as in stream_text.h, given whole */
	ssize_t instead;     /* if not 0: returned, whatever was copied */
};

struct script {
	const struct answer *answers;
	size_t count, next;
	size_t asked; /* length of the last read */
	unsigned int reads;
	struct stream stream;
};

static struct script script;
static struct veventq_reader reader;

static ssize_t script_read(void *ctx, void *buffer, size_t length)
{
	struct script *self = ctx;
	const struct answer *answer;

	/* A success leaves errno as somebody else left it (P2). */
	errno = EAGAIN;
	self->asked = length;
	self->reads++;
	self->stream.length = 0;
	if (self->next == self->count)
		return 0;
	answer = &self->answers[self->next++];
	self->stream.payload = 32;
	if (answer->records)
		stream_put_text(&self->stream, answer->records);
	assert_true(self->stream.length <= length);
	memcpy(buffer, self->stream.bytes, self->stream.length);
	return answer->instead ? answer->instead : (ssize_t)self->stream.length;
}

static void begin(const struct answer *answers, size_t count, uint32_t first, size_t batch)
{
	const struct veventq_source source = {.read = script_read, .ctx = &script};

	script.answers = answers;
	script.count = count;
	script.next = 0;
	script.reads = 0;
	assert_int_equal(veventq_reader_init(&reader, &source, SMMU, first, batch), 0);
}

#define BEGIN(first, batch, ...)                                                                   \
	static const struct answer answers[] = {__VA_ARGS__};                                      \
	begin(answers, sizeof(answers) / sizeof(answers[0]), first, batch)

/* One read; its items as text, as the public decoder's would be. */
static void expect_items(const char *items)
{
	char text[STREAM_TEXT_SIZE] = "";
	struct veventq_item item;
	size_t used = 0;

	while (veventq_decoder_next(&reader.decoder, &item) != VSMMU_ITEM_END) {
		const char *space = used ? " " : "";

		if (item.kind == VSMMU_ITEM_ERROR)
			used += (size_t)sprintf(text + used, "%s!", space);
		else if (item.kind == VSMMU_ITEM_LOST)
			used += (size_t)sprintf(
				text + used, "%sL%ux%u", space, item.sequence, (unsigned)item.lost);
		else
			used += (size_t)sprintf(text + used, "%sE%u", space, item.sequence);
	}
	assert_string_equal(text, items);
}

static void expect_read(size_t records, ssize_t got, bool drained, const char *items)
{
	assert_int_equal(veventq_reader_fill(&reader, records), got);
	if (got >= 0)
		assert_int_equal(reader.drained, drained);
	expect_items(items);
}

TEST(one_read_takes_many)
{
	BEGIN(0, 8, {"E0 E1 E2 E3 E4", 0});
	expect_read(8, 5 * RECORD, true, "E0 E1 E2 E3 E4");
	assert_int_equal(script.asked, 8 * RECORD);
	assert_int_equal(script.reads, 1);
	veventq_reader_destroy(&reader);
}

TEST(the_batch_and_the_room_limit_a_read)
{
	BEGIN(0, 4, {NULL, 0});
	expect_read(100, 0, true, "");
	assert_int_equal(script.asked, 4 * RECORD);
	expect_read(3, 0, true, "");
	assert_int_equal(script.asked, 3 * RECORD);
	expect_read(1, 0, true, "");
	assert_int_equal(script.asked, RECORD);
	veventq_reader_destroy(&reader);

	begin(answers, 0, 0, 0);
	expect_read(100000, 0, true, "");
	assert_int_equal(script.asked, 256 * RECORD);
	veventq_reader_destroy(&reader);
}

TEST(a_read_with_room_left_says_that_the_queue_is_empty)
{
	BEGIN(0, 2, {"E0 E1", 0}, {"E2 L3", 0}, {"L4 L5 L6 L7 L8", 0},
		{"L9 L10 L11 L12 L13 L14", 0}, {"E15", 0});
	expect_read(2, 80, false, "E0 E1");
	/* 32 bytes are left: one more record does not fit, so nobody knows. */
	expect_read(2, 48, false, "E2 L3x1");
	expect_read(2, 40, true, "L4x1 L5x1 L6x1 L7x1 L8x1");
	expect_read(2, 48, false, "L9x1 L10x1 L11x1 L12x1 L13x1 L14x1");
	expect_read(2, 40, true, "E15");
	expect_read(2, 0, true, "");
	veventq_reader_destroy(&reader);
}

TEST(nothing_is_nothing_whatever_errno_says)
{
	BEGIN(0, 4, {NULL, 0}, {"E0", 0}, {NULL, 0});
	expect_read(4, 0, true, "");
	expect_read(4, RECORD, true, "E0");
	expect_read(4, 0, true, "");
	assert_int_equal(script.reads, 3);
	veventq_reader_destroy(&reader);
}

TEST(errors_have_three_classes)
{
	BEGIN(0, 4, {NULL, -EAGAIN}, {NULL, -EINTR}, {NULL, -ENOMEM}, {NULL, -EIO}, {NULL, -EBADF},
		{NULL, -ESPIPE}, {"E0", 0});
	expect_read(4, -EAGAIN, false, ""); /* later */
	expect_read(4, -EAGAIN, false, ""); /* so is EINTR */
	expect_read(4, -ENOMEM, false, ""); /* transient */
	expect_read(4, -EIO, false, "");    /* for good, as they are */
	expect_read(4, -EBADF, false, "");
	expect_read(4, -ESPIPE, false, "");
	/* None of them costs an event. */
	expect_read(4, RECORD, true, "E0");
	assert_int_equal(reader.decoder.errors, 0);
	assert_int_equal(reader.decoder.lost, 0);
	veventq_reader_destroy(&reader);
}

TEST(an_error_is_not_empty)
{
	BEGIN(0, 4, {NULL, 0}, {NULL, -ENOMEM});
	expect_read(4, 0, true, "");
	assert_int_equal(veventq_reader_fill(&reader, 4), -ENOMEM);
	assert_false(reader.drained);
	veventq_reader_destroy(&reader);
}

TEST(a_source_that_returns_more_than_asked_is_a_protocol_error)
{
	BEGIN(0, 2, {"E0", 2 * RECORD + 1}, {"E0", 1 << 30}, {"E0 E1", 2 * RECORD});
	expect_read(2, -EPROTO, false, "");
	expect_read(2, -EPROTO, false, "");
	expect_read(2, 2 * RECORD, false, "E0 E1");
	veventq_reader_destroy(&reader);
}

TEST(a_source_that_returns_less_than_it_copied_cuts_a_record)
{
	BEGIN(0, 4, {"E0 E1", RECORD + 4}, {"E1 E2", 0});
	expect_read(4, RECORD + 4, true, "E0 !");
	expect_read(4, 2 * RECORD, true, "E1 E2");
	assert_int_equal(reader.decoder.errors, 1);
	veventq_reader_destroy(&reader);
}

TEST(old_kernels_are_understood)
{
	/* Before mid-2026: the payload's copy faults and its header stays; ENOMEM for the
	 * LOST header looks like an empty queue. */
	BEGIN(0, 4, {"E0 E1/8", 0}, {"E1 E2", 0}, {NULL, 0}, {"L4", 0}, {"E5", 0});
	expect_read(4, RECORD + 8, true, "E0 !");
	expect_read(4, 2 * RECORD, true, "E1 E2");
	expect_read(4, 0, true, "");
	expect_read(4, 8, true, "L4x2");
	expect_read(4, RECORD, true, "E5");
	assert_int_equal(reader.decoder.sequenced, 6);
	assert_int_equal(reader.decoder.events, 4);
	assert_int_equal(reader.decoder.lost, 2);
	veventq_reader_destroy(&reader);
}

TEST(continuity_holds_from_read_to_read)
{
	BEGIN(0x7ffffffe, 4, {"E0x7ffffffe", 0}, {"L0x7fffffff", 0}, {"L1 E2", 0}, {"E4", 0});
	expect_read(4, RECORD, true, "E2147483646");
	expect_read(4, 8, true, "L2147483647x1");
	expect_read(4, 48, true, "L1x2 E2");
	expect_read(4, RECORD, true, "L3x1 E4");
	veventq_reader_destroy(&reader);
}

TEST(two_lost_headers_fill_16_bytes)
{
	BEGIN(0, 1, {"L0 L3", 0}, {"E4", 0});
	expect_read(1, 16, false, "L0x1 L3x3");
	expect_read(1, RECORD, false, "E4");
	veventq_reader_destroy(&reader);
}

/* The largest read that a source may answer, filled to the last byte, and ASan looks. */
TEST(the_buffer_holds_a_whole_batch)
{
	char records[STREAM_TEXT_SIZE] = "", items[STREAM_TEXT_SIZE] = "";
	struct answer answer = {.records = records};
	size_t used = 0;

	for (int i = 0; i < 256; i++)
		used += (size_t)sprintf(records + used, "%sE%d", i ? " " : "", i);
	memcpy(items, records, used + 1);
	begin(&answer, 1, 0, 256);
	expect_read(256, 256 * RECORD, false, items);
	veventq_reader_destroy(&reader);
}

TEST(bad_parameters_are_einval)
{
	const struct veventq_source source = {.read = script_read, .ctx = &script};

	assert_int_equal(veventq_reader_init(&reader, &source, 0, 0, 1), -EINVAL);
	assert_int_equal(veventq_reader_init(&reader, &source, SMMU, 1u << 31, 1), -EINVAL);
	assert_int_equal(veventq_reader_init(&reader, &source, SMMU, 0, (1 << 19) + 1), -EINVAL);
	assert_int_equal(veventq_reader_init(&reader, &source, SMMU, 0, 1 << 19), 0);
	veventq_reader_destroy(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E2", one_read_takes_many),
		UNIT_TEST("E2", the_batch_and_the_room_limit_a_read),
		UNIT_TEST("E3", a_read_with_room_left_says_that_the_queue_is_empty),
		UNIT_TEST("E3 P2", nothing_is_nothing_whatever_errno_says),
		UNIT_TEST("E3", errors_have_three_classes),
		UNIT_TEST("E3", an_error_is_not_empty),
		UNIT_TEST("E4", a_source_that_returns_more_than_asked_is_a_protocol_error),
		UNIT_TEST("E4", a_source_that_returns_less_than_it_copied_cuts_a_record),
		UNIT_TEST("E4 E5", old_kernels_are_understood),
		UNIT_TEST("E5 P1 P3", continuity_holds_from_read_to_read),
		UNIT_TEST("E4 P4", two_lost_headers_fill_16_bytes),
		UNIT_TEST("E2", the_buffer_holds_a_whole_batch),
		UNIT_TEST_PLAIN(bad_parameters_are_einval),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
