/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/viommu/viommu.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "host/fd.h"
#include "smmu/events/backlog.h"
#include "smmu/events/forwarder.h"

#define BACKOFF_FIRST UINT64_C(1000000)
#define BACKOFF_LAST  UINT64_C(128000000)

int vqueue_arm(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	int ret = 0;

	if (!backlog_is_empty(vqueue))
		ret = backlog_poll(vqueue, &vsmmu->pollset);
	if (!ret && !vqueue->any_stream)
		ret = pollset_add(&vsmmu->pollset, vqueue->veventq.fd, vqueue);
	if (ret)
		backlog_unpoll(vqueue);
	else
		vqueue->state = VQUEUE_ARMED;
	return ret;
}

bool vqueue_readable(const struct vqueue *vqueue)
{
	struct pollfd fd = {.fd = vqueue->veventq.fd, .events = POLLIN};

	return !backlog_is_empty(vqueue) || poll(&fd, 1, 0) > 0;
}

static void vqueue_unpoll(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	backlog_unpoll(vqueue);
	if (vqueue->state == VQUEUE_ARMED && !vqueue->any_stream)
		pollset_remove(&vsmmu->pollset, vqueue->veventq.fd);
}

void vqueue_backoff(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	vqueue->backoff = vqueue->backoff ? 2 * vqueue->backoff : BACKOFF_FIRST;
	if (vqueue->backoff > BACKOFF_LAST)
		vqueue->backoff = BACKOFF_LAST;
	/* Without a timer, spinning beats never reading again. */
	if (pollset_timer_start(&vsmmu->pollset, vqueue->backoff))
		return;
	vqueue_unpoll(vsmmu, vqueue);
	vqueue->state = VQUEUE_BACKOFF;
}

void vqueue_disarm(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	vqueue_unpoll(vsmmu, vqueue);
	vqueue->state = VQUEUE_DISARMED;
}

int vqueue_add(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	int ret;

	fairlock_lock(&vsmmu->dispatch_lock);
	ret = vqueue_arm(vsmmu, vqueue);
	if (!ret) {
		vqueue->next = vsmmu->vqueues;
		vsmmu->vqueues = vqueue;
		if (vqueue->any_stream)
			vsmmu->restored = vqueue;
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

/* Reader, poll set and list; @vqueue->veventq is filled in. Return: 0 or -errno. */
static int vqueue_start(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	const struct host_veventq *veventq = &vqueue->veventq;
	int ret;

	/* A guest's event queue takes SMMUv3 records and nothing else. */
	if (veventq->type != VSMMU_VEVENTQ_ARM_SMMUV3)
		return -EINVAL;
	ret = veventq_reader_init(&vqueue->reader, &veventq->source, veventq->type,
		veventq->first_sequence, EVENTQ_BATCH);
	if (ret)
		return ret;
	ret = vqueue_add(vsmmu, vqueue);
	if (ret)
		veventq_reader_destroy(&vqueue->reader);
	return ret;
}

void vqueue_free_restored(struct vqueue *vqueue)
{
	backlog_free(vqueue);
	veventq_reader_destroy(&vqueue->reader);
	free(vqueue);
}

int vqueue_new_restored(const void *bytes, size_t length, struct vqueue **out)
{
	struct vqueue *vqueue = calloc(1, sizeof(*vqueue));
	int ret;

	if (!vqueue)
		return -ENOMEM;
	vqueue->any_stream = true;
	vqueue->veventq.fd = -1;
	vqueue->veventq.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	ret = veventq_reader_init(
		&vqueue->reader, &vqueue->veventq.source, vqueue->veventq.type, 0, EVENTQ_BATCH);
	if (!ret)
		ret = backlog_new(vqueue);
	if (!ret)
		ret = backlog_append(vqueue->backlog, bytes, length);
	if (ret) {
		vqueue_free_restored(vqueue);
		return ret;
	}
	*out = vqueue;
	return 0;
}

int vqueue_new(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, struct parent *parent,
	struct vqueue **out)
{
	const struct host_ops *host = vsmmu->host->ops;
	struct vqueue *vqueue = calloc(1, sizeof(*vqueue));
	int ret;

	if (!vqueue)
		return -ENOMEM;
	ret = host->viommu_alloc(vsmmu->host, endpoint, parent->id, &vqueue->viommu_id);
	if (ret)
		goto fail_free;
	ret = host->veventq_alloc(
		vsmmu->host, vqueue->viommu_id, vsmmu->config.veventq_depth, &vqueue->veventq);
	if (ret)
		goto fail_viommu;
	ret = vqueue_start(vsmmu, vqueue);
	if (ret)
		goto fail_veventq;
	vqueue->parent = parent;
	parent->vqueues++;
	*out = vqueue;
	return 0;
fail_veventq:
	host->veventq_close(vsmmu->host, &vqueue->veventq);
	host->destroy(vsmmu->host, vqueue->veventq.id);
fail_viommu:
	host->destroy(vsmmu->host, vqueue->viommu_id);
fail_free:
	free(vqueue);
	return ret;
}

int vqueue_free(struct vsmmu *vsmmu, struct vqueue *vqueue)
{
	const struct host_ops *host = vsmmu->host ? vsmmu->host->ops : NULL;
	struct vqueue **link = &vsmmu->vqueues;
	int ret = 0;

	fairlock_lock(&vsmmu->dispatch_lock);
	vqueue_unpoll(vsmmu, vqueue);
	while (*link != vqueue)
		link = &(*link)->next;
	*link = vqueue->next;
	if (vsmmu->restored == vqueue)
		vsmmu->restored = NULL;
	forwarder_drain(vsmmu, vqueue, VSMMU_DISCARD_TEARDOWN);
	forwarder_forget(vsmmu, vqueue);
	fairlock_unlock(&vsmmu->dispatch_lock);

	backlog_free(vqueue);
	veventq_reader_destroy(&vqueue->reader);
	if (vqueue->parent) {
		int viommu;

		/* The fd first, else the kernel answers EBUSY. */
		host->veventq_close(vsmmu->host, &vqueue->veventq);
		ret = host->destroy(vsmmu->host, vqueue->veventq.id);
		viommu = host->destroy(vsmmu->host, vqueue->viommu_id);
		ret = ret ? ret : viommu;
		vqueue->parent->vqueues--;
	} else {
		host_veventq_close(&vqueue->veventq);
	}
	free(vqueue);
	return ret;
}

bool vqueue_restored_waits(const struct vsmmu *vsmmu)
{
	return vsmmu->restored && !backlog_is_empty(vsmmu->restored);
}

void vqueue_drop_emptied(struct vsmmu *vsmmu)
{
	bool waits;

	if (!vsmmu->restored)
		return;
	fairlock_lock(&vsmmu->dispatch_lock);
	waits = vqueue_restored_waits(vsmmu);
	fairlock_unlock(&vsmmu->dispatch_lock);
	/* Nothing more ever comes into it. */
	if (!waits)
		vqueue_free(vsmmu, vsmmu->restored);
}

int vsmmu_adopt_veventq(struct vsmmu *vsmmu, int fd, struct vsmmu_veventq_source **out)
{
	struct vsmmu_veventq_source *source;
	int ret;

	if (!out)
		return -EINVAL;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	source->vqueue.veventq.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	ret = host_veventq_adopt(fd, &source->vqueue.veventq);
	if (ret)
		goto fail_free;
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = vqueue_start(vsmmu, &source->vqueue);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (ret)
		goto fail_close;
	*out = source;
	return 0;
fail_close:
	host_veventq_close(&source->vqueue.veventq);
fail_free:
	free(source);
	return ret;
}

struct vqueue *vqueue_of_source(
	const struct vsmmu *vsmmu, const struct vsmmu_veventq_source *source)
{
	struct vqueue *vqueue = vsmmu->vqueues;

	while (vqueue && vqueue != &source->vqueue)
		vqueue = vqueue->next;
	return vqueue;
}

int vsmmu_drop_veventq(struct vsmmu *vsmmu, struct vsmmu_veventq_source *source)
{
	int ret = -EBUSY;

	pthread_mutex_lock(&vsmmu->control_lock);
	if (!vqueue_of_source(vsmmu, source))
		ret = -EINVAL;
	else if (!source->vqueue.endpoints)
		ret = vqueue_free(vsmmu, &source->vqueue);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int vsmmu_rearm(struct vsmmu *vsmmu)
{
	int rearmed = 0;

	fairlock_lock(&vsmmu->dispatch_lock);
	for (struct vqueue *vqueue = vsmmu->vqueues; vqueue; vqueue = vqueue->next)
		if (vqueue->state == VQUEUE_DISARMED && !vqueue_arm(vsmmu, vqueue))
			rearmed++;
	fairlock_unlock(&vsmmu->dispatch_lock);
	return rearmed;
}
