/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/commands/cmdq.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "smmu/commands/cmdq_turn.h"
#include "smmu/vsmmu.h"

#define ALIGN_MIN      UINT64_C(32) /* of the queue's address (IHI 0070 6.3.26) */
#define BUDGET_DEFAULT 1024

int cmdq_init(struct cmdq *queue)
{
	queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->fd < 0)
		return -errno;
	pthread_mutex_init(&queue->tell, NULL);
	return 0;
}

void cmdq_destroy(struct cmdq *queue)
{
	pthread_mutex_destroy(&queue->tell);
	close(queue->fd);
}

/* Makes the eventfd readable, or not. Any thread. */
static void cmdq_tell(struct cmdq *queue, bool waiting)
{
	uint64_t count = 1;

	pthread_mutex_lock(&queue->tell);
	if (waiting && !queue->told)
		queue->told = write(queue->fd, &count, sizeof(count)) == sizeof(count);
	else if (!waiting && queue->told)
		queue->told = read(queue->fd, &count, sizeof(count)) < 0 && errno != EAGAIN;
	pthread_mutex_unlock(&queue->tell);
}

void cmdq_reset(struct cmdq *queue)
{
	queue->enabled = false;
	queue->log2 = 0;
	queue->address = 0;
	cmdq_tell(queue, false);
}

void cmdq_enable(struct vsmmu *vsmmu, bool enable)
{
	struct cmdq *queue = &vsmmu->cmdq;
	unsigned int log2 = queue->base & SMMU_QUEUE_BASE_LOG2SIZE;
	uint64_t bytes;

	queue->enabled = enable;
	if (!enable) {
		cmdq_tell(queue, false);
		return;
	}
	queue->log2 = log2 < vsmmu_cmdq_log2_max(vsmmu) ? log2 : vsmmu_cmdq_log2_max(vsmmu);
	bytes = (uint64_t)CMDQ_ENTRY_SIZE << queue->log2;
	if (bytes < ALIGN_MIN)
		bytes = ALIGN_MIN;
	queue->address = queue->base & SMMU_QUEUE_BASE_ADDR & ~(bytes - 1);
	/* Bits above the wrap bit are RES0 in what is the SMMU's (3.5.1). */
	atomic_fetch_and(&queue->cons, SMMU_CMDQ_CONS_ERR | queue_mask(queue->log2));
}

/*
 * Consumes as long as there is something and @budget lasts. Without @wait it leaves the
 * queue to whoever has it, or waits for it, who finds @kicked set after releasing it: @kicked
 * changes by exchanges alone, so either that one sees ours, or we see the lock that it has
 * released.
 *
 * Return: commands consumed.
 */
static uint32_t cmdq_serve(struct vsmmu *vsmmu, uint32_t budget, bool wait)
{
	struct cmdq *queue = &vsmmu->cmdq;
	uint32_t consumed = 0;
	bool waiting, kicked;

	do {
		struct cmdq_turn turn = {.left = budget < CMDQ_KICK_MAX ? budget : CMDQ_KICK_MAX};

		budget -= turn.left;
		atomic_exchange(&queue->kicked, true);
		if (wait)
			fairlock_lock(&vsmmu->command_lock);
		else if (!fairlock_trylock(&vsmmu->command_lock))
			return consumed;
		atomic_exchange(&queue->kicked, false);
		/* Before, as what others tell from now on is true whatever this turn finds. */
		cmdq_tell(queue, false);
		waiting = cmdq_turn(vsmmu, &turn);
		if (waiting)
			cmdq_tell(queue, true);
		fairlock_unlock(&vsmmu->command_lock);
		budget += turn.left;
		/* A look in vain is not for nothing: others may kick without end. */
		if (!turn.consumed)
			budget--;
		consumed += turn.consumed;
		kicked = atomic_exchange(&queue->kicked, false);
	} while (budget && (kicked || waiting));
	/* With no budget left to look, the others' commands are vsmmu_run_commands()'s. */
	if (kicked)
		cmdq_tell(queue, true);
	return consumed;
}

void cmdq_kick(struct vsmmu *vsmmu)
{
	cmdq_serve(vsmmu, CMDQ_KICK_MAX, false);
}

void cmdq_leave(struct vsmmu *vsmmu)
{
	/* Whatever waited before has been told of, or whoever was at it had to stop and kicked. */
	if (atomic_exchange(&vsmmu->cmdq.kicked, false))
		cmdq_tell(&vsmmu->cmdq, true);
}

int vsmmu_get_command_fd(const struct vsmmu *vsmmu)
{
	return vsmmu->cmdq.fd;
}

int vsmmu_run_commands(struct vsmmu *vsmmu, uint32_t budget)
{
	if (!budget)
		budget = BUDGET_DEFAULT;
	if (budget > INT32_MAX)
		budget = INT32_MAX;
	return (int)cmdq_serve(vsmmu, budget, true);
}
