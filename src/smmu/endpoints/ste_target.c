/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/endpoints/ste_target.h"

#include "arch/regs.h"
#include "arch/ste.h"
#include "arch/strtab.h"

#define STE_V UINT64_C(1)

const uint64_t wish_vste_abort[2] = {STE_V, 0};

static struct registers wish_registers(struct vsmmu *vsmmu)
{
	struct registers registers;

	fairlock_lock(&vsmmu->event_lock);
	registers = vsmmu->registers;
	fairlock_unlock(&vsmmu->event_lock);
	return registers;
}

static void wish_nested(struct wish *wish, const uint64_t vste[2])
{
	wish->installed = INSTALLED_NESTED;
	wish->vste[0] = vste[0];
	wish->vste[1] = vste[1];
}

/*
 * An STE that cannot be used aborts. Words that hardware finds ILLEGAL make it record
 * C_BAD_STE besides, which stands for @event.
 */
static void wish_bad(
	const struct vsmmu_endpoint *endpoint, struct wish *wish, const struct arch_fault *fault)
{
	uint64_t vste[2];

	if (!arch_ste_host_bad(&endpoint->hardware.arch, vste)) {
		wish_nested(wish, wish_vste_abort);
		return;
	}
	wish_nested(wish, vste);
	if (fault->event == VSMMU_EVENT_C_BAD_STE)
		return;
	wish->stand_in.event = fault->event;
	wish->stand_in.fetch_address = fault->fetch_address;
}

/* There is no STE, or it cannot be read. */
static void wish_no_ste(const struct vsmmu_endpoint *endpoint, const struct registers *registers,
	const struct arch_fault *fault, struct wish *wish)
{
	if (fault->event == VSMMU_EVENT_F_STE_FETCH) {
		wish->bad = "it is not in the guest's memory";
		wish->severity = VSMMU_WARNING;
		wish_bad(endpoint, wish, fault);
		return;
	}
	wish->bad = "the stream table has none for this StreamID";
	wish->severity = VSMMU_INFO;
	/* Without RECINVSID such transactions abort in silence (6.3.12). */
	if (registers->cr2 & SMMU_CR2_RECINVSID)
		wish_bad(endpoint, wish, fault);
	else
		wish_nested(wish, wish_vste_abort);
}

static void wish_by_table(
	const struct vsmmu_endpoint *endpoint, const struct registers *registers, struct wish *wish)
{
	const struct vsmmu *vsmmu = endpoint->vsmmu;
	const struct arch_strtab strtab = {registers->strtab_base, registers->strtab_cfg};
	const struct arch_memory memory = {vsmmu->ops.memory_read, vsmmu->config.opaque};
	struct arch_fault fault;
	uint64_t word[ARCH_ENTRY_WORDS], vste[2];
	struct arch_ste ste;

	if (!arch_strtab_fetch(&strtab, &vsmmu->features, &memory, endpoint->vsid, word, &fault)) {
		wish_no_ste(endpoint, registers, &fault, wish);
		return;
	}
	arch_ste_parse(word, &vsmmu->features, &ste);
	if (ste.kind != ARCH_STE_BAD) {
		arch_ste_host(&ste, &vsmmu->features, &endpoint->hardware.arch, vste);
		wish_nested(wish, vste);
		return;
	}
	wish->bad = word[0] & STE_V ? "it is ILLEGAL for this SMMU" : "it is not valid";
	wish->severity = word[0] & STE_V ? VSMMU_WARNING : VSMMU_INFO;
	fault.event = VSMMU_EVENT_C_BAD_STE;
	wish_bad(endpoint, wish, &fault);
}

void wish_make(const struct vsmmu_endpoint *endpoint, struct wish *wish)
{
	struct registers registers;

	*wish = (struct wish){.installed = INSTALLED_PARENT};
	if (!vsmmu_is_whole(endpoint->vsmmu)) {
		if (endpoint->ste_is_set)
			wish_nested(wish, endpoint->ste);
		return;
	}
	registers = wish_registers(endpoint->vsmmu);
	if (registers.cr0 & SMMU_CR0_SMMUEN)
		wish_by_table(endpoint, &registers, wish);
	else if (registers.gbpa & SMMU_GBPA_ABORT)
		wish_nested(wish, wish_vste_abort);
}
