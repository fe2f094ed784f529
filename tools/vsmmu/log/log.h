/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel logs, back to what Linux' arm-smmu-v3 driver said. Pure functions: no state but the
 * caller's, any thread.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "catalogue/fault.h"
#include "text/text.h"

/** VSMMU_DMESG_NAME_SIZE - room for a device's name, which is cut to this */
#define VSMMU_DMESG_NAME_SIZE 64

/** VSMMU_DMESG_TEXT_SIZE - room for a message of a driver, which is cut to this */
#define VSMMU_DMESG_TEXT_SIZE 512

/** VSMMU_DMESG_WHAT_SIZE - room for the name of another source of messages */
#define VSMMU_DMESG_WHAT_SIZE 32

/** VSMMU_DMESG_NOTE - @what of a line of an SMMUv3's driver that is no complaint */
#define VSMMU_DMESG_NOTE "note of an SMMUv3's driver"

/** enum vsmmu_dmesg_kind - what a log tells */
enum vsmmu_dmesg_kind {
	VSMMU_DMESG_NONE = 0, /* nothing more in the lines that were fed */
	VSMMU_DMESG_EVENT,    /* an event, or as much of it as the log has */
	VSMMU_DMESG_OVERFLOW, /* the SMMU's own queue overflowed: nobody knows how many were lost */
	VSMMU_DMESG_SUPPRESSED, /* the kernel's rate limit kept @count events out of the log */
	VSMMU_DMESG_MESSAGE,	/* another message of an SMMUv3's driver, in @text */
	VSMMU_DMESG_BAD,	/* something that makes no sense: @text says how */
	VSMMU_DMESG_OTHER,	/* a line of another IOMMU, hypervisor or emulator: @what */
	VSMMU_DMESG_CONTEXT,	/* something that often precedes a fault: @context, @client */
	VSMMU_DMESG_GROUP,	/* the IOMMU group of @client is number @count */
};

struct catalogue_entry;

/**
 * struct vsmmu_dmesg_item - one thing that a log tells
 * @kind: which of the members below are valid
 * @words: for EVENT: how many of the four words of @record the log has. With less it was put
 *	together from what else the log has: what @known does not name is 0 in it
 * @have: for EVENT: bit n: word n of @record is one of them
 * @partial: for EVENT: the kernel printed more than the log has; @text says what is missing
 * @bad: for EVENT that is @partial: it is cut, while others have been left out whole, as by grep
 * @unassigned: for EVENT: the kernel says that it knows no device with this StreamID
 * @has_time: @time is valid
 * @has_wall: @wall is valid
 * @has_zone: the log says which zone @wall is of
 * @line: where it begins: the first line that was fed is 1
 * @time: nanoseconds since that kernel's boot
 * @wall: nanoseconds since 1970: in UTC with @has_zone, else by the log's own clock
 * @count: for SUPPRESSED and GROUP
 * @known: for EVENT: bit n is set if the log tells enum vsmmu_event_field n; what it
 *	does not tell is 0. With four @words it is every field that the id has
 * @event: for EVENT
 * @record: for EVENT
 * @entry: for MESSAGE: what the catalogue has of it; NULL if it is not known
 * @command: for MESSAGE: the command that the driver printed
 * @command_words: for MESSAGE: how many words of @command the log has, 0 to 2
 * @context: for CONTEXT
 * @smmu: the SMMU's device name, e.g. "arm-smmu-v3.0.auto"; "" if the log lacks it
 * @client: for EVENT, CONTEXT and GROUP: the endpoint's device name, e.g. "0000:00:01.0";
 *	"" if the log lacks it
 * @what: for OTHER: e.g. "SMMUv2 (arm-smmu)"
 * @text: for MESSAGE, BAD, OTHER, CONTEXT and an EVENT that is @partial
 *
 * The strings hold printable ASCII characters only, whatever the log holds.
 */
struct vsmmu_dmesg_item {
	enum vsmmu_dmesg_kind kind;
	uint8_t words;
	uint8_t have;
	bool partial;
	bool bad;
	bool unassigned;
	bool has_time;
	bool has_wall;
	bool has_zone;
	uint64_t line;
	uint64_t time;
	int64_t wall;
	uint64_t count;
	uint64_t known;
	struct vsmmu_event event;
	struct vsmmu_event_record record;
	const struct catalogue_entry *entry;
	uint64_t command[2];
	uint8_t command_words;
	enum context_kind context;
	char smmu[VSMMU_DMESG_NAME_SIZE];
	char client[VSMMU_DMESG_NAME_SIZE];
	char what[VSMMU_DMESG_WHAT_SIZE];
	char text[VSMMU_DMESG_TEXT_SIZE];
};

/**
 * struct vsmmu_dmesg - a log that is being read; the caller's, with nothing to be freed
 * @opaque: not for the caller
 */
struct vsmmu_dmesg {
	uint64_t opaque[4096];
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
 * vsmmu_dmesg_feed_more() - more of the line that was fed last
 * @dmesg: a log for which vsmmu_dmesg_next() has said NONE
 * @part: as @line of vsmmu_dmesg_feed(), which this is like but for the number of the line
 * @length: of @part in bytes
 *
 * For lines that are too long to be fed at once: best cut where a message begins.
 *
 * Return: 0; -EBUSY as vsmmu_dmesg_feed().
 */
int vsmmu_dmesg_feed_more(struct vsmmu_dmesg *dmesg, const void *part, size_t length);

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

/**
 * vsmmu_dmesg_waits() - whether something began that is not complete
 * @dmesg: the log
 *
 * Return: the line in which the first such event or message began; UINT64_MAX for none.
 */
uint64_t vsmmu_dmesg_waits(const struct vsmmu_dmesg *dmesg);

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
