/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/invalidation.h"

#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "smmu/viommu/invalidate.h"

void invalidation_reset(struct invalidation *batch)
{
	batch->count = 0;
	batch->atc_lost = false;
}

/* Commands that name a StreamID concern the vIOMMU of its endpoint alone. */
static bool names_stream(uint8_t opcode)
{
	return opcode == COMMAND_OP_CFGI_CD || opcode == COMMAND_OP_CFGI_CD_ALL ||
	       opcode == COMMAND_OP_ATC_INV;
}

/* Under the event lock. Return: NULL when the command has nothing to invalidate. */
static struct viommu *command_viommu(const struct vsmmu *vsmmu, const uint64_t command[2])
{
	uint32_t vsid = (uint32_t)arch_command_get(command, COMMAND_FIELD_SID);
	uint32_t index = stream_find(&vsmmu->streams, vsid);
	const struct vsmmu_endpoint *endpoint =
		index == STREAM_NONE ? NULL : vsmmu->streams.holders[index].endpoint;

	if (!endpoint || !endpoint->vdevice_id)
		return NULL;
	if ((uint8_t)command[0] == COMMAND_OP_ATC_INV && !host_ats_is_on(endpoint))
		return NULL;
	return endpoint->viommu;
}

static void chain_append(
	struct invalidation *batch, struct invalidation_chain *chain, uint32_t entry)
{
	batch->next[entry] = 0;
	if (chain->last)
		batch->next[chain->last - 1] = (uint16_t)(entry + 1);
	else
		chain->first = (uint16_t)(entry + 1);
	chain->last = (uint16_t)(entry + 1);
}

/*
 * Chains the batch's entries: those for every vIOMMU into @all, the others to the vIOMMU
 * that they are for. Return: the vIOMMUs that have some of their own.
 */
static struct viommu *batch_sort(struct vsmmu *vsmmu, struct invalidation_chain *all)
{
	struct invalidation *batch = &vsmmu->invalidation;
	struct viommu *concerned = NULL;

	fairlock_lock(&vsmmu->event_lock);
	for (uint32_t i = 0; i < batch->count; i++) {
		const uint64_t *command = batch->command[i];
		struct viommu *viommu;

		if (!names_stream((uint8_t)command[0])) {
			chain_append(batch, all, i);
			continue;
		}
		viommu = command_viommu(vsmmu, command);
		if (!viommu)
			continue;
		if (!viommu->own.first) {
			viommu->flush_next = concerned;
			concerned = viommu;
		}
		chain_append(batch, &viommu->own, i);
	}
	fairlock_unlock(&vsmmu->event_lock);
	return concerned;
}

/*
 * Makes the array for a vIOMMU, of what is for all and what is for it alone, in the guest's
 * order. What only repeats the command before it is left out. Return: its length.
 */
static uint32_t batch_fit(struct vsmmu *vsmmu, const struct viommu *viommu, uint16_t all, bool *atc)
{
	struct invalidation *batch = &vsmmu->invalidation;
	uint16_t own = viommu->own.first;
	uint32_t count = 0;

	*atc = false;
	while (all || own) {
		uint16_t *entry = !own || (all && all < own) ? &all : &own;
		uint64_t *fit = batch->fit[count];

		memcpy(fit, batch->command[*entry - 1], sizeof(batch->fit[0]));
		*entry = batch->next[*entry - 1];
		if (arch_command_forward(fit, &vsmmu->features, &viommu->hardware.arch) ==
			COMMAND_REACH_NONE)
			continue;
		if (count && !memcmp(fit, batch->fit[count - 1], sizeof(batch->fit[0])))
			continue;
		*atc = *atc || (uint8_t)fit[0] == COMMAND_OP_ATC_INV;
		count++;
	}
	return count;
}

static void batch_send(struct vsmmu *vsmmu, struct viommu *viommu, uint16_t all)
{
	struct invalidation *batch = &vsmmu->invalidation;
	uint32_t count;
	bool atc;

	if (!viommu->parent)
		return;
	count = batch_fit(vsmmu, viommu, all, &atc);
	viommu->own = (struct invalidation_chain){0};
	if (!count)
		return;
	batch->calls++;
	if (host_invalidate(vsmmu, viommu, batch->fit, count) && atc)
		batch->atc_lost = true;
}

/* Under the control lock too. */
static void batch_flush(struct vsmmu *vsmmu)
{
	struct invalidation_chain all = {0};
	struct viommu *concerned = batch_sort(vsmmu, &all);

	if (all.first)
		concerned = vsmmu->viommus;
	while (concerned) {
		struct viommu *next = all.first ? concerned->next : concerned->flush_next;

		batch_send(vsmmu, concerned, all.first);
		concerned = next;
	}
	vsmmu->invalidation.count = 0;
}

/* There is room. */
static void batch_append(struct invalidation *batch, const uint64_t command[2])
{
	memcpy(batch->command[batch->count++], command, sizeof(batch->command[0]));
}

void invalidation_add(struct vsmmu *vsmmu, const uint64_t command[2])
{
	if (vsmmu->invalidation.count == INVALIDATION_MAX) {
		pthread_mutex_lock(&vsmmu->control_lock);
		batch_flush(vsmmu);
		pthread_mutex_unlock(&vsmmu->control_lock);
	}
	batch_append(&vsmmu->invalidation, command);
}

void invalidation_add_cd_all(struct vsmmu *vsmmu, uint32_t vsid)
{
	const uint64_t command[2] = {COMMAND_OP_CFGI_CD_ALL | (uint64_t)vsid << 32, 0};

	invalidation_add(vsmmu, command);
}

uint32_t invalidation_add_cd_all_range(
	struct vsmmu *vsmmu, uint32_t first, uint64_t count, uint32_t *looked)
{
	struct invalidation *batch = &vsmmu->invalidation;
	uint32_t found = 0;

	for (const struct vsmmu_endpoint *endpoint = vsmmu->endpoints; endpoint;
		endpoint = endpoint->next, ++*looked) {
		const uint64_t command[2] = {
			COMMAND_OP_CFGI_CD_ALL | (uint64_t)endpoint->vsid << 32, 0};

		if (endpoint->vsid < first || endpoint->vsid - first >= count)
			continue;
		found++;
		if (batch->count == INVALIDATION_MAX)
			batch_flush(vsmmu);
		batch_append(batch, command);
	}
	return found;
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
