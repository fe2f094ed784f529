/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/viommu/invalidate.h"

#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "smmu/report.h"
#include "util/errno_name.h"

#define CHUNK	     64
#define ATC_SIZE_ALL 52 /* 2^64 bytes (IHI 0070 4.5.1) */

/* An array under way that may need several calls. */
struct chunk {
	struct vsmmu *vsmmu;
	uint32_t viommu_id;
	const struct host_features *hardware;
	int ret; /* first -errno */
	uint32_t count;
	uint64_t command[CHUNK][2];
};

static int call_host(
	struct vsmmu *vsmmu, uint32_t viommu_id, const uint64_t (*command)[2], uint32_t count)
{
	uint32_t handled = count;
	int ret;

	ret = vsmmu->host->ops->invalidate(vsmmu->host, viommu_id, command, count, &handled);
	/* A count that is too low contradicts success, and then nothing is certain. */
	if (!ret && handled < count)
		ret = -EIO;
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->stats.invalidations += count;
	vsmmu->stats.invalidation_calls++;
	if (ret)
		vsmmu->stats.invalidation_failures++;
	pthread_mutex_unlock(&vsmmu->event_lock);
	return ret;
}

/* With the erratum ERRATA_REPEAT_TLBI_CFGI a batch takes effect when it was sent twice. */
static int host_send(struct vsmmu *vsmmu, uint32_t viommu_id, const struct host_features *hardware,
	const uint64_t (*command)[2], uint32_t count)
{
	int ret = call_host(vsmmu, viommu_id, command, count);

	if (!ret && hardware->repeat_commands)
		ret = call_host(vsmmu, viommu_id, command, count);
	return ret;
}

int host_invalidate(struct vsmmu *vsmmu, uint32_t viommu_id, const struct host_features *hardware,
	const uint64_t (*command)[2], uint32_t count)
{
	int error = host_send(vsmmu, viommu_id, hardware, command, count), ret;

	if (!error)
		return 0;
	ret = host_send(vsmmu, viommu_id, hardware, command, count);
	if (!ret)
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_WARNING, VSMMU_NO_VSID,
			"invalidating: the host said %s to %u commands, and took them when they "
			"were sent again",
			errno_name(-error), count);
	return ret;
}

static void chunk_send(struct chunk *chunk)
{
	if (!chunk->ret && chunk->count)
		chunk->ret = host_send(chunk->vsmmu, chunk->viommu_id, chunk->hardware,
			(const uint64_t(*)[2])chunk->command, chunk->count);
	chunk->count = 0;
}

/* A command that the host's SMMU does not have is left out: it has nothing of the kind cached. */
static void chunk_add(struct chunk *chunk, uint64_t word0, uint64_t word1)
{
	uint64_t *command;

	if (chunk->count == CHUNK)
		chunk_send(chunk);
	command = chunk->command[chunk->count];
	command[0] = word0;
	command[1] = word1;
	if (arch_command_forward(command, &chunk->vsmmu->features, &chunk->hardware->arch) !=
		COMMAND_REACH_NONE)
		chunk->count++;
}

/* Invalidates every TLB entry of the parent's guest. */
static int parent_resync(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	struct chunk chunk = {
		.vsmmu = vsmmu,
		.viommu_id = parent->parking_id,
		.hardware = &parent->hardware,
	};

	if (!parent->needs_tlb_inval)
		return 0;
	chunk_add(&chunk, COMMAND_OP_TLBI_NSNH_ALL, 0);
	chunk_send(&chunk);
	for (struct viommu *viommu = parent->viommus; vsmmu->host->vmid_per_viommu && viommu;
		viommu = viommu->next) {
		chunk.viommu_id = viommu->id;
		chunk_add(&chunk, COMMAND_OP_TLBI_NSNH_ALL, 0);
		chunk_send(&chunk);
	}
	parent->needs_tlb_inval = chunk.ret != 0;
	return chunk.ret;
}

int viommu_resync(struct vsmmu *vsmmu, struct viommu *viommu)
{
	struct chunk chunk = {
		.vsmmu = vsmmu,
		.viommu_id = viommu->id,
		.hardware = &viommu->parent->hardware,
	};
	int ret = parent_resync(vsmmu, viommu->parent);

	if (ret || !viommu->needs_cd_inval)
		return ret;
	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint && !chunk.ret;
		endpoint = endpoint->next) {
		uint64_t sid = endpoint->vsid << 32;

		if (endpoint->viommu != viommu || !endpoint->vdevice_id)
			continue;
		chunk_add(&chunk, COMMAND_OP_CFGI_CD_ALL | sid, 0);
		if (host_ats_is_on(endpoint))
			chunk_add(&chunk, COMMAND_OP_ATC_INV | sid, ATC_SIZE_ALL);
	}
	chunk_send(&chunk);
	viommu->needs_cd_inval = chunk.ret != 0;
	return chunk.ret;
}
