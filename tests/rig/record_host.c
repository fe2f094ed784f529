/* SPDX-License-Identifier: BSD-2-Clause */
#include "record_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/iommufd.h"

#define HEADER	    sizeof(struct uapi_iommufd_vevent_header)
#define MOCK_RECORD (HEADER + 4)
#define SMMU_RECORD (HEADER + VSMMU_EVENT_RECORD_SIZE)
#define RECORDS_MAX 256

struct record_host {
	struct vsmmu_host host;
	struct vsmmu_host *inner;
};

struct record_queue {
	struct host_veventq inner;
	uint8_t buffer[RECORDS_MAX * MOCK_RECORD];
};

static struct vsmmu_host *inner(struct vsmmu_host *host)
{
	return ((struct record_host *)host)->inner;
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
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = inner(host)->ops->veventq_alloc(inner(host), viommu_id, depth, &queue->inner);
	if (ret) {
		free(queue);
		return ret;
	}
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

static int record_parent_alloc(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t *out)
{
	return inner(host)->ops->parent_alloc(inner(host), endpoint, out);
}

static int record_viommu_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t parent_id, uint32_t *out)
{
	return inner(host)->ops->viommu_alloc(inner(host), endpoint, parent_id, out);
}

static int record_vdevice_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, uint32_t vsid, uint32_t *out)
{
	return inner(host)->ops->vdevice_alloc(inner(host), endpoint, viommu_id, vsid, out);
}

static int record_nested_alloc(struct vsmmu_host *host, const struct host_endpoint *endpoint,
	uint32_t viommu_id, const uint64_t ste[2], uint32_t *out)
{
	return inner(host)->ops->nested_alloc(inner(host), endpoint, viommu_id, ste, out);
}

static int record_attach(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, uint32_t pt_id)
{
	return inner(host)->ops->attach(inner(host), endpoint, pt_id);
}

static int record_detach(struct vsmmu_host *host, const struct host_endpoint *endpoint)
{
	return inner(host)->ops->detach(inner(host), endpoint);
}

static int record_destroy(struct vsmmu_host *host, uint32_t id)
{
	return inner(host)->ops->destroy(inner(host), id);
}

static void record_free(struct vsmmu_host *host)
{
	vsmmu_host_unref(inner(host));
	free(host);
}

static const struct host_ops record_ops = {
	.name = "record",
	.parent_alloc = record_parent_alloc,
	.viommu_alloc = record_viommu_alloc,
	.vdevice_alloc = record_vdevice_alloc,
	.nested_alloc = record_nested_alloc,
	.attach = record_attach,
	.detach = record_detach,
	.veventq_alloc = record_veventq_alloc,
	.veventq_close = record_veventq_close,
	.destroy = record_destroy,
	.free = record_free,
};

int record_host_new(struct vsmmu_host **out, struct vsmmu_host *inner_host)
{
	struct record_host *record = calloc(1, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->host.ops = &record_ops;
	record->host.vmid_per_viommu = inner_host->vmid_per_viommu;
	atomic_init(&record->host.refs, 1);
	record->inner = vsmmu_host_ref(inner_host);
	*out = &record->host;
	return 0;
}
