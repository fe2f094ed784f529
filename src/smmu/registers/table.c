/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/registers/table.h"

#include <stddef.h>
#include <string.h>

#include "arch/regs.h"
#include "smmu/vsmmu.h"

#define IRQ_CTRL_BITS	(SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN)
#define QUEUE_BASE_BITS (SMMU_QUEUE_BASE_HINT | SMMU_QUEUE_BASE_ADDR | SMMU_QUEUE_BASE_LOG2SIZE)
#define ALL_BITS	UINT32_MAX

/* In which vSMMUs a register exists; in others it is RAZ/WI. */
enum presence {
	IN_WHOLE = 0,
	IN_ANY, /* the event path needs it */
	WITH_MSI,
};

/* 32 or 64 bits of storage in struct vsmmu. */
struct storage {
	uint16_t offset;
	uint8_t size;
	uint8_t guard;
	uint8_t presence;
	size_t place;
	uint64_t bits; /* that a write changes */
};

#define AT(member)                                                                                 \
	.place = offsetof(struct vsmmu, member), .size = sizeof(((struct vsmmu *)0)->member)

/* In the order of their offsets. */
static const struct storage storages[] = {
	{SMMU_CR0, AT(registers.cr0), .guard = GUARD_ALWAYS, .presence = IN_ANY},
	{SMMU_CR0ACK, AT(registers.cr0ack), .guard = GUARD_ALWAYS, .presence = IN_ANY},
	{SMMU_CR1, AT(registers.cr1), .bits = SMMU_CR1_BITS},
	{SMMU_CR2, AT(registers.cr2), .guard = GUARD_SMMUEN,
		.bits = SMMU_CR2_RECINVSID | SMMU_CR2_PTM},
	{SMMU_GBPA, AT(registers.gbpa), .guard = GUARD_ALWAYS},
	{SMMU_IRQ_CTRL, AT(registers.irq_ctrl), .presence = IN_ANY, .bits = IRQ_CTRL_BITS},
	{SMMU_IRQ_CTRLACK, AT(registers.irq_ctrl), .guard = GUARD_ALWAYS, .presence = IN_ANY},
	{SMMU_GERROR, AT(registers.gerror), .guard = GUARD_ALWAYS, .presence = IN_ANY},
	{SMMU_GERRORN, AT(registers.gerrorn), .guard = GUARD_ALWAYS, .presence = IN_ANY},
	{SMMU_GERROR_IRQ_CFG0, AT(registers.gerror_msi.address), .guard = GUARD_GERROR_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG0_ADDR},
	{SMMU_GERROR_IRQ_CFG1, AT(registers.gerror_msi.data), .guard = GUARD_GERROR_IRQEN,
		.presence = WITH_MSI, .bits = ALL_BITS},
	{SMMU_GERROR_IRQ_CFG2, AT(registers.gerror_msi.attributes), .guard = GUARD_GERROR_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG2_BITS},
	{SMMU_STRTAB_BASE, AT(registers.strtab_base), .guard = GUARD_SMMUEN,
		.bits = SMMU_STRTAB_BASE_BITS},
	{SMMU_STRTAB_BASE_CFG, AT(registers.strtab_cfg), .guard = GUARD_SMMUEN,
		.bits = SMMU_STRTAB_BASE_CFG_BITS},
	{SMMU_CMDQ_BASE, AT(cmdq.base), .guard = GUARD_CMDQEN, .bits = QUEUE_BASE_BITS},
	{SMMU_EVENTQ_BASE, AT(eventq.base), .guard = GUARD_EVENTQEN, .presence = IN_ANY,
		.bits = QUEUE_BASE_BITS},
	{SMMU_EVENTQ_IRQ_CFG0, AT(registers.eventq_msi.address), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG0_ADDR},
	{SMMU_EVENTQ_IRQ_CFG1, AT(registers.eventq_msi.data), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = ALL_BITS},
	{SMMU_EVENTQ_IRQ_CFG2, AT(registers.eventq_msi.attributes), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG2_BITS},
};

static bool exists(const struct vsmmu *vsmmu, const struct storage *storage)
{
	switch (storage->presence) {
	case IN_ANY:
		return true;
	case WITH_MSI:
		return vsmmu_is_whole(vsmmu) && vsmmu->id.idr[0] & SMMU_IDR0_MSI;
	default:
		return vsmmu_is_whole(vsmmu);
	}
}

static const struct storage *storage_find(const struct vsmmu *vsmmu, uint64_t offset)
{
	for (size_t i = 0; i < sizeof(storages) / sizeof(storages[0]); i++) {
		const struct storage *storage = &storages[i];

		if (offset >= storage->offset && offset - storage->offset < storage->size)
			return exists(vsmmu, storage) ? storage : NULL;
	}
	return NULL;
}

bool register_is_guarded(const struct vsmmu *vsmmu, enum guard guard)
{
	const struct registers *registers = &vsmmu->registers;
	/* Until a change is acknowledged both its states guard. */
	const uint32_t cr0 = registers->cr0 | registers->cr0ack;

	switch (guard) {
	case GUARD_NONE:
		return false;
	case GUARD_SMMUEN:
		return cr0 & SMMU_CR0_SMMUEN;
	case GUARD_CMDQEN:
		return cr0 & SMMU_CR0_CMDQEN;
	case GUARD_EVENTQEN:
		return cr0 & SMMU_CR0_EVENTQEN;
	case GUARD_GERROR_IRQEN:
		return registers->irq_ctrl & SMMU_IRQ_CTRL_GERROR_IRQEN;
	case GUARD_EVENTQ_IRQEN:
		return registers->irq_ctrl & SMMU_IRQ_CTRL_EVENTQ_IRQEN;
	default:
		return true;
	}
}

static uint64_t storage_load(const struct vsmmu *vsmmu, const struct storage *storage)
{
	const uint8_t *place = (const uint8_t *)vsmmu + storage->place;
	uint64_t wide;
	uint32_t narrow;

	if (storage->size == sizeof(wide)) {
		memcpy(&wide, place, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, place, sizeof(narrow));
	return narrow;
}

static void storage_store(struct vsmmu *vsmmu, const struct storage *storage, uint64_t wide)
{
	uint8_t *place = (uint8_t *)vsmmu + storage->place;
	uint32_t narrow = (uint32_t)wide;

	if (storage->size == sizeof(wide))
		memcpy(place, &wide, sizeof(wide));
	else
		memcpy(place, &narrow, sizeof(narrow));
}

static unsigned int half_shift(const struct storage *storage, uint64_t offset)
{
	return offset == storage->offset ? 0 : 32;
}

bool register_load(const struct vsmmu *vsmmu, uint64_t offset, uint32_t *value)
{
	const struct storage *storage = storage_find(vsmmu, offset);

	if (storage)
		*value = (uint32_t)(storage_load(vsmmu, storage) >> half_shift(storage, offset));
	return storage;
}

void register_store(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	const struct storage *storage = storage_find(vsmmu, offset);
	uint64_t bits;

	if (!storage || register_is_guarded(vsmmu, (enum guard)storage->guard))
		return;
	bits = storage->bits & (uint64_t)UINT32_MAX << half_shift(storage, offset);
	storage_store(vsmmu, storage,
		(storage_load(vsmmu, storage) & ~bits) |
			((uint64_t)value << half_shift(storage, offset) & bits));
}
