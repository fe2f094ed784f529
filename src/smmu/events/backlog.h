/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events that were read ahead of their turn: a FIFO in front of a vEVENTQ. vsmmu_save()
 * takes what the kernel holds into one and leaves it there; vsmmu_restore() makes one with
 * no vEVENTQ behind it. It is served first, and as a vEVENTQ is: whole records, as many as
 * fit. Belongs to the holder of the dispatch lock.
 */
#ifndef SMMU_EVENTS_BACKLOG_H
#define SMMU_EVENTS_BACKLOG_H

#include "smmu/viommu/viommu.h"
#include "uapi/iommufd.h"

struct backlog {
	struct viommu *viommu;
	struct veventq_source behind; /* read is NULL when there is nothing behind */
	uint8_t *bytes;
	size_t begin, end, size;
	/* An eventfd that is always readable: it is in the poll set while there is something. */
	int fd;
	struct pollset *pollset; /* NULL while it is not in there */
};

struct uapi_iommufd_vevent_header backlog_header(const uint8_t *bytes);

/* Return: bytes of the record that is there, or 0 when it is cut short. */
size_t backlog_record_size(const uint8_t *bytes, size_t length);

/* Whole records at the beginning of these bytes. Return: how many; *whole: their bytes. */
uint32_t backlog_count(const uint8_t *bytes, size_t length, size_t *whole);

/* Puts one, empty, in front of the vEVENTQ unless there is one. Return: 0 or -errno. */
int backlog_new(struct viommu *viommu);

/* Goes, with what is in it. */
void backlog_free(struct viommu *viommu);

/* There is none, or nothing is in it. */
bool backlog_is_empty(const struct viommu *viommu);

/* Appends whole records. Return: 0 or -ENOMEM. */
int backlog_append(struct backlog *backlog, const void *bytes, size_t length);

/* What backlog_fill() adds to. */
struct backlog_sums {
	uint32_t cut;	  /* records that were cut short; they come again */
	uint64_t dropped; /* events that there was no room for */
};

/*
 * Takes in all that the vEVENTQ behind holds, and as much again if more comes in meanwhile.
 * There is room for twice what one of @depth holds: that many events, and a LOST header. What
 * is beyond is dropped and told of, with its exact count, by a LOST header at the end.
 *
 * Return: 0; -EPROTO when what is read has no end and no record; -errno of reading. What had
 * been read by then is kept.
 */
int backlog_fill(struct backlog *backlog, uint32_t depth, struct backlog_sums *sums);

/* In and out of the poll set as the vEVENTQ itself. Return: 0 or -errno. */
int backlog_poll(struct viommu *viommu, struct pollset *pollset);
void backlog_unpoll(struct viommu *viommu);

/*
 * Somebody else gets a StreamID, or nobody: its events that a snapshot brought are counted as
 * stale, so that its next holder never sees them. Under the event lock too.
 */
void backlog_forget_stream(struct vsmmu *vsmmu, uint32_t vsid);

#endif
