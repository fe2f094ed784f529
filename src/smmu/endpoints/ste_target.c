/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/ste_target.h"

#include "arch/regs.h"
#include "arch/ste.h"
#include "arch/strtab.h"
#include "smmu/entry.h"

#define STE_V  UINT64_C(1)
#define STE_S1 UINT64_C(2) /* Config[0]: stage 1 translates (IHI 0070 5.2) */

static struct registers target_registers(struct vsmmu *vsmmu)
{
	struct registers registers;

	pthread_mutex_lock(&vsmmu->event_lock);
	registers = vsmmu->registers;
	pthread_mutex_unlock(&vsmmu->event_lock);
	return registers;
}

static void target_nested(struct ste_target *target, const uint64_t vste[2])
{
	target->installed = INSTALLED_NESTED;
	target->vste[0] = vste[0];
	target->vste[1] = vste[1];
}

/*
 * An STE that cannot be used aborts. Words that hardware finds ILLEGAL make it record
 * C_BAD_STE besides, which stands for @event.
 */
static void target_bad(const struct vsmmu_endpoint *endpoint, struct ste_target *target,
	const struct arch_fault *fault)
{
	uint64_t vste[2];

	if (!arch_ste_host_bad(&endpoint->hardware.arch, vste)) {
		target->installed = INSTALLED_ABORT;
		return;
	}
	target_nested(target, vste);
	if (fault->event == VSMMU_EVENT_C_BAD_STE)
		return;
	target->fault_override.event = fault->event;
	target->fault_override.fetch_address = fault->fetch_address;
}

bool ste_target_takes(const struct vsmmu_endpoint *endpoint, const uint64_t ste[2])
{
	return endpoint->vdevice_id || !(endpoint_is_numbered(endpoint) || (ste[0] & STE_S1));
}

/* On an event path alone the VMM reads the stream table. */
static void target_by_vmm(const struct vsmmu_endpoint *endpoint, struct ste_target *target)
{
	static const uint64_t none[2];

	if (!ste_target_takes(endpoint, endpoint->ste_is_set ? endpoint->ste : none))
		target->installed = INSTALLED_ABORT;
	else if (endpoint->ste_is_set)
		target_nested(target, endpoint->ste);
}

/* There is no STE, or it cannot be read. */
static void target_no_ste(const struct vsmmu_endpoint *endpoint, const struct registers *registers,
	const struct arch_fault *fault, struct ste_target *target)
{
	if (fault->event == VSMMU_EVENT_F_STE_FETCH) {
		target->bad = "it is not in the guest's memory";
		target->severity = VSMMU_WARNING;
		target_bad(endpoint, target, fault);
		return;
	}
	target->bad = "the stream table has none for this StreamID";
	target->severity = VSMMU_INFO;
	/* Without RECINVSID such transactions abort in silence (6.3.12). */
	if (registers->cr2 & SMMU_CR2_RECINVSID)
		target_bad(endpoint, target, fault);
	else
		target->installed = INSTALLED_ABORT;
}

static void target_by_table(const struct vsmmu_endpoint *endpoint,
	const struct registers *registers, struct ste_target *target)
{
	struct vsmmu *vsmmu = endpoint->vsmmu;
	const struct arch_strtab strtab = {registers->strtab_base, registers->strtab_cfg};
	const struct arch_memory memory = {.read = vmm_memory_read, .ctx = vsmmu};
	struct arch_fault fault;
	uint64_t word[ARCH_ENTRY_WORDS], vste[2];
	struct arch_ste ste;

	if (!arch_strtab_fetch(
		    &strtab, &vsmmu->features, &memory, (uint32_t)endpoint->vsid, word, &fault)) {
		target_no_ste(endpoint, registers, &fault, target);
		return;
	}
	arch_ste_parse(word, &vsmmu->features, &ste);
	if (ste.kind != ARCH_STE_BAD) {
		arch_ste_host(&ste, &vsmmu->features, &endpoint->hardware.arch, vste);
		target_nested(target, vste);
		return;
	}
	target->bad = word[0] & STE_V ? "it is ILLEGAL for this SMMU" : "it is not valid";
	target->severity = word[0] & STE_V ? VSMMU_WARNING : VSMMU_INFO;
	fault.event = VSMMU_EVENT_C_BAD_STE;
	target_bad(endpoint, target, &fault);
}

void ste_target_from_guest(const struct vsmmu_endpoint *endpoint, struct ste_target *target)
{
	struct registers registers;

	*target = (struct ste_target){.installed = INSTALLED_BYPASS};
	if (!vsmmu_is_whole(endpoint->vsmmu)) {
		target_by_vmm(endpoint, target);
		return;
	}
	registers = target_registers(endpoint->vsmmu);
	if (!(registers.cr0 & SMMU_CR0_SMMUEN)) {
		if (registers.gbpa & SMMU_GBPA_ABORT)
			target->installed = INSTALLED_ABORT;
	} else if (endpoint->vdevice_id && endpoint->wanted == VSMMU_NO_VSID) {
		target_by_table(endpoint, &registers, target);
	} else {
		/*
		 * The guest cannot say what an endpoint without a StreamID may do; and its STE of a
		 * StreamID that the endpoint only failed to give up is meant for another endpoint.
		 */
		target->installed = INSTALLED_ABORT;
	}
}
