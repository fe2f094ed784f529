/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/execute.h"

#include "arch/regs.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/events/dispatch.h"

static uint32_t most(uint32_t one, uint32_t other)
{
	return one > other ? one : other;
}

/* Under the control lock. Return: what the events cost that had to be out of the way. */
static uint32_t install_stes(struct vsmmu *vsmmu, uint32_t first, uint64_t count)
{
	vsmmu->forwarded = 0;
	install_refresh_range(vsmmu, first, count);
	return vsmmu->forwarded / CMDQ_EVENTS;
}

/*
 * The CDs that hardware has cached go with the STE, even if what is installed stays as it
 * was and the host does nothing about it (IHI 0070 4.3.1).
 */
static uint32_t execute_ste(struct vsmmu *vsmmu, const struct command_scope *scope)
{
	uint32_t cost;

	pthread_mutex_lock(&vsmmu->control_lock);
	cost = install_stes(vsmmu, scope->sid, 1);
	pthread_mutex_unlock(&vsmmu->control_lock);
	invalidation_add_cd_all(vsmmu, scope->sid);
	return cost;
}

static uint32_t execute_ste_range(struct vsmmu *vsmmu, const struct command_scope *scope)
{
	uint32_t endpoints, cost, looked = 0;

	pthread_mutex_lock(&vsmmu->control_lock);
	cost = install_stes(vsmmu, scope->sid, scope->count);
	endpoints = invalidation_add_cd_all_range(vsmmu, scope->sid, scope->count, &looked);
	pthread_mutex_unlock(&vsmmu->control_lock);
	return most(endpoints, most(looked / CMDQ_LOOKS, cost));
}

/*
 * Events of transactions that were terminated before must be visible once it completes
 * (4.7.3). The host's way is asynchronous: what is in the vEVENTQ now is all that can be
 * told to belong to those.
 */
static void execute_sync(
	struct vsmmu *vsmmu, const uint64_t word[2], struct command_outcome *outcome)
{
	if (invalidation_flush(vsmmu)) {
		outcome->error = SMMU_CERROR_ATC_INV;
		return;
	}
	outcome->cost = dispatch_readable(vsmmu, CMDQ_SYNC_RECORDS) / CMDQ_EVENTS;
	outcome->sync = true;
	arch_command_sync(word, &outcome->signal);
}

void command_execute(
	struct vsmmu *vsmmu, const uint64_t word[2], bool smmuen, struct command_outcome *outcome)
{
	struct command_scope scope;

	*outcome = (struct command_outcome){.error = SMMU_CERROR_NONE};
	vsmmu->invalidation.calls = 0;
	switch (arch_command_classify(word, &vsmmu->features, &scope)) {
	case COMMAND_ILLEGAL:
		outcome->error = SMMU_CERROR_ILL;
		break;
	case COMMAND_NOP:
	case COMMAND_IGNORE:
		break;
	case COMMAND_STE:
		outcome->cost = execute_ste(vsmmu, &scope);
		break;
	case COMMAND_STE_RANGE:
		outcome->cost = execute_ste_range(vsmmu, &scope);
		break;
	case COMMAND_FORWARD:
		/* Ignored when translation is off (4.5.1). */
		if (smmuen || (uint8_t)word[0] != COMMAND_OP_ATC_INV)
			invalidation_add(vsmmu, word);
		break;
	case COMMAND_SYNC:
		execute_sync(vsmmu, word, outcome);
		break;
	}
	outcome->cost = most(outcome->cost, most(vsmmu->invalidation.calls, 1));
}
