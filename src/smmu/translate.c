/* SPDX-License-Identifier: BSD-2-Clause */
/* An emulated device's access through the guest's tables, with the events that it causes. */
#include "arch/translate.h"

#include <errno.h>

#include "arch/regs.h"
#include "smmu/entry.h"
#include "smmu/events/own_event.h"
#include "smmu/refusal.h"
#include "util/sized.h"

static struct arch_state state_now(struct vsmmu *vsmmu)
{
	const struct registers *registers = &vsmmu->registers;
	struct arch_state state = {0};

	pthread_mutex_lock(&vsmmu->event_lock);
	state.features = vsmmu->features;
	state.strtab.base = registers->strtab_base;
	state.strtab.cfg = registers->strtab_cfg;
	state.enabled = registers->cr0 & SMMU_CR0_SMMUEN;
	state.record_bad_sid = registers->cr2 & SMMU_CR2_RECINVSID;
	state.gbpa_abort = registers->gbpa & SMMU_GBPA_ABORT;
	pthread_mutex_unlock(&vsmmu->event_lock);
	return state;
}

/*
 * Return: with ARCH_PASS, log2 of what the same translation covers. An address that goes
 * through as it is does so up to the end of those there are.
 */
static unsigned int translate(
	struct vsmmu *vsmmu, const struct arch_transaction *transaction, struct arch_result *result)
{
	const struct arch_memory memory = {vmm_memory_read, vsmmu};
	const struct arch_state state = state_now(vsmmu);
	struct arch_context context;
	struct arch_mapping mapping;

	if (!arch_context_fetch(&state, &memory, transaction, &context, result))
		return 0;
	if (context.translates &&
		!arch_context_walk(&context, &memory, transaction, &mapping, result))
		return 0;
	arch_context_apply(&state, &context, &mapping, transaction, result);
	return context.translates ? mapping.size_log2 : state.features.oas;
}

int vsmmu_translate(struct vsmmu *vsmmu, const struct vsmmu_access *given,
	struct vsmmu_translation *translation)
{
	struct vsmmu_translation out = {0};
	struct arch_transaction transaction;
	struct arch_result result;
	struct vsmmu_access access;
	unsigned int size_log2;
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!vsmmu_is_whole(vsmmu))
		return refuse(vsmmu, VSMMU_NO_VSID, -EOPNOTSUPP,
			"the vSMMU reads no tables, as event_path_only is set");
	ret = refusal_copy_in(vsmmu, &access, given, sizeof(access), "vsmmu_access");
	if (ret)
		return ret;
	if (!arch_transaction_from(&access, &transaction))
		return refuse(vsmmu, access.vsid, -EINVAL,
			"vsmmu_access has flags %#x, ssid %#x, reserved %u: no access is like that",
			access.flags, access.ssid, access.reserved);
	/* A result that has no place is refused before a fault is recorded. */
	if (sized_copy_out(translation, &out, sizeof(out)))
		return refuse(vsmmu, access.vsid, -EINVAL, "vsmmu_translation has no size");
	size_log2 = translate(vsmmu, &transaction, &result);
	out.address = result.address;
	out.ignored = result.outcome == ARCH_TERMINATE_RAZ_WI;
	/* A fault is one transaction's, which ends where the simulator's do. */
	out.length = arch_block_left(out.ignored ? ARCH_GRANULE_MIN : size_log2, access.address);
	if (result.event && result.recorded)
		own_event_record(vsmmu, result.record.word, &vsmmu->stats.translation_events,
			&vsmmu->stats.translation_drops);
	if (result.outcome == ARCH_TERMINATE_ABORT)
		return -EFAULT;
	return sized_copy_out(translation, &out, sizeof(out));
}
