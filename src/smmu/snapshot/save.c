/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a snapshot. The records that the vEVENTQs hold can only be read out: they stay here as
 * pending, so that whatever happens next nothing is lost and nothing comes twice.
 */
#include "smmu/snapshot/parts.h"

#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "smmu/commands/cmdq.h"
#include "smmu/entry.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/report.h"
#include "smmu/stats.h"

/*
 * A stream of a snapshot that waits for its endpoint waits elsewhere too, if events wait with it.
 * Without any there is nothing to inherit, and its endpoint may have gone by now, for which nobody
 * could tell there that it is not missing. Under the event lock.
 */
static bool goes_along(const struct vsmmu *vsmmu, const struct stream *stream)
{
	if (stream->state == STREAM_SAVED)
		return pending_has_stream(&vsmmu->pending, stream->vsid);
	return stream_is_known(stream);
}

/* Under the event lock. */
static int save_streams(const struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	const struct stream_table *streams = &vsmmu->streams;

	snapshot->vsid = calloc(streams->used + 1, sizeof(*snapshot->vsid));
	if (!snapshot->vsid)
		return -ENOMEM;
	for (uint32_t i = 0; i < streams->capacity; i++)
		if (goes_along(vsmmu, &streams->entries[i]))
			snapshot->vsid[snapshot->streams++] = streams->entries[i].vsid;
	qsort(snapshot->vsid, snapshot->streams, sizeof(*snapshot->vsid), snapshot_compare_vsids);
	return 0;
}

/* Under the command and event locks. */
static void save_state(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	const struct invalidation *batch = &vsmmu->invalidation;
	const struct pending *pending = &vsmmu->pending;

	snapshot->whole = vsmmu_is_whole(vsmmu);
	snapshot->eventq_log2_max = vsmmu->eventq.log2_max;
	if (snapshot->whole)
		snapshot->cmdq_log2_max = vsmmu_cmdq_log2_max(vsmmu);
	snapshot->ssid_bits = vsmmu->features.ssid_bits;
	snapshot->id = vsmmu->id;
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		snapshot->registers[row] = register_get(vsmmu, row);
	/* OVFLG that is due tells the restored guest of the loss; here it is toggled later. */
	if (vsmmu->eventq.overflow_pending && !eventq_overflow_is_active(&vsmmu->eventq))
		snapshot->registers[register_row(SMMU_EVENTQ_PROD)] ^= SMMU_EVENTQ_PROD_OVFLG;
	snapshot->events_count = pending_count(pending);
	if (snapshot->events_count)
		snapshot->events = pending->records[pending->begin];
	snapshot->atc_lost = batch->atc_lost;
	snapshot->commands = batch->count;
	memcpy(snapshot->command, batch->command, batch->count * sizeof(batch->command[0]));
	snapshot->stats = stats_now(vsmmu);
}

/* Under the command, control and dispatch locks. */
static int save_collect(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	int ret;

	pthread_mutex_lock(&vsmmu->event_lock);
	/* A restore refuses a snapshot with records of a stream that is not in it. */
	pending_discard_gone(vsmmu);
	ret = save_streams(vsmmu, snapshot);
	if (!ret)
		save_state(vsmmu, snapshot);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return ret;
}

int save_look(struct vsmmu *vsmmu, struct snapshot *snapshot)
{
	int ret;

	fairlock_lock(&vsmmu->dispatch_lock);
	ret = save_collect(vsmmu, snapshot);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

/* The records stay where they are until the lock is released. Under the dispatch lock too. */
static int save_locked(
	struct vsmmu *vsmmu, struct snapshot *snapshot, uint8_t **bytes, size_t *length)
{
	int ret = save_collect(vsmmu, snapshot);

	if (ret)
		return ret;
	*length = snapshot_length(snapshot);
	*bytes = malloc(*length);
	if (!*bytes)
		return -ENOMEM;
	snapshot_write(snapshot, *bytes, *length);
	return 0;
}

int save_take(struct vsmmu *vsmmu, uint8_t **bytes, size_t *length, uint64_t *lost)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int ret;

	if (!snapshot)
		return -ENOMEM;
	fairlock_lock(&vsmmu->dispatch_lock);
	ret = forwarder_read_ahead(vsmmu, lost);
	if (!ret)
		ret = save_locked(vsmmu, snapshot, bytes, length);
	fairlock_unlock(&vsmmu->dispatch_lock);
	snapshot_release(snapshot);
	free(snapshot);
	return ret;
}

void save_report(struct vsmmu *vsmmu, uint64_t lost)
{
	if (lost)
		report(vsmmu, VSMMU_REPORT_EVENTS_LOST, VSMMU_WARNING, VSMMU_NO_VSID,
			"taking a snapshot: it has room for %u events, and %llu more were there, "
			"as the guest takes none; they count as lost",
			PENDING_MAX, (unsigned long long)lost);
}

int vsmmu_save(struct vsmmu *vsmmu, void **bytes, size_t *length)
{
	uint8_t *saved = NULL;
	uint64_t lost = 0;
	size_t size = 0;
	int ret = bytes && length ? entry_check(vsmmu) : -EINVAL;

	if (ret)
		return ret;
	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = save_take(vsmmu, &saved, &size, &lost);
	pthread_mutex_unlock(&vsmmu->control_lock);
	fairlock_unlock(&vsmmu->command_lock);
	/* The guest's memory is saved next: no command may write to it meanwhile. */
	cmdq_defer(vsmmu);
	/* Records wait that no vEVENTQ tells of any more. */
	pollset_kick(&vsmmu->pollset);
	save_report(vsmmu, lost);
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
