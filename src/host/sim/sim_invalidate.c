/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IOMMU_HWPT_INVALIDATE of a vIOMMU, and what its commands do in the hardware (Linux
 * drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-iommufd.c, arm_vsmmu_cache_invalidate()).
 */
#include "host/sim/sim.h"

#include <errno.h>

#include "arch/command.h"

#define COMMANDS_MAX (UINT32_C(1) << 19)
#define BATCH	     63 /* CMDQ_BATCH_ENTRIES - 1 */

static struct sim_vdevice *find_vdevice(const struct sim_viommu *viommu, const uint64_t word[2])
{
	const uint32_t vsid = (uint32_t)arch_command_get(word, COMMAND_FIELD_SID);
	struct sim_vdevice *it = viommu->vdevices;

	while (it && it->vsid != vsid)
		it = it->next;
	return it;
}

static bool names_stream(const uint64_t word[2])
{
	return arch_command_rule((uint8_t)word[0])->fields >> COMMAND_FIELD_SID & 1;
}

/* arm_vsmmu_convert_user_cmd() */
static bool is_accepted(
	const struct sim *sim, const struct sim_viommu *viommu, const uint64_t word[2])
{
	return arch_command_kernel_accepts(word, &sim->features) &&
	       (!names_stream(word) || find_vdevice(viommu, word));
}

static void execute_one(struct sim_viommu *viommu, const uint64_t word[2])
{
	struct sim_contexts *contexts;

	switch ((uint8_t)word[0]) {
	case COMMAND_OP_ATC_INV:
		break; /* the endpoints cache nothing */
	case COMMAND_OP_CFGI_CD:
		contexts = find_vdevice(viommu, word)->endpoint->contexts;
		if (contexts)
			sim_contexts_drop(
				contexts, (uint32_t)arch_command_get(word, COMMAND_FIELD_SSID));
		break;
	case COMMAND_OP_CFGI_CD_ALL:
		contexts = find_vdevice(viommu, word)->endpoint->contexts;
		if (contexts)
			sim_contexts_drop_all(contexts);
		break;
	default:
		if (viommu->vmid->tlb)
			sim_tlb_invalidate(viommu->vmid->tlb, word);
		break;
	}
}

/* Tells arrays of commands apart. Never 0. */
static uint64_t digest(const uint64_t (*command)[2], uint32_t count)
{
	uint64_t sum = count;

	for (uint32_t i = 0; i < count; i++) {
		for (unsigned int w = 0; w < 2; w++) {
			sum = (sum ^ command[i][w]) * UINT64_C(0x9e3779b97f4a7c15);
			sum ^= sum >> 29;
		}
	}
	return sum | 1;
}

/*
 * The erratum, as we have it: an array of commands does what it says when the same array was
 * the last one before it of this vIOMMU, went well, and did nothing.
 */
static bool takes_effect(const struct sim *sim, const struct sim_viommu *viommu, uint64_t sum)
{
	return !sim->repeat_commands || viommu->unheeded == sum;
}

/*
 * Commands are checked up to a batch's end before any of it is executed; after a bad one the
 * kernel calls all in front of it handled, which those of its own batch are not.
 */
static int run(struct sim *sim, struct sim_viommu *viommu, const uint64_t (*command)[2],
	uint32_t count, bool effective, uint32_t *handled)
{
	const int error = sim_failures_take(&sim->reads.failures, VSMMU_SIM_FAIL_INVALIDATE);
	uint32_t begin = 0;

	for (uint32_t i = 0; i < count; i++) {
		*handled = i;
		if (!is_accepted(sim, viommu, command[i])) {
			sim->commands_refused++;
			return -EIO;
		}
		if (i + 1 < count && i + 1 - begin < BATCH)
			continue;
		/* It is as if the hardware had not got done with the last batch. */
		if (error && i + 1 == count)
			return -error;
		for (; begin <= i; begin++) {
			sim->commands++;
			if (effective)
				execute_one(viommu, command[begin]);
		}
	}
	*handled = count;
	return 0;
}

static int invalidate(struct sim *sim, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct sim_viommu *viommu = sim_object_get(sim, viommu_id, SIM_VIOMMU);
	bool effective;
	uint64_t sum;
	int ret;

	if (!viommu)
		return -ENOENT;
	if (!count || count > COMMANDS_MAX)
		return -EINVAL;
	sim->command_calls++;
	sum = sim->repeat_commands ? digest(command, count) : 0;
	effective = takes_effect(sim, viommu, sum);
	ret = run(sim, viommu, command, count, effective, handled);
	viommu->unheeded = ret || effective ? 0 : sum;
	return ret;
}

int sim_invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*command)[2],
	uint32_t count, uint32_t *handled)
{
	struct sim *sim = sim_of(host);
	int ret;

	*handled = 0;
	ret = sim_calls_run(&sim->calls, VSMMU_SIM_CALL_INVALIDATE);
	if (ret)
		return ret;
	sim_lock_all(sim);
	ret = invalidate(sim, viommu_id, command, count, handled);
	sim_unlock_all(sim);
	return ret;
}

int vsmmu_sim_invalidate(struct vsmmu_host *host, uint32_t viommu_id, const uint64_t (*commands)[2],
	uint32_t count)
{
	uint32_t handled;

	return sim_is(host) && commands ? sim_invalidate(host, viommu_id, commands, count, &handled)
					: -EINVAL;
}
