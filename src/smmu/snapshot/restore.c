/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where a snapshot was taken. First everything that may fail without a trace, then
 * the registers, then what is to be attached; when the host fails all of it is undone.
 */
#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "smmu/commands/cmdq.h"
#include "smmu/commands/invalidation.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/events/dispatch.h"
#include "smmu/events/pending.h"
#include "smmu/identity.h"
#include "smmu/irq.h"
#include "smmu/refusal.h"
#include "smmu/registers/table.h"
#include "smmu/snapshot/format.h"
#include "smmu/stats.h"
#include "smmu/viommu/invalidate.h"
#include "util/errno_name.h"

static int unfit(struct vsmmu *vsmmu, const char *what, uint32_t wanted, uint32_t there)
{
	return refuse(vsmmu, VSMMU_NO_VSID, -ENODEV,
		"the snapshot has %s %u, but this vSMMU %u: make it with the same config", what,
		wanted, there);
}

static struct arch_features features_of(const struct idr_registers *id)
{
	struct arch_features features;

	arch_features_from_idr(id->idr, &features);
	return features;
}

/*
 * A snapshot may bring a guest that was promised less than this vSMMU's config would have it:
 * then that is what it keeps. It cannot bring more. The hosts are asked for all that the config
 * leaves to them.
 */
static int restore_check_promises(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct vsmmu_config *config = &vsmmu->config;
	const struct idr_registers *id = &snapshot->id;
	const struct arch_features guest = features_of(id);
	const struct {
		const char *name;
		uint32_t wanted, there;
	} promises[] = {
		{"sid_bits", guest.sid_bits, config->sid_bits},
		/* VSMMU_AUTO is larger than each value. */
		{"ssid_bits", guest.ssid_bits, config->ssid_bits},
		{"cmdq_log2_max", id->idr[1] >> 21 & 0x1f, config->cmdq_log2_max},
		{"ats", guest.ats, config->ats},
		{"msi", id->idr[0] >> 13 & 1, !config->no_msi},
		{"oas_bits", guest.oas, config->oas_bits},
		{"ril", guest.ril, !config->no_ril},
		{"asid_bits", guest.asid16 ? 16 : 8, config->asid_bits ? config->asid_bits : 16},
	};
	const uint32_t granules = arch_idr_granules(&guest);

	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		if (promises[i].wanted > promises[i].there)
			return unfit(
				vsmmu, promises[i].name, promises[i].wanted, promises[i].there);
	return config->granules && granules & ~config->granules
		       ? unfit(vsmmu, "granules", granules, config->granules)
		       : 0;
}

static int restore_check_config(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct vsmmu_config *config = &vsmmu->config;

	if (snapshot->whole != vsmmu_is_whole(vsmmu))
		return unfit(vsmmu, "event_path_only", !snapshot->whole, !vsmmu_is_whole(vsmmu));
	if (snapshot->eventq_log2_max > config->eventq_log2_max)
		return unfit(vsmmu, "eventq_log2_max", snapshot->eventq_log2_max,
			config->eventq_log2_max);
	if (snapshot->whole)
		return restore_check_promises(vsmmu, snapshot);
	/* The VMM has promised what it has. */
	return snapshot->ssid_bits == config->ssid_bits
		       ? 0
		       : unfit(vsmmu, "ssid_bits", snapshot->ssid_bits, config->ssid_bits);
}

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
static int restore_await_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret = 0;

	pthread_mutex_lock(&vsmmu->event_lock);
	for (uint32_t i = 0; i < snapshot->streams && !ret; i++)
		if (stream_find(&vsmmu->streams, snapshot->vsid[i]) == STREAM_NONE)
			ret = stream_await(&vsmmu->streams, snapshot->vsid[i]);
	pthread_mutex_unlock(&vsmmu->event_lock);
	list_for_each(endpoint, vsmmu->endpoints)
		endpoint->heir = !endpoint_is_numbered(endpoint);
	/* They stop waiting at once if there is no such endpoint. */
	vsid_end_waiting(vsmmu);
	return ret;
}

static bool is_fresh(struct vsmmu *vsmmu)
{
	bool fresh;

	pthread_mutex_lock(&vsmmu->event_lock);
	fresh = !vsmmu->invalidation.count && !vsmmu->stats.pending;
	for (unsigned int row = 0; row < REGISTER_ROWS && fresh; row++)
		fresh = register_get(vsmmu, row) == register_reset_value(vsmmu, row);
	pthread_mutex_unlock(&vsmmu->event_lock);
	return fresh;
}

/* The ID registers that the guest keeps. An event path alone shows none: a size is all. */
static struct idr_registers saved_id(const struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	struct idr_registers id = vsmmu->id;

	id.idr[1] &= ~(UINT32_C(0x1f) << 16);
	id.idr[1] |= snapshot->eventq_log2_max << 16;
	return snapshot->whole ? snapshot->id : id;
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

/* Under the command and control locks. */
static void restore_registers(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		register_put(vsmmu, row, snapshot->registers[row]);
	/* Events that come in from now on are younger than the snapshot's. */
	vsmmu->eventq.held = true;
	eventq_enable(&vsmmu->eventq, vsmmu->registers.cr0 & SMMU_CR0_EVENTQEN);
	cmdq_enable(vsmmu, vsmmu->registers.cr0 & SMMU_CR0_CMDQEN);
	pthread_mutex_unlock(&vsmmu->event_lock);
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

/* Invalidations that no CMD_SYNC has sent yet wait again. Under the command lock. */
static void restore_batch(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->commands; i++)
		invalidation_add(vsmmu, snapshot->command[i]);
	vsmmu->invalidation.atc_lost = snapshot->atc_lost;
}

/* Interrupts are edges, and one may be lost in a migration: those that are due are raised again. */
static void restore_pulse(struct vsmmu *vsmmu)
{
	const struct guest_queue *queue = &vsmmu->eventq.queue;
	uint32_t prod, cons;

	pthread_mutex_lock(&vsmmu->event_lock);
	prod = atomic_load(&queue->prod);
	cons = atomic_load(&queue->cons);
	/* Never for an empty queue, nor for OVFLG on one: see eventq_commit(). */
	if (queue->enabled && !queue_empty(prod, cons, queue->log2))
		irq_eventq(vsmmu);
	/* MSI_GERROR_ABT is the one error that raises no interrupt (7.5). */
	if (gerror_active(vsmmu) & ~SMMU_GERROR_MSI_GERROR_ABT)
		irq_gerror(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
}

/* Last: from now on events go to the guest, the snapshot's first. */
static void restore_events(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	fairlock_lock(&vsmmu->dispatch_lock);
	pthread_mutex_lock(&vsmmu->event_lock);
	stats_go_on(vsmmu, &snapshot->stats);
	vsmmu->stats.pending -= snapshot->events_count;
	pending_append(vsmmu, snapshot->events, snapshot->events_count);
	vsmmu->eventq.held = false;
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
}

/* There will be room for the events. */
static int restore_reserve(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret;

	fairlock_lock(&vsmmu->dispatch_lock);
	ret = pending_reserve(&vsmmu->pending, snapshot->events_count);
	fairlock_unlock(&vsmmu->dispatch_lock);
	return ret;
}

/* Under the command and control locks. */
static int restore_install(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	int ret = restore_check_hosts(vsmmu);

	if (!ret)
		ret = restore_reserve(vsmmu, snapshot);
	if (!ret)
		ret = restore_await_streams(vsmmu, snapshot);
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
	const struct idr_registers own = vsmmu->id, saved = saved_id(vsmmu, snapshot);
	int ret;

	if (!is_fresh(vsmmu))
		return refuse(vsmmu, VSMMU_NO_VSID, -EBUSY,
			"the guest has used the vSMMU, or events of another snapshot wait in it: "
			"restore into a new one, or after vsmmu_reset()");
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
