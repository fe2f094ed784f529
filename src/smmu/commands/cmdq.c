/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/cmdq.h"

#include <string.h>

#include "arch/command.h"
#include "arch/record.h"
#include "smmu/commands/invalidation.h"
#include "smmu/endpoints/ask.h"
#include "smmu/endpoints/recovery.h"
#include "smmu/endpoints/ste_install.h"
#include "smmu/entry.h"
#include "smmu/events/dispatch.h"
#include "smmu/irq.h"
#include "smmu/report.h"

#define ENTRY_SIZE     16
#define BUDGET_DEFAULT 1024
#define TURN_MAX       128 /* commands for which the command lock is held without a break */

/*
 * A turn at the queue, with the command lock held. CMD_SYNCs with nothing but TLB
 * invalidations before and between them make a group: it needs one host call, and then each of
 * them completes in its order. Any other command ends the group, as an array for the host must
 * not hold a TLBI and an ATC_INV that the guest had put a CMD_SYNC between (3.9.1, 4.7.3).
 */
struct turn {
	uint32_t cons;	      /* index and wrap bit of the next command */
	uint32_t left;	      /* commands that may still be consumed */
	uint32_t unpublished; /* commands that CONS does not tell of yet */
	uint32_t consumed;
	bool smmuen;
	bool is_write; /* of a register: it stops at the first STE that calls the host */
	bool stopped;  /* by that, or an error */
	uint32_t syncs;
	struct {
		uint32_t cons; /* behind the SYNC */
		struct command_sync signal;
	} sync[TURN_MAX];
};

void cmdq_reset(struct vsmmu *vsmmu)
{
	guest_queue_reset(&vsmmu->cmdq.queue);
	pollset_unkick(&vsmmu->cmdq.pollset);
}

void cmdq_enable(struct vsmmu *vsmmu, bool enable)
{
	struct guest_queue *queue = &vsmmu->cmdq.queue;

	guest_queue_enable(queue, enable, vsmmu_cmdq_log2_max(vsmmu), ENTRY_SIZE);
	if (!enable)
		pollset_unkick(&vsmmu->cmdq.pollset);
	else
		/* Bits above the wrap bit are RES0 in a register that the SMMU writes (3.5.1). */
		atomic_fetch_and(&queue->cons, SMMU_CMDQ_CONS_ERR | queue_mask(queue->log2));
}

/* The signals, which are most of it, are written before they are read. */
static void turn_init(struct turn *turn, uint32_t budget, bool is_write)
{
	turn->left = budget < TURN_MAX ? budget : TURN_MAX;
	turn->unpublished = 0;
	turn->consumed = 0;
	turn->is_write = is_write;
	turn->stopped = false;
	turn->syncs = 0;
}

/* Return: whether the queue is running (7.1). */
static bool turn_begin(struct vsmmu *vsmmu, struct turn *turn)
{
	const struct guest_queue *queue = &vsmmu->cmdq.queue;
	bool runs;

	pthread_mutex_lock(&vsmmu->event_lock);
	runs = queue->enabled && !(gerror_active(vsmmu) & SMMU_GERROR_CMDQ_ERR);
	turn->smmuen = vsmmu->registers.cr0 & SMMU_CR0_SMMUEN;
	pthread_mutex_unlock(&vsmmu->event_lock);
	turn->cons = atomic_load(&queue->cons) & queue_mask(queue->log2);
	return runs;
}

static uint32_t turn_waiting(const struct vsmmu *vsmmu, const struct turn *turn)
{
	const struct guest_queue *queue = &vsmmu->cmdq.queue;

	return queue_distance(atomic_load(&queue->prod), turn->cons, queue->log2);
}

/* Makes visible what was done, and the error that stopped the queue behind it. */
static void turn_publish(struct vsmmu *vsmmu, struct turn *turn, unsigned int error)
{
	pthread_mutex_lock(&vsmmu->event_lock);
	vsmmu->stats.commands += turn->unpublished;
	turn->unpublished = 0;
	atomic_store(&vsmmu->cmdq.queue.cons, turn->cons | error << SMMU_CMDQ_ERR_LOW);
	if (error) {
		vsmmu->stats.command_errors++;
		gerror_raise(vsmmu, SMMU_GERROR_CMDQ_ERR);
	}
	pthread_mutex_unlock(&vsmmu->event_lock);
}

/* Stops the queue at the next command. */
static void turn_fail(struct vsmmu *vsmmu, struct turn *turn, unsigned int error, uint8_t opcode)
{
	uint32_t index = queue_index(turn->cons, vsmmu->cmdq.queue.log2);

	turn_publish(vsmmu, turn, error);
	turn->stopped = true;
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

/*
 * Events of transactions that were terminated before a CMD_SYNC must be visible once it
 * completes (4.7.3). The host's way is asynchronous: those in the vEVENTQ now are all that can
 * be told to belong to them.
 */
static void group_complete(struct vsmmu *vsmmu, struct turn *turn)
{
	if (!turn->syncs)
		return;
	invalidation_flush(vsmmu);
	dispatch_for_sync(vsmmu, CMDQ_SYNC_RECORDS);
	pthread_mutex_lock(&vsmmu->event_lock);
	for (uint32_t i = 0; i < turn->syncs; i++) {
		const struct command_sync *signal = &turn->sync[i].signal;

		atomic_store(&vsmmu->cmdq.queue.cons, turn->sync[i].cons);
		if (signal->signal == COMMAND_SIGNAL_IRQ)
			irq_cmd_sync(vsmmu, signal->msi_addr, signal->msi_data);
	}
	vsmmu->stats.syncs += turn->syncs;
	pthread_mutex_unlock(&vsmmu->event_lock);
	turn->syncs = 0;
}

static void turn_advance(struct vsmmu *vsmmu, struct turn *turn)
{
	turn->cons = queue_advance(turn->cons, 1, vsmmu->cmdq.queue.log2);
	turn->left--;
	turn->unpublished++;
	turn->consumed++;
}

/* Behind commands that name streams it is a group of its own: no other one can fail. */
static void turn_sync(struct vsmmu *vsmmu, struct turn *turn, const uint64_t word[2])
{
	const bool alone = vsmmu->invalidation.names_streams || vsmmu->invalidation.atc_lost;

	if (alone && invalidation_flush(vsmmu)) {
		turn_fail(vsmmu, turn, SMMU_CERROR_ATC_INV, COMMAND_OP_SYNC);
		return;
	}
	turn_advance(vsmmu, turn);
	turn->sync[turn->syncs].cons = turn->cons;
	arch_command_sync(word, &turn->sync[turn->syncs++].signal);
	if (alone)
		group_complete(vsmmu, turn);
}

/*
 * The CDs that hardware has cached go with the STE, even if what is installed stays as it was
 * and the host does nothing about it (IHI 0070 4.3.1): also if it was put in its own place, or
 * could not even be cut off. Return: whether the host was called.
 */
static bool execute_ste(struct vsmmu *vsmmu, struct vsmmu_endpoint *endpoint)
{
	const bool nested = endpoint->installed == INSTALLED_NESTED;
	const uint64_t vste[2] = {endpoint->vste[0], endpoint->vste[1]};
	int changed = endpoint_refresh(endpoint);

	if (!changed || (nested && endpoint->installed == INSTALLED_NESTED &&
				!memcmp(vste, endpoint->vste, sizeof(vste))))
		invalidation_add_cd_all(vsmmu, endpoint);
	return changed;
}

/*
 * The endpoint's StreamID had no entry in the stream table. Hardware caches no such absence: Linux
 * adds a second-level table, full of STEs that abort, with a CMD_CFGI_STE of the one STE alone that
 * it adds the table for. Source: Linux arm-smmu-v3.c, arm_smmu_init_sid_strtab()
 */
static bool has_no_ste(const struct vsmmu_endpoint *endpoint)
{
	return endpoint->fault_override.event == VSMMU_EVENT_C_BAD_STREAMID;
}

static bool execute_stes(struct vsmmu *vsmmu, const struct command_scope *scope)
{
	bool called;

	pthread_mutex_lock(&vsmmu->control_lock);
	called = vsid_ask(vsmmu);
	list_for_each(endpoint, vsmmu->endpoints)
		if (endpoint->vsid >= scope->sid && endpoint->vsid - scope->sid < scope->count)
			called = execute_ste(vsmmu, endpoint) || called;
		else if (has_no_ste(endpoint))
			called = endpoint_refresh(endpoint) || called;
	pthread_mutex_unlock(&vsmmu->control_lock);
	return called;
}

static void turn_execute(struct vsmmu *vsmmu, struct turn *turn, const uint8_t *entry)
{
	const uint64_t word[2] = {record_load_word(entry, 0), record_load_word(entry, 1)};
	struct command_scope scope;
	enum command_kind kind = arch_command_classify(word, &vsmmu->features, &scope);

	if (kind == COMMAND_SYNC) {
		turn_sync(vsmmu, turn, word);
		return;
	}
	/* A command that names streams, or is none, does not join the group. */
	if (kind != COMMAND_FORWARD || scope.count)
		group_complete(vsmmu, turn);
	if (kind == COMMAND_ILLEGAL) {
		turn_fail(vsmmu, turn, SMMU_CERROR_ILL, (uint8_t)word[0]);
		return;
	}
	if (kind == COMMAND_STE || kind == COMMAND_STE_RANGE)
		turn->stopped = execute_stes(vsmmu, &scope) && turn->is_write;
	/* An ATC_INV is ignored while translation is off (4.5.1). */
	else if (kind == COMMAND_FORWARD &&
		 (turn->smmuen || (uint8_t)word[0] != COMMAND_OP_ATC_INV))
		invalidation_add(vsmmu, word);
	turn_advance(vsmmu, turn);
}

/*
 * Reads the next commands, up to where the queue wraps. A PROD that is more than the queue's
 * size ahead is nonsense, and is followed like any other. Return: how many; 0 when none waits;
 * -1 when the next one is not in guest memory.
 */
static int turn_fetch(struct vsmmu *vsmmu, const struct turn *turn, uint8_t (*entry)[ENTRY_SIZE])
{
	const struct guest_queue *queue = &vsmmu->cmdq.queue;
	uint32_t index = queue_index(turn->cons, queue->log2);
	uint32_t count = turn_waiting(vsmmu, turn);
	uint64_t address = queue->address + (uint64_t)index * ENTRY_SIZE;

	if (count > queue_size(queue->log2) - index)
		count = queue_size(queue->log2) - index;
	if (count > turn->left)
		count = turn->left;
	if (!count || vmm_memory_read(vsmmu, address, entry, count * ENTRY_SIZE) >= 0)
		return (int)count;
	/* Memory ends somewhere in there: one by one, up to exactly there. */
	if (count > 1 && vmm_memory_read(vsmmu, address, entry, ENTRY_SIZE) >= 0)
		return 1;
	return -1;
}

/* Return: whether commands wait that could go on at once. */
static bool turn_run(struct vsmmu *vsmmu, struct turn *turn)
{
	uint8_t entry[TURN_MAX][ENTRY_SIZE];
	int count = 0;

	if (!turn_begin(vsmmu, turn))
		return false;
	while (turn->left && !turn->stopped) {
		count = turn_fetch(vsmmu, turn, entry);
		if (count <= 0)
			break;
		for (int i = 0; i < count && !turn->stopped; i++)
			turn_execute(vsmmu, turn, entry[i]);
	}
	group_complete(vsmmu, turn);
	if (count < 0 && !turn->stopped)
		turn_fail(vsmmu, turn, SMMU_CERROR_ABT, 0);
	else if (turn->unpublished)
		turn_publish(vsmmu, turn, SMMU_CERROR_NONE);
	return turn_waiting(vsmmu, turn) && turn_begin(vsmmu, turn);
}

/*
 * Consumes commands while there are some and @budget lasts. Without @wait, if another thread has
 * the command lock or waits for it, the commands are left to that thread, which finds @rung set
 * after it has released the lock: @rung only changes by exchanges, so either that thread sees ours,
 * or we see the lock that it has released.
 *
 * Return: commands consumed.
 */
static uint32_t cmdq_consume(struct vsmmu *vsmmu, uint32_t budget, bool wait)
{
	struct cmdq *cmdq = &vsmmu->cmdq;
	uint32_t consumed = 0;
	bool waiting, rung;
	struct turn turn;

	do {
		turn_init(&turn, budget, !wait);
		atomic_exchange(&cmdq->rung, true);
		if (wait)
			fairlock_lock(&vsmmu->command_lock);
		else if (!fairlock_trylock(&vsmmu->command_lock))
			return consumed;
		atomic_exchange(&cmdq->rung, false);
		/* Before consuming, so that no signal is erased that comes later. */
		pollset_unkick(&cmdq->pollset);
		waiting = turn_run(vsmmu, &turn);
		/* With the lock held, so that only a later consumer can clear the signal. */
		if (waiting && (turn.stopped || turn.consumed >= budget))
			pollset_kick(&cmdq->pollset);
		fairlock_unlock(&vsmmu->command_lock);
		/* An empty turn costs too, or a guest that keeps ringing could hold us here. */
		budget -= turn.consumed ? turn.consumed : 1;
		consumed += turn.consumed;
		rung = atomic_exchange(&cmdq->rung, false);
	} while (budget && !turn.stopped && (rung || waiting));
	/* With no budget left, vsmmu_run_commands() gets the commands that others rang for. */
	if (rung)
		pollset_kick(&cmdq->pollset);
	return consumed;
}

void cmdq_doorbell(struct vsmmu *vsmmu)
{
	cmdq_consume(vsmmu, CMDQ_WRITE_MAX, false);
}

void cmdq_defer(struct vsmmu *vsmmu)
{
	/* Older commands were signalled already, or their consumer, kept out, has set @rung. */
	if (atomic_exchange(&vsmmu->cmdq.rung, false))
		pollset_kick(&vsmmu->cmdq.pollset);
}

int vsmmu_get_command_fd(const struct vsmmu *vsmmu)
{
	int ret = entry_check(vsmmu);

	return ret ? ret : vsmmu->cmdq.pollset.set;
}

int vsmmu_run_commands(struct vsmmu *vsmmu, uint32_t budget)
{
	int ret = entry_check(vsmmu);

	if (ret)
		return ret;
	if (!budget)
		budget = BUDGET_DEFAULT;
	if (budget > INT32_MAX)
		budget = INT32_MAX;
	recovery_run(vsmmu);
	return (int)cmdq_consume(vsmmu, budget, true);
}
