/* SPDX-License-Identifier: BSD-2-Clause */
/* Event records: decode and encode, driven by the table of fields. */
#include <errno.h>
#include <string.h>

#include "arch/event_table.h"
#include "arch/record.h"
#include "util/sized.h"

static uint64_t member_get(const struct vsmmu_event *event, const struct event_field *field)
{
	const unsigned char *from = (const unsigned char *)event + field->offset;
	uint16_t half;
	uint32_t word;
	uint64_t value;

	switch (field->size) {
	case 1:
		return *from;
	case 2:
		memcpy(&half, from, sizeof(half));
		return half;
	case 4:
		memcpy(&word, from, sizeof(word));
		return word;
	default:
		memcpy(&value, from, sizeof(value));
		return value;
	}
}

static void member_set(struct vsmmu_event *event, const struct event_field *field, uint64_t value)
{
	unsigned char *to = (unsigned char *)event + field->offset;
	uint16_t half = (uint16_t)value;
	uint32_t word = (uint32_t)value;

	switch (field->size) {
	case 1:
		*to = (unsigned char)value;
		break;
	case 2:
		memcpy(to, &half, sizeof(half));
		break;
	case 4:
		memcpy(to, &word, sizeof(word));
		break;
	default:
		memcpy(to, &value, sizeof(value));
		break;
	}
}

int vsmmu_event_record_load(const void *bytes, struct vsmmu_event_record *record)
{
	if (!bytes || !record)
		return -EINVAL;
	record_load(bytes, record->word);
	return 0;
}

int vsmmu_event_record_store(const struct vsmmu_event_record *record, void *bytes)
{
	if (!record || !bytes)
		return -EINVAL;
	record_store(record->word, bytes);
	return 0;
}

int vsmmu_event_decode(const struct vsmmu_event_record *record, struct vsmmu_event *event)
{
	struct vsmmu_event_record rest;
	struct vsmmu_event out = {0};
	uint64_t fields;

	if (!record)
		return -EINVAL;
	rest = *record;
	fields = arch_event_id_fields((uint8_t)record->word[0]);
	for (; fields; fields &= fields - 1) {
		const struct event_field *field = &arch_event_fields[__builtin_ctzll(fields)];
		uint64_t mask = arch_event_field_mask(field);
		uint64_t value = (record->word[field->word] & mask) >> field->low;

		member_set(&out, field, value << field->shift);
		rest.word[field->word] &= ~mask;
	}
	memcpy(out.reserved, rest.word, sizeof(out.reserved));
	return sized_copy_out(event, &out, sizeof(out));
}

int vsmmu_event_encode(const struct vsmmu_event *given, struct vsmmu_event_record *record)
{
	struct vsmmu_event event, rest;
	struct vsmmu_event_record out;
	int ret = record ? sized_copy_in(&event, given, sizeof(event)) : -EINVAL;

	if (!ret && event.reserved2)
		ret = -EINVAL;
	if (ret)
		return ret;
	rest = event;
	memcpy(out.word, event.reserved, sizeof(out.word));
	for (uint64_t fields = arch_event_id_fields(event.id); fields; fields &= fields - 1) {
		const struct event_field *field = &arch_event_fields[__builtin_ctzll(fields)];
		uint64_t mask = arch_event_field_mask(field);
		uint64_t member = member_get(&event, field);
		uint64_t value = member >> field->shift;

		if (value << field->shift != member || value > mask >> field->low)
			return -EINVAL;
		if (event.reserved[field->word] & mask)
			return -EINVAL;
		out.word[field->word] |= value << field->low;
		member_set(&rest, field, 0);
	}
	/* Bits that are left belong to no field of this id. */
	for (unsigned int i = 0; i < EVENT_FIELDS; i++) {
		if (member_get(&rest, &arch_event_fields[i]))
			return -EINVAL;
	}
	*record = out;
	return 0;
}

bool vsmmu_event_has(uint8_t id, enum vsmmu_event_field field)
{
	unsigned int bit = (unsigned int)field;

	return bit < EVENT_FIELDS && arch_event_id_fields(id) >> bit & 1;
}

const char *vsmmu_event_field_name(enum vsmmu_event_field field)
{
	unsigned int index = (unsigned int)field;

	return index < EVENT_FIELDS ? arch_event_fields[index].name : NULL;
}

uint64_t vsmmu_event_field_value(const struct vsmmu_event *event, enum vsmmu_event_field field)
{
	unsigned int index = (unsigned int)field;
	const struct event_field *member;

	if (index >= EVENT_FIELDS || !sized_is_valid(event))
		return 0;
	member = &arch_event_fields[index];
	/* An older caller's structure may lack it. */
	return member->offset + member->size <= event->size ? member_get(event, member) : 0;
}
