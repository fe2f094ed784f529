/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "arch/event_filter.h"
#include "arch/idr.h"
#include "util/sized.h"

#define WORD0_SID (UINT64_C(0xffffffff) << 32)

static bool is_all_zero(const uint32_t idr[6])
{
	return !(idr[0] | idr[1] | idr[2] | idr[3] | idr[4] | idr[5]);
}

/*
 * The fields that Linux lists are all that anybody knows of a physical SMMU; but how wide its
 * output addresses are it knows itself.
 */
static void init_hardware(struct sim *sim, const struct vsmmu_sim_config *config)
{
	memcpy(sim->idr, is_all_zero(config->idr) ? arch_idr_simulator : config->idr,
		sizeof(sim->idr));
	arch_idr_host_features(sim->idr, config->ats, &sim->features);
	sim->features.oas = arch_address_bits(sim->idr[5] & 7);
	sim->repeat_commands = config->repeat_commands;
	sim->memory_read = config->memory_read;
	sim->memory_write = config->memory_write;
	sim->memory_opaque = config->memory_opaque;
	atomic_init(&sim->transactions, 0);
	atomic_init(&sim->aborts, 0);
	atomic_init(&sim->walks, 0);
	pthread_mutex_init(&sim->hardware_lock, NULL);
}

int vsmmu_sim_new(struct vsmmu_host **out, const struct vsmmu_sim_config *config)
{
	struct vsmmu_sim_config own = {.size = sizeof(own)};
	struct sim *sim;
	int ret;

	if (!out)
		return -EINVAL;
	if (config) {
		ret = sized_copy_in(&own, config, sizeof(own));
		if (ret)
			return ret;
	}
	if (own.kernel != VSMMU_SIM_KERNEL_NOW && own.kernel != VSMMU_SIM_KERNEL_BEFORE_2026)
		return -EINVAL;
	if (own.first_sequence > INT_MAX || !sized_is_zero(own.reserved, sizeof(own.reserved)))
		return -EINVAL;
	sim = calloc(1, sizeof(*sim));
	if (!sim)
		return -ENOMEM;
	host_init(&sim->host, &sim_ops);
	sim->host.vmid_per_viommu = own.vmid_per_viommu;
	sim->first_sequence = own.first_sequence;
	init_hardware(sim, &own);
	pthread_mutex_init(&sim->lock, NULL);
	sim->reads.kernel = own.kernel;
	sim_failures_init(&sim->reads.failures);
	sim_calls_init(&sim->calls);
	pthread_mutex_init(&sim->iova_lock, NULL);
	atomic_init(&sim->reads.count, 0);
	*out = &sim->host;
	return 0;
}

int vsmmu_sim_endpoint_new(struct vsmmu_host *host, uint32_t physical_smmu, uint32_t *dev_id)
{
	struct sim_endpoint *endpoint;
	struct sim *sim;

	if (!sim_is(host) || !dev_id)
		return -EINVAL;
	sim = sim_of(host);
	pthread_mutex_lock(&sim->lock);
	endpoint = sim_object_new(sim, SIM_ENDPOINT, sizeof(*endpoint));
	if (endpoint) {
		endpoint->physical_smmu = physical_smmu;
		sim_group_init(endpoint);
		*dev_id = endpoint->object.id;
	}
	pthread_mutex_unlock(&sim->lock);
	return endpoint ? 0 : -ENOMEM;
}

/* arm_smmu_handle_event() (Linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c) */
static bool is_forwarded(const struct vsmmu_event_record *record)
{
	switch ((uint8_t)record->word[0]) {
	case VSMMU_EVENT_C_BAD_STE:
	case VSMMU_EVENT_F_STREAM_DISABLED:
	case VSMMU_EVENT_C_BAD_SUBSTREAMID:
	case VSMMU_EVENT_C_BAD_CD:
	case VSMMU_EVENT_F_TRANSLATION:
	case VSMMU_EVENT_F_ADDR_SIZE:
	case VSMMU_EVENT_F_ACCESS:
	case VSMMU_EVENT_F_PERMISSION:
		/* The driver looks at both bits whatever the id. */
		return !(record->word[1] & (EVENT_WORD1_STALL | EVENT_WORD1_STAGE2));
	default:
		return false;
	}
}

/* Where an endpoint's forwarded events go now, or NULL. */
static struct sim_veventq *route(const struct sim_endpoint *endpoint)
{
	if (!endpoint->vmaster.viommu || !endpoint->vmaster.viommu->veventq)
		return NULL;
	return &endpoint->vmaster.viommu->veventq->queue;
}

int sim_fault(struct sim *sim, const struct sim_endpoint *endpoint,
	const struct vsmmu_event_record *record)
{
	struct sim_veventq *queue = is_forwarded(record) ? route(endpoint) : NULL;
	struct vsmmu_event_record event = *record;
	bool no_memory;

	if (!queue) {
		sim->printed++;
		return -EOPNOTSUPP;
	}
	/* arm_vmaster_report_event() */
	event.word[0] = (event.word[0] & ~WORD0_SID) | (uint64_t)endpoint->vmaster.vsid << 32;
	no_memory = sim_failures_take(&sim->reads.failures, VSMMU_SIM_FAIL_EVENT_ALLOC);
	sim->numbered++;
	sim->dropped += !sim_veventq_push(queue, &event, no_memory);
	/* Dropped by the queue's depth it is not printed, without memory it is. */
	sim->printed += no_memory;
	return 0;
}

int vsmmu_sim_fault(
	struct vsmmu_host *host, uint32_t dev_id, const struct vsmmu_event_record *record)
{
	const struct sim_endpoint *endpoint;
	struct sim *sim;
	int ret;

	if (!sim_is(host) || !record)
		return -EINVAL;
	sim = sim_of(host);
	pthread_mutex_lock(&sim->lock);
	endpoint = sim_object_get(sim, dev_id, SIM_ENDPOINT);
	ret = endpoint ? sim_fault(sim, endpoint, record) : -ENOENT;
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

static int drop(struct sim *sim, const struct sim_endpoint *endpoint, uint32_t count)
{
	struct sim_veventq *queue = route(endpoint);

	sim->printed += count;
	if (!queue)
		return -EOPNOTSUPP;
	sim->numbered += count;
	sim->dropped += count;
	sim_veventq_drop(queue, count);
	return 0;
}

int vsmmu_sim_drop(struct vsmmu_host *host, uint32_t dev_id, uint32_t count)
{
	const struct sim_endpoint *endpoint;
	struct sim *sim;
	int ret;

	if (!sim_is(host) || !count || count > INT_MAX)
		return -EINVAL;
	sim = sim_of(host);
	pthread_mutex_lock(&sim->lock);
	endpoint = sim_object_get(sim, dev_id, SIM_ENDPOINT);
	ret = endpoint ? drop(sim, endpoint, count) : -ENOENT;
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

int vsmmu_sim_fail(
	struct vsmmu_host *host, enum vsmmu_sim_failure failure, uint32_t after, int error)
{
	if (!sim_is(host))
		return -EINVAL;
	return sim_failures_arm(&sim_of(host)->reads.failures, failure, after, error);
}

int vsmmu_sim_on_lost_copy(struct vsmmu_host *host, void (*hook)(void *opaque), void *opaque)
{
	if (!sim_is(host))
		return -EINVAL;
	sim_failures_set_hook(&sim_of(host)->reads.failures, hook, opaque);
	return 0;
}

int vsmmu_sim_on_call(
	struct vsmmu_host *host, int (*hook)(void *opaque, enum vsmmu_sim_call call), void *opaque)
{
	if (!sim_is(host))
		return -EINVAL;
	sim_calls_set_hook(&sim_of(host)->calls, hook, opaque);
	return 0;
}

int vsmmu_sim_get_stats(struct vsmmu_host *host, struct vsmmu_sim_stats *stats)
{
	struct vsmmu_sim_stats own = {.size = sizeof(own)};
	struct sim *sim;

	if (!sim_is(host) || !stats)
		return -EINVAL;
	sim = sim_of(host);
	pthread_mutex_lock(&sim->lock);
	own.numbered = sim->numbered;
	own.dropped = sim->dropped;
	own.printed = sim->printed;
	own.objects = sim->objects_alive;
	own.commands = sim->commands;
	own.command_calls = sim->command_calls;
	own.commands_refused = sim->commands_refused;
	own.parents = sim->parents;
	own.detaches = sim->detaches;
	own.first_attaches = sim->first_attaches;
	own.replaces = sim->replaces;
	pthread_mutex_unlock(&sim->lock);
	own.transactions = atomic_load_explicit(&sim->transactions, memory_order_relaxed);
	own.aborts = atomic_load_explicit(&sim->aborts, memory_order_relaxed);
	own.walks = atomic_load_explicit(&sim->walks, memory_order_relaxed);
	own.reads = atomic_load_explicit(&sim->reads.count, memory_order_relaxed);
	return sized_copy_out(stats, &own, sizeof(own));
}
