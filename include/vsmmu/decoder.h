/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A decoder turns the byte stream of a vEVENTQ into items. It is pure: no I/O, no clock, no
 * allocation after vsmmu_decoder_new(). It is for a VMM that reads the fd itself; a VMM that wants
 * the reads done too uses <vsmmu/veventq.h>.
 *
 * Threads: a decoder belongs to one thread at a time; different decoders are independent.
 *
 * The stream is what read() on a Linux iommufd vEVENTQ gives: records of an
 * 8-byte header {flags, sequence} followed by a payload whose size depends on the
 * queue's type, or by nothing when flags say LOST_EVENTS (Linux
 * include/uapi/linux/iommufd.h, struct iommufd_vevent_header).
 */
#ifndef VSMMU_DECODER_H
#define VSMMU_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum vsmmu_veventq_type - vEVENTQ types, numbered as the kernel numbers them
 *
 * Queues of other types can be read too, if the size of their payload is given. Source: Linux
 * include/uapi/linux/iommufd.h, enum iommu_veventq_type
 */
enum vsmmu_veventq_type {
	VSMMU_VEVENTQ_ARM_SMMUV3 = 1,	  /* 32-byte SMMUv3 event records */
	VSMMU_VEVENTQ_TEGRA241_CMDQV = 2, /* 16-byte maps of queues in error */
};

/** VSMMU_SEQUENCE_UNKNOWN - first_sequence of a queue that was read before, nobody knows how far */
#define VSMMU_SEQUENCE_UNKNOWN 0xffffffffu

/** enum vsmmu_item_kind - kinds of items that a stream consists of */
enum vsmmu_item_kind {
	VSMMU_ITEM_END = 0, /* nothing: the call returned no item */
	VSMMU_ITEM_EVENT,   /* one event: payload and its sequence number */
	VSMMU_ITEM_LOST,    /* the kernel dropped `lost` events at this point */
	VSMMU_ITEM_ERROR,   /* the stream broke its own rules; see `error`; go on */
};

/** enum vsmmu_item_error - how the stream broke its rules */
enum vsmmu_item_error {
	VSMMU_ITEM_TRUNCATED = 1, /* the bytes end inside a record; the rest was dropped */
	VSMMU_ITEM_SEQUENCE,	  /* a number repeated, went back, or exceeds INT_MAX */
};

/**
 * struct vsmmu_item - one item of the stream
 * @size: set by the caller to sizeof(struct vsmmu_item), once: no call changes it
 * @kind: which of the members below are valid
 * @error: for ERROR
 * @sequence: for EVENT and LOST: the kernel's number (0 to INT_MAX) of the event,
 *	or of the last event of those that were lost
 * @reserved: set to 0
 * @lost: for LOST: how many events, at least 1; exact modulo 2^31
 * @payload: for EVENT: points into the bytes that were fed; not aligned
 * @payload_size: for EVENT, in bytes
 */
struct vsmmu_item {
	size_t size;
	enum vsmmu_item_kind kind;
	enum vsmmu_item_error error;
	uint32_t sequence;
	uint32_t reserved;
	uint64_t lost;
	const void *payload;
	size_t payload_size;
};

/**
 * struct vsmmu_decoder_stats - what a decoder has seen so far
 * @size: set by the caller to sizeof(struct vsmmu_decoder_stats)
 * @sequenced: how far the kernel's numbers advanced, widened to 64 bits
 * @events: EVENT items given out
 * @lost: sum of all LOST items
 * @errors: ERROR items given out
 * @unknown_flags: records whose header had flag bits that this version does not know
 *
 * sequenced == events + lost, whenever vsmmu_decoder_next() has returned 0.
 */
struct vsmmu_decoder_stats {
	size_t size;
	uint64_t sequenced;
	uint64_t events;
	uint64_t lost;
	uint64_t errors;
	uint64_t unknown_flags;
};

struct vsmmu_decoder;

/**
 * struct vsmmu_decoder_config - a queue whose stream is decoded
 * @size: sizeof(struct vsmmu_decoder_config)
 * @type: the queue's type, enum vsmmu_veventq_type or a later kernel's number
 * @payload_size: bytes that follow the header of an event, 1 to 4096, for a type that this
 *	version does not know. For a type that it knows: 0, or exactly what it knows
 * @first_sequence: number of the next event that the queue will give, 0 to INT_MAX: 0 for a queue
 *	that was just allocated, or the number where an earlier reader stopped, see
 *	vsmmu_decoder_get_sequence(); then events that were lost before the first record are
 *	counted. With VSMMU_SEQUENCE_UNKNOWN the first record tells the number, and how many events
 *	were lost before it is not known
 * @reserved: 0
 */
struct vsmmu_decoder_config {
	size_t size;
	uint32_t type;
	uint32_t payload_size;
	uint32_t first_sequence;
	uint32_t reserved;
};

/**
 * vsmmu_decoder_new() - make a decoder for one queue
 * @out: where the decoder goes; untouched on failure
 * @config: see there
 *
 * Return: 0; -EINVAL for a NULL, a wrong size, an unknown type without a payload_size, a known one
 * with another payload_size than it has, or a first_sequence above INT_MAX; -E2BIG for a member
 * that this version does not know and that is not 0; -ENOMEM. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_new(
	struct vsmmu_decoder **out, const struct vsmmu_decoder_config *config);

/**
 * vsmmu_decoder_free() - free a decoder
 * @decoder: may be NULL
 *
 * Since: 0.1
 */
VSMMU_API void vsmmu_decoder_free(struct vsmmu_decoder *decoder);

/**
 * vsmmu_decoder_record_size() - header and payload of one event, in bytes
 * @decoder: the decoder
 *
 * A read buffer smaller than this makes the kernel refuse to give the next event.
 *
 * Return: 40 for Arm SMMUv3, 24 for Tegra241 CMDQV, 8 and the payload_size for others; 0 for a
 * NULL. Since: 0.1
 */
VSMMU_API size_t vsmmu_decoder_record_size(const struct vsmmu_decoder *decoder);

/**
 * vsmmu_decoder_feed() - hand over the bytes of one read()
 * @decoder: a decoder whose vsmmu_decoder_next() has returned 0 for what was fed before
 * @bytes: what read() gave; must stay valid until vsmmu_decoder_next() returns 0
 * @length: its return value
 *
 * The kernel never splits a record over two reads, nor does the decoder join them:
 * a partial record at the end is a protocol error.
 *
 * Return: 0; -EBUSY when earlier bytes are not used up yet; -EINVAL for a NULL. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_feed(struct vsmmu_decoder *decoder, const void *bytes, size_t length);

/**
 * vsmmu_decoder_next() - take the next item
 * @decoder: the decoder
 * @item: with @size set; filled in up to that size, also when there is none. Its payload is valid
 *	as long as the bytes are
 *
 * A gap in the numbers before an event comes out as a LOST item, then the EVENT. A
 * header-only LOST_EVENTS record with number s means that all from the expected
 * number to s, s included, are lost. A number at most 2^19 (the kernel's deepest
 * queue) behind the expected one is an ERROR: the decoder takes it as the new
 * position and invents no loss; the event, if there is one, still comes out next.
 *
 * Return: 1 with an item; 0 when all bytes that were fed are used up; -EINVAL for a NULL or an
 * @item of a wrong size: then nothing was taken. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_next(struct vsmmu_decoder *decoder, struct vsmmu_item *item);

/**
 * vsmmu_decoder_get_sequence() - where in the sequence the decoder is
 * @decoder: the decoder
 * @sequence: gets the number of the event that is expected after the last item that was taken, 0 to
 *	INT_MAX; VSMMU_SEQUENCE_UNKNOWN before the first item of a queue whose first_sequence was
 *	that
 *
 * For another process that reads the queue from now on, and takes this as its first_sequence: it
 * counts the events that are lost in between.
 *
 * Return: 0; -EINVAL for a NULL. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_get_sequence(const struct vsmmu_decoder *decoder, uint32_t *sequence);

/**
 * vsmmu_decoder_set_sequence() - say where in the sequence the next bytes begin
 * @decoder: the decoder
 * @sequence: as the first_sequence of struct vsmmu_decoder_config
 *
 * For a queue that another reader has read meanwhile. The counters stay as they are.
 *
 * Return: 0; -EBUSY while bytes that were fed are not used up; -EINVAL for a NULL or a sequence
 * above INT_MAX. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_set_sequence(struct vsmmu_decoder *decoder, uint32_t sequence);

/**
 * vsmmu_decoder_get_stats() - counters since the decoder was made
 * @decoder: the decoder
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -EINVAL for a NULL, or when @size is too small to hold anything. Since: 0.1
 */
VSMMU_API int vsmmu_decoder_get_stats(
	const struct vsmmu_decoder *decoder, struct vsmmu_decoder_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
