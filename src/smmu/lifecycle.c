/* SPDX-License-Identifier: BSD-2-Clause */
/* A vSMMU's birth, reset and end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "smmu/commands/cmdq.h"
#include "smmu/commands/invalidation.h"
#include "smmu/endpoints/adopt.h"
#include "smmu/endpoints/attach.h"
#include "smmu/endpoints/parents.h"
#include "smmu/endpoints/retry.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/endpoints/vsid.h"
#include "smmu/entry.h"
#include "smmu/events/dispatch.h"
#include "smmu/events/forwarder.h"
#include "smmu/events/pending.h"
#include "smmu/identity.h"
#include "smmu/refusal.h"
#include "smmu/registers/table.h"
#include "util/errno_name.h"
#include "util/sized.h"

#define DEPTH_DEFAULT	    65536
#define BURST_DEFAULT	    10
#define INTERVAL_DEFAULT_NS UINT64_C(5000000000)

static void config_complete(struct vsmmu_config *config)
{
	if (!config->eventq_log2_max)
		config->eventq_log2_max = SMMU_EVENTQ_LOG2_MAX;
	if (!config->veventq_depth)
		config->veventq_depth = DEPTH_DEFAULT;
	if (!config->sid_bits)
		config->sid_bits = arch_idr_defaults.sid_bits;
	if (!config->cmdq_log2_max)
		config->cmdq_log2_max = arch_idr_defaults.cmdq_log2;
	if (!config->oas_bits)
		config->oas_bits = arch_idr_defaults.oas_bits;
	if (!config->report_burst)
		config->report_burst = BURST_DEFAULT;
	if (!config->report_interval_ns)
		config->report_interval_ns = INTERVAL_DEFAULT_NS;
}

/*
 * Takes the ops, and the members that reports need, before anything is judged, so that refusals can
 * be reported. If a size was never set, no other member may have been set either.
 */
static int config_take_reporter(struct vsmmu *vsmmu, const struct vsmmu_config *given)
{
	struct vsmmu_config *config = &vsmmu->config;

	if (!sized_is_valid(given) || given->size < offsetof(struct vsmmu_config, host))
		return -EINVAL;
	memcpy(config, given, given->size < sizeof(*config) ? given->size : sizeof(*config));
	if (!sized_is_valid(config->ops))
		return -EINVAL;
	memcpy(&vsmmu->ops, config->ops,
		config->ops->size < sizeof(vsmmu->ops) ? config->ops->size : sizeof(vsmmu->ops));
	config_complete(config);
	return 0;
}

static int config_check_ops(struct vsmmu *vsmmu)
{
	const struct vsmmu_ops *ops = &vsmmu->ops;

	if (!ops->memory_write)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "ops.memory_write is NULL");
	if (!ops->irq_pulse)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "ops.irq_pulse is NULL");
	if (vsmmu_is_whole(vsmmu) && !ops->memory_read)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"ops.memory_read is NULL: an SMMU reads its guest's memory; for the event "
			"path alone set event_path_only");
	return 0;
}

static int config_check(struct vsmmu *vsmmu)
{
	const struct vsmmu_config *config = &vsmmu->config;

	if (config->reserved || !sized_is_zero(config->reserved2, sizeof(config->reserved2)))
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "config.reserved is not 0");
	if (config->host && !host_fits(config->host))
		return refuse(vsmmu, VSMMU_NO_VSID, -EPROTO,
			"config.host is of another build than libvsmmu %s: libvsmmu and "
			"libvsmmu-sim must be of one",
			vsmmu_version());
	if (config->veventq_depth > VEVENTQ_DEPTH_MAX)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"veventq_depth %u asked for, but Linux has at most %u",
			config->veventq_depth, VEVENTQ_DEPTH_MAX);
	if (config->loss_policy != VSMMU_LOSS_OVERFLOW &&
		config->loss_policy != VSMMU_LOSS_COUNT_ONLY)
		return refuse(vsmmu, VSMMU_NO_VSID, -EINVAL,
			"loss_policy %u asked for, which does not exist",
			(unsigned int)config->loss_policy);
	return config_check_ops(vsmmu);
}

/* Return: 0 or -errno, which is reported if there is an op for it. */
static int config_take(struct vsmmu *vsmmu, const struct vsmmu_config *given)
{
	int ret = config_take_reporter(vsmmu, given);
	struct vsmmu_config config;
	struct vsmmu_ops ops;

	if (!ret)
		ret = refusal_copy_in(vsmmu, &config, given, sizeof(config), "config");
	if (!ret)
		ret = refusal_copy_in(vsmmu, &ops, config.ops, sizeof(ops), "ops");
	if (ret)
		return ret;
	vsmmu->config.ops = &vsmmu->ops;
	vsmmu->host = config.host;
	return config_check(vsmmu);
}

static void locks_destroy_and_free(struct vsmmu *vsmmu)
{
	pthread_mutex_destroy(&vsmmu->attach_lock);
	fairlock_destroy(&vsmmu->command_lock);
	pthread_mutex_destroy(&vsmmu->control_lock);
	fairlock_destroy(&vsmmu->dispatch_lock);
	pthread_mutex_destroy(&vsmmu->event_lock);
	pthread_mutex_destroy(&vsmmu->report_lock);
	free(vsmmu);
}

int vsmmu_new(struct vsmmu **out, const struct vsmmu_config *config)
{
	const unsigned int made = report_made();
	struct vsmmu *vsmmu = calloc(1, sizeof(*vsmmu));
	int ret;

	if (!vsmmu)
		return -ENOMEM;
	pthread_mutex_init(&vsmmu->attach_lock, NULL);
	fairlock_init(&vsmmu->command_lock);
	pthread_mutex_init(&vsmmu->control_lock, NULL);
	fairlock_init(&vsmmu->dispatch_lock);
	pthread_mutex_init(&vsmmu->event_lock, NULL);
	pthread_mutex_init(&vsmmu->report_lock, NULL);
	ret = config_take(vsmmu, config);
	if (!ret && !out)
		ret = refuse(vsmmu, VSMMU_NO_VSID, -EINVAL, "out is NULL");
	if (!ret)
		ret = identity_init(vsmmu);
	if (ret)
		goto fail_locks;
	ret = stream_table_init(&vsmmu->streams);
	if (ret)
		goto fail_locks;
	ret = pollset_init(&vsmmu->pollset);
	if (ret)
		goto fail_streams;
	ret = pollset_init(&vsmmu->cmdq.pollset);
	if (ret)
		goto fail_pollset;
	registers_reset(vsmmu);
	vsmmu_host_ref(vsmmu->host);
	*out = vsmmu;
	return 0;
fail_pollset:
	pollset_destroy(&vsmmu->pollset);
fail_streams:
	stream_table_destroy(&vsmmu->streams);
fail_locks:
	refusal_end(vsmmu, made, VSMMU_NO_VSID, ret, "vsmmu_new()");
	locks_destroy_and_free(vsmmu);
	return ret;
}

/* No endpoint causes events any more. Under the control lock. Return: first -errno. */
static int endpoints_park(struct vsmmu *vsmmu)
{
	int ret = 0;

	list_for_each(endpoint, vsmmu->endpoints) {
		/* From a bypass HWPT nothing is forwarded. */
		int failed = endpoint->installed == INSTALLED_NESTED ? endpoint_park(endpoint) : 0;

		ret = ret ? ret : failed;
	}
	return ret;
}

/*
 * Takes down the objects in the host, in the order that it wants. One that fails to go has a
 * second chance after all others. Return: -errno of what is left.
 */
static int objects_free(struct vsmmu *vsmmu)
{
	int ret, left;

	while (vsmmu->endpoints)
		endpoint_remove(vsmmu->endpoints, &left);
	adopted_free_all(vsmmu);
	ret = parents_drop(vsmmu, true);
	orphans_forget(vsmmu);
	return ret;
}

void vsmmu_free(struct vsmmu *vsmmu)
{
	int ret;

	if (entry_check(vsmmu))
		return;
	/* All are parked before anything is drained, so that no event comes in between; and
	 * drained before any is removed, so that nothing more goes to the guest. */
	endpoints_park(vsmmu);
	fairlock_lock(&vsmmu->dispatch_lock);
	forwarder_drain_all(vsmmu, VSMMU_DISCARD_TEARDOWN);
	/* Events that a failing read left behind are discarded when their vEVENTQ goes. */
	vsmmu->eventq.held = true;
	fairlock_unlock(&vsmmu->dispatch_lock);
	ret = objects_free(vsmmu);
	if (ret)
		report(vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, VSMMU_NO_VSID,
			"closing: the host said %s; some objects may be left until the iommufd "
			"is closed",
			errno_name(-ret));
	report_flush(vsmmu);
	vsmmu_host_unref(vsmmu->host);
	pollset_destroy(&vsmmu->cmdq.pollset);
	pollset_destroy(&vsmmu->pollset);
	pending_destroy(&vsmmu->pending);
	stream_table_destroy(&vsmmu->streams);
	locks_destroy_and_free(vsmmu);
}

/* Under the attach and control locks. Return: 0 or -errno, reported. */
static int host_take(struct vsmmu *vsmmu, struct vsmmu_host *host)
{
	const char *why = NULL;
	int ret = 0;

	if (!host) {
		ret = -EINVAL;
		why = "a host was to be set, but it is NULL";
	} else if (!host_fits(host)) {
		ret = -EPROTO;
		why = "a host was to be set, but it is of a libvsmmu-sim of another build";
	} else if (vsmmu->host) {
		ret = -EBUSY;
		why = "a host was to be set, but there is one already";
	}
	if (ret)
		return refuse(vsmmu, VSMMU_NO_VSID, ret, "%s", why);
	vsmmu_host_ref(host);
	vsmmu->host = host;
	return 0;
}

int vsmmu_set_host(struct vsmmu *vsmmu, struct vsmmu_host *host)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	pthread_mutex_lock(&vsmmu->attach_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = host_take(vsmmu, host);
	pthread_mutex_unlock(&vsmmu->control_lock);
	pthread_mutex_unlock(&vsmmu->attach_lock);
	return ret;
}

int vsmmu_get_event_fd(const struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu);

	return ret ? ret : vsmmu->pollset.set;
}

int vsmmu_reset(struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu), refreshed;

	if (ret)
		return ret;
	fairlock_lock(&vsmmu->command_lock);
	pthread_mutex_lock(&vsmmu->control_lock);
	ret = endpoints_park(vsmmu);
	list_for_each(endpoint, vsmmu->endpoints)
		endpoint->ste_is_set = false;
	vsid_forget_saved(vsmmu);
	fairlock_lock(&vsmmu->dispatch_lock);
	forwarder_drain_all(vsmmu, VSMMU_DISCARD_RESET);
	pthread_mutex_lock(&vsmmu->event_lock);
	registers_reset(vsmmu);
	pthread_mutex_unlock(&vsmmu->event_lock);
	fairlock_unlock(&vsmmu->dispatch_lock);
	/* The guest will not build on what it had not waited for. */
	invalidation_reset(&vsmmu->invalidation);
	refreshed = install_refresh_all(vsmmu);
	ret = ret ? ret : refreshed;
	pthread_mutex_unlock(&vsmmu->control_lock);
	fairlock_unlock(&vsmmu->command_lock);
	cmdq_doorbell(vsmmu);
	dispatch_resume(vsmmu);
	if (ret)
		report(vsmmu, VSMMU_REPORT_HOST_FAILED, VSMMU_ERROR, VSMMU_NO_VSID,
			"reset: the host said %s; an endpoint may be left without translation",
			errno_name(-ret));
	return ret;
}
