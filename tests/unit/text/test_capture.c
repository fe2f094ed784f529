/* SPDX-License-Identifier: BSD-2-Clause */
/* Captures: what was written is read, and no damage passes for data. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/format.h"
#include "lib/unit.h"
#include "util/crc32.h"

static const struct vsmmu_capture_item samples[] = {
	{.type = VSMMU_CAPTURE_BEGIN, .time = 1795341600000000000},
	{.type = VSMMU_CAPTURE_ENDPOINT, .queue = 1, .vsid = 0x100, .name = "0000:01:00.0"},
	{.type = VSMMU_CAPTURE_EVENT,
		.queue = 1,
		.time = 5,
		.sequence = 0,
		.record = {{0x0000010000000010, 0x0000020800000000, 0x100000, 0}}},
	{.type = VSMMU_CAPTURE_LOST, .queue = 1, .time = 6, .sequence = INT_MAX, .lost = INT_MAX},
	{.type = VSMMU_CAPTURE_EVENT,
		.queue = UINT32_MAX,
		.time = UINT64_MAX,
		.sequence = INT_MAX,
		.record = {{UINT64_MAX, 1, 2, 0x8000000000000003}}},
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static uint8_t file[1024];
static size_t ends[SAMPLES]; /* of each item, in the file */

static size_t write_file(void)
{
	size_t length = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		int ret = vsmmu_capture_put(file + length, sizeof(file) - length, &samples[i]);

		assert_in_range(ret, 1, VSMMU_CAPTURE_PUT_MAX);
		length += (size_t)ret;
		ends[i] = length;
	}
	return length;
}

/*
 * Reads all of it. Return: how many items were the samples, in order; *error is what the
 * last call returned, 0 at a clean end, and -ENODATA when there were bytes left.
 */
static size_t read_file(const uint8_t *bytes, size_t length, int *error)
{
	struct vsmmu_capture_reader reader;
	struct vsmmu_capture_item item;
	size_t items = 0;
	int ret;

	vsmmu_capture_reader_init(&reader);
	while ((ret = vsmmu_capture_next(&reader, bytes + reader.offset,
			length - (size_t)reader.offset, &item)) > 0) {
		if (items == SAMPLES || memcmp(&item, &samples[items], sizeof(item)))
			break;
		items++;
	}
	assert_in_range(reader.offset, 0, length);
	*error = !ret && reader.offset < length ? -ENODATA : ret;
	return items;
}

TEST(what_was_written_is_read)
{
	size_t length = write_file();
	int error;

	assert_int_equal(read_file(file, length, &error), SAMPLES);
	assert_int_equal(error, 0);
	assert_memory_equal(file, VSMMU_CAPTURE_MAGIC, VSMMU_CAPTURE_MAGIC_SIZE);
}

/* From the reference: offsets, byte order, and the checksum that zlib computes. */
TEST(the_bytes_are_those_of_the_format)
{
	static const uint8_t lost[] = {2, 0, 0, 0, 24, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
		0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0};

	write_file();
	assert_int_equal(ends[0], 32);
	assert_int_equal(capture_load(file + 8, 4), 1);
	assert_int_equal(capture_load(file + 16, 8), samples[0].time);
	assert_memory_equal(file + ends[2], lost, sizeof(lost));
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_of("", 0), 0);
	assert_int_equal(
		capture_load(file + ends[2] + sizeof(lost), 4), crc32_of(lost, sizeof(lost)));
}

TEST(every_cut_is_noticed)
{
	size_t length = write_file();

	for (size_t cut = 0; cut < length; cut++) {
		/* Its exact size, so that a sanitizer sees a read beyond it. */
		uint8_t *bytes = malloc(cut + 1);
		size_t vmm = 0, before = 0, items;
		int error;

		while (vmm < SAMPLES && ends[vmm] <= cut)
			before = ends[vmm++];
		memcpy(bytes + 1, file, cut);
		items = read_file(bytes + 1, cut, &error);
		assert_int_equal(items, vmm);
		assert_int_equal(error, cut > before ? -ENODATA : 0);
		free(bytes);
	}
}

TEST(every_flipped_bit_is_noticed)
{
	size_t length = write_file();

	for (size_t bit = 0; bit < length * 8; bit++) {
		size_t vmm = 0;
		int error;

		while (ends[vmm] <= bit / 8)
			vmm++;
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(read_file(file, length, &error), vmm);
		assert_true(error < 0);
		file[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

TEST(pieces_of_any_size_will_do)
{
	size_t length = write_file();

	for (size_t piece = 1; piece < 64; piece++) {
		struct vsmmu_capture_reader reader;
		struct vsmmu_capture_item item;
		size_t known = 0, items = 0;

		vsmmu_capture_reader_init(&reader);
		while (known < length) {
			known = known + piece < length ? known + piece : length;
			while (vsmmu_capture_next(&reader, file + reader.offset,
				       known - (size_t)reader.offset, &item) > 0)
				assert_memory_equal(&item, &samples[items++], sizeof(item));
		}
		assert_int_equal(items, SAMPLES);
		assert_int_equal(reader.offset, length);
	}
}

/* An item of any type and length, with a good checksum. */
static size_t put_raw(uint8_t *to, uint32_t type, const void *payload, uint32_t length)
{
	capture_store(to, 4, type);
	capture_store(to + 4, 4, length);
	memcpy(to + 8, payload, length);
	capture_store(to + 8 + length, 4, crc32_of(to, 8 + length));
	return 12 + length;
}

static int next_of(const uint8_t *bytes, size_t length, struct vsmmu_capture_item *item)
{
	struct vsmmu_capture_reader reader;

	vsmmu_capture_reader_init(&reader);
	reader.begun = 1;
	return vsmmu_capture_next(&reader, bytes, length, item);
}

TEST(later_versions_are_tolerated)
{
	struct vsmmu_capture_reader reader;
	struct vsmmu_capture_item item;
	uint8_t bytes[256], payload[128] = {0};

	/* A type that we do not know. */
	assert_int_equal(put_raw(bytes, 99, payload, 0), 12);
	assert_int_equal(next_of(bytes, 12, &item), 12);
	assert_int_equal(item.type, 99);
	/* Payloads that go on. */
	assert_int_equal(put_raw(bytes, VSMMU_CAPTURE_EVENT, payload, 56), 68);
	assert_int_equal(next_of(bytes, 68, &item), 68);
	assert_int_equal(item.type, VSMMU_CAPTURE_EVENT);
	memcpy(payload + 8, "name\0more", 9);
	assert_int_equal(put_raw(bytes, VSMMU_CAPTURE_ENDPOINT, payload, 17), 29);
	assert_int_equal(next_of(bytes, 29, &item), 29);
	assert_string_equal(item.name, "name");
	/* A longer header, of a later minor version. */
	write_file();
	memcpy(bytes, file, 32);
	capture_store(bytes + 10, 2, 7);
	capture_store(bytes + 12, 4, 40);
	capture_store(bytes + 36, 4, crc32_of(bytes, 36));
	vsmmu_capture_reader_init(&reader);
	assert_int_equal(vsmmu_capture_next(&reader, bytes, 40, &item), 40);
	assert_int_equal(reader.minor, 7);
	/* Another major version is another format. */
	capture_store(bytes + 8, 2, 2);
	vsmmu_capture_reader_init(&reader);
	assert_int_equal(vsmmu_capture_next(&reader, bytes, 40, &item), -EPROTONOSUPPORT);
	assert_int_equal(vsmmu_capture_next(&reader, "no capture", 10, &item), -EINVAL);
}

TEST(nonsense_with_a_good_checksum)
{
	struct vsmmu_capture_item item;
	uint8_t bytes[512], payload[400];

	memset(payload, 'x', sizeof(payload));
	for (uint32_t length = 0; length < 48; length++) {
		size_t size = put_raw(bytes, VSMMU_CAPTURE_EVENT, payload, length);

		assert_int_equal(next_of(bytes, size, &item), -EBADMSG);
		size = put_raw(bytes, VSMMU_CAPTURE_BEGIN, payload, length);
		assert_int_equal(next_of(bytes, size, &item), -EBADMSG);
		if (length < 24) {
			size = put_raw(bytes, VSMMU_CAPTURE_LOST, payload, length);
			assert_int_equal(next_of(bytes, size, &item), -EBADMSG);
		}
		if (length <= 8) {
			size = put_raw(bytes, VSMMU_CAPTURE_ENDPOINT, payload, length);
			assert_int_equal(next_of(bytes, size, &item), -EBADMSG);
		}
	}
	/* A name without an end, a number beyond 31 bits, no loss, too much of it. */
	assert_int_equal(
		next_of(bytes, put_raw(bytes, VSMMU_CAPTURE_ENDPOINT, payload, 300), &item),
		-EBADMSG);
	memset(payload, 0, sizeof(payload));
	assert_int_equal(
		next_of(bytes, put_raw(bytes, VSMMU_CAPTURE_LOST, payload, 24), &item), -EBADMSG);
	capture_store(payload + 16, 8, UINT64_C(0x80000000));
	assert_int_equal(
		next_of(bytes, put_raw(bytes, VSMMU_CAPTURE_LOST, payload, 24), &item), -EBADMSG);
	capture_store(payload + 12, 4, 0x80000000);
	assert_int_equal(
		next_of(bytes, put_raw(bytes, VSMMU_CAPTURE_EVENT, payload, 48), &item), -EBADMSG);
	/* A length beyond any limit is not waited for. */
	capture_store(bytes + 4, 4, 65537);
	assert_int_equal(next_of(bytes, 8, &item), -EBADMSG);
}

TEST(the_writer_refuses_nonsense)
{
	struct vsmmu_capture_item item;
	uint8_t bytes[VSMMU_CAPTURE_PUT_MAX];

	for (size_t i = 0; i < SAMPLES; i++) {
		int length = vsmmu_capture_put(bytes, sizeof(bytes), &samples[i]);

		for (int size = 0; size < length; size++)
			assert_int_equal(
				vsmmu_capture_put(bytes, (size_t)size, &samples[i]), -ENOBUFS);
		assert_int_equal(vsmmu_capture_put(bytes, (size_t)length, &samples[i]), length);
	}
	item = (struct vsmmu_capture_item){.type = 4};
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	item = samples[2];
	item.sequence = UINT32_C(0x80000000);
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	item = samples[3];
	item.lost = 0;
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	item.lost = UINT64_C(0x80000000);
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	item = samples[1];
	item.name[0] = '\0';
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	memset(item.name, 'x', sizeof(item.name));
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), -EINVAL);
	item.name[sizeof(item.name) - 1] = '\0';
	assert_int_equal(vsmmu_capture_put(bytes, sizeof(bytes), &item), 8 + 8 + 255 + 4);
	assert_int_equal(next_of(bytes, 275, &item), 275);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(what_was_written_is_read),
		UNIT_TEST_PLAIN(the_bytes_are_those_of_the_format),
		UNIT_TEST_PLAIN(every_cut_is_noticed),
		UNIT_TEST_PLAIN(every_flipped_bit_is_noticed),
		UNIT_TEST_PLAIN(pieces_of_any_size_will_do),
		UNIT_TEST_PLAIN(later_versions_are_tolerated),
		UNIT_TEST_PLAIN(nonsense_with_a_good_checksum),
		UNIT_TEST_PLAIN(the_writer_refuses_nonsense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
