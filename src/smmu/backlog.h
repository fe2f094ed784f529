/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events that were read ahead of their turn: a FIFO in front of a vEVENTQ. vsmmu_save()
 * takes what the kernel holds into one and leaves it there; vsmmu_restore() makes one with
 * no vEVENTQ behind it. It is served first, and as a vEVENTQ is: whole records, as many as
 * fit. Belongs to the holder of the dispatch lock.
 */
#ifndef SMMU_BACKLOG_H
#define SMMU_BACKLOG_H

#include "smmu/vqueue.h"

struct backlog {
	struct vqueue *vqueue;
	struct veventq_source behind; /* read is NULL when there is nothing behind */
	uint8_t *bytes;
	size_t begin, end, size;
	/* An eventfd that is always readable: it is in the poll set while there is something. */
	int fd;
	struct pollset *pollset; /* NULL while it is not in there */
};

/* Whole records at the beginning of these bytes. Return: how many; *whole: their bytes. */
uint32_t backlog_count(const uint8_t *bytes, size_t length, size_t *whole);

/* Puts one, empty, in front of the vEVENTQ unless there is one. Return: 0 or -errno. */
int backlog_new(struct vqueue *vqueue);

/* Goes, with what is in it. */
void backlog_free(struct vqueue *vqueue);

/* There is none, or nothing is in it. */
bool backlog_is_empty(const struct vqueue *vqueue);

/* Appends whole records. Return: 0 or -ENOMEM. */
int backlog_append(struct backlog *backlog, const void *bytes, size_t length);

/*
 * Takes in all that the vEVENTQ behind holds, until there are @records in it. *@cut grows
 * by records that were cut short; they come again. Return: 0; -errno: what had been read
 * by then is kept.
 */
int backlog_fill(struct backlog *backlog, uint32_t records, uint32_t *cut);

/* In and out of the poll set as the vEVENTQ itself. Return: 0 or -errno. */
int backlog_poll(struct vqueue *vqueue, struct pollset *pollset);
void backlog_unpoll(struct vqueue *vqueue);

/*
 * A StreamID is given up: its events in backlogs with nothing behind are counted as stale,
 * so that its next holder never sees them. Under the event lock too.
 */
void backlog_forget_stream(struct vsmmu *vsmmu, uint32_t vsid);

#endif
