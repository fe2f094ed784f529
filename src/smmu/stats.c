/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "smmu/vsmmu.h"
#include "util/sized.h"

int vsmmu_get_stats(struct vsmmu *vsmmu, struct vsmmu_stats *stats)
{
	struct vsmmu_stats now;

	fairlock_lock(&vsmmu->event_lock);
	now = vsmmu->stats;
	fairlock_unlock(&vsmmu->event_lock);
	pthread_mutex_lock(&vsmmu->report_lock);
	now.reports_suppressed = vsmmu->reports_suppressed;
	pthread_mutex_unlock(&vsmmu->report_lock);
	return sized_copy_out(stats, &now, sizeof(now));
}

int vsmmu_get_stream_stats(struct vsmmu *vsmmu, uint32_t vsid, struct vsmmu_stream_stats *stats)
{
	struct vsmmu_stream_stats now = {0};
	int ret = -ENOENT;
	uint32_t index;

	fairlock_lock(&vsmmu->event_lock);
	index = stream_find(&vsmmu->streams, vsid);
	if (index != STREAM_NONE && vsmmu->streams.entries[index].state == STREAM_LIVE) {
		const struct stream *stream = &vsmmu->streams.entries[index];

		/* The guest may have consumed since the last batch. */
		if (vsmmu->eventq.enabled)
			eventq_release(&vsmmu->eventq, &vsmmu->streams);
		now.delivered = stream->delivered;
		now.discarded = vsmmu->streams.discards[index].discarded;
		now.fair_share = vsmmu->streams.discards[index].fair_share;
		now.queued = stream->queued;
		ret = 0;
	}
	fairlock_unlock(&vsmmu->event_lock);
	return ret ? ret : sized_copy_out(stats, &now, sizeof(now));
}

const char *vsmmu_discard_name(enum vsmmu_discard reason)
{
	static const char *const names[VSMMU_DISCARD_COUNT] = {
		[VSMMU_DISCARD_DISABLED] = "disabled",
		[VSMMU_DISCARD_ABORT] = "abort",
		[VSMMU_DISCARD_FAIR_SHARE] = "fair-share",
		[VSMMU_DISCARD_STALE] = "stale",
		[VSMMU_DISCARD_RESET] = "reset",
		[VSMMU_DISCARD_TEARDOWN] = "teardown",
		[VSMMU_DISCARD_UNKNOWN_STREAM] = "unknown-stream",
		[VSMMU_DISCARD_UNKNOWN_ID] = "unknown-id",
		[VSMMU_DISCARD_STALL] = "stall",
		[VSMMU_DISCARD_STAGE2] = "stage2",
		[VSMMU_DISCARD_SUBSTREAM] = "substream",
	};

	return (unsigned int)reason < VSMMU_DISCARD_COUNT ? names[reason] : "unknown";
}
