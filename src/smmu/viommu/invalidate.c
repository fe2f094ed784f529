/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/viommu/invalidate.h"

#include <errno.h>
#include <string.h>

#include "arch/command.h"

#define CHUNK	     64
#define ATC_SIZE_ALL 52 /* 2^64 bytes (IHI 0070 4.5.1) */

/* An array under way that may need several calls. */
struct chunk {
	struct vsmmu *vsmmu;
	struct viommu *viommu;
	int ret; /* first -errno */
	uint32_t count;
	uint64_t command[CHUNK][2];
};

static int call_host(struct vsmmu *vsmmu, const struct viommu *viommu, const uint64_t (*command)[2],
	uint32_t count)
{
	uint32_t handled = count;
	int ret;

	ret = vsmmu->host->ops->invalidate(
		vsmmu->host, viommu->viommu_id, command, count, &handled);
	/* A count that is too low contradicts success, and then nothing is certain. */
	if (!ret && handled < count)
		ret = -EIO;
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.invalidations += count;
	vsmmu->stats.invalidation_calls++;
	if (ret)
		vsmmu->stats.invalidation_failures++;
	fairlock_unlock(&vsmmu->event_lock);
	return ret;
}

/* With the erratum ERRATA_REPEAT_TLBI_CFGI a batch takes effect when it was sent twice. */
static int host_send(struct vsmmu *vsmmu, const struct viommu *viommu, const uint64_t (*command)[2],
	uint32_t count)
{
	int ret = call_host(vsmmu, viommu, command, count);

	if (!ret && viommu->hardware.repeat_commands)
		ret = call_host(vsmmu, viommu, command, count);
	return ret;
}

static void chunk_send(struct chunk *chunk)
{
	if (!chunk->ret && chunk->count)
		chunk->ret = host_send(chunk->vsmmu, chunk->viommu,
			(const uint64_t(*)[2])chunk->command, chunk->count);
	chunk->count = 0;
}

/* What the host's SMMU has not is left out, as it has nothing of the kind cached. */
static void chunk_add(struct chunk *chunk, uint64_t word0, uint64_t word1)
{
	uint64_t *command;

	if (chunk->count == CHUNK)
		chunk_send(chunk);
	command = chunk->command[chunk->count];
	command[0] = word0;
	command[1] = word1;
	if (arch_command_forward(command, &chunk->vsmmu->features, &chunk->viommu->hardware.arch) !=
		COMMAND_REACH_NONE)
		chunk->count++;
}

/* All that the guest can have cached in the hardware behind a vIOMMU. */
static int invalidate_everything(struct vsmmu *vsmmu, struct viommu *viommu)
{
	struct chunk chunk = {.vsmmu = vsmmu, .viommu = viommu};

	chunk_add(&chunk, COMMAND_OP_TLBI_NSNH_ALL, 0);
	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint && !chunk.ret;
		endpoint = endpoint->next) {
		uint64_t sid = (uint64_t)endpoint->vsid << 32;

		if (endpoint->viommu != viommu || !endpoint->vdevice_id)
			continue;
		chunk_add(&chunk, COMMAND_OP_CFGI_CD_ALL | sid, 0);
		if (host_ats_is_on(endpoint))
			chunk_add(&chunk, COMMAND_OP_ATC_INV | sid, ATC_SIZE_ALL);
	}
	chunk_send(&chunk);
	return chunk.ret;
}

static void block_all(struct vsmmu *vsmmu, struct viommu *viommu)
{
	for (struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next)
		if (endpoint->viommu == viommu)
			endpoint_block(endpoint);
}

/* Those that could not even be cut off then. */
static void block_again(struct vsmmu *vsmmu, struct viommu *viommu)
{
	for (struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next)
		if (endpoint->viommu == viommu)
			endpoint_block_again(endpoint);
}

int viommu_resync(struct vsmmu *vsmmu, struct viommu *viommu)
{
	int ret = 0;

	if (viommu->needs_full_inval)
		ret = invalidate_everything(vsmmu, viommu);
	viommu->needs_full_inval = ret != 0;
	return ret;
}

int host_invalidate(
	struct vsmmu *vsmmu, struct viommu *viommu, const uint64_t (*command)[2], uint32_t count)
{
	int ret, error;

	/* Everything was needed already, and that includes these. */
	if (viommu->needs_full_inval) {
		ret = viommu_resync(vsmmu, viommu);
		if (ret)
			block_again(vsmmu, viommu);
		return ret;
	}
	error = host_send(vsmmu, viommu, command, count);
	if (!error)
		return 0;
	ret = host_send(vsmmu, viommu, command, count);
	if (!ret) {
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_WARNING, VSMMU_NO_VSID,
			"invalidating: the host said %s to %u commands, and took them when they "
			"were sent again",
			strerror(-error), count);
		return 0;
	}
	ret = invalidate_everything(vsmmu, viommu);
	if (!ret) {
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_WARNING, VSMMU_NO_VSID,
			"invalidating: the host said %s to %u commands; all that the guest has "
			"cached there was invalidated instead",
			strerror(-error), count);
		return 0;
	}
	viommu->needs_full_inval = true;
	block_all(vsmmu, viommu);
	report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_ERROR, VSMMU_NO_VSID,
		"invalidating: the host said %s to %u commands, and %s to invalidating everything; "
		"the endpoints of this vIOMMU are cut off until it does and the guest configures "
		"their streams again; the host's log may say why",
		strerror(-error), count, strerror(-ret));
	return ret;
}
