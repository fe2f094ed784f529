/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters, and which of them a snapshot has, in which order. */
#ifndef SMMU_STATS_H
#define SMMU_STATS_H

#include "smmu/vsmmu.h"

/* Counts one event that does not reach the guest. Under the event lock. */
static inline void stats_discard(struct vsmmu *vsmmu, uint32_t stream, enum vsmmu_discard reason)
{
	vsmmu->stats.discarded++;
	vsmmu->stats.discarded_by[reason]++;
	if (stream != STREAM_NONE)
		vsmmu->streams.entries[stream].discarded++;
}

/* The list of those that a snapshot has: their number, and the @n-th of it in @stats. */
unsigned int stats_count(void);
uint64_t *stats_at(struct vsmmu_stats *stats, unsigned int n);

/* Adds what one stream has had. Under the event lock. */
void stats_add_stream(
	struct vsmmu *vsmmu, uint32_t stream, uint64_t *delivered, uint64_t *discarded);

/* Return: all of them. Under the event lock. */
struct vsmmu_stats stats_now(struct vsmmu *vsmmu);

/* Adds those of a snapshot. Under the event lock. */
void stats_go_on(struct vsmmu *vsmmu, const struct vsmmu_stats *more);

#endif
