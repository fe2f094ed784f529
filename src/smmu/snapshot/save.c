/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a snapshot. What the vEVENTQs hold can only be read out: it stays in front of them
 * as a backlog, so that whatever happens next nothing is lost and nothing comes twice.
 */
#include "smmu/snapshot/format.h"

#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "smmu/events/backlog.h"

static int compare_vsids(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static int save_viommu(struct vsmmu *vsmmu, struct viommu *viommu, struct backlog_sums *sums)
{
	uint32_t depth = viommu->parent ? vsmmu->config.veventq_depth : VEVENTQ_DEPTH_MAX;
	int ret = backlog_new(viommu);

	/* Before anything is in it, as this may fail. */
	if (!ret && viommu->state == VIOMMU_ARMED)
		ret = backlog_poll(viommu, &vsmmu->pollset);
	return ret ? ret : backlog_fill(viommu->backlog, depth, sums);
}

/* Under the dispatch lock. Return: 0 or first -errno. */
static int save_read(struct vsmmu *vsmmu, uint64_t *dropped)
{
	struct backlog_sums sums = {0};
	int ret = 0;

	for (struct viommu *viommu = vsmmu->viommus; viommu && !ret; viommu = viommu->next)
		ret = save_viommu(vsmmu, viommu, &sums);
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.stream_errors += sums.cut;
	fairlock_unlock(&vsmmu->event_lock);
	for (struct viommu *viommu = vsmmu->viommus; viommu; viommu = viommu->next)
		if (!viommu->any_stream && backlog_is_empty(viommu))
			backlog_free(viommu);
	*dropped = sums.dropped;
	return ret;
}

/* Under the event lock. */
static int save_streams(const struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	const struct stream_table *streams = &vsmmu->streams;

	snapshot->vsid = calloc(streams->live + 1, sizeof(*snapshot->vsid));
	if (!snapshot->vsid)
		return -ENOMEM;
	for (uint32_t i = 0; i < streams->capacity; i++)
		if (streams->entries[i].state == STREAM_LIVE)
			snapshot->vsid[snapshot->streams++] = streams->entries[i].vsid;
	qsort(snapshot->vsid, snapshot->streams, sizeof(*snapshot->vsid), compare_vsids);
	return 0;
}

/* Under the event lock. */
static void save_counters(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	snapshot->stats = vsmmu->stats;
	pthread_mutex_lock(&vsmmu->report_lock);
	snapshot->stats.reports_suppressed = vsmmu->reports_suppressed;
	pthread_mutex_unlock(&vsmmu->report_lock);
}

/* Under the command and event locks. */
static void save_state(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	const struct invalidation *batch = &vsmmu->invalidation;

	snapshot->whole = vsmmu_is_whole(vsmmu);
	snapshot->eventq_log2_max = vsmmu->eventq.log2_max;
	if (snapshot->whole)
		snapshot->cmdq_log2_max = vsmmu_cmdq_log2_max(vsmmu);
	snapshot->ssid_bits = vsmmu->config.ssid_bits;
	snapshot->id = vsmmu->id;
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		snapshot->registers[row] = register_get(vsmmu, row);
	snapshot->atc_lost = batch->atc_lost;
	snapshot->commands = batch->count;
	memcpy(snapshot->command, batch->command, batch->count * sizeof(batch->command[0]));
	save_counters(vsmmu, snapshot);
}

/* Under the command, control and dispatch locks. */
static int save_collect(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	uint64_t dropped;
	int ret = save_read(vsmmu, &dropped);

	if (!ret)
		ret = snapshot_take_events(vsmmu, snapshot);
	snapshot->left_out += dropped;
	if (ret)
		return ret;
	fairlock_lock(&vsmmu->event_lock);
	ret = save_streams(vsmmu, snapshot);
	if (!ret)
		save_state(vsmmu, snapshot);
	fairlock_unlock(&vsmmu->event_lock);
	return ret;
}

static int save_locked(
	struct vsmmu *vsmmu, struct snapshot *snapshot, uint8_t **bytes, size_t *length)
{
	int ret;

	viommu_drop_emptied(vsmmu);
	fairlock_lock(&vsmmu->dispatch_lock);
	ret = save_collect(vsmmu, snapshot);
	if (!ret) {
		*length = snapshot_length(snapshot);
		*bytes = malloc(*length);
		if (*bytes)
			snapshot_write(snapshot, *bytes, *length);
		else
			ret = -ENOMEM;
	}
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

int vsmmu_save(struct vsmmu *vsmmu, void **bytes, size_t *length)
{
	struct snapshot *snapshot;
	uint8_t *saved = NULL;
	size_t size = 0;
	int ret;

	if (!bytes || !length)
		return -EINVAL;
	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return -ENOMEM;
	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = save_locked(vsmmu, snapshot, &saved, &size);
	pthread_mutex_unlock(&vsmmu->control_lock);
	fairlock_unlock(&vsmmu->command_lock);
	/* The guest's memory is saved next: no command may write to it meanwhile. */
	cmdq_leave(vsmmu);
	if (snapshot->left_out)
		report(vsmmu, VSMMU_REPORT_EVENTS_LOST, VSMMU_WARNING, VSMMU_NO_VSID,
			"taking a snapshot: %llu events wait that it has no room for, as the guest "
			"takes none; they count as lost",
			(unsigned long long)snapshot->left_out);
	snapshot_release(snapshot);
	free(snapshot);
	if (ret)
		return ret;
	*bytes = saved;
	*length = size;
	return 0;
}

void vsmmu_snapshot_free(void *bytes)
{
	free(bytes);
}
