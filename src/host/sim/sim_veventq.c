/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim_veventq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HEADER_SIZE   sizeof(struct uapi_iommufd_vevent_header)
#define RECORD_SIZE   sizeof(struct sim_vevent)
#define SEQUENCE_MASK UINT32_C(0x7fffffff)

/* Records that one hold of the lock may copy: bounds how long a producer waits. */
#define BULK 32

_Static_assert(RECORD_SIZE == 40, "a record is what read() gives");

int sim_veventq_init(
	struct sim_veventq *queue, struct sim_reads *reads, uint32_t depth, uint32_t first_sequence)
{
	memset(queue, 0, sizeof(*queue));
	queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (queue->fd < 0)
		return -errno;
	queue->ring = calloc(depth, sizeof(*queue->ring));
	if (!queue->ring) {
		close(queue->fd);
		return -ENOMEM;
	}
	pthread_mutex_init(&queue->lock, NULL);
	queue->reads = reads;
	queue->depth = depth;
	queue->sequence = first_sequence;
	return 0;
}

void sim_veventq_destroy(struct sim_veventq *queue)
{
	if (queue->fd >= 0)
		close(queue->fd);
	free(queue->ring);
	pthread_mutex_destroy(&queue->lock);
}

void sim_veventq_close(struct sim_veventq *queue)
{
	pthread_mutex_lock(&queue->lock);
	if (queue->fd >= 0)
		close(queue->fd);
	queue->fd = -1;
	pthread_mutex_unlock(&queue->lock);
}

static uint32_t ring_index(const struct sim_veventq *queue, uint32_t offset)
{
	uint32_t index = queue->head + offset;

	return index < queue->depth ? index : index - queue->depth;
}

/* Under the lock, whenever the list may have become empty or stopped being so. */
static void update_fd(struct sim_veventq *queue)
{
	bool readable = queue->listed || queue->lost;
	eventfd_t count;

	if (readable == queue->signalled)
		return;
	queue->signalled = readable;
	if (queue->fd < 0)
		return;
	/* Neither can fail: only this function moves the count, between 0 and 1. */
	if (readable)
		(void)eventfd_write(queue->fd, 1);
	else
		(void)eventfd_read(queue->fd, &count);
}

bool sim_veventq_push(
	struct sim_veventq *queue, const struct vsmmu_event_record *record, bool no_memory)
{
	bool kept;

	pthread_mutex_lock(&queue->lock);
	kept = !no_memory && queue->num_events < queue->depth;
	if (kept) {
		struct sim_vevent *event = &queue->ring[ring_index(queue, queue->listed)];

		event->header.flags = 0;
		event->header.sequence = queue->sequence;
		vsmmu_event_record_store(record, event->payload);
		queue->listed++;
		queue->num_events++;
	} else {
		queue->lost_sequence = queue->sequence;
	}
	/* An event behind it takes the LOST header off the list: then the gap tells. */
	queue->lost = !kept;
	queue->sequence = (queue->sequence + 1) & SEQUENCE_MASK;
	update_fd(queue);
	pthread_mutex_unlock(&queue->lock);
	return kept;
}

void sim_veventq_drop(struct sim_veventq *queue, uint32_t count)
{
	pthread_mutex_lock(&queue->lock);
	queue->lost = true;
	queue->lost_sequence = (queue->sequence + count - 1) & SEQUENCE_MASK;
	queue->sequence = (queue->sequence + count) & SEQUENCE_MASK;
	update_fd(queue);
	pthread_mutex_unlock(&queue->lock);
}

/*
 * Copies all but one of the events that are there and fit, up to BULK. The kernel lets
 * go of its lock around each record's copy; that nobody came in between is one of the
 * orders which that allows. The one that is left goes the kernel's way.
 */
static size_t copy_bulk(struct sim_veventq *queue, void *buffer, size_t length)
{
	size_t room = length / RECORD_SIZE;
	uint32_t count = queue->listed < room ? queue->listed : (uint32_t)room;
	uint32_t to_end = queue->depth - queue->head;
	uint32_t first;

	if (count < 2 ||
		sim_failures_are_armed(&queue->reads->failures, VSMMU_SIM_FAIL_PAYLOAD_FAULT))
		return 0;
	count = count > BULK ? BULK : count - 1;
	first = count < to_end ? count : to_end;
	memcpy(buffer, &queue->ring[queue->head], first * RECORD_SIZE);
	memcpy((uint8_t *)buffer + first * RECORD_SIZE, queue->ring, (count - first) * RECORD_SIZE);
	queue->head = ring_index(queue, count);
	queue->listed -= count;
	queue->num_events -= count;
	return count * RECORD_SIZE;
}

/* Puts an event back, as iommufd_veventq_deliver_restore() does: its space is still counted. */
static void put_back(struct sim_veventq *queue, const struct sim_vevent *event)
{
	queue->head = queue->head ? queue->head - 1 : queue->depth - 1;
	queue->ring[queue->head] = *event;
	queue->listed++;
	update_fd(queue);
}

/*
 * Hands out the first event, of which at least the header fits. Holds the lock, but not
 * around the copy. Return: 0 with *done advanced, or -errno.
 */
static int copy_event(struct sim_veventq *queue, uint8_t *buffer, size_t *done)
{
	struct sim_vevent event = queue->ring[queue->head];
	bool fault;

	queue->head = ring_index(queue, 1);
	queue->listed--;
	update_fd(queue);
	pthread_mutex_unlock(&queue->lock);

	fault = !buffer;
	if (!fault) {
		memcpy(buffer + *done, &event.header, HEADER_SIZE);
		*done += HEADER_SIZE;
		fault = sim_failures_take(&queue->reads->failures, VSMMU_SIM_FAIL_PAYLOAD_FAULT);
		if (!fault)
			memcpy(buffer + *done, event.payload, sizeof(event.payload));
		else if (queue->reads->kernel == VSMMU_SIM_KERNEL_NOW)
			*done -= HEADER_SIZE;
	}

	pthread_mutex_lock(&queue->lock);
	if (fault) {
		put_back(queue, &event);
		return -EFAULT;
	}
	queue->num_events--;
	*done += sizeof(event.payload);
	return 0;
}

/* Hands out the LOST header, of which the kernel makes a copy before it lets go. */
static int copy_lost(struct sim_veventq *queue, uint8_t *buffer, size_t *done)
{
	struct uapi_iommufd_vevent_header header = {
		.flags = UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS,
		.sequence = queue->lost_sequence,
	};

	queue->lost = false;
	update_fd(queue);
	pthread_mutex_unlock(&queue->lock);

	sim_failures_run_hook(&queue->reads->failures);
	if (buffer) {
		memcpy(buffer + *done, &header, HEADER_SIZE);
		*done += HEADER_SIZE;
	}

	pthread_mutex_lock(&queue->lock);
	if (buffer)
		return 0;
	/* An event that came behind it made it superfluous: the gap tells. */
	if (!queue->listed) {
		queue->lost = true;
		update_fd(queue);
	}
	return -EFAULT;
}

/* Hands out a record. Return: 1 when it was handed out, 0 when that was all, or -errno. */
static int read_one(struct sim_veventq *queue, uint8_t *buffer, size_t length, size_t *done)
{
	size_t room = length - *done;
	int ret;

	if (!queue->listed && !queue->lost)
		return 0;
	if (room < HEADER_SIZE)
		return 0;
	if (queue->listed) {
		if (room < RECORD_SIZE)
			return -EINVAL;
		ret = copy_event(queue, buffer, done);
	} else {
		if (sim_failures_take(&queue->reads->failures, VSMMU_SIM_FAIL_LOST_COPY))
			return -ENOMEM;
		ret = copy_lost(queue, buffer, done);
	}
	return ret ? ret : 1;
}

/* The errors that kernels before mid-2026 forgot to return. */
static bool was_silent(int error)
{
	return error == -EINVAL || error == -ENOMEM;
}

ssize_t sim_veventq_read(void *ctx, void *buffer, size_t length)
{
	struct sim_veventq *queue = ctx;
	struct sim_reads *reads = queue->reads;
	bool before_2026 = reads->kernel == VSMMU_SIM_KERNEL_BEFORE_2026;
	size_t done = 0;
	int ret;

	atomic_fetch_add_explicit(&reads->count, 1, memory_order_relaxed);
	ret = sim_failures_take(&reads->failures, VSMMU_SIM_FAIL_READ_ALWAYS);
	if (!ret)
		ret = sim_failures_take(&reads->failures, VSMMU_SIM_FAIL_READ);
	if (ret)
		return -ret;
	if (length < HEADER_SIZE && !before_2026)
		return -EINVAL;

	pthread_mutex_lock(&queue->lock);
	if (queue->fd < 0) {
		pthread_mutex_unlock(&queue->lock);
		return -EBADF;
	}
	do {
		if (buffer)
			done += copy_bulk(queue, (uint8_t *)buffer + done, length - done);
		ret = read_one(queue, buffer, length, &done);
	} while (ret > 0);
	pthread_mutex_unlock(&queue->lock);

	if (done)
		return (ssize_t)done;
	return before_2026 && was_silent(ret) ? 0 : ret;
}
