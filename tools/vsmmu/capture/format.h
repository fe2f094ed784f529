/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a capture; vsmmu-capture(5) is the reference. All numbers are little
 * endian and lie anywhere.
 *
 *	header: magic[8] major:16 minor:16 size:32 begin:64 zero:32 crc:32
 *	item:   type:32 length:32 payload[length] crc:32
 *
 * A header may be longer in a later minor version, with the CRC last; so may a payload.
 */
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_MAJOR 1
#define CAPTURE_MINOR 0

#define CAPTURE_CRC_SIZE 4

#define CAPTURE_HEADER_FIXED 16 /* up to its size, which must be known to read the rest */
#define CAPTURE_HEADER_SIZE  32
#define CAPTURE_HEADER_MAX   4096

#define CAPTURE_ITEM_FIXED  8
#define CAPTURE_PAYLOAD_MAX 65536

#define CAPTURE_EVENT_SIZE    48 /* time:64 queue:32 sequence:32 record[32] */
#define CAPTURE_LOST_SIZE     24 /* time:64 queue:32 sequence:32 lost:64 */
#define CAPTURE_ENDPOINT_SIZE 8	 /* queue:32 vsid:32, and then the name */

static inline uint64_t capture_load(const void *bytes, unsigned int size)
{
	const uint8_t *from = bytes;
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static inline void capture_store(void *bytes, unsigned int size, uint64_t value)
{
	uint8_t *to = bytes;

	for (unsigned int i = 0; i < size; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

#endif
