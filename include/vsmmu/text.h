/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event records as text. Both functions work like snprintf(): they write at most
 * @size bytes, the last one always NUL, and return the length that the whole text
 * has, so that a return value of at least @size means that it was cut.
 */
#ifndef VSMMU_TEXT_H
#define VSMMU_TEXT_H

#include <stddef.h>

#include <vsmmu/api.h>
#include <vsmmu/event.h>

#ifdef __cplusplus
extern "C" {
#endif

/** VSMMU_EVENT_TEXT_SIZE - a buffer of this size holds the text of any event */
#define VSMMU_EVENT_TEXT_SIZE 512

/**
 * vsmmu_event_format() - one line that says what happened
 * @buffer: where the text goes; may be NULL when @size is 0
 * @size: bytes at @buffer
 * @event: what to describe
 *
 * For people, without a line end, e.g. "F_TRANSLATION sid 0x42 read 0x100000
 * (unprivileged data, stage 1, input address)". The wording may change between
 * versions: a program takes the members of struct vsmmu_event instead.
 *
 * Return: the text's length without its NUL.
 * Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_event_format(char *buffer, size_t size, const struct vsmmu_event *event);

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
 * Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_event_format_record(
	char *buffer, size_t size, const struct vsmmu_event_record *record);

#ifdef __cplusplus
}
#endif

#endif
