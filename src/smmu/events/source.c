/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/viommu/viommu.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/events/backlog.h"
#include "smmu/events/forwarder.h"
#include "util/fd.h"
#include "veventq/fd.h"

#define BACKOFF_FIRST UINT64_C(1000000)
#define BACKOFF_LAST  UINT64_C(128000000)

int viommu_arm(struct vsmmu *vsmmu, struct viommu *viommu)
{
	int ret = 0;

	if (!backlog_is_empty(viommu))
		ret = backlog_poll(viommu, &vsmmu->pollset);
	if (!ret && !viommu->any_stream)
		ret = pollset_add(&vsmmu->pollset, viommu->veventq.fd, viommu);
	if (ret)
		backlog_unpoll(viommu);
	else
		viommu->state = VIOMMU_ARMED;
	return ret;
}

bool viommu_readable(const struct viommu *viommu)
{
	struct pollfd fd = {.fd = viommu->veventq.fd, .events = POLLIN};

	return !backlog_is_empty(viommu) || poll(&fd, 1, 0) > 0;
}

static void viommu_unpoll(struct vsmmu *vsmmu, struct viommu *viommu)
{
	backlog_unpoll(viommu);
	if (viommu->state == VIOMMU_ARMED && !viommu->any_stream)
		pollset_remove(&vsmmu->pollset, viommu->veventq.fd);
}

void viommu_backoff(struct vsmmu *vsmmu, struct viommu *viommu)
{
	viommu->backoff = viommu->backoff ? 2 * viommu->backoff : BACKOFF_FIRST;
	if (viommu->backoff > BACKOFF_LAST)
		viommu->backoff = BACKOFF_LAST;
	/* Without a timer, spinning beats never reading again. */
	if (pollset_timer_start(&vsmmu->pollset, viommu->backoff))
		return;
	viommu_unpoll(vsmmu, viommu);
	viommu->state = VIOMMU_BACKOFF;
}

void viommu_disarm(struct vsmmu *vsmmu, struct viommu *viommu)
{
	viommu_unpoll(vsmmu, viommu);
	viommu->state = VIOMMU_DISARMED;
}

int viommu_add(struct vsmmu *vsmmu, struct viommu *viommu)
{
	int ret;

	fairlock_lock(&vsmmu->dispatch_lock);
	ret = viommu_arm(vsmmu, viommu);
	if (!ret) {
		viommu->next = vsmmu->viommus;
		vsmmu->viommus = viommu;
		if (viommu->any_stream)
			vsmmu->restored = viommu;
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

/* Reader, poll set and list; @viommu->veventq is filled in. Return: 0 or -errno. */
static int viommu_start(struct vsmmu *vsmmu, struct viommu *viommu)
{
	const struct host_veventq *veventq = &viommu->veventq;
	int ret;

	/* A guest's event queue takes SMMUv3 records and nothing else. */
	if (veventq->type != VSMMU_VEVENTQ_ARM_SMMUV3)
		return -EINVAL;
	ret = veventq_reader_init(&viommu->reader, &veventq->source, veventq->type,
		veventq->first_sequence, EVENTQ_BATCH);
	if (ret)
		return ret;
	ret = viommu_add(vsmmu, viommu);
	if (ret)
		veventq_reader_destroy(&viommu->reader);
	return ret;
}

void viommu_free_restored(struct viommu *viommu)
{
	backlog_free(viommu);
	veventq_reader_destroy(&viommu->reader);
	free(viommu);
}

int viommu_new_restored(const void *bytes, size_t length, struct viommu **out)
{
	struct viommu *viommu = calloc(1, sizeof(*viommu));
	int ret;

	if (!viommu)
		return -ENOMEM;
	viommu->any_stream = true;
	viommu->veventq.fd = -1;
	viommu->veventq.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	ret = veventq_reader_init(
		&viommu->reader, &viommu->veventq.source, viommu->veventq.type, 0, EVENTQ_BATCH);
	if (!ret)
		ret = backlog_new(viommu);
	if (!ret)
		ret = backlog_append(viommu->backlog, bytes, length);
	if (ret) {
		viommu_free_restored(viommu);
		return ret;
	}
	*out = viommu;
	return 0;
}

int viommu_new(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, struct nesting_parent *parent,
	struct viommu **out)
{
	const struct host_ops *host = vsmmu->host->ops;
	struct viommu *viommu = calloc(1, sizeof(*viommu));
	int ret;

	if (!viommu)
		return -ENOMEM;
	ret = host->viommu_alloc(vsmmu->host, endpoint, parent->id, &viommu->viommu_id);
	if (ret)
		goto fail_free;
	ret = host->veventq_alloc(
		vsmmu->host, viommu->viommu_id, vsmmu->config.veventq_depth, &viommu->veventq);
	if (ret)
		goto fail_viommu;
	ret = viommu_start(vsmmu, viommu);
	if (ret)
		goto fail_veventq;
	viommu->parent = parent;
	parent->viommus++;
	*out = viommu;
	return 0;
fail_veventq:
	host->veventq_close(vsmmu->host, &viommu->veventq);
	host->destroy(vsmmu->host, viommu->veventq.id);
fail_viommu:
	host->destroy(vsmmu->host, viommu->viommu_id);
fail_free:
	free(viommu);
	return ret;
}

int viommu_free(struct vsmmu *vsmmu, struct viommu *viommu)
{
	const struct host_ops *host = vsmmu->host ? vsmmu->host->ops : NULL;
	struct viommu **link = &vsmmu->viommus;
	int ret = 0;

	fairlock_lock(&vsmmu->dispatch_lock);
	viommu_unpoll(vsmmu, viommu);
	while (*link != viommu)
		link = &(*link)->next;
	*link = viommu->next;
	if (vsmmu->restored == viommu)
		vsmmu->restored = NULL;
	forwarder_drain(vsmmu, viommu, VSMMU_DISCARD_TEARDOWN);
	forwarder_forget(vsmmu, viommu);
	fairlock_unlock(&vsmmu->dispatch_lock);

	backlog_free(viommu);
	veventq_reader_destroy(&viommu->reader);
	if (viommu->parent) {
		int destroyed;

		/* The fd first, else the kernel answers EBUSY. */
		host->veventq_close(vsmmu->host, &viommu->veventq);
		ret = host->destroy(vsmmu->host, viommu->veventq.id);
		destroyed = host->destroy(vsmmu->host, viommu->viommu_id);
		ret = ret ? ret : destroyed;
		viommu->parent->viommus--;
	} else {
		fd_close(viommu->veventq.fd);
	}
	free(viommu);
	return ret;
}

bool viommu_restored_waits(const struct vsmmu *vsmmu)
{
	return vsmmu->restored && !backlog_is_empty(vsmmu->restored);
}

void viommu_drop_emptied(struct vsmmu *vsmmu)
{
	bool waits;

	if (!vsmmu->restored)
		return;
	fairlock_lock(&vsmmu->dispatch_lock);
	waits = viommu_restored_waits(vsmmu);
	fairlock_unlock(&vsmmu->dispatch_lock);
	/* Nothing more ever comes into it. */
	if (!waits)
		viommu_free(vsmmu, vsmmu->restored);
}

int vsmmu_adopt_veventq(struct vsmmu *vsmmu, int fd, struct vsmmu_veventq_source **out)
{
	struct vsmmu_veventq_source *source;
	char name[VEVENTQ_FD_NAME_SIZE];
	struct host_veventq *veventq;
	int ret;

	if (!out)
		return -EINVAL;
	source = calloc(1, sizeof(*source));
	if (!source)
		return -ENOMEM;
	veventq = &source->viommu.veventq;
	veventq->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	veventq->first_sequence = VSMMU_SEQUENCE_UNKNOWN;
	veventq->fd = veventq_fd_adopt(fd, &veventq->source, name);
	if (veventq->fd < 0) {
		ret = veventq->fd;
		goto fail_free;
	}
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = viommu_start(vsmmu, &source->viommu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (ret)
		goto fail_close;
	if (name[0])
		report(vsmmu, VSMMU_REPORT_STREAM_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"the vEVENTQ to be adopted calls itself \"%s\": each record of it is "
			"checked",
			name);
	*out = source;
	return 0;
fail_close:
	fd_close(source->viommu.veventq.fd);
fail_free:
	free(source);
	return ret;
}

struct viommu *viommu_of_source(
	const struct vsmmu *vsmmu, const struct vsmmu_veventq_source *source)
{
	struct viommu *viommu = vsmmu->viommus;

	while (viommu && viommu != &source->viommu)
		viommu = viommu->next;
	return viommu;
}

int vsmmu_drop_veventq(struct vsmmu *vsmmu, struct vsmmu_veventq_source *source)
{
	int ret = -EBUSY;

	pthread_mutex_lock(&vsmmu->control_lock);
	if (!viommu_of_source(vsmmu, source))
		ret = -EINVAL;
	else if (!source->viommu.endpoints)
		ret = viommu_free(vsmmu, &source->viommu);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return ret;
}

int vsmmu_rearm(struct vsmmu *vsmmu)
{
	int rearmed = 0;

	fairlock_lock(&vsmmu->dispatch_lock);
	for (struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		if (viommu->state == VIOMMU_DISARMED && !viommu_arm(vsmmu, viommu))
			rearmed++;
	fairlock_unlock(&vsmmu->dispatch_lock);
	return rearmed;
}
