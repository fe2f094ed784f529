/* SPDX-License-Identifier: BSD-2-Clause */
#include "record_host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host_interposer.h"
#include "uapi/iommufd.h"

#define HEADER	    sizeof(struct uapi_iommufd_vevent_header)
#define MOCK_RECORD (HEADER + 4)
#define SMMU_RECORD (HEADER + VSMMU_EVENT_RECORD_SIZE)
#define RECORDS_MAX 256

struct record_queue {
	struct host_veventq inner;
	uint8_t buffer[RECORDS_MAX * MOCK_RECORD];
};

static struct vsmmu_host *inner(struct vsmmu_host *host)
{
	return ((struct host_interposer *)host)->inner;
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

int record_host_new(struct vsmmu_host **out, struct vsmmu_host *inner_host)
{
	struct host_interposer *interposer = host_interposer_new(vsmmu_host_ref(inner_host), 0);

	interposer->ops.name = "record";
	interposer->ops.veventq_alloc = record_veventq_alloc;
	interposer->ops.veventq_close = record_veventq_close;
	/* The mock's own are not SMMUv3's. */
	interposer->ops.hw_info = NULL;
	interposer->ops.invalidate = NULL;
	*out = &interposer->host;
	return 0;
}
