/* SPDX-License-Identifier: BSD-2-Clause */
/* An emulated device's access through the guest's tables, with the events that it causes. */
#include "smmu/translate.h"

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

bool translation_begin(struct vsmmu *vsmmu, const struct arch_memory *memory,
	const struct arch_transaction *transaction, struct translation *translation)
{
	*translation = (struct translation){.state = state_now(vsmmu)};
	return arch_context_fetch(&translation->state, memory, transaction, &translation->context,
		&translation->result);
}

void translation_end(const struct arch_memory *memory, const struct arch_transaction *transaction,
	struct translation *translation)
{
	const struct arch_context *context = &translation->context;

	if (context->translates) {
		translation->mapped = arch_context_walk(
			context, memory, transaction, &translation->mapping, &translation->result);
		if (!translation->mapped)
			return;
	}
	arch_context_apply(&translation->state, context, &translation->mapping, transaction,
		&translation->result);
}

/*
 * Return: log2 of what the same translation covers. An address that goes through as it is does
 * so up to the end of those there are. A fault is one transaction's, which ends where the
 * simulator's do.
 */
static unsigned int size_log2(const struct translation *translation)
{
	if (translation->result.outcome != ARCH_PASS)
		return ARCH_GRANULE_MIN;
	return translation->mapped ? translation->mapping.size_log2
				   : translation->state.features.oas;
}

int vsmmu_translate(struct vsmmu *vsmmu, const struct vsmmu_access *given,
	struct vsmmu_translation *translation)
{
	const struct arch_memory memory = {.read = vmm_memory_read, .ctx = vsmmu};
	struct vsmmu_translation out = {0};
	struct arch_transaction transaction;
	struct translation way;
	const struct arch_result *result = &way.result;
	struct vsmmu_access access;
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
	if (translation_begin(vsmmu, &memory, &transaction, &way))
		translation_end(&memory, &transaction, &way);
	out.address = result->address;
	out.ignored = result->outcome == ARCH_TERMINATE_RAZ_WI;
	out.length = arch_block_left(size_log2(&way), access.address);
	if (result->event && result->recorded)
		own_event_record(vsmmu, result->record.word, &vsmmu->stats.translation_events,
			&vsmmu->stats.translation_drops);
	if (result->outcome == ARCH_TERMINATE_ABORT)
		return -EFAULT;
	return sized_copy_out(translation, &out, sizeof(out));
}
