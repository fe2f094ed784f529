/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Captures: events with their times, losses and endpoint names, in a file. Pure
 * functions between structures and bytes: whose file it is, how it is read and written
 * is the caller's business. vsmmu-capture(5) describes the format.
 *
 * To write: vsmmu_capture_put() for each item, the first of which is BEGIN, and append
 * the bytes that they make. To read: vsmmu_capture_reader_init(), then
 * vsmmu_capture_next() over the bytes, in order, in pieces of any size.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include <vsmmu/event.h>

/** VSMMU_CAPTURE_MAGIC - the first 8 bytes of each capture */
#define VSMMU_CAPTURE_MAGIC "\x89VSMMU\r\n"

/** VSMMU_CAPTURE_MAGIC_SIZE - bytes of VSMMU_CAPTURE_MAGIC, which has no NUL at its end */
#define VSMMU_CAPTURE_MAGIC_SIZE 8

/** VSMMU_CAPTURE_NAME_SIZE - room for an endpoint's name and a NUL */
#define VSMMU_CAPTURE_NAME_SIZE 256

/** VSMMU_CAPTURE_PUT_MAX - a buffer of this size takes whatever one call writes */
#define VSMMU_CAPTURE_PUT_MAX 512

/** VSMMU_CAPTURE_ITEM_MAX - no item of a sound capture is longer than this */
#define VSMMU_CAPTURE_ITEM_MAX 65552

/**
 * enum vsmmu_capture_type - what an item of a capture is
 *
 * BEGIN is the file's header. The numbers are those of the format; other ones than these
 * may come, and are to be passed over.
 */
enum vsmmu_capture_type {
	VSMMU_CAPTURE_BEGIN = 0,
	VSMMU_CAPTURE_EVENT = 1,
	VSMMU_CAPTURE_LOST = 2,
	VSMMU_CAPTURE_ENDPOINT = 3,
};

/**
 * struct vsmmu_capture_item - one item of a capture
 * @type: enum vsmmu_capture_type, or a number of a later version
 * @queue: number of the vEVENTQ: whichever the writer likes, but a queue that numbers
 *	its events anew gets a new number. For EVENT, LOST, ENDPOINT
 * @time: for EVENT and LOST: when it was read, in nanoseconds since the capture began;
 *	for BEGIN: when that was, in nanoseconds since 1970, or 0
 * @sequence: for EVENT: its number, 0 to INT_MAX, as the kernel counts; for LOST: that of
 *	the last event that was lost
 * @vsid: for ENDPOINT: its guest StreamID
 * @lost: for LOST: how many, 1 to INT_MAX
 * @record: for EVENT
 * @name: for ENDPOINT: e.g. its PCI address; not empty
 */
struct vsmmu_capture_item {
	uint32_t type;
	uint32_t queue;
	uint64_t time;
	uint32_t sequence;
	uint32_t vsid;
	uint64_t lost;
	struct vsmmu_event_record record;
	char name[VSMMU_CAPTURE_NAME_SIZE];
};

/**
 * vsmmu_capture_put() - make the bytes of an item
 * @buffer: where they go
 * @size: bytes at @buffer
 * @item: BEGIN, once and first, or any other
 *
 * Return: how many bytes it takes; -ENOBUFS when @size is less than that; -EINVAL when a
 * member is out of its range or the type is not one of this version.
 * Threads: any.
 */
int vsmmu_capture_put(void *buffer, size_t size, const struct vsmmu_capture_item *item);

/**
 * struct vsmmu_capture_reader - where a reader is
 * @offset: of the next item in the file, in bytes. After an error: of the damage
 * @major: version of the format; other majors than ours are refused
 * @minor: a greater one may have items, and ends of items, that we do not know
 * @begun: the header was read
 */
struct vsmmu_capture_reader {
	uint64_t offset;
	uint16_t major;
	uint16_t minor;
	uint32_t begun;
};

/**
 * vsmmu_capture_reader_init() - be at a file's beginning
 * @reader: whatever it was before
 */
void vsmmu_capture_reader_init(struct vsmmu_capture_reader *reader);

/**
 * vsmmu_capture_next() - the next item
 * @reader: where we are; advanced by what is returned
 * @bytes: the file from @reader->offset on, as far as it is known yet
 * @length: of @bytes; VSMMU_CAPTURE_ITEM_MAX are always enough
 * @item: filled in. The first one is BEGIN
 *
 * Return: how many bytes the item took, which are at most @length; 0 when that needs more
 * of them: a file that ends there with @length above 0 was cut. Or an error, which stays:
 * -EINVAL: this is no capture; -EPROTONOSUPPORT: a version that we do not know; -EBADMSG:
 * damage, and what follows cannot be trusted to begin anywhere.
 * Threads: a reader belongs to one thread at a time.
 */
int vsmmu_capture_next(struct vsmmu_capture_reader *reader, const void *bytes, size_t length,
	struct vsmmu_capture_item *item);

#endif
