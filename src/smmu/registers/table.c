/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/registers/table.h"

#include <stddef.h>

#include "arch/regs.h"
#include "smmu/commands/cmdq.h"

#define IRQ_CTRL_BITS	 (SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN)
#define QUEUE_BASE_BITS	 (SMMU_QUEUE_BASE_HINT | SMMU_QUEUE_BASE_ADDR | SMMU_QUEUE_BASE_LOG2SIZE)
#define EVENTQ_PROD_BITS (SMMU_EVENTQ_PROD_OVFLG | SMMU_QUEUE_INDEX)
#define CMDQ_CONS_BITS	 (SMMU_CMDQ_CONS_ERR | SMMU_QUEUE_INDEX)
#define ALL_BITS	 UINT32_MAX

/* While a guard is on, the SMMU uses the register and ignores writes of it. */
enum guard {
	GUARD_NONE = 0,
	GUARD_ALWAYS, /* read-only, or written otherwise: mmio.c */
	GUARD_SMMUEN,
	GUARD_CMDQEN,
	GUARD_EVENTQEN,
	GUARD_GERROR_IRQEN,
	GUARD_EVENTQ_IRQEN,
};

/* Which vSMMUs have a register, or some bits of one; others have RAZ/WI there. */
enum presence {
	IN_WHOLE = 0,
	IN_ANY, /* the event path needs it */
	WITH_ATS,
	WITH_MSI,
	PRESENCES
};

struct row {
	uint32_t offset;
	uint8_t size; /* 4 or 8 */
	bool atomic;  /* threads may access it without the event lock */
	bool ack;     /* of the row before */
	uint8_t guard;
	uint8_t presence;
	size_t place;		   /* in struct vsmmu */
	uint64_t bits;		   /* that a guest's write changes */
	uint64_t holds[PRESENCES]; /* bits that the vSMMU sets itself, by presence */
};

#define AT(member)                                                                                 \
	.place = offsetof(struct vsmmu, member), .size = sizeof(((struct vsmmu *)0)->member)
#define AT_ATOMIC(member) AT(member), .atomic = true

#define CR0_HOLDS                                                                                  \
	.holds = {[IN_ANY] = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN,                                  \
		[IN_WHOLE] = SMMU_CR0_CMDQEN,                                                      \
		[WITH_ATS] = SMMU_CR0_ATSCHK}
#define GERROR_HOLDS                                                                               \
	.holds = {[IN_ANY] = SMMU_GERROR_EVENTQ_ABT_ERR,                                           \
		[IN_WHOLE] = SMMU_GERROR_CMDQ_ERR,                                                 \
		[WITH_MSI] = SMMU_GERROR_MSI_CMDQ_ABT | SMMU_GERROR_MSI_EVENTQ_ABT |               \
			     SMMU_GERROR_MSI_GERROR_ABT}

static const struct row rows[] = {
	{SMMU_CR0, AT(registers.cr0), .guard = GUARD_ALWAYS, .presence = IN_ANY, CR0_HOLDS},
	{SMMU_CR0ACK, AT(registers.cr0ack), .guard = GUARD_ALWAYS, .presence = IN_ANY, .ack = true,
		CR0_HOLDS},
	{SMMU_CR1, AT(registers.cr1), .bits = SMMU_CR1_BITS},
	{SMMU_CR2, AT(registers.cr2), .guard = GUARD_SMMUEN,
		.bits = SMMU_CR2_RECINVSID | SMMU_CR2_PTM},
	{SMMU_GBPA, AT(registers.gbpa), .guard = GUARD_ALWAYS,
		.holds = {[IN_WHOLE] = SMMU_GBPA_BITS}},
	{SMMU_IRQ_CTRL, AT(registers.irq_ctrl), .presence = IN_ANY, .bits = IRQ_CTRL_BITS},
	{SMMU_IRQ_CTRLACK, AT(registers.irq_ctrl), .guard = GUARD_ALWAYS, .presence = IN_ANY,
		.ack = true, .holds = {[IN_ANY] = IRQ_CTRL_BITS}},
	{SMMU_GERROR, AT(registers.gerror), .guard = GUARD_ALWAYS, .presence = IN_ANY,
		GERROR_HOLDS},
	{SMMU_GERRORN, AT(registers.gerrorn), .guard = GUARD_ALWAYS, .presence = IN_ANY,
		GERROR_HOLDS},
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
	{SMMU_CMDQ_BASE, AT(cmdq.queue.base), .guard = GUARD_CMDQEN, .bits = QUEUE_BASE_BITS},
	{SMMU_CMDQ_PROD, AT_ATOMIC(cmdq.queue.prod), .bits = SMMU_QUEUE_INDEX},
	{SMMU_CMDQ_CONS, AT_ATOMIC(cmdq.queue.cons), .guard = GUARD_CMDQEN, .bits = CMDQ_CONS_BITS},
	{SMMU_EVENTQ_BASE, AT(eventq.queue.base), .guard = GUARD_EVENTQEN, .presence = IN_ANY,
		.bits = QUEUE_BASE_BITS},
	{SMMU_EVENTQ_IRQ_CFG0, AT(registers.eventq_msi.address), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG0_ADDR},
	{SMMU_EVENTQ_IRQ_CFG1, AT(registers.eventq_msi.data), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = ALL_BITS},
	{SMMU_EVENTQ_IRQ_CFG2, AT(registers.eventq_msi.attributes), .guard = GUARD_EVENTQ_IRQEN,
		.presence = WITH_MSI, .bits = SMMU_IRQ_CFG2_BITS},
	{SMMU_EVENTQ_PROD, AT_ATOMIC(eventq.queue.prod), .guard = GUARD_EVENTQEN,
		.presence = IN_ANY, .bits = EVENTQ_PROD_BITS},
	{SMMU_EVENTQ_CONS, AT_ATOMIC(eventq.queue.cons), .presence = IN_ANY,
		.bits = SMMU_EVENTQ_CONS_BITS},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == REGISTER_ROWS,
	"a register that comes or goes changes the format of snapshots too");

static bool is_present(unsigned int presence, bool whole, uint32_t idr0)
{
	switch (presence) {
	case IN_ANY:
		return true;
	case WITH_ATS:
		return whole && idr0 & SMMU_IDR0_ATS;
	case WITH_MSI:
		return whole && idr0 & SMMU_IDR0_MSI;
	default:
		return whole;
	}
}

static bool exists(const struct vsmmu *vsmmu, unsigned int row)
{
	return is_present(rows[row].presence, vsmmu_is_whole(vsmmu), vsmmu->id.idr[0]);
}

/* Return: the row that has @offset in one of its halves, or REGISTER_ROWS. */
static unsigned int row_find(const struct vsmmu *vsmmu, uint64_t offset)
{
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		if (offset >= rows[row].offset && offset - rows[row].offset < rows[row].size)
			return exists(vsmmu, row) ? row : REGISTER_ROWS;
	return REGISTER_ROWS;
}

static bool is_guarded(const struct vsmmu *vsmmu, unsigned int row)
{
	const struct registers *registers = &vsmmu->registers;
	/* Until a change is acknowledged both its states guard. */
	const uint32_t cr0 = registers->cr0 | registers->cr0ack;

	switch (rows[row].guard) {
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

unsigned int register_row(uint64_t offset)
{
	unsigned int row = 0;

	while (row < REGISTER_ROWS && rows[row].offset != offset)
		row++;
	return row;
}

uint64_t register_get(const struct vsmmu *vsmmu, unsigned int row)
{
	const void *place = (const uint8_t *)vsmmu + rows[row].place;

	if (rows[row].atomic)
		return atomic_load((const atomic_uint *)place);
	return rows[row].size == sizeof(uint64_t) ? *(const uint64_t *)place
						  : *(const uint32_t *)place;
}

void register_put(struct vsmmu *vsmmu, unsigned int row, uint64_t value)
{
	void *place = (uint8_t *)vsmmu + rows[row].place;

	if (rows[row].atomic)
		atomic_store((atomic_uint *)place, (uint32_t)value);
	else if (rows[row].size == sizeof(uint64_t))
		*(uint64_t *)place = value;
	else
		*(uint32_t *)place = (uint32_t)value;
}

uint64_t register_reset_value(const struct vsmmu *vsmmu, unsigned int row)
{
	if (rows[row].offset != SMMU_GBPA || !exists(vsmmu, row))
		return 0;
	return SMMU_GBPA_INCOMING | (vsmmu->config.gbpa_abort ? SMMU_GBPA_ABORT : 0);
}

uint64_t register_may_hold(unsigned int row, bool whole, uint32_t idr0)
{
	uint64_t bits = rows[row].bits;

	if (!is_present(rows[row].presence, whole, idr0))
		return 0;
	for (unsigned int presence = 0; presence < PRESENCES; presence++)
		if (is_present(presence, whole, idr0))
			bits |= rows[row].holds[presence];
	return bits;
}

bool register_is_ack(unsigned int row)
{
	return rows[row].ack;
}

static unsigned int half_shift(unsigned int row, uint64_t offset)
{
	return offset == rows[row].offset ? 0 : 32;
}

bool register_load(const struct vsmmu *vsmmu, uint64_t offset, uint32_t *value)
{
	const unsigned int row = row_find(vsmmu, offset);

	if (row == REGISTER_ROWS)
		return false;
	*value = (uint32_t)(register_get(vsmmu, row) >> half_shift(row, offset));
	return true;
}

void register_store(struct vsmmu *vsmmu, uint64_t offset, uint32_t value)
{
	const unsigned int row = row_find(vsmmu, offset);
	uint64_t bits, written;

	if (row == REGISTER_ROWS || is_guarded(vsmmu, row))
		return;
	bits = rows[row].bits & (uint64_t)UINT32_MAX << half_shift(row, offset);
	written = (uint64_t)value << half_shift(row, offset);
	register_put(vsmmu, row, (register_get(vsmmu, row) & ~bits) | (written & bits));
}

void registers_reset(struct vsmmu *vsmmu)
{
	for (unsigned int row = 0; row < REGISTER_ROWS; row++)
		register_put(vsmmu, row, register_reset_value(vsmmu, row));
	vsmmu->irqs_noted = 0;
	cmdq_reset(vsmmu);
	eventq_reset(&vsmmu->eventq);
}
