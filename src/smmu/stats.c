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
	index = stream_find_live(&vsmmu->streams, vsid);
	if (index != STREAM_NONE) {
		now.delivered = stream_probe(&vsmmu->streams, vsid)->delivered;
		now.discarded = vsmmu->streams.discarded[index];
		ret = 0;
	}
	fairlock_unlock(&vsmmu->event_lock);
	return ret ? ret : sized_copy_out(stats, &now, sizeof(now));
}
