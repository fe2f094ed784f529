/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on where a snapshot was taken. First everything that may fail without a trace, then
 * the registers, then what is to be attached; when the host fails all of it is undone.
 */
#include <errno.h>
#include <stdlib.h>

#include <vsmmu/snapshot.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/idregs.h"
#include "smmu/snapshot/counters.h"
#include "smmu/snapshot/format.h"

/* What a restore gives up when it fails. */
struct restore {
	struct snapshot snapshot;
	struct viommu *viommu; /* made, not added yet, or NULL */

	struct idr_registers id;
	struct arch_features features;
	uint32_t ssid_bits;
	unsigned int eventq_log2_max;
};

static int unfit(struct vsmmu *vsmmu, const char *what, uint32_t wanted, uint32_t there)
{
	report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID,
		"the snapshot has %s %u, but this vSMMU %u: make it with the same config", what,
		wanted, there);
	return -ENODEV;
}

/* What the guest's ID registers say of the config's members, and of nothing else. */
static const struct asked {
	const char *name;
	uint8_t idr;
	uint8_t low;
	uint8_t bits;
} asked[] = {
	{"sid_bits", 1, 0, 6},
	{"ssid_bits", 1, 6, 5},
	{"cmdq_log2_max", 1, 21, 5},
	{"ats", 0, 10, 1},
	{"msi", 0, 13, 1},
	{"oas_bits", 5, 0, 3},
};

static uint32_t asked_field(const struct asked *member, const struct idr_registers *id)
{
	return id->idr[member->idr] >> member->low & ((UINT32_C(1) << member->bits) - 1);
}

/*
 * A snapshot may bring a guest that was promised less than this vSMMU's config would have it:
 * then that is what it keeps. It cannot bring more.
 */
static int restore_check_promises(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct idr_registers *own = &vsmmu->own_id;
	struct arch_features features;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		uint32_t there = asked_field(&asked[i], own);
		uint32_t wanted = asked_field(&asked[i], &snapshot->id);

		if (wanted <= there)
			continue;
		/* The one that is encoded. */
		if (asked[i].idr == 5) {
			wanted = arch_address_bits(wanted);
			there = arch_address_bits(there);
		}
		return unfit(vsmmu, asked[i].name, wanted, there);
	}
	arch_features_from_idr(snapshot->id.idr, &features);
	/* Whatever else it has the hosts are asked for. */
	return features.ril && vsmmu->config.no_ril ? unfit(vsmmu, "no_ril", 0, 1) : 0;
}

static int restore_check_config(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	const struct vsmmu_config *config = &vsmmu->config;

	if (snapshot->whole != vsmmu_is_whole(vsmmu))
		return unfit(vsmmu, "memory_read", snapshot->whole, vsmmu_is_whole(vsmmu));
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

static bool stream_is_live(struct vsmmu *vsmmu, uint32_t vsid)
{
	uint32_t index = stream_find(&vsmmu->streams, vsid);

	return index != STREAM_NONE && vsmmu->streams.entries[index].state == STREAM_LIVE;
}

/* All that are live here are in the snapshot, if all of the snapshot and no more are. */
static int restore_check_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	uint64_t missing = VSMMU_NO_VSID;
	uint32_t live;

	fairlock_lock(&vsmmu->event_lock);
	live = vsmmu->streams.live;
	for (uint32_t i = 0; i < snapshot->streams && missing == VSMMU_NO_VSID; i++)
		if (!stream_is_live(vsmmu, snapshot->vsid[i]))
			missing = snapshot->vsid[i];
	fairlock_unlock(&vsmmu->event_lock);
	if (missing != VSMMU_NO_VSID) {
		report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, missing,
			"the snapshot has an endpoint with StreamID %#llx, and none is attached",
			(unsigned long long)missing);
		return -ENODEV;
	}
	if (live == snapshot->streams)
		return 0;
	report(vsmmu, VSMMU_REPORT_UNFIT, VSMMU_ERROR, VSMMU_NO_VSID,
		"the snapshot has %u endpoints, but %u are attached", snapshot->streams, live);
	return -ENODEV;
}

static bool is_fresh(struct vsmmu *vsmmu)
{
	bool fresh = !vsmmu->invalidation.count && !vsmmu->restored;

	fairlock_lock(&vsmmu->event_lock);
	for (unsigned int row = 0; row < REGISTER_ROWS && fresh; row++)
		fresh = register_get(vsmmu, row) == register_reset_value(vsmmu, row);
	fairlock_unlock(&vsmmu->event_lock);
	return fresh;
}

/* The guest keeps the SMMU that it has found. */
static void identity_take(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->eventq.log2_max = snapshot->eventq_log2_max;
	if (snapshot->whole) {
		vsmmu->id = snapshot->id;
		arch_features_from_idr(vsmmu->id.idr, &vsmmu->features);
		/* Events are judged by it. What was asked for is in @own_id. */
		vsmmu->config.ssid_bits = snapshot->ssid_bits;
	}
	fairlock_unlock(&vsmmu->event_lock);
}

static void identity_keep(const struct vsmmu *vsmmu, struct restore *restore)
{
	restore->id = vsmmu->id;
	restore->features = vsmmu->features;
	restore->ssid_bits = vsmmu->config.ssid_bits;
	restore->eventq_log2_max = vsmmu->eventq.log2_max;
}

static void identity_give_back(struct vsmmu *vsmmu, const struct restore *restore)
{
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->id = restore->id;
	vsmmu->features = restore->features;
	vsmmu->config.ssid_bits = restore->ssid_bits;
	vsmmu->eventq.log2_max = restore->eventq_log2_max;
	fairlock_unlock(&vsmmu->event_lock);
}

/*
 * Whether each endpoint's SMMU can keep what the guest was promised elsewhere; while there is
 * none, that which vsmmu_new() was to promise what it has.
 */
static int restore_check_hosts(struct vsmmu *vsmmu)
{
	const struct host_endpoint probe = {.dev_id = vsmmu->config.probe_dev_id, .vfio_fd = -1};
	bool asked_one = !probe.dev_id;
	struct host_features unused;
	int ret = 0;

	if (!vsmmu_is_whole(vsmmu))
		return 0;
	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint && !ret;
		endpoint = endpoint->next) {
		if (!endpoint->viommu->parent)
			continue;
		ret = identity_check(vsmmu, &endpoint->host, endpoint->vsid, &unused);
		asked_one = true;
	}
	return asked_one ? ret : identity_check(vsmmu, &probe, VSMMU_NO_VSID, &unused);
}

static int restore_make_viommu(struct restore *restore)
{
	const struct snapshot *snapshot = &restore->snapshot;

	if (!snapshot->events_length)
		return 0;
	return viommu_new_restored(snapshot->events, snapshot->events_length, &restore->viommu);
}

/* Under the command and control locks. */
static void restore_registers(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	fairlock_lock(&vsmmu->event_lock);
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		register_put(vsmmu, row, snapshot->registers[row]);
	/* Whose records those in the queue are is not known any more: nobody's share. */
	eventq_enable(&vsmmu->eventq, vsmmu->registers.cr0 & SMMU_CR0_EVENTQEN);
	stream_unqueue_all(&vsmmu->streams);
	cmdq_enable(vsmmu, vsmmu->registers.cr0 & SMMU_CR0_CMDQEN);
	fairlock_unlock(&vsmmu->event_lock);
}

/* All of a vIOMMU's; what fails is sent again, once. Return: 0 or -errno: as before. */
static int invalidate_viommu(struct vsmmu *vsmmu, struct viommu *viommu)
{
	const bool needed = viommu->needs_full_inval;
	int ret;

	viommu->needs_full_inval = true;
	ret = viommu_resync(vsmmu, viommu);
	if (ret)
		ret = viommu_resync(vsmmu, viommu);
	/* What no guest has asked for is needed to none. */
	if (ret)
		viommu->needs_full_inval = needed;
	return ret;
}

/*
 * What is cached here is of another time. Nothing is attached yet that the caches could be
 * filled from anew: a vSMMU that is fresh has its endpoints at the parent HWPT, or aborts.
 * Under the command and control locks. Return: 0 or -errno, reported.
 */
static int restore_invalidate(struct vsmmu *vsmmu)
{
	int ret = 0;

	if (!vsmmu_is_whole(vsmmu))
		return 0;
	for (struct viommu *viommu = vsmmu->viommus; viommu && !ret; viommu = viommu->next)
		if (viommu->parent)
			ret = invalidate_viommu(vsmmu, viommu);
	if (ret)
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_ERROR, VSMMU_NO_VSID,
			"restoring: the host said %s to invalidating everything, so nothing was "
			"restored; the host's log may say why",
			strerror(-ret));
	return ret;
}

/* The VMM of an event path alone has installed what the guest wants, or will. */
static int restore_endpoints(struct vsmmu *vsmmu)
{
	return vsmmu_is_whole(vsmmu) ? install_refresh_all(vsmmu) : 0;
}

/* As it was: the endpoints get what they had before. Under the command and control locks. */
static void restore_undo(struct vsmmu *vsmmu, const struct restore *restore)
{
	fairlock_lock(&vsmmu->event_lock);
	registers_reset(vsmmu);
	fairlock_unlock(&vsmmu->event_lock);
	identity_give_back(vsmmu, restore);
	/* What fails again is blocked. */
	restore_endpoints(vsmmu);
}

/* What no CMD_SYNC has sent yet. Under the command lock. */
static void restore_batch(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->commands; i++)
		invalidation_add(vsmmu, snapshot->command[i]);
	vsmmu->invalidation.atc_lost = snapshot->atc_lost;
}

static void counters_go_on(struct vsmmu *vsmmu, const struct snapshot *snapshot)
{
	counters_add(&vsmmu->stats, &snapshot->stats);
	/* This one is kept elsewhere. */
	vsmmu->stats.reports_suppressed = 0;
	pthread_mutex_lock(&vsmmu->report_lock);
	vsmmu->reports_suppressed += snapshot->stats.reports_suppressed;
	pthread_mutex_unlock(&vsmmu->report_lock);
}

/* An edge may have gone lost on the way: what the guest could wait for comes once more. */
static void restore_pulse(struct vsmmu *vsmmu)
{
	struct eventq *queue = &vsmmu->eventq;
	uint32_t prod = atomic_load(&queue->prod), cons = atomic_load(&queue->cons);
	bool overflow = !(prod & SMMU_EVENTQ_PROD_OVFLG) != !(cons & SMMU_EVENTQ_CONS_OVACKFLG);

	if (queue->enabled && (overflow || !queue_empty(prod, cons, queue->log2)))
		irq_eventq(vsmmu);
	/* As gerror_raise() has it. */
	if (gerror_active(vsmmu) & ~SMMU_GERROR_MSI_GERROR_ABT)
		irq_gerror(vsmmu);
}

/* Under the command and control locks. */
static int restore_install(struct vsmmu *vsmmu, struct restore *restore)
{
	int ret = restore_make_viommu(restore);

	if (!ret)
		ret = restore_invalidate(vsmmu);
	if (ret)
		return ret;
	restore_registers(vsmmu, &restore->snapshot);
	ret = restore_endpoints(vsmmu);
	/* Last, as from then on their events go to the guest. */
	if (!ret && restore->viommu)
		ret = viommu_add(vsmmu, restore->viommu);
	if (ret) {
		restore_undo(vsmmu, restore);
		return ret;
	}
	restore->viommu = NULL;
	fairlock_lock(&vsmmu->event_lock);
	counters_go_on(vsmmu, &restore->snapshot);
	fairlock_unlock(&vsmmu->event_lock);
	return 0;
}

/* Under the command and control locks. */
static int restore_locked(struct vsmmu *vsmmu, struct restore *restore)
{
	const struct snapshot *snapshot = &restore->snapshot;
	int ret;

	viommu_drop_emptied(vsmmu);
	if (!is_fresh(vsmmu))
		return -EBUSY;
	ret = restore_check_config(vsmmu, snapshot);
	if (!ret)
		ret = restore_check_streams(vsmmu, snapshot);
	if (ret)
		return ret;
	identity_keep(vsmmu, restore);
	identity_take(vsmmu, snapshot);
	ret = restore_check_hosts(vsmmu);
	if (!ret)
		ret = restore_install(vsmmu, restore);
	if (ret)
		identity_give_back(vsmmu, restore);
	return ret;
}

static int restore_run(struct vsmmu *vsmmu, struct restore *restore)
{
	int ret;

	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = restore_locked(vsmmu, restore);
	pthread_mutex_unlock(&vsmmu->control_lock);
	if (!ret) {
		restore_batch(vsmmu, &restore->snapshot);
		fairlock_lock(&vsmmu->event_lock);
		restore_pulse(vsmmu);
		fairlock_unlock(&vsmmu->event_lock);
	}
	fairlock_unlock(&vsmmu->command_lock);
	pollset_resume(&vsmmu->pollset);
	cmdq_kick(vsmmu);
	return ret;
}

int vsmmu_restore(struct vsmmu *vsmmu, const void *bytes, size_t length)
{
	struct restore *restore;
	int ret;

	if (!bytes)
		return -EINVAL;
	restore = calloc(1, sizeof(*restore));
	if (!restore)
		return -ENOMEM;
	ret = snapshot_read(&restore->snapshot, bytes, length);
	if (!ret)
		ret = restore_run(vsmmu, restore);
	if (restore->viommu)
		viommu_free_restored(restore->viommu);
	snapshot_release(&restore->snapshot);
	free(restore);
	return ret;
}
