/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/invalidation.h"

#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/report.h"
#include "smmu/viommu/invalidate.h"
#include "util/errno_name.h"

/* An array for the host. */
struct flush {
	struct nesting_parent *parent;
	uint32_t count;
	bool tlbi; /* the batch has some for it */
};

void invalidation_reset(struct invalidation *batch)
{
	batch->count = 0;
	batch->names_streams = false;
	batch->atc_lost = false;
}

/* Under the event lock. Return: NULL when the command has nothing to invalidate. */
static struct viommu *command_viommu(const struct vsmmu *vsmmu, const uint64_t command[2])
{
	uint32_t vsid = (uint32_t)arch_command_get(command, COMMAND_FIELD_SID);
	uint32_t index = stream_find(&vsmmu->streams, vsid);
	const struct vsmmu_endpoint *endpoint =
		index == STREAM_NONE ? NULL : vsmmu->streams.entries[index].endpoint;

	if (!endpoint || !endpoint->vdevice_id)
		return NULL;
	if ((uint8_t)command[0] == COMMAND_OP_ATC_INV && !host_ats_is_on(endpoint))
		return NULL;
	return endpoint->viommu;
}

/* Finds whom each command of the batch is for; those that are for nobody leave it. */
static void batch_resolve(struct vsmmu *vsmmu)
{
	struct invalidation *batch = &vsmmu->invalidation;
	uint32_t kept = 0;

	pthread_mutex_lock(&vsmmu->event_lock);
	for (uint32_t i = 0; i < batch->count; i++) {
		const uint64_t *command = batch->command[i];
		const struct viommu *viommu = NULL;

		if (arch_command_names_stream(command)) {
			viommu = command_viommu(vsmmu, command);
			if (!viommu)
				continue;
		}
		batch->target[kept] = viommu;
		memmove(batch->command[kept++], command, sizeof(batch->command[0]));
	}
	pthread_mutex_unlock(&vsmmu->event_lock);
	batch->count = kept;
}

/*
 * Appends the commands for a vIOMMU, or with NULL those for every TLB, as the host takes them,
 * but none that only repeats the one before it. Return: whether there is an ATC_INV.
 */
static bool flush_append(struct vsmmu *vsmmu, struct flush *flush, const struct viommu *viommu)
{
	struct invalidation *batch = &vsmmu->invalidation;
	bool atc = false;

	for (uint32_t i = 0; i < batch->count; i++) {
		uint64_t *fit = batch->fit[flush->count];

		if (batch->target[i] != viommu)
			continue;
		memcpy(fit, batch->command[i], sizeof(batch->fit[0]));
		if (arch_command_forward(fit, &vsmmu->features, &flush->parent->hardware.arch) ==
			COMMAND_REACH_NONE)
			continue;
		atc = atc || (uint8_t)fit[0] == COMMAND_OP_ATC_INV;
		if (!flush->count || memcmp(fit, fit - 2, sizeof(batch->fit[0])))
			flush->count++;
	}
	return atc;
}

static int flush_send(struct vsmmu *vsmmu, const struct flush *flush, uint32_t viommu_id)
{
	if (!flush->count)
		return 0;
	return host_invalidate(vsmmu, viommu_id, &flush->parent->hardware,
		(const uint64_t(*)[2])vsmmu->invalidation.fit, flush->count);
}

/* Whether everything is due: its endpoints are cut off, and it is not worth a call. */
static bool viommu_is_due(const struct viommu *viommu)
{
	return viommu->needs_cd_inval || viommu->parent->needs_tlb_inval;
}

static void block_all(struct vsmmu *vsmmu, const struct viommu *viommu, int error)
{
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->viommu == viommu)
			endpoint_block(endpoint, "invalidating", error);
}

/* Tries again to cut off those that it failed for. Return: whether a device may have ATS on. */
static bool block_again(struct vsmmu *vsmmu, const struct viommu *viommu)
{
	bool ats = false;

	list_for_each(endpoint, vsmmu->endpoints) {
		if (endpoint->viommu != viommu)
			continue;
		endpoint_block_again(endpoint);
		ats = ats || host_ats_is_on(endpoint);
	}
	return ats;
}

/*
 * Everything is invalidated in place of what the host refused with @error: of the vIOMMU @only,
 * or with NULL, as TLB invalidations were among it, of all that the parent has. Where the host
 * refuses that too the endpoints are cut off.
 */
static void escalate(
	struct vsmmu *vsmmu, struct nesting_parent *parent, const struct viommu *only, int error)
{
	int ret = 0;

	parent->needs_tlb_inval = parent->needs_tlb_inval || !only;
	list_for_each(viommu, parent->viommus) {
		int failed = ret;

		if ((only && viommu != only) || viommu->needs_cd_inval)
			continue;
		viommu->needs_cd_inval = true;
		/* A parent that has refused once is not asked again for each vIOMMU. */
		if (!ret || !parent->needs_tlb_inval)
			failed = viommu_resync(vsmmu, viommu);
		if (failed)
			block_all(vsmmu, viommu, failed);
		ret = ret ? ret : failed;
	}
	if (ret)
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_ERROR, VSMMU_NO_VSID,
			"invalidating: the host said %s, and %s to invalidating everything; the "
			"endpoints concerned are cut off until it does; the host's log may say why",
			errno_name(-error), errno_name(-ret));
	else
		report(vsmmu, VSMMU_REPORT_INVALIDATION, VSMMU_WARNING, VSMMU_NO_VSID,
			"invalidating: the host said %s; all that the guest has cached there was "
			"invalidated instead",
			errno_name(-error));
}

/*
 * Sends a vIOMMU's own commands, behind the TLB invalidations that are in @flush. With
 * @tlbis_alone those are sent to it even if it has none. Return: whether it got them.
 */
static bool viommu_flush(
	struct vsmmu *vsmmu, struct viommu *viommu, struct flush *flush, bool tlbis_alone)
{
	const uint32_t tlbis = flush->count;
	const bool atc = flush_append(vsmmu, flush, viommu);
	const bool own = flush->count > tlbis;
	bool sent;
	int ret;

	if (viommu_is_due(viommu))
		flush->count = tlbis;
	sent = tlbis_alone || flush->count > tlbis;
	ret = sent ? flush_send(vsmmu, flush, viommu->id) : 0;
	flush->count = tlbis;
	if (ret)
		escalate(vsmmu, viommu->parent, tlbis ? NULL : viommu, ret);
	/* A device that was cut off has its ATS off, and nothing cached. */
	if ((own || flush->tlbi) && viommu_is_due(viommu) && block_again(vsmmu, viommu) && atc)
		vsmmu->invalidation.atc_lost = true;
	return sent;
}

/*
 * Sends what the batch has for a physical SMMU. Its vIOMMUs share a VMID: the first that is sent
 * commands of its own takes the TLB invalidations along, else the parking vIOMMU gets them.
 */
static void parent_flush(struct vsmmu *vsmmu, struct nesting_parent *parent)
{
	const bool each = vsmmu->host->vmid_per_viommu;
	struct flush flush = {.parent = parent};
	int ret;

	flush_append(vsmmu, &flush, NULL);
	flush.tlbi = flush.count;
	/* No endpoint uses these TLB entries; they are invalidated before the next one does. */
	if (flush.tlbi && !parent->viommus)
		parent->needs_tlb_inval = true;
	list_for_each(viommu, parent->viommus) {
		if (parent->needs_tlb_inval)
			flush.count = 0;
		if (viommu_flush(vsmmu, viommu, &flush, each) && !each)
			flush.count = 0;
	}
	if (each || parent->needs_tlb_inval)
		return;
	ret = flush_send(vsmmu, &flush, parent->parking_id);
	if (ret)
		escalate(vsmmu, parent, NULL, ret);
}

/* Under the control lock too. */
static void batch_flush(struct vsmmu *vsmmu)
{
	batch_resolve(vsmmu);
	list_for_each(parent, vsmmu->parents)
		parent_flush(vsmmu, parent);
	vsmmu->invalidation.count = 0;
	vsmmu->invalidation.names_streams = false;
}

/* A full batch is sent first, for which the control lock is needed. */
static void batch_append(struct vsmmu *vsmmu, const uint64_t command[2])
{
	struct invalidation *batch = &vsmmu->invalidation;

	if (batch->count == INVALIDATION_MAX)
		batch_flush(vsmmu);
	batch->names_streams = batch->names_streams || arch_command_names_stream(command);
	memcpy(batch->command[batch->count++], command, sizeof(batch->command[0]));
}

void invalidation_add(struct vsmmu *vsmmu, const uint64_t command[2])
{
	const bool full = vsmmu->invalidation.count == INVALIDATION_MAX;

	if (full)
		pthread_mutex_lock(&vsmmu->control_lock);
	batch_append(vsmmu, command);
	if (full)
		pthread_mutex_unlock(&vsmmu->control_lock);
}

void invalidation_add_cd_all(struct vsmmu *vsmmu, const struct vsmmu_endpoint *endpoint)
{
	const uint64_t command[2] = {COMMAND_OP_CFGI_CD_ALL | endpoint->vsid << 32, 0};

	batch_append(vsmmu, command);
}

int invalidation_flush(struct vsmmu *vsmmu)
{
	struct invalidation *batch = &vsmmu->invalidation;
	bool lost;

	if (batch->count) {
		pthread_mutex_lock(&vsmmu->control_lock);
		batch_flush(vsmmu);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	lost = batch->atc_lost;
	batch->atc_lost = false;
	return lost ? -EIO : 0;
}
