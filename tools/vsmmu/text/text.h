/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event records as text, and back from what Linux' arm-smmu-v3 driver prints of them.
 * Pure functions: no state but the caller's, no allocation, any thread.
 *
 * The functions that make text work like snprintf(): they write at most @size bytes,
 * the last one always NUL, and return the length that the whole text has, so that a
 * return value of at least @size means that it was cut.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/event.h>

/** VSMMU_EVENT_TEXT_SIZE - a buffer of this size holds the text of any event */
#define VSMMU_EVENT_TEXT_SIZE 512

/** VSMMU_EVENT_KNOWN() - the bit of a field in a set of fields that are known */
#define VSMMU_EVENT_KNOWN(field) (UINT64_C(1) << VSMMU_EVENT_FIELD_##field)

/** VSMMU_EVENT_KNOWN_ALL() - the fields that are known of a whole record: all that its id has */
#define VSMMU_EVENT_KNOWN_ALL(id) vsmmu_event_known_all(id)

static inline uint64_t vsmmu_event_known_all(uint8_t id)
{
	uint64_t known = 0;

	for (unsigned int i = 0; vsmmu_event_field_name(i); i++)
		if (vsmmu_event_has(id, i))
			known |= UINT64_C(1) << i;
	return known;
}

/**
 * vsmmu_event_tells() - whether a field is known
 * @known: bit n is set if enum vsmmu_event_field n is known
 * @field: the field
 *
 * Return: whether its bit is set, whatever the event is.
 */
static inline bool vsmmu_event_tells(uint64_t known, unsigned int field)
{
	return known >> field & 1;
}

/**
 * vsmmu_event_knows() - whether a field has a value that may be told
 * @event: a decoded event
 * @known: bit n is set if enum vsmmu_event_field n is known
 * @field: the field
 *
 * Return: whether @field is known, and @event's id has it, if that is known.
 */
static inline bool vsmmu_event_knows(
	const struct vsmmu_event *event, uint64_t known, enum vsmmu_event_field field)
{
	return vsmmu_event_tells(known, field) &&
	       (!(known & VSMMU_EVENT_KNOWN(ID)) || vsmmu_event_has(event->id, field));
}

/**
 * vsmmu_event_has_ssid() - whether the transaction is known to have had a SubstreamID
 * @event: a decoded event
 * @known: as above
 *
 * Without SSV, which an id may lack and a log may not tell, a SubstreamID that is not 0 is one.
 */
bool vsmmu_event_has_ssid(const struct vsmmu_event *event, uint64_t known);

/* Return: whether nothing is set, not even the number: no event is like this. */
bool vsmmu_event_is_empty(const struct vsmmu_event *event);

/**
 * vsmmu_event_format() - one line that says what happened
 * @buffer: where the text goes; may be NULL when @size is 0
 * @size: bytes at @buffer
 * @event: what to describe
 * @known: bit n is set if enum vsmmu_event_field n is known. Others never show
 *
 * For people, without a line end, e.g. "F_TRANSLATION sid 0x42 read 0x100000
 * (unprivileged data, stage 1, input address)". The wording may change between
 * versions: a program takes the members of struct vsmmu_event instead.
 *
 * Return: the text's length without its NUL.
 * Threads: any.
 */
int vsmmu_event_format(char *buffer, size_t size, const struct vsmmu_event *event, uint64_t known);

/**
 * vsmmu_event_format_record() - the four words of a record in hexadecimal
 * @buffer: where the text goes; may be NULL when @size is 0
 * @size: bytes at @buffer
 * @record: what to print
 *
 * Each word as Linux' arm-smmu-v3 driver prints it (16 digits with a leading 0x),
 * lowest word first, separated by one space: 75 characters.
 *
 * Return: the text's length without its NUL.
 * Threads: any.
 */
int vsmmu_event_format_record(char *buffer, size_t size, const struct vsmmu_event_record *record);

/**
 * vsmmu_event_explain() - what happened, in a sentence of plain words
 * @buffer: where the text goes; may be NULL when @size is 0
 * @size: bytes at @buffer
 * @event: what to explain
 * @known: bit n is set if enum vsmmu_event_field n is known. Others never show
 * @client: the endpoint's name, e.g. its PCI address, or NULL if nobody knows it
 *
 * Says who, what and where, e.g. "endpoint 0000:01:00.0 (stream 0x100) read IOVA
 * 0x100000, which no page maps". Without a line end or a full stop; VSMMU_EVENT_TEXT_SIZE
 * is enough for names of up to 63 bytes. The wording may change between versions.
 *
 * Return: the text's length without its NUL.
 * Threads: any. Source: IHI 0070 7.3
 */
int vsmmu_event_explain(char *buffer, size_t size, const struct vsmmu_event *event, uint64_t known,
	const char *client);

#endif
