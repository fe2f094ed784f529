/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a capture, whole and in pieces; and any items written and read again.
 *
 * Input: bit 0: set the CRCs right, as nobody guesses them; bit 1: write instead (1 byte);
 * then the capture, or for each item: its type, lengths of name and buffer, and members.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "capture/capture.h"
#include "fuzz.h"

#define ITEMS_MAX 64
#define FILE_MAX  (1 << 15)

/* Bit by bit, as IEEE 802.3 has it. */
static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < 8 * length; i++) {
		crc ^= bytes[i / 8] >> i % 8 & 1;
		crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

static uint32_t get32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void put_crc(uint8_t *bytes, size_t length)
{
	uint32_t crc = crc_of(bytes, length);

	for (unsigned int i = 0; i < 4; i++)
		bytes[length + i] = (uint8_t)(crc >> 8 * i);
}

static void repair(uint8_t *bytes, size_t length)
{
	size_t at = 0, size;

	if (length < 32)
		return;
	memcpy(bytes, VSMMU_CAPTURE_MAGIC, VSMMU_CAPTURE_MAGIC_SIZE);
	size = get32(bytes + 12);
	if (size < 32 || size > length)
		return;
	put_crc(bytes, size - 4);
	for (at = size; length - at >= 12; at += size) {
		size = (size_t)get32(bytes + at + 4) + 12;
		if (size > length - at)
			return;
		put_crc(bytes + at, size - 4);
	}
}

static void check_put(const struct vsmmu_capture_item *item)
{
	uint8_t bytes[VSMMU_CAPTURE_PUT_MAX];
	struct vsmmu_capture_reader reader;
	struct vsmmu_capture_item again;
	int ret = vsmmu_capture_put(bytes, sizeof(bytes), item);

	if (item->type > VSMMU_CAPTURE_ENDPOINT) {
		FUZZ_CHECK(ret == -EINVAL);
		return;
	}
	FUZZ_CHECK(ret > 0);
	vsmmu_capture_reader_init(&reader);
	reader.begun = item->type != VSMMU_CAPTURE_BEGIN;
	FUZZ_CHECK(vsmmu_capture_next(&reader, bytes, (size_t)ret, &again) == ret);
	FUZZ_CHECK(!memcmp(&again, item, sizeof(again)));
}

static void check_item(const struct vsmmu_capture_item *item)
{
	FUZZ_CHECK(memchr(item->name, 0, sizeof(item->name)));
	FUZZ_CHECK(item->sequence <= INT_MAX && item->lost <= INT_MAX);
	FUZZ_CHECK((item->type == VSMMU_CAPTURE_LOST) == (item->lost > 0));
	FUZZ_CHECK((item->type == VSMMU_CAPTURE_ENDPOINT) == !!*item->name);
	check_put(item);
}

/* With fewer bytes it is the same, or too few are there. */
static void check_pieces(const struct vsmmu_capture_reader *before, const uint8_t *bytes,
	size_t length, int result, const struct vsmmu_capture_item *item)
{
	size_t most = result > 0 ? (size_t)result : length;
	size_t step = most / 32 + 1;

	for (size_t some = 0; some < most; some += some < 24 ? 1 : step) {
		struct vsmmu_capture_reader reader = *before;
		struct vsmmu_capture_item piece;
		uint8_t *copy = fuzz_alloc(some);
		int ret;

		memcpy(copy, bytes, some);
		ret = vsmmu_capture_next(&reader, copy, some, &piece);
		free(copy);
		FUZZ_CHECK(!ret || (ret == result && result < 0));
		FUZZ_CHECK(reader.offset == before->offset);
	}
	if (result > 0) {
		struct vsmmu_capture_reader reader = *before;
		struct vsmmu_capture_item exact;

		FUZZ_CHECK(vsmmu_capture_next(&reader, bytes, most, &exact) == result);
		FUZZ_CHECK(!memcmp(&exact, item, sizeof(exact)));
	}
}

static void read_capture(const uint8_t *bytes, size_t length)
{
	struct vsmmu_capture_reader reader, before;
	struct vsmmu_capture_item item;
	size_t at = 0;
	int ret;

	vsmmu_capture_reader_init(&reader);
	for (unsigned int items = 0;; items++) {
		before = reader;
		ret = vsmmu_capture_next(&reader, bytes + at, length - at, &item);
		FUZZ_CHECK(ret <= 0 || (size_t)ret <= length - at);
		FUZZ_CHECK(reader.offset == at + (ret > 0 ? (size_t)ret : 0));
		check_pieces(&before, bytes + at, length - at, ret, &item);
		if (ret <= 0)
			break;
		FUZZ_CHECK((item.type == VSMMU_CAPTURE_BEGIN) == !items);
		check_item(&item);
		at += (size_t)ret;
	}
	FUZZ_CHECK(!ret || ret == -EINVAL || ret == -EPROTONOSUPPORT || ret == -EBADMSG);
	FUZZ_CHECK(vsmmu_capture_next(&reader, bytes + at, length - at, &item) == ret);
}

static struct vsmmu_capture_item take_item(struct fuzz_input *input)
{
	struct vsmmu_capture_item item = {.type = (uint32_t)fuzz_take(input, 1) % 6};
	size_t name = fuzz_take(input, 1);

	switch (item.type) {
	case VSMMU_CAPTURE_EVENT:
	case VSMMU_CAPTURE_LOST:
		item.queue = (uint32_t)fuzz_take(input, 1);
		item.time = fuzz_take(input, 8);
		item.sequence = (uint32_t)fuzz_take(input, 4);
		if (item.type == VSMMU_CAPTURE_LOST)
			item.lost = fuzz_take(input, 4);
		for (unsigned int i = 0; item.type == VSMMU_CAPTURE_EVENT && i < 4; i++)
			item.record.word[i] = fuzz_take(input, 8);
		break;
	case VSMMU_CAPTURE_ENDPOINT:
		item.queue = (uint32_t)fuzz_take(input, 1);
		item.vsid = (uint32_t)fuzz_take(input, 4);
		memset(item.name, 'n', name);
		if (name == 255)
			item.name[255] = 'n'; /* no NUL at all */
		break;
	default:
		item.time = fuzz_take(input, 8);
		break;
	}
	return item;
}

static bool is_sound(const struct vsmmu_capture_item *item)
{
	switch (item->type) {
	case VSMMU_CAPTURE_BEGIN:
		return true;
	case VSMMU_CAPTURE_EVENT:
		return item->sequence <= INT_MAX;
	case VSMMU_CAPTURE_LOST:
		return item->sequence <= INT_MAX && item->lost && item->lost <= INT_MAX;
	case VSMMU_CAPTURE_ENDPOINT:
		return *item->name && !item->name[sizeof(item->name) - 1];
	default:
		return false;
	}
}

/* Return: bytes that @item took at @to. */
static size_t write_item(uint8_t *to, size_t room, const struct vsmmu_capture_item *item)
{
	uint8_t *small;
	int ret = vsmmu_capture_put(to, room, item);

	if (!is_sound(item)) {
		FUZZ_CHECK(ret == -EINVAL);
		return 0;
	}
	FUZZ_CHECK(ret > 0 && (size_t)ret <= room && ret <= VSMMU_CAPTURE_PUT_MAX);
	small = fuzz_alloc((size_t)ret - 1);
	FUZZ_CHECK(vsmmu_capture_put(small, (size_t)ret - 1, item) == -ENOBUFS);
	free(small);
	return (size_t)ret;
}

static void write_capture(struct fuzz_input *input)
{
	static uint8_t file[FILE_MAX + VSMMU_CAPTURE_PUT_MAX];
	static struct vsmmu_capture_item items[ITEMS_MAX];
	struct vsmmu_capture_item item = {.type = VSMMU_CAPTURE_BEGIN, .time = input->left};
	struct vsmmu_capture_reader reader;
	size_t length = 0, at = 0;
	unsigned int count = 0;

	do {
		size_t took = write_item(file + length, sizeof(file) - length, &item);

		if (took)
			items[count++] = item;
		length += took;
		do
			item = take_item(input);
		while (item.type == VSMMU_CAPTURE_BEGIN && input->left);
	} while (input->left && length < FILE_MAX && count < ITEMS_MAX);
	vsmmu_capture_reader_init(&reader);
	for (unsigned int i = 0; i < count; i++) {
		int ret = vsmmu_capture_next(&reader, file + at, length - at, &item);

		FUZZ_CHECK(ret > 0);
		FUZZ_CHECK(!memcmp(&item, &items[i], sizeof(item)));
		at += (size_t)ret;
	}
	FUZZ_CHECK(at == length);
	read_capture(file, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	unsigned int how = (unsigned int)fuzz_take(&input, 1);
	uint8_t *bytes;

	if (how & 2) {
		write_capture(&input);
		return 0;
	}
	bytes = fuzz_alloc(input.left);
	memcpy(bytes, input.at, input.left);
	if (how & 1)
		repair(bytes, input.left);
	read_capture(bytes, input.left);
	free(bytes);
	return 0;
}
