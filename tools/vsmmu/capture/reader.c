/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture, read. Nothing in it is believed before its CRC was checked, but its lengths. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/format.h"
#include "util/crc32.h"

_Static_assert(
	CAPTURE_ITEM_FIXED + CAPTURE_PAYLOAD_MAX + CAPTURE_CRC_SIZE <= VSMMU_CAPTURE_ITEM_MAX,
	"the public limit must hold");

void vsmmu_capture_reader_init(struct vsmmu_capture_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
}

static bool crc_is_good(const uint8_t *bytes, size_t length)
{
	return capture_load(bytes + length, CAPTURE_CRC_SIZE) == crc32_of(bytes, length);
}

static int read_header(struct vsmmu_capture_reader *reader, const uint8_t *bytes, size_t length,
	struct vsmmu_capture_item *item)
{
	size_t magic = length < VSMMU_CAPTURE_MAGIC_SIZE ? length : VSMMU_CAPTURE_MAGIC_SIZE;
	uint16_t major;
	size_t size;

	if (magic && memcmp(bytes, VSMMU_CAPTURE_MAGIC, magic))
		return -EINVAL;
	if (length < CAPTURE_HEADER_FIXED)
		return 0;
	major = (uint16_t)capture_load(bytes + 8, 2);
	size = capture_load(bytes + 12, 4);
	/* A later major version may have its CRC elsewhere. */
	if (major != CAPTURE_MAJOR)
		return -EPROTONOSUPPORT;
	if (size < CAPTURE_HEADER_SIZE || size > CAPTURE_HEADER_MAX)
		return -EBADMSG;
	if (length < size)
		return 0;
	if (!crc_is_good(bytes, size - CAPTURE_CRC_SIZE))
		return -EBADMSG;
	reader->major = major;
	reader->minor = (uint16_t)capture_load(bytes + 10, 2);
	reader->begun = 1;
	item->type = VSMMU_CAPTURE_BEGIN;
	item->time = capture_load(bytes + 16, 8);
	return (int)size;
}

static int parse_event(const uint8_t *from, size_t length, struct vsmmu_capture_item *item)
{
	if (length < CAPTURE_EVENT_SIZE)
		return -EBADMSG;
	item->time = capture_load(from, 8);
	item->queue = (uint32_t)capture_load(from + 8, 4);
	item->sequence = (uint32_t)capture_load(from + 12, 4);
	vsmmu_event_record_load(from + 16, &item->record);
	return item->sequence > INT_MAX ? -EBADMSG : 0;
}

static int parse_lost(const uint8_t *from, size_t length, struct vsmmu_capture_item *item)
{
	if (length < CAPTURE_LOST_SIZE)
		return -EBADMSG;
	item->time = capture_load(from, 8);
	item->queue = (uint32_t)capture_load(from + 8, 4);
	item->sequence = (uint32_t)capture_load(from + 12, 4);
	item->lost = capture_load(from + 16, 8);
	if (item->sequence > INT_MAX || !item->lost || item->lost > INT_MAX)
		return -EBADMSG;
	return 0;
}

/* Anything that a later version puts behind the name begins with a NUL. */
static int parse_endpoint(const uint8_t *from, size_t length, struct vsmmu_capture_item *item)
{
	size_t name;

	if (length <= CAPTURE_ENDPOINT_SIZE)
		return -EBADMSG;
	item->queue = (uint32_t)capture_load(from, 4);
	item->vsid = (uint32_t)capture_load(from + 4, 4);
	name = strnlen((const char *)from + CAPTURE_ENDPOINT_SIZE, length - CAPTURE_ENDPOINT_SIZE);
	if (!name || name >= sizeof(item->name))
		return -EBADMSG;
	memcpy(item->name, from + CAPTURE_ENDPOINT_SIZE, name);
	return 0;
}

static int parse_payload(const uint8_t *from, size_t length, struct vsmmu_capture_item *item)
{
	switch (item->type) {
	case VSMMU_CAPTURE_BEGIN:
		/* The header's number is no item's. */
		return -EBADMSG;
	case VSMMU_CAPTURE_EVENT:
		return parse_event(from, length, item);
	case VSMMU_CAPTURE_LOST:
		return parse_lost(from, length, item);
	case VSMMU_CAPTURE_ENDPOINT:
		return parse_endpoint(from, length, item);
	default:
		return 0;
	}
}

static int read_item(const uint8_t *bytes, size_t length, struct vsmmu_capture_item *item)
{
	size_t payload, size;
	int ret;

	if (length < CAPTURE_ITEM_FIXED)
		return 0;
	payload = capture_load(bytes + 4, 4);
	if (payload > CAPTURE_PAYLOAD_MAX)
		return -EBADMSG;
	size = CAPTURE_ITEM_FIXED + payload;
	if (length < size + CAPTURE_CRC_SIZE)
		return 0;
	if (!crc_is_good(bytes, size))
		return -EBADMSG;
	item->type = (uint32_t)capture_load(bytes, 4);
	ret = parse_payload(bytes + CAPTURE_ITEM_FIXED, payload, item);
	return ret ? ret : (int)(size + CAPTURE_CRC_SIZE);
}

int vsmmu_capture_next(struct vsmmu_capture_reader *reader, const void *bytes, size_t length,
	struct vsmmu_capture_item *item)
{
	int ret;

	memset(item, 0, sizeof(*item));
	if (reader->begun)
		ret = read_item(bytes, length, item);
	else
		ret = read_header(reader, bytes, length, item);
	if (ret > 0)
		reader->offset += (unsigned int)ret;
	return ret;
}
