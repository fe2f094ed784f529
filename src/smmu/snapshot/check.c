/* SPDX-License-Identifier: BSD-2-Clause */
/* A checksum tells of damage, not of malice: no value of a snapshot is believed as it is. */
#include "arch/command.h"
#include "arch/regs.h"
#include "smmu/events/backlog.h"
#include "smmu/snapshot/format.h"

#define GERROR_MSI_BITS                                                                            \
	(SMMU_GERROR_MSI_CMDQ_ABT | SMMU_GERROR_MSI_EVENTQ_ABT | SMMU_GERROR_MSI_GERROR_ABT)
#define QUEUE_BASE_BITS (SMMU_QUEUE_BASE_HINT | SMMU_QUEUE_BASE_ADDR | SMMU_QUEUE_BASE_LOG2SIZE)

static bool within(uint64_t value, uint64_t bits)
{
	return !(value & ~bits);
}

static bool config_is_sound(const struct snapshot *snapshot)
{
	return snapshot->eventq_log2_max >= 1 &&
	       snapshot->eventq_log2_max <= SMMU_EVENTQ_LOG2_MAX &&
	       snapshot->ssid_bits <= SMMU_SSID_BITS_MAX &&
	       snapshot->cmdq_log2_max <= IDR_QUEUE_LOG2_MAX;
}

/* The ID registers agree with CONFIG. No vSMMU lets its guest have stalls. */
static bool identity_is_sound(const struct snapshot *snapshot)
{
	const uint32_t *idr = snapshot->id.idr;

	return arch_idr_possible(&snapshot->id) && (idr[0] >> 24 & 3) == ARCH_STALL_NONE &&
	       (idr[1] >> 6 & 0x1f) == snapshot->ssid_bits &&
	       (idr[1] >> 16 & 0x1f) == snapshot->eventq_log2_max &&
	       (idr[1] >> 21 & 0x1f) == snapshot->cmdq_log2_max;
}

/* Where there are none their registers are RAZ/WI. */
static bool msi_is_sound(const struct msi_config *msi, bool msis)
{
	return within(msi->address, msis ? SMMU_IRQ_CFG0_ADDR : 0) &&
	       within(msi->data, msis ? UINT32_MAX : 0) &&
	       within(msi->attributes, msis ? SMMU_IRQ_CFG2_BITS : 0);
}

static bool registers_are_sound(const struct snapshot *snapshot)
{
	const struct registers *registers = &snapshot->registers;
	const uint32_t idr0 = snapshot->whole ? snapshot->id.idr[0] : 0;
	const bool msis = idr0 & SMMU_IDR0_MSI;
	const uint32_t cr0 = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN |
			     (snapshot->whole ? SMMU_CR0_CMDQEN : 0) |
			     (idr0 & SMMU_IDR0_ATS ? SMMU_CR0_ATSCHK : 0);
	const uint32_t gerror = SMMU_GERROR_EVENTQ_ABT_ERR |
				(snapshot->whole ? SMMU_GERROR_CMDQ_ERR : 0) |
				(msis ? GERROR_MSI_BITS : 0);
	const uint32_t irq_ctrl = SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN;

	return within(registers->cr0, cr0) && registers->cr0ack == registers->cr0 &&
	       within(registers->cr1, SMMU_CR1_BITS) &&
	       within(registers->cr2, SMMU_CR2_RECINVSID | SMMU_CR2_PTM) &&
	       within(registers->gbpa, SMMU_GBPA_BITS) && within(registers->irq_ctrl, irq_ctrl) &&
	       within(registers->gerror, gerror) && within(registers->gerrorn, gerror) &&
	       msi_is_sound(&registers->gerror_msi, msis) &&
	       msi_is_sound(&registers->eventq_msi, msis) &&
	       within(registers->strtab_base, SMMU_STRTAB_BASE_BITS) &&
	       within(registers->strtab_cfg, SMMU_STRTAB_BASE_CFG_BITS);
}

static bool queues_are_sound(const struct snapshot *snapshot)
{
	const struct snapshot_queue *eventq = &snapshot->eventq, *cmdq = &snapshot->cmdq;
	const uint32_t cr0 = snapshot->registers.cr0;

	return within(eventq->base, QUEUE_BASE_BITS) && within(cmdq->base, QUEUE_BASE_BITS) &&
	       within(eventq->prod, SMMU_EVENTQ_PROD_OVFLG | SMMU_QUEUE_INDEX) &&
	       within(eventq->cons, SMMU_EVENTQ_CONS_OVACKFLG | SMMU_QUEUE_INDEX) &&
	       within(cmdq->prod, SMMU_QUEUE_INDEX) &&
	       within(cmdq->cons, SMMU_CMDQ_CONS_ERR | SMMU_QUEUE_INDEX) &&
	       eventq->enabled == !!(cr0 & SMMU_CR0_EVENTQEN) &&
	       cmdq->enabled == !!(cr0 & SMMU_CR0_CMDQEN);
}

static bool commands_are_sound(const struct snapshot *snapshot)
{
	struct arch_features features;
	struct command_scope scope;

	arch_features_from_idr(snapshot->id.idr, &features);
	for (uint32_t i = 0; i < snapshot->commands; i++)
		if (arch_command_classify(snapshot->command[i], &features, &scope) !=
			COMMAND_FORWARD)
			return false;
	return true;
}

/* What an event path alone does not have must not come to life by a snapshot. */
static bool event_path_is_alone(const struct snapshot *snapshot)
{
	return !snapshot->cmdq.enabled && !snapshot->commands && !snapshot->atc_lost;
}

/* They add up, modulo 2^64 as all arithmetic with them. */
static bool counters_are_sound(const struct snapshot *snapshot)
{
	struct vsmmu_stats stats;
	uint64_t discarded = 0;

	snapshot_stats(snapshot, &stats);
	for (int i = 0; i < VSMMU_DISCARD_COUNT; i++)
		discarded += stats.discarded_by[i];
	return discarded == stats.discarded &&
	       stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending;
}

static bool streams_are_sound(const struct snapshot *snapshot)
{
	const unsigned int bits = snapshot->whole ? snapshot->id.idr[1] & 0x3f : 32;

	for (uint32_t i = 0; i < snapshot->streams; i++) {
		if (i && snapshot->vsid[i] <= snapshot->vsid[i - 1])
			return false;
		if ((uint64_t)snapshot->vsid[i] >> bits)
			return false;
	}
	return true;
}

static bool events_are_sound(const struct snapshot *snapshot)
{
	size_t whole;

	return backlog_count(snapshot->events, snapshot->events_length, &whole) <=
		       SNAPSHOT_RECORDS &&
	       whole == snapshot->events_length;
}

bool snapshot_is_sound(const struct snapshot *snapshot)
{
	return config_is_sound(snapshot) &&
	       (snapshot->whole ? identity_is_sound(snapshot) : event_path_is_alone(snapshot)) &&
	       registers_are_sound(snapshot) && queues_are_sound(snapshot) &&
	       commands_are_sound(snapshot) && counters_are_sound(snapshot) &&
	       streams_are_sound(snapshot) && events_are_sound(snapshot);
}
