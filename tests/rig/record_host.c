/* SPDX-License-Identifier: BSD-2-Clause */
#include "record_host.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host_interposer.h"
#include "uapi/iommufd.h"

#define HEADER	    sizeof(struct uapi_iommufd_vevent_header)
#define MOCK_RECORD (HEADER + 4)
#define SMMU_RECORD (HEADER + VSMMU_EVENT_RECORD_SIZE)
#define RECORDS_MAX 256
#define VIOMMUS_MAX 64

struct record_queue {
	struct host_veventq inner;
	uint8_t buffer[RECORDS_MAX * MOCK_RECORD];
};

/* A vIOMMU and its nesting parent. One without a vEVENTQ is for parking. */
struct record_viommu {
	const struct vsmmu_host *host; /* the inner one; NULL: a free place */
	uint32_t id;
	uint32_t parent_id;
	bool has_veventq;
};

/* Of all hosts: no more of them than a test has. */
static struct record_viommu viommus[VIOMMUS_MAX];
static pthread_mutex_t viommus_lock = PTHREAD_MUTEX_INITIALIZER;

static struct vsmmu_host *inner(struct vsmmu_host *host)
{
	return ((struct host_interposer *)host)->inner;
}

/* Under the lock. Return: NULL if there is none. */
static struct record_viommu *find_viommu(const struct vsmmu_host *host, uint32_t id)
{
	for (unsigned int i = 0; i < VIOMMUS_MAX; i++)
		if (viommus[i].host == host && viommus[i].id == id)
			return &viommus[i];
	return NULL;
}

static int record_viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	struct record_viommu *viommu;
	int ret;

	/* The kernel gives a number out again at once. */
	pthread_mutex_lock(&viommus_lock);
	ret = inner(host)->ops->viommu_alloc(inner(host), endpoint, parent_id, out);
	if (!ret) {
		/* One that went with its iommufd may have had it. */
		viommu = find_viommu(inner(host), *out);
		if (!viommu)
			viommu = find_viommu(NULL, 0);
		*viommu = (struct record_viommu){inner(host), *out, parent_id, false};
	}
	pthread_mutex_unlock(&viommus_lock);
	return ret;
}

static int record_destroy(struct vsmmu_host *host, uint32_t id)
{
	struct record_viommu *viommu;
	int ret;

	pthread_mutex_lock(&viommus_lock);
	ret = inner(host)->ops->destroy(inner(host), id);
	viommu = find_viommu(inner(host), id);
	if (!ret && viommu)
		*viommu = (struct record_viommu){0};
	pthread_mutex_unlock(&viommus_lock);
	return ret;
}

/* Return: the nesting parent if no vEVENTQ is on @viommu_id, else @viommu_id. */
static uint32_t nested_on(const struct vsmmu_host *host, uint32_t viommu_id)
{
	const struct record_viommu *viommu;
	uint32_t pt_id = viommu_id;

	pthread_mutex_lock(&viommus_lock);
	viommu = find_viommu(host, viommu_id);
	if (viommu && !viommu->has_veventq)
		pt_id = viommu->parent_id;
	pthread_mutex_unlock(&viommus_lock);
	return pt_id;
}

/*
 * The mock attaches no HWPT of a vIOMMU to a device without a vDEVICE there, while the SMMUv3
 * driver wants one for stage 1 alone. Parked devices have HWPTs of the parent itself, from which
 * no events come either (mock_domain_nop_attach() in selftest.c).
 */
static int record_nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	return inner(host)->ops->nested_alloc(
		inner(host), endpoint, nested_on(inner(host), viommu_id), ste, out);
}

/* Return: bytes written. */
static size_t expand(const uint8_t *from, size_t length, uint8_t *to)
{
	uint8_t *begin = to;

	for (const uint8_t *end = from + length; from < end; from += HEADER) {
		struct vsmmu_event_record record = {
			.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000)},
		};
		struct uapi_iommufd_vevent_header header;
		uint32_t vsid;

		memcpy(&header, from, HEADER);
		memcpy(to, from, HEADER);
		to += HEADER;
		if (header.flags & UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
			continue;
		memcpy(&vsid, from + HEADER, sizeof(vsid));
		from += sizeof(vsid);
		record.word[0] |= (uint64_t)vsid << 32;
		vsmmu_event_record_store(&record, to);
		to += VSMMU_EVENT_RECORD_SIZE;
	}
	return (size_t)(to - begin);
}

static ssize_t record_read(void *ctx, void *buffer, size_t length)
{
	struct record_queue *queue = ctx;
	size_t records = length / SMMU_RECORD;
	ssize_t got;

	if (records > RECORDS_MAX)
		records = RECORDS_MAX;
	/* A test that wants EFAULT gives no buffer. */
	got = queue->inner.source.read(
		queue->inner.source.ctx, buffer ? queue->buffer : NULL, records * MOCK_RECORD);
	return got <= 0 ? got : (ssize_t)expand(queue->buffer, (size_t)got, buffer);
}

static int record_veventq_alloc(
	struct vsmmu_host *host, uint32_t viommu_id, uint32_t depth, struct host_veventq *out)
{
	struct record_queue *queue = calloc(1, sizeof(*queue));
	struct record_viommu *viommu;
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = inner(host)->ops->veventq_alloc(inner(host), viommu_id, depth, &queue->inner);
	if (ret) {
		free(queue);
		return ret;
	}
	pthread_mutex_lock(&viommus_lock);
	viommu = find_viommu(inner(host), viommu_id);
	if (viommu)
		viommu->has_veventq = true;
	pthread_mutex_unlock(&viommus_lock);
	*out = queue->inner;
	out->type = VSMMU_VEVENTQ_ARM_SMMUV3;
	out->source.read = record_read;
	out->source.ctx = queue;
	return 0;
}

static void record_veventq_close(struct vsmmu_host *host, struct host_veventq *veventq)
{
	struct record_queue *queue = veventq->source.ctx;

	inner(host)->ops->veventq_close(inner(host), &queue->inner);
	veventq->fd = -1;
	free(queue);
}

int record_host_new(struct vsmmu_host **out, struct vsmmu_host *inner_host)
{
	struct host_interposer *interposer = host_interposer_new(vsmmu_host_ref(inner_host), 0);

	interposer->ops.name = "record";
	interposer->ops.viommu_alloc = record_viommu_alloc;
	interposer->ops.nested_alloc = record_nested_alloc;
	interposer->ops.destroy = record_destroy;
	interposer->ops.veventq_alloc = record_veventq_alloc;
	interposer->ops.veventq_close = record_veventq_close;
	/* The mock's own are not SMMUv3's. */
	interposer->ops.hw_info = NULL;
	interposer->ops.invalidate = NULL;
	*out = &interposer->host;
	return 0;
}
