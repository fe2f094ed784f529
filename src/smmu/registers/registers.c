/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses to any register but those of mmio.c (IHI 0070 6.2, 6.3). The registers that have
 * state are in table.c, the ones here are constants or have rules of their own.
 */
#include "smmu/registers/registers.h"

#include <stddef.h>
#include <string.h>

#include "arch/regs.h"
#include "smmu/commands/cmdq.h"
#include "smmu/registers/table.h"

/*
 * PIDR4 to 7, PIDR0 to 3, CIDR0 to 3: a generic IP component (class 0xf) without a JEP106
 * code, since it is nobody's hardware; part number 1, as in IIDR.
 */
static const uint8_t component_id[] = {
	0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

_Static_assert(SMMU_PIDR4 + 4 * (sizeof(component_id) - 1) == SMMU_CIDR3, "one byte each");
_Static_assert(offsetof(struct idr_registers, iidr) == SMMU_IIDR &&
		       offsetof(struct idr_registers, aidr) == SMMU_AIDR,
	"ID registers lie as in the register space");

void registers_reset(struct vsmmu *vsmmu)
{
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		register_put(vsmmu, row, register_reset_value(vsmmu, row));
	cmdq_reset(vsmmu);
	eventq_reset(&vsmmu->eventq);
}

uint32_t registers_cr0_bits(const struct vsmmu *vsmmu)
{
	return (uint32_t)register_may_hold(
		register_row(SMMU_CR0), vsmmu_is_whole(vsmmu), vsmmu->id.idr[0]);
}

uint32_t registers_set_cr0(struct vsmmu *vsmmu, uint32_t value)
{
	uint32_t changed = vsmmu->registers.cr0 ^ value;

	vsmmu->registers.cr0 = value;
	if (changed & SMMU_CR0_EVENTQEN)
		eventq_enable(&vsmmu->eventq, value & SMMU_CR0_EVENTQEN);
	if (changed & SMMU_CR0_CMDQEN)
		cmdq_enable(vsmmu, value & SMMU_CR0_CMDQEN);
	return changed;
}

static uint32_t id_read(const struct vsmmu *vsmmu, uint64_t offset)
{
	uint32_t value;

	memcpy(&value, (const uint8_t *)&vsmmu->id + offset, sizeof(value));
	return value;
}

uint32_t registers_read(struct vsmmu *vsmmu, uint64_t offset)
{
	uint32_t value;

	if (register_load(vsmmu, offset, &value))
		return value;
	if (!vsmmu_is_whole(vsmmu))
		return 0;
	if (offset <= SMMU_AIDR)
		return id_read(vsmmu, offset);
	if (offset >= SMMU_PIDR4 && offset <= SMMU_CIDR3)
		return component_id[(offset - SMMU_PIDR4) / 4];
	return 0;
}

/*
 * Toggling the bit of an inactive error is CONSTRAINED UNPREDICTABLE (6.3.20): here it has
 * no effect. Return: whether CMDQ_ERR was acknowledged.
 */
static bool gerrorn_write(struct vsmmu *vsmmu, uint32_t value)
{
	uint32_t acknowledged = gerror_active(vsmmu) & (value ^ vsmmu->registers.gerrorn);

	vsmmu->registers.gerrorn ^= acknowledged;
	return acknowledged & SMMU_GERROR_CMDQ_ERR;
}

bool registers_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	if (offset == SMMU_GERRORN)
		return gerrorn_write(vsmmu, value);
	register_store(vsmmu, offset, value);
	return false;
}
