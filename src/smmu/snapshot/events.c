/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was read ahead of all vEVENTQs, made into one. Each numbers its events alone, so they
 * are numbered anew: from 0, and with the same gaps. A stream's events are in one vEVENTQ, and
 * older ones of it perhaps in what an earlier snapshot brought: that comes first.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "smmu/events/backlog.h"
#include "smmu/snapshot/format.h"

#define SEQUENCE_MASK ((uint32_t)INT_MAX)

struct splice {
	uint8_t *bytes;
	size_t length;
	uint32_t records;
	uint32_t next;	   /* number of the next event */
	bool full;	   /* from here on all is left out, */
	uint64_t left_out; /* so many events so far */
};

static size_t held(const struct viommu *viommu)
{
	return backlog_is_empty(viommu) ? 0 : viommu->backlog->end - viommu->backlog->begin;
}

static void splice_put(struct splice *splice, struct uapi_iommufd_vevent_header header,
	const uint8_t *record, size_t size)
{
	memcpy(splice->bytes + splice->length, record, size);
	memcpy(splice->bytes + splice->length, &header, sizeof(header));
	splice->length += size;
	splice->records++;
}

static void splice_append(struct splice *splice, const struct viommu *viommu)
{
	const struct veventq_decoder *decoder = &viommu->reader.decoder;
	const uint8_t *from, *end;
	uint32_t first, shift;
	size_t size;

	if (!held(viommu))
		return;
	from = viommu->backlog->bytes + viommu->backlog->begin;
	end = from + held(viommu);
	/* Where none is expected the first one has come without a gap, whatever its number. */
	first = decoder->known ? decoder->expected : backlog_header(from).sequence;
	shift = splice->next - first;
	for (; (size = backlog_record_size(from, (size_t)(end - from))); from += size) {
		struct uapi_iommufd_vevent_header header = backlog_header(from);
		uint32_t sequence = (header.sequence + shift) & SEQUENCE_MASK;

		/* A number of 32 bits is an error, and stays one. */
		header.sequence = (header.sequence & ~SEQUENCE_MASK) | sequence;
		splice->next = (sequence + 1) & SEQUENCE_MASK;
		/* One place is for what tells of the others. */
		splice->full = splice->full || splice->records == SNAPSHOT_RECORDS - 1;
		if (!splice->full)
			splice_put(splice, header, from, size);
		else if (size > sizeof(header))
			splice->left_out++;
	}
}

int snapshot_take_events(const struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	struct uapi_iommufd_vevent_header lost = {.flags = UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS};
	struct splice splice = {0};
	size_t all = sizeof(lost);

	for (const struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		all += held(viommu);
	splice.bytes = malloc(all);
	if (!splice.bytes)
		return -ENOMEM;
	snapshot->spliced = splice.bytes;
	if (vsmmu->restored)
		splice_append(&splice, vsmmu->restored);
	for (const struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		if (viommu != vsmmu->restored)
			splice_append(&splice, viommu);
	if (splice.full) {
		lost.sequence = (splice.next - 1) & SEQUENCE_MASK;
		splice_put(&splice, lost, (const uint8_t *)&lost, sizeof(lost));
	}
	snapshot->events = splice.bytes;
	snapshot->events_length = splice.length;
	snapshot->left_out = splice.left_out;
	return 0;
}
