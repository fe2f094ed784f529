/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "capture/capture.h"
#include "capture/format.h"
#include "util/crc32.h"

static int put_header(uint8_t *to, size_t size, const struct vsmmu_capture_item *item)
{
	if (size < CAPTURE_HEADER_SIZE)
		return -ENOBUFS;
	memcpy(to, VSMMU_CAPTURE_MAGIC, VSMMU_CAPTURE_MAGIC_SIZE);
	capture_store(to + 8, 2, CAPTURE_MAJOR);
	capture_store(to + 10, 2, CAPTURE_MINOR);
	capture_store(to + 12, 4, CAPTURE_HEADER_SIZE);
	capture_store(to + 16, 8, item->time);
	capture_store(to + 24, 4, 0);
	capture_store(to + 28, 4, crc32_of(to, 28));
	return CAPTURE_HEADER_SIZE;
}

static int put_event(uint8_t *to, const struct vsmmu_capture_item *item)
{
	if (item->sequence > INT_MAX)
		return -EINVAL;
	capture_store(to, 8, item->time);
	capture_store(to + 8, 4, item->queue);
	capture_store(to + 12, 4, item->sequence);
	vsmmu_event_record_store(&item->record, to + 16);
	return CAPTURE_EVENT_SIZE;
}

static int put_lost(uint8_t *to, const struct vsmmu_capture_item *item)
{
	if (item->sequence > INT_MAX || !item->lost || item->lost > INT_MAX)
		return -EINVAL;
	capture_store(to, 8, item->time);
	capture_store(to + 8, 4, item->queue);
	capture_store(to + 12, 4, item->sequence);
	capture_store(to + 16, 8, item->lost);
	return CAPTURE_LOST_SIZE;
}

static int put_endpoint(uint8_t *to, const struct vsmmu_capture_item *item)
{
	size_t length = strnlen(item->name, sizeof(item->name));

	if (!length || length == sizeof(item->name))
		return -EINVAL;
	capture_store(to, 4, item->queue);
	capture_store(to + 4, 4, item->vsid);
	memcpy(to + CAPTURE_ENDPOINT_SIZE, item->name, length);
	return (int)(CAPTURE_ENDPOINT_SIZE + length);
}

int vsmmu_capture_put(void *buffer, size_t size, const struct vsmmu_capture_item *item)
{
	uint8_t bytes[VSMMU_CAPTURE_PUT_MAX];
	int length = -EINVAL;

	switch (item->type) {
	case VSMMU_CAPTURE_BEGIN:
		return put_header(buffer, size, item);
	case VSMMU_CAPTURE_EVENT:
		length = put_event(bytes + CAPTURE_ITEM_FIXED, item);
		break;
	case VSMMU_CAPTURE_LOST:
		length = put_lost(bytes + CAPTURE_ITEM_FIXED, item);
		break;
	case VSMMU_CAPTURE_ENDPOINT:
		length = put_endpoint(bytes + CAPTURE_ITEM_FIXED, item);
		break;
	default:
		break;
	}
	if (length < 0)
		return length;
	capture_store(bytes, 4, item->type);
	capture_store(bytes + 4, 4, (uint32_t)length);
	length += CAPTURE_ITEM_FIXED;
	capture_store(bytes + length, CAPTURE_CRC_SIZE, crc32_of(bytes, (size_t)length));
	length += CAPTURE_CRC_SIZE;
	if (size < (size_t)length)
		return -ENOBUFS;
	memcpy(buffer, bytes, (size_t)length);
	return length;
}
