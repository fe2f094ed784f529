/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/backlog.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "arch/record.h"
#include "util/fd.h"

#define RECORD_SIZE (VEVENTQ_HEADER_SIZE + sizeof(struct uapi_iommu_vevent_arm_smmuv3))
#define CHUNK	    (256 * RECORD_SIZE)
#define CHUNK_SLACK 8 /* 32-bit kernels before mid-2026 could write this much past the end */
#define FILL_TRIES  8

struct uapi_iommufd_vevent_header backlog_header(const uint8_t *bytes)
{
	struct uapi_iommufd_vevent_header header;

	memcpy(&header, bytes, sizeof(header));
	return header;
}

static bool is_lost(struct uapi_iommufd_vevent_header header)
{
	return header.flags & UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS;
}

size_t backlog_record_size(const uint8_t *bytes, size_t length)
{
	size_t size = RECORD_SIZE;

	if (length < VEVENTQ_HEADER_SIZE)
		return 0;
	if (is_lost(backlog_header(bytes)))
		size = VEVENTQ_HEADER_SIZE;
	return size <= length ? size : 0;
}

uint32_t backlog_count(const uint8_t *bytes, size_t length, size_t *whole)
{
	uint32_t count = 0;
	size_t size;

	for (*whole = 0; (size = backlog_record_size(bytes + *whole, length - *whole)); count++)
		*whole += size;
	return count;
}

static bool is_empty(const struct backlog *backlog)
{
	return backlog->begin == backlog->end;
}

/* Return: bytes of whole records that went into the buffer. */
static size_t backlog_serve(struct backlog *backlog, uint8_t *buffer, size_t length)
{
	const uint8_t *from = backlog->bytes + backlog->begin;
	size_t held = backlog->end - backlog->begin;
	size_t bytes;

	backlog_count(from, held < length ? held : length, &bytes);
	if (bytes)
		memcpy(buffer, from, bytes);
	backlog->begin += bytes;
	return bytes;
}

/* As read() of a vEVENTQ. */
static ssize_t backlog_read(void *ctx, void *buffer, size_t length)
{
	struct backlog *backlog = ctx;
	const struct veventq_source behind = backlog->behind;
	size_t served;
	ssize_t got;

	if (is_empty(backlog) && behind.read) {
		backlog_free(backlog->viommu);
		return behind.read(behind.ctx, buffer, length);
	}
	served = backlog_serve(backlog, buffer, length);
	if (!is_empty(backlog))
		return (ssize_t)served;
	backlog_unpoll(backlog->viommu);
	if (!behind.read || length - served < RECORD_SIZE)
		return (ssize_t)served;
	got = behind.read(behind.ctx, (uint8_t *)buffer + served, length - served);
	/* What failed is told next time. */
	if (served && got < 0)
		got = 0;
	return got < 0 ? got : got + (ssize_t)served;
}

int backlog_new(struct viommu *viommu)
{
	struct backlog *backlog;

	if (viommu->backlog)
		return 0;
	backlog = calloc(1, sizeof(*backlog));
	if (!backlog)
		return -ENOMEM;
	backlog->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (backlog->fd < 0) {
		int ret = -errno;

		free(backlog);
		return ret;
	}
	backlog->viommu = viommu;
	backlog->behind = viommu->reader.source;
	viommu->backlog = backlog;
	viommu->reader.source.read = backlog_read;
	viommu->reader.source.ctx = backlog;
	return 0;
}

void backlog_free(struct viommu *viommu)
{
	struct backlog *backlog = viommu->backlog;

	if (!backlog)
		return;
	backlog_unpoll(viommu);
	viommu->reader.source = backlog->behind;
	viommu->backlog = NULL;
	fd_close(backlog->fd);
	free(backlog->bytes);
	free(backlog);
}

bool backlog_is_empty(const struct viommu *viommu)
{
	return !viommu->backlog || is_empty(viommu->backlog);
}

/* Room for so many more bytes at the end. Return: 0 or -ENOMEM. */
static int backlog_reserve(struct backlog *backlog, size_t more)
{
	size_t held = backlog->end - backlog->begin;
	size_t size = 2 * held > held + more ? 2 * held : held + more;
	uint8_t *bytes;

	if (backlog->size - backlog->end >= more)
		return 0;
	if (backlog->begin) {
		memmove(backlog->bytes, backlog->bytes + backlog->begin, held);
		backlog->begin = 0;
		backlog->end = held;
		if (backlog->size - backlog->end >= more)
			return 0;
	}
	bytes = realloc(backlog->bytes, size);
	if (!bytes)
		return -ENOMEM;
	backlog->bytes = bytes;
	backlog->size = size;
	return 0;
}

int backlog_append(struct backlog *backlog, const void *bytes, size_t length)
{
	int ret = backlog_reserve(backlog, length);

	if (ret)
		return ret;
	memcpy(backlog->bytes + backlog->end, bytes, length);
	backlog->end += length;
	return 0;
}

static bool passes(ssize_t error)
{
	return error == -EAGAIN || error == -EINTR || error == -ENOMEM;
}

static bool behind_is_readable(const struct backlog *backlog)
{
	struct pollfd fd = {.fd = backlog->viommu->veventq.fd, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* A filling under way. */
struct intake {
	struct backlog *backlog;
	uint32_t held;	/* records in it, */
	size_t last;	/* of which the last one begins so far behind the first one */
	uint32_t limit; /* of both those that are held and those that are read */
	uint32_t read;
	struct backlog_sums *sums;
};

static void intake_begin(struct intake *intake)
{
	const struct backlog *backlog = intake->backlog;
	size_t held = backlog->end - backlog->begin, at = 0, size;
	const uint8_t *first;

	/* There may be no memory yet. */
	if (!held)
		return;
	first = backlog->bytes + backlog->begin;
	for (; (size = backlog_record_size(first + at, held - at)); at += size) {
		intake->last = at;
		intake->held++;
	}
}

/* There is no room for one more: the kernel, too, would say so behind the last one. */
static void intake_drop(struct intake *intake, struct uapi_iommufd_vevent_header header)
{
	const struct uapi_iommufd_vevent_header lost = {
		.flags = UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS,
		.sequence = header.sequence & INT_MAX,
	};
	struct backlog *backlog = intake->backlog;
	uint8_t *first = backlog->bytes + backlog->begin;

	if (!is_lost(backlog_header(first + intake->last))) {
		intake->last = backlog->end - backlog->begin;
		intake->held++;
		backlog->end += sizeof(lost);
	}
	memcpy(first + intake->last, &lost, sizeof(lost));
	intake->sums->dropped += !is_lost(header);
}

/* So many bytes were read to the end. Return: whether there is a whole record in them. */
static bool intake_take(struct intake *intake, size_t got)
{
	struct backlog *backlog = intake->backlog;
	const uint8_t *from = backlog->bytes + backlog->end, *end = from + got;
	const uint32_t before = intake->read;
	size_t size;

	for (; (size = backlog_record_size(from, (size_t)(end - from))); from += size) {
		intake->read++;
		if (intake->held >= intake->limit) {
			intake_drop(intake, backlog_header(from));
			continue;
		}
		intake->last = backlog->end - backlog->begin;
		intake->held++;
		backlog->end += size;
	}
	intake->sums->cut += from != end;
	return intake->read != before;
}

int backlog_fill(struct backlog *backlog, uint32_t depth, struct backlog_sums *sums)
{
	struct intake intake = {.backlog = backlog, .limit = 2 * (depth + 1), .sums = sums};
	unsigned int tries = FILL_TRIES;

	if (!backlog->behind.read)
		return 0;
	intake_begin(&intake);
	while (intake.read < intake.limit) {
		size_t length = (intake.limit - intake.read) * RECORD_SIZE;
		ssize_t got;

		length = length < CHUNK ? length : CHUNK;
		/* The memory is there before it is read: what was read cannot be given back. */
		if (backlog_reserve(backlog, length + CHUNK_SLACK))
			return -ENOMEM;
		got = backlog->behind.read(
			backlog->behind.ctx, backlog->bytes + backlog->end, length);
		if (got > (ssize_t)length)
			return -EPROTO;
		if (got > 0 && intake_take(&intake, (size_t)got)) {
			tries = FILL_TRIES;
			continue;
		}
		if (got < 0 && !passes(got))
			return (int)got;
		/* Short of memory, kernels before mid-2026 say that there is nothing. */
		if (got <= 0 && !behind_is_readable(backlog))
			return 0;
		if (!tries--)
			return got > 0 ? -EPROTO : got ? (int)got : -ENOMEM;
	}
	return 0;
}

int backlog_poll(struct viommu *viommu, struct pollset *pollset)
{
	struct backlog *backlog = viommu->backlog;
	int ret;

	if (!backlog || backlog->pollset)
		return 0;
	ret = pollset_add(pollset, backlog->fd, viommu);
	if (!ret)
		backlog->pollset = pollset;
	return ret;
}

void backlog_unpoll(struct viommu *viommu)
{
	struct backlog *backlog = viommu->backlog;

	if (!backlog || !backlog->pollset)
		return;
	pollset_remove(backlog->pollset, backlog->fd);
	backlog->pollset = NULL;
}

static bool is_event_of(const uint8_t *bytes, size_t size, uint32_t vsid)
{
	return size == RECORD_SIZE &&
	       record_load_word(bytes + VEVENTQ_HEADER_SIZE, 0) >> 32 == vsid;
}

/* Those behind are numbered anew, so that no gap says that something was lost. */
static uint32_t backlog_remove(struct backlog *backlog, uint32_t vsid)
{
	uint8_t *to = backlog->bytes + backlog->begin;
	const uint8_t *from = to, *end = backlog->bytes + backlog->end;
	uint32_t removed = 0;
	size_t size;

	for (; (size = backlog_record_size(from, (size_t)(end - from))); from += size) {
		struct uapi_iommufd_vevent_header header = backlog_header(from);

		if (is_event_of(from, size, vsid)) {
			removed++;
			continue;
		}
		header.sequence = (header.sequence - removed) & INT_MAX;
		memmove(to, from, size);
		memcpy(to, &header, sizeof(header));
		to += size;
	}
	backlog->end = (size_t)(to - backlog->bytes);
	if (is_empty(backlog))
		backlog_unpoll(backlog->viommu);
	return removed;
}

void backlog_forget_stream(struct vsmmu *vsmmu, uint32_t vsid)
{
	uint32_t removed;

	if (!vsmmu->restored || backlog_is_empty(vsmmu->restored))
		return;
	removed = backlog_remove(vsmmu->restored->backlog, vsid);
	vsmmu->stats.sequenced += removed;
	vsmmu->stats.discarded += removed;
	vsmmu->stats.discarded_by[VSMMU_DISCARD_STALE] += removed;
}
