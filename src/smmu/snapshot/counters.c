/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/snapshot/counters.h"

#include <stddef.h>

#define AT(member) offsetof(struct vsmmu_stats, member)

/*
 * A counter's place in this list is its place in the COUNTERS section, wherever it is in struct
 * vsmmu_stats. To insert or remove one takes a new SNAPSHOT_VERSION.
 */
static const size_t places[] = {
	AT(sequenced),
	AT(delivered),
	AT(lost),
	AT(discarded),
	AT(pending),
	AT(discarded_by[VSMMU_DISCARD_DISABLED]),
	AT(discarded_by[VSMMU_DISCARD_ABORT]),
	AT(discarded_by[VSMMU_DISCARD_STALE]),
	AT(discarded_by[VSMMU_DISCARD_RESET]),
	AT(discarded_by[VSMMU_DISCARD_TEARDOWN]),
	AT(discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM]),
	AT(discarded_by[VSMMU_DISCARD_UNKNOWN_ID]),
	AT(discarded_by[VSMMU_DISCARD_STALL]),
	AT(discarded_by[VSMMU_DISCARD_STAGE2]),
	AT(discarded_by[VSMMU_DISCARD_SUBSTREAM]),
	AT(stream_errors),
	AT(reads),
	AT(empty_reads),
	AT(memory_reads),
	AT(failed_reads),
	AT(eventq_irqs),
	AT(gerror_irqs),
	AT(overflows),
	AT(aborts),
	AT(pauses),
	AT(reports_suppressed),
	AT(commands),
	AT(syncs),
	AT(command_errors),
	AT(cmd_sync_irqs),
	AT(msis),
	AT(msi_aborts),
	AT(invalidations),
	AT(invalidation_calls),
	AT(invalidation_failures),
	AT(stes),
	AT(blocked),
	AT(translation_events),
	AT(translation_drops),
};

unsigned int counters_count(void)
{
	return sizeof(places) / sizeof(places[0]);
}

uint64_t *counters_at(struct vsmmu_stats *stats, unsigned int n)
{
	return (uint64_t *)(void *)((uint8_t *)stats + places[n]);
}

void counters_add(struct vsmmu_stats *stats, const struct vsmmu_stats *more)
{
	for (unsigned int n = 0; n < counters_count(); n++) {
		const void *added = (const uint8_t *)more + places[n];

		*counters_at(stats, n) += *(const uint64_t *)added;
	}
}
