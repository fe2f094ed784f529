/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/cmdq_turn.h"

#include "arch/queue.h"
#include "arch/record.h"
#include "arch/regs.h"
#include "smmu/commands/execute.h"
#include "smmu/vsmmu.h"

/* Return: whether the queue is running (7.1). */
static bool turn_begin(struct vsmmu *vsmmu, struct cmdq_turn *turn)
{
	bool runs;

	fairlock_lock(&vsmmu->event_lock);
	runs = vsmmu->cmdq.enabled && !(gerror_active(vsmmu) & SMMU_GERROR_CMDQ_ERR);
	turn->smmuen = vsmmu->registers.cr0 & SMMU_CR0_SMMUEN;
	fairlock_unlock(&vsmmu->event_lock);
	turn->cons = atomic_load(&vsmmu->cmdq.cons) & queue_mask(vsmmu->cmdq.log2);
	return runs;
}

/* What was done becomes visible, then the error or the signal that tells of it. */
static void turn_publish(struct vsmmu *vsmmu, struct cmdq_turn *turn, unsigned int error,
	const struct command_sync *signal)
{
	fairlock_lock(&vsmmu->event_lock);
	vsmmu->stats.commands += turn->unpaid;
	turn->unpaid = 0;
	atomic_store(&vsmmu->cmdq.cons, turn->cons | error << SMMU_CMDQ_ERR_LOW);
	if (error) {
		vsmmu->stats.command_errors++;
		gerror_raise(vsmmu, SMMU_GERROR_CMDQ_ERR);
	}
	if (signal) {
		vsmmu->stats.syncs++;
		if (signal->signal == COMMAND_SIGNAL_IRQ)
			irq_cmd_sync(vsmmu, signal->msi_addr, signal->msi_data);
	}
	fairlock_unlock(&vsmmu->event_lock);
}

static uint32_t turn_waiting(const struct vsmmu *vsmmu, const struct cmdq_turn *turn)
{
	return queue_distance(atomic_load(&vsmmu->cmdq.prod), turn->cons, vsmmu->cmdq.log2);
}

/*
 * Reads the next commands, up to where the queue wraps. A PROD that is more than the queue's
 * size ahead is nonsense, and is gone after as any other. Return: how many; 0 when none
 * waits; -1 when the next one is not in guest memory.
 */
static int turn_fetch(
	struct vsmmu *vsmmu, const struct cmdq_turn *turn, uint8_t (*entry)[CMDQ_ENTRY_SIZE])
{
	const struct cmdq *queue = &vsmmu->cmdq;
	uint32_t index = queue_index(turn->cons, queue->log2);
	uint32_t count = turn_waiting(vsmmu, turn);
	uint64_t address = queue->address + (uint64_t)index * CMDQ_ENTRY_SIZE;
	void *opaque = vsmmu->config.opaque;

	if (count > queue_size(queue->log2) - index)
		count = queue_size(queue->log2) - index;
	if (count > turn->left)
		count = turn->left;
	if (!count || vsmmu->ops.memory_read(opaque, address, entry, count * CMDQ_ENTRY_SIZE) >= 0)
		return (int)count;
	/* Somewhere in there memory ends: one by one, up to exactly there. */
	if (count > 1 && vsmmu->ops.memory_read(opaque, address, entry, CMDQ_ENTRY_SIZE) >= 0)
		return 1;
	return -1;
}

static void turn_report(
	struct vsmmu *vsmmu, const struct cmdq_turn *turn, unsigned int error, uint8_t opcode)
{
	uint32_t index = queue_index(turn->cons, vsmmu->cmdq.log2);

	if (error == SMMU_CERROR_ABT)
		report(vsmmu, VSMMU_REPORT_COMMAND_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"command queue stopped with CERROR_ABT: entry %u is not in guest memory",
			index);
	else
		report(vsmmu, VSMMU_REPORT_COMMAND_ERROR, VSMMU_WARNING, VSMMU_NO_VSID,
			"command queue stopped with %s: entry %u has opcode %#04x (%s)",
			error == SMMU_CERROR_ILL ? "CERROR_ILL" : "CERROR_ATC_INV_SYNC", index,
			opcode, arch_command_rule(opcode)->name);
}

/* Return: false when an error has stopped the queue at this command. */
static bool turn_execute(struct vsmmu *vsmmu, struct cmdq_turn *turn, const uint8_t *entry)
{
	const uint64_t word[2] = {record_load_word(entry, 0), record_load_word(entry, 1)};
	struct command_outcome outcome;

	command_execute(vsmmu, word, turn->smmuen, &outcome);
	if (outcome.error) {
		turn_publish(vsmmu, turn, outcome.error, NULL);
		turn_report(vsmmu, turn, outcome.error, (uint8_t)word[0]);
		return false;
	}
	turn->cons = queue_advance(turn->cons, 1, vsmmu->cmdq.log2);
	turn->left -= outcome.cost < turn->left ? outcome.cost : turn->left;
	turn->unpaid++;
	turn->consumed++;
	if (outcome.sync)
		turn_publish(vsmmu, turn, SMMU_CERROR_NONE, &outcome.signal);
	return true;
}

bool cmdq_turn(struct vsmmu *vsmmu, struct cmdq_turn *turn)
{
	uint8_t entry[CMDQ_KICK_MAX][CMDQ_ENTRY_SIZE];

	if (!turn_begin(vsmmu, turn))
		return false;
	while (turn->left) {
		int count = turn_fetch(vsmmu, turn, entry);

		if (count < 0) {
			turn_publish(vsmmu, turn, SMMU_CERROR_ABT, NULL);
			turn_report(vsmmu, turn, SMMU_CERROR_ABT, 0);
			return false;
		}
		if (!count)
			break;
		for (int i = 0; i < count && turn->left; i++)
			if (!turn_execute(vsmmu, turn, entry[i]))
				return false;
	}
	if (turn->unpaid)
		turn_publish(vsmmu, turn, SMMU_CERROR_NONE, NULL);
	return turn_waiting(vsmmu, turn);
}
