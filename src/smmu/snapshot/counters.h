/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of struct vsmmu_stats is part of the snapshot's format: what does not compile
 * here needs a new SNAPSHOT_VERSION, and code that reads the counters of the old ones.
 */
#ifndef SMMU_SNAPSHOT_COUNTERS_H
#define SMMU_SNAPSHOT_COUNTERS_H

#include "smmu/snapshot/format.h"

#define COUNTER(n, member)                                                                         \
	_Static_assert(                                                                            \
		offsetof(struct vsmmu_stats, member) - offsetof(struct vsmmu_stats, sequenced) ==  \
			(n) * sizeof(uint64_t),                                                    \
		"a counter of snapshot version 1 has moved")

_Static_assert(SNAPSHOT_VERSION == 1, "the counters of version 1");
_Static_assert(SNAPSHOT_COUNTERS == 40, "a counter has come or gone");
COUNTER(0, sequenced);
COUNTER(1, delivered);
COUNTER(2, lost);
COUNTER(3, discarded);
COUNTER(4, pending);
COUNTER(5, discarded_by[VSMMU_DISCARD_DISABLED]);
COUNTER(6, discarded_by[VSMMU_DISCARD_ABORT]);
COUNTER(7, discarded_by[VSMMU_DISCARD_FAIR_SHARE]);
COUNTER(8, discarded_by[VSMMU_DISCARD_STALE]);
COUNTER(9, discarded_by[VSMMU_DISCARD_RESET]);
COUNTER(10, discarded_by[VSMMU_DISCARD_TEARDOWN]);
COUNTER(11, discarded_by[VSMMU_DISCARD_UNKNOWN_STREAM]);
COUNTER(12, discarded_by[VSMMU_DISCARD_UNKNOWN_ID]);
COUNTER(13, discarded_by[VSMMU_DISCARD_STALL]);
COUNTER(14, discarded_by[VSMMU_DISCARD_STAGE2]);
COUNTER(15, discarded_by[VSMMU_DISCARD_SUBSTREAM]);
COUNTER(16, stream_errors);
COUNTER(17, reads);
COUNTER(18, empty_reads);
COUNTER(19, memory_reads);
COUNTER(20, failed_reads);
COUNTER(21, eventq_irqs);
COUNTER(22, gerror_irqs);
COUNTER(23, overflows);
COUNTER(24, aborts);
COUNTER(25, pauses);
COUNTER(26, reports_suppressed);
COUNTER(27, commands);
COUNTER(28, syncs);
COUNTER(29, command_errors);
COUNTER(30, cmd_sync_irqs);
COUNTER(31, msis);
COUNTER(32, msi_aborts);
COUNTER(33, invalidations);
COUNTER(34, invalidation_calls);
COUNTER(35, invalidation_failures);
COUNTER(36, stes);
COUNTER(37, blocked);
COUNTER(38, translation_events);
COUNTER(39, translation_drops);

#undef COUNTER

#endif
