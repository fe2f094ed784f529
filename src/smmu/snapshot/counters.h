/* SPDX-License-Identifier: BSD-2-Clause */
/* Which counters a snapshot has, and in which order. */
#ifndef SMMU_SNAPSHOT_COUNTERS_H
#define SMMU_SNAPSHOT_COUNTERS_H

#include <vsmmu/smmu.h>

/* Return: how many there are. */
unsigned int counters_count(void);

/* Return: the @n-th of the list, in @stats. */
uint64_t *counters_at(struct vsmmu_stats *stats, unsigned int n);

/* Adds each counter of the list in @more to the one in @stats. */
void counters_add(struct vsmmu_stats *stats, const struct vsmmu_stats *more);

#endif
