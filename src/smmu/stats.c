/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/stats.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "smmu/endpoint.h"
#include "smmu/entry.h"
#include "util/sized.h"

#define AT(member)                                                                                 \
	{                                                                                          \
		"" #member, offsetof(struct vsmmu_stats, member)                                   \
	}
#define DISCARDED(name, reason)                                                                    \
	{                                                                                          \
		"discarded_" name,                                                                 \
			offsetof(struct vsmmu_stats, discarded_by[VSMMU_DISCARD_##reason])         \
	}

/*
 * A counter's place in this list is its place in the COUNTERS section, wherever it is in struct
 * vsmmu_stats. To insert or remove one takes a new SNAPSHOT_VERSION.
 */
static const struct {
	const char *name;
	size_t offset;
} places[] = {
	AT(sequenced),
	AT(delivered),
	AT(lost),
	AT(discarded),
	AT(pending),
	DISCARDED("disabled", DISABLED),
	DISCARDED("abort", ABORT),
	DISCARDED("stale", STALE),
	DISCARDED("reset", RESET),
	DISCARDED("teardown", TEARDOWN),
	DISCARDED("unknown_stream", UNKNOWN_STREAM),
	DISCARDED("unknown_id", UNKNOWN_ID),
	DISCARDED("stall", STALL),
	DISCARDED("stage2", STAGE2),
	DISCARDED("substream", SUBSTREAM),
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
	AT(vmm_events),
	AT(vmm_drops),
};

unsigned int stats_count(void)
{
	return sizeof(places) / sizeof(places[0]);
}

uint64_t *stats_at(struct vsmmu_stats *stats, unsigned int n)
{
	return (uint64_t *)(void *)((uint8_t *)stats + places[n].offset);
}

const char *vsmmu_stats_name(unsigned int n)
{
	return n < stats_count() ? places[n].name : NULL;
}

uint64_t vsmmu_stats_value(const struct vsmmu_stats *stats, unsigned int n)
{
	uint64_t value;

	if (n >= stats_count() || !sized_is_valid(stats))
		return 0;
	/* An older caller's structure may lack it. */
	if (places[n].offset + sizeof(value) > stats->size)
		return 0;
	memcpy(&value, (const uint8_t *)stats + places[n].offset, sizeof(value));
	return value;
}

struct vsmmu_stats stats_now(struct vsmmu *vsmmu)
{
	struct vsmmu_stats now = vsmmu->stats;

	pthread_mutex_lock(&vsmmu->report_lock);
	now.reports_suppressed = vsmmu->reports_suppressed;
	pthread_mutex_unlock(&vsmmu->report_lock);
	return now;
}

void stats_go_on(struct vsmmu *vsmmu, const struct vsmmu_stats *more)
{
	for (unsigned int n = 0; n < stats_count(); n++) {
		const void *added = (const uint8_t *)more + places[n].offset;

		*stats_at(&vsmmu->stats, n) += *(const uint64_t *)added;
	}
	/* This one is kept elsewhere. */
	vsmmu->stats.reports_suppressed = 0;
	pthread_mutex_lock(&vsmmu->report_lock);
	vsmmu->reports_suppressed += more->reports_suppressed;
	pthread_mutex_unlock(&vsmmu->report_lock);
}

int vsmmu_get_stats(struct vsmmu *vsmmu, struct vsmmu_stats *stats)
{
	int ret = entry_check_look(vsmmu);
	struct vsmmu_stats now;

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->event_lock);
	now = stats_now(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return sized_copy_out(stats, &now, sizeof(now));
}

void stats_add_stream(
	struct vsmmu *vsmmu, uint32_t stream, uint64_t *delivered, uint64_t *discarded)
{
	const struct stream *entry;

	if (stream == STREAM_NONE)
		return;
	entry = &vsmmu->streams.entries[stream];
	*delivered += stream_probe(&vsmmu->streams, entry->vsid)->delivered;
	*discarded += entry->discarded;
}

int vsmmu_endpoint_get_stats(
	const struct vsmmu_endpoint *endpoint, struct vsmmu_endpoint_stats *stats)
{
	struct vsmmu_endpoint_stats now = {0};
	struct vsmmu *vsmmu = endpoint ? endpoint->vsmmu : NULL;
	int ret = entry_check_look(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->event_lock);
	now.delivered = endpoint->delivered_before;
	now.discarded = endpoint->discarded_before;
	stats_add_stream(vsmmu, endpoint->stream, &now.delivered, &now.discarded);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return sized_copy_out(stats, &now, sizeof(now));
}
