/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SMMU_STATS_H
#define SMMU_STATS_H

#include "smmu/vsmmu.h"

/* Counts one event that does not reach the guest. Under the event lock. */
static inline void stats_discard(
	struct vsmmu *vsmmu, uint32_t stream, enum vsmmu_discard reason)
{
	vsmmu->stats.discarded++;
	vsmmu->stats.discarded_by[reason]++;
	if (stream != STREAM_NONE)
		vsmmu->streams.discarded[stream]++;
}

#endif
