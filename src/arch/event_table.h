/* SPDX-License-Identifier: BSD-2-Clause */
/* Where each field of each event is. Everything else about events derives from this. */
#ifndef ARCH_EVENT_TABLE_H
#define ARCH_EVENT_TABLE_H

#include <vsmmu/event.h>

/**
 * struct event_field - one field
 * @name: for printing
 * @word: which 64-bit word of the record
 * @low: lowest bit in that word
 * @width: number of bits
 * @shift: the member is the field shifted left by this (addresses stay in place)
 * @offset: of the member in struct vsmmu_event
 * @size: of the member, in bytes
 */
struct event_field {
	const char *name;
	uint8_t word;
	uint8_t low;
	uint8_t width;
	uint8_t shift;
	uint8_t offset;
	uint8_t size;
};

#define EVENT_FIELDS (VSMMU_EVENT_FIELD_FETCH_ADDR + 1)

extern const struct event_field arch_event_fields[EVENT_FIELDS];

/* The field's bits in its word. */
static inline uint64_t arch_event_field_mask(const struct event_field *field)
{
	return (~UINT64_C(0) >> (64 - field->width)) << field->low;
}

/* The fields that records of this id have: bit n stands for enum vsmmu_event_field n. */
uint64_t arch_event_id_fields(uint8_t id);

#endif
