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
 * Threads: any.
 */
int vsmmu_event_format(char *buffer, size_t size, const struct vsmmu_event *event);

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
 * @client: the endpoint's name, e.g. its PCI address, or NULL if nobody knows it
 *
 * Says who, what and where, e.g. "endpoint 0000:01:00.0 (stream 0x100) read IOVA
 * 0x100000, which no page maps". Without a line end or a full stop; VSMMU_EVENT_TEXT_SIZE
 * is enough for names of up to 63 bytes. The wording may change between versions.
 *
 * Return: the text's length without its NUL.
 * Threads: any. Source: IHI 0070 7.3
 */
int vsmmu_event_explain(
	char *buffer, size_t size, const struct vsmmu_event *event, const char *client);

/**
 * vsmmu_event_causes() - why such an event usually happens
 * @event: a decoded event; its kind, stage and class are looked at
 *
 * Return: e.g. "a buffer that was unmapped too early, ..."; a constant string, never NULL.
 * The wording may change between versions. Threads: any.
 */
const char *vsmmu_event_causes(const struct vsmmu_event *event);

/** VSMMU_DMESG_NAME_SIZE - room for a device's name, which is cut to this */
#define VSMMU_DMESG_NAME_SIZE 64

/** VSMMU_DMESG_TEXT_SIZE - room for a message of the driver, which is cut to this */
#define VSMMU_DMESG_TEXT_SIZE 128

/** enum vsmmu_dmesg_kind - what a log tells */
enum vsmmu_dmesg_kind {
	VSMMU_DMESG_NONE = 0, /* nothing more in the lines that were fed */
	VSMMU_DMESG_EVENT,    /* an event */
	VSMMU_DMESG_OVERFLOW, /* the SMMU's own queue overflowed: nobody knows how many were lost */
	VSMMU_DMESG_SUPPRESSED, /* the kernel's rate limit kept @count events out of the log */
	VSMMU_DMESG_ERROR,	/* another complaint of the driver, in @text */
	VSMMU_DMESG_BAD,	/* an event that the log garbles: @text says how */
};

/**
 * struct vsmmu_dmesg_item - one thing that a log tells
 * @kind: which of the members below are valid
 * @raw: for EVENT: the log has the four words of @record; else it only has the decoded
 *	lines of Linux 6.14 and later, from which @record was put together
 * @has_time: @time is valid
 * @line: where it begins: the first line that was fed is 1
 * @time: nanoseconds since that kernel's boot
 * @count: for SUPPRESSED
 * @known: for EVENT: bit n is set if the log tells enum vsmmu_event_field n; what it
 *	does not tell is 0. With @raw it is every field that the id has
 * @event: for EVENT
 * @record: for EVENT
 * @smmu: the SMMU's device name, e.g. "arm-smmu-v3.0.auto"; "" if the log lacks it
 * @client: for EVENT: the endpoint's device name, e.g. "0000:00:01.0"; "" if the log
 *	lacks it
 * @text: for ERROR and BAD
 *
 * The strings hold printable ASCII characters only, whatever the log holds.
 */
struct vsmmu_dmesg_item {
	enum vsmmu_dmesg_kind kind;
	bool raw;
	bool has_time;
	uint64_t line;
	uint64_t time;
	uint64_t count;
	uint64_t known;
	struct vsmmu_event event;
	struct vsmmu_event_record record;
	char smmu[VSMMU_DMESG_NAME_SIZE];
	char client[VSMMU_DMESG_NAME_SIZE];
	char text[VSMMU_DMESG_TEXT_SIZE];
};

/**
 * struct vsmmu_dmesg - a log that is being read; the caller's, with nothing to be freed
 * @opaque: not for the caller
 */
struct vsmmu_dmesg {
	uint64_t opaque[768];
};

/**
 * vsmmu_dmesg_init() - begin a log
 * @dmesg: whatever it was before
 */
void vsmmu_dmesg_init(struct vsmmu_dmesg *dmesg);

/**
 * vsmmu_dmesg_feed() - the log's next line
 * @dmesg: a log for which vsmmu_dmesg_next() has said NONE
 * @line: any bytes; must stay valid until vsmmu_dmesg_next() says NONE. A line end at its
 *	end does not matter
 * @length: of @line in bytes
 *
 * Lines may come as dmesg, journalctl, syslog files or /dev/kmsg give them: with times,
 * levels and host names before the driver's text, or without. Whatever does not come
 * from an SMMUv3 is passed over, and the lines of several SMMUs may be mixed.
 *
 * Return: 0; -EBUSY while there is something to be had from vsmmu_dmesg_next().
 * Source: Linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c,
 * arm_smmu_dump_event(), and before 6.14 arm_smmu_evtq_thread()
 */
int vsmmu_dmesg_feed(struct vsmmu_dmesg *dmesg, const void *line, size_t length);

/**
 * vsmmu_dmesg_next() - what the log tells up to this line
 * @dmesg: the log
 * @item: filled in
 *
 * An event takes several lines. It is given out when its last one was seen, or when it
 * shows that there is none: as the lines that name the endpoint only come with some
 * kernels, this may be at the SMMU's next event, or after VSMMU_DMESG_PATIENCE lines of
 * others.
 *
 * Return: item->kind.
 */
enum vsmmu_dmesg_kind vsmmu_dmesg_next(struct vsmmu_dmesg *dmesg, struct vsmmu_dmesg_item *item);

/** VSMMU_DMESG_PATIENCE - lines after which nobody waits for an endpoint's name any more */
#define VSMMU_DMESG_PATIENCE 256

/**
 * vsmmu_dmesg_flush() - wait no longer
 * @dmesg: a log for which vsmmu_dmesg_next() has said NONE
 * @end: the log is over; else it only pauses, and an event of which words are missing
 *	still gets the time to become complete
 *
 * What was waited for is to be had from vsmmu_dmesg_next() now.
 *
 * Return: 0; -EBUSY as vsmmu_dmesg_feed().
 */
int vsmmu_dmesg_flush(struct vsmmu_dmesg *dmesg, bool end);

#endif
