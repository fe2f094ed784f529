/* SPDX-License-Identifier: BSD-2-Clause */
/* The vEVENTQs of the fake kernel: iommufd's eventq.c, and what a test scripts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/fail_nth.h"
#include "lib/fake_kernel.h"
#include "lib/fake_objects.h"
#include "uapi/iommufd.h"

enum step_kind { STEP_EVENT, STEP_LOST, STEP_BYTES, STEP_ERROR };

/* What comes next: an event, the LOST header, or what the test wants a read() to be. */
struct fake_step {
	struct fake_step *next;
	enum step_kind kind;
	int error;
	size_t length;
	uint8_t bytes[];
};

int fake_queue_open(uint32_t id)
{
	int fd = __real_eventfd(0, EFD_CLOEXEC);

	fake_file_new(fd, id);
	fake_object(id)->users++;
	fake_object(id)->queue.event_fd = fd;
	return fd;
}

/* The eventfd behind the fake's fd is readable while there are steps. */
static void show_readable(struct fake_queue *queue)
{
	uint64_t value = 1;
	bool readable = queue->steps;
	ssize_t moved;

	if (queue->event_fd < 0 || queue->readable == readable)
		return;
	queue->readable = readable;
	if (readable)
		moved = write(queue->event_fd, &value, sizeof(value));
	else
		moved = __real_read(queue->event_fd, &value, sizeof(value));
	fake_check(moved == sizeof(value), "its eventfd does not work");
}

static void pop(struct fake_queue *queue)
{
	struct fake_step *step = queue->steps;

	queue->steps = step->next;
	if (step->kind == STEP_EVENT)
		queue->queued--;
	free(step);
}

void fake_queue_drop(struct fake_queue *queue)
{
	while (queue->steps)
		pop(queue);
}

/* iommufd_veventq_fops_read() */
static ssize_t read_events(struct fake_queue *queue, uint8_t *buffer, size_t length)
{
	size_t done = 0;

	while (queue->steps && queue->steps->kind <= STEP_LOST) {
		size_t size = queue->steps->length;

		if (size > length - done)
			return done ? (ssize_t)done : -EINVAL;
		memcpy(buffer + done, queue->steps->bytes, size);
		done += size;
		pop(queue);
	}
	return (ssize_t)done;
}

static ssize_t read_script(struct fake_queue *queue, uint8_t *buffer, size_t length)
{
	const struct fake_step *step = queue->steps;
	ssize_t ret = (ssize_t)step->length;

	if (step->kind == STEP_ERROR)
		ret = -step->error;
	else if (step->length > length)
		return -EINVAL;
	else
		memcpy(buffer, step->bytes, step->length);
	pop(queue);
	return ret;
}

ssize_t fake_queue_read(struct fake_queue *queue, void *buffer, size_t length)
{
	ssize_t ret;

	if (length < sizeof(struct uapi_iommufd_vevent_header))
		return -EINVAL;
	if (!queue->steps || queue->steps->kind <= STEP_LOST)
		ret = read_events(queue, buffer, length);
	else
		ret = read_script(queue, buffer, length);
	show_readable(queue);
	return ret;
}

static struct fake_step *step_add(
	struct fake_queue *queue, enum step_kind kind, const void *bytes, size_t length)
{
	struct fake_step *step = __real_calloc(1, sizeof(*step) + length);
	struct fake_step **end = &queue->steps;

	fake_check(step, "no memory");
	step->kind = kind;
	step->length = length;
	if (length)
		memcpy(step->bytes, bytes, length);
	while (*end)
		end = &(*end)->next;
	*end = step;
	show_readable(queue);
	return step;
}

/* iommufd_vevent_handler(): numbers an event; @size 0 is one that was dropped. */
static void queue_event(struct fake_queue *queue, const void *payload, uint32_t size)
{
	struct uapi_iommufd_vevent_header header = {
		.flags = size ? 0 : UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS,
		.sequence = queue->sequence,
	};
	uint8_t bytes[sizeof(header) + 64];
	struct fake_step **end = &queue->steps;

	fake_check(size <= 64, "no event has such a payload");
	queue->sequence = (queue->sequence + 1) & INT32_MAX;
	/* A LOST header that nobody has read when the next event comes is gone. */
	while (*end && (*end)->next)
		end = &(*end)->next;
	if (*end && (*end)->kind == STEP_LOST) {
		free(*end);
		*end = NULL;
	}
	memcpy(bytes, &header, sizeof(header));
	if (size)
		memcpy(bytes + sizeof(header), payload, size);
	step_add(queue, size ? STEP_EVENT : STEP_LOST, bytes, sizeof(header) + size);
	if (size)
		queue->queued++;
}

void fake_veventq_report(uint32_t id, const void *payload, uint32_t size)
{
	struct fake_queue *queue = &fake_object(id)->queue;

	pthread_mutex_lock(&fake_lock);
	queue_event(queue, payload, queue->queued == queue->depth ? 0 : size);
	pthread_mutex_unlock(&fake_lock);
}

void fake_veventq_drop(uint32_t id)
{
	pthread_mutex_lock(&fake_lock);
	queue_event(&fake_object(id)->queue, NULL, 0);
	pthread_mutex_unlock(&fake_lock);
}

void fake_veventq_script(uint32_t id, const void *bytes, size_t length)
{
	pthread_mutex_lock(&fake_lock);
	step_add(&fake_object(id)->queue, STEP_BYTES, bytes, length);
	pthread_mutex_unlock(&fake_lock);
}

void fake_veventq_script_error(uint32_t id, int error)
{
	pthread_mutex_lock(&fake_lock);
	step_add(&fake_object(id)->queue, STEP_ERROR, NULL, 0)->error = error;
	pthread_mutex_unlock(&fake_lock);
}

void fake_veventq_set_sequence(uint32_t id, uint32_t sequence)
{
	fake_object(id)->queue.sequence = sequence;
}

uint32_t fake_veventq_new(uint32_t depth, int *fd)
{
	uint32_t id = fake_make(FAKE_VEVENTQ, 0, 0);

	fake_object(id)->given = true;
	fake_object(id)->queue.depth = depth;
	*fd = fake_queue_open(id);
	return id;
}

uint32_t fake_veventq_id(unsigned int index)
{
	for (uint32_t id = 1; id <= fake_last_id(); id++)
		if (fake_get(id, FAKE_VEVENTQ) && !index--)
			return id;
	return 0;
}
