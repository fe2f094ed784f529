/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where a snapshot was taken. First everything that may fail without a trace, then
 * the registers, then what is to be attached; when the host fails all of it is undone.
 */
#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "smmu/commands/cmdq.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/events/dispatch.h"
#include "smmu/identity.h"
#include "smmu/refusal.h"
#include "smmu/registers/table.h"
#include "smmu/snapshot/parts.h"
#include "smmu/viommu/invalidate.h"
#include "util/errno_name.h"

static bool is_saved(const struct snapshot *snapshot, const struct vsmmu_endpoint *endpoint)
{
	const uint32_t vsid = (uint32_t)endpoint->vsid;

	return endpoint_is_numbered(endpoint) && bsearch(&vsid, snapshot->vsid, snapshot->streams,
							 sizeof(vsid), snapshot_compare_vsids);
}

/*
 * Counts the endpoints that saved streams without an endpoint here may belong to: those that have
 * no StreamID, and those that were attached without one and have another StreamID by now. @live
 * gets the number of the second kind.
 */
static uint32_t count_late(
	const struct vsmmu *vsmmu, const struct snapshot *snapshot, uint32_t *live)
{
	uint32_t count = 0;

	*live = 0;
	list_for_each(endpoint, vsmmu->endpoints) {
		if (is_saved(snapshot, endpoint) ||
			(endpoint_is_numbered(endpoint) && !endpoint->late))
			continue;
		count++;
		*live += endpoint->vdevice_id != 0;
	}
	return count;
}

/*
 * Every saved StreamID must be live here, or may belong to an endpoint that gets it late; and no
 * other may be live here. Return: 0 or -ENODEV, reported.
 */
static int restore_check_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	uint32_t late_live, late = count_late(vsmmu, snapshot, &late_live);
	uint64_t missing = VSMMU_NO_VSID;
	uint32_t live, found = 0;

	pthread_mutex_lock(&vsmmu->event_lock);
	live = vsmmu->streams.live - late_live;
	for (uint32_t i = 0; i < snapshot->streams; i++)
		if (stream_find_live(&vsmmu->streams, snapshot->vsid[i]) != STREAM_NONE)
			found++;
		else if (missing == VSMMU_NO_VSID)
			missing = snapshot->vsid[i];
	pthread_mutex_unlock(&vsmmu->event_lock);
	if (missing != VSMMU_NO_VSID && !late)
		return refuse(vsmmu, missing, -ENODEV,
			"the snapshot has an endpoint with StreamID %#llx, and none is attached",
			(unsigned long long)missing);
	if (live == found)
		return 0;
	return refuse(vsmmu, VSMMU_NO_VSID, -ENODEV,
		"the snapshot has %u endpoints, but %u are attached", snapshot->streams, live);
}

/* Saved streams that are not here wait for the endpoints that have no StreamID yet. */
static int restore_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret = restore_await_streams(vsmmu, snapshot);

	list_for_each(endpoint, vsmmu->endpoints)
		endpoint->heir = !endpoint_is_numbered(endpoint);
	/* They stop waiting at once if there is no such endpoint. */
	vsid_end_waiting(vsmmu);
	return ret;
}

/* Whether each endpoint's SMMU can keep what the guest was promised elsewhere. */
static int restore_check_hosts(struct vsmmu *vsmmu)
{
	int ret = 0;

	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint && !ret;
		endpoint = endpoint->next)
		if (endpoint->viommu && vsmmu_is_whole(vsmmu))
			ret = identity_fits(
				vsmmu, &endpoint->host, endpoint->vsid, &endpoint->hardware);
	return ret;
}

/*
 * The hardware's caches are of another time. Nothing is attached yet that they could be filled
 * from anew: endpoints of a fresh vSMMU are at their bypass or abort HWPT. A refused call is
 * made again, once. Under the command and control locks. Return: 0 or -errno, reported.
 */
static int restore_invalidate(struct vsmmu *vsmmu)
{
	int ret = 0;

	/* The VMM of an event path alone sends its guest's commands itself. */
	if (!vsmmu_is_whole(vsmmu))
		return 0;
	list_for_each(parent, vsmmu->parents) {
		parent->needs_tlb_inval = true;
		for (struct viommu *viommu = parent->viommus; viommu && !ret;
			viommu = viommu->next) {
			viommu->needs_cd_inval = true;
			if (viommu_resync(vsmmu, viommu))
				ret = viommu_resync(vsmmu, viommu);
		}
	}
	if (ret)
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_ERROR, VSMMU_NO_VSID,
			"restoring: the host said %s to invalidating everything, so nothing was "
			"restored; the host's log may say why",
			errno_name(-ret));
	return ret;
}

/* The VMM of an event path alone has installed what the guest wants, or will. */
static int restore_endpoints(struct vsmmu *vsmmu)
{
	return vsmmu_is_whole(vsmmu) ? install_refresh_all(vsmmu) : 0;
}

/*
 * Puts all back as it was: endpoints get what they had before, and what fails again is blocked.
 * Under the command and control locks.
 */
static void restore_undo(struct vsmmu *vsmmu, const struct idr_registers *own)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	registers_reset(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	identity_take(vsmmu, own);
	vsid_forget_saved(vsmmu);
	restore_endpoints(vsmmu);
}

/* Under the command and control locks. */
static int restore_install(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret = restore_check_hosts(vsmmu);

	if (!ret)
		ret = restore_reserve(vsmmu, snapshot);
	if (!ret)
		ret = restore_streams(vsmmu, snapshot);
	if (!ret)
		ret = restore_invalidate(vsmmu);
	if (ret)
		return ret;
	restore_registers(vsmmu, snapshot);
	return restore_endpoints(vsmmu);
}

/* Return: 0, or -errno of a host that refuses an endpoint the StreamID that it is to have. */
static int restore_ask(struct vsmmu *vsmmu)
{
	vsid_ask(vsmmu);
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->late && endpoint_is_numbered(endpoint) && !endpoint->vdevice_id)
			return endpoint->error;
	return 0;
}

/* Under the command and control locks. */
static int restore_locked(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct idr_registers own = vsmmu->id, saved = restore_id(vsmmu, snapshot);
	int ret = restore_check_fresh(vsmmu);

	if (!ret)
		ret = restore_check_config(vsmmu, snapshot);
	if (ret)
		return ret;
	identity_take(vsmmu, &saved);
	ret = restore_ask(vsmmu);
	if (!ret)
		ret = restore_check_streams(vsmmu, snapshot);
	if (ret) {
		identity_take(vsmmu, &own);
		return ret;
	}
	ret = restore_install(vsmmu, snapshot);
	if (ret)
		restore_undo(vsmmu, &own);
	else
		restore_events(vsmmu, snapshot);
	if (!ret)
		atomic_store(&vsmmu->identity_is_frozen, true);
	return ret;
}

static int restore_run(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret;

	pthread_mutex_lock(&vsmmu->attach_lock);
	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = restore_locked(vsmmu, snapshot);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (!ret) {
		restore_batch(vsmmu, snapshot);
		restore_pulse(vsmmu);
	}
	fairlock_unlock(&vsmmu->command_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	dispatch_resume(vsmmu);
	pollset_kick(&vsmmu->pollset);
	cmdq_doorbell(vsmmu);
	return ret;
}

int vsmmu_restore(struct vsmmu *vsmmu, const void *bytes, size_t length)
{
	const unsigned int made = report_made();
	struct snapshot *snapshot;
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!bytes)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "the snapshot is NULL");
	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return refusal_end(vsmmu, made, VSMMU_NO_VSID, -ENOMEM, "vsmmu_restore()");
	ret = snapshot_read(snapshot, bytes, length);
	if (ret)
		refusal_end(vsmmu, made, VSMMU_NO_VSID, ret,
			ret == -EPROTONOSUPPORT ? "the snapshot is of a later version"
			: ret == -EBADMSG ? "the snapshot is damaged, or was taken by no vSMMU"
					  : "vsmmu_restore()");
	else
		ret = restore_run(vsmmu, snapshot);
	snapshot_release(snapshot);
	free(snapshot);
	return refusal_end(vsmmu, made, VSMMU_NO_VSID, ret, "vsmmu_restore()");
}
