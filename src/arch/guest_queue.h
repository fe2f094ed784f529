/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue in the guest's memory, for commands or events (IHI 0070 3.5.1): its registers, and
 * the values that were taken from them when the guest enabled it.
 *
 * Any thread may access PROD and CONS and read @log2 at any time; everything else belongs to
 * the holder of the vSMMU's event lock.
 */
#ifndef ARCH_GUEST_QUEUE_H
#define ARCH_GUEST_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/queue.h"
#include "arch/regs.h"

struct guest_queue {
	atomic_uint prod; /* with OVFLG in the event queue's */
	atomic_uint cons; /* with ERR in the command queue's, OVACKFLG in the event queue's */
	uint64_t base;

	bool enabled;
	atomic_uint log2;
	uint64_t address;
};

/* Gives all registers their reset values, and disables the queue. */
static inline void guest_queue_reset(struct guest_queue *queue)
{
	atomic_store(&queue->prod, 0);
	atomic_store(&queue->cons, 0);
	queue->base = 0;
	queue->enabled = false;
	queue->log2 = 0;
	queue->address = 0;
}

/*
 * Follows the enable bit in CR0. The size is BASE.LOG2SIZE, or @log2_max if that is less; the
 * address is aligned to it, and to 32 bytes at least (6.3.26, 6.3.94).
 */
static inline void guest_queue_enable(
	struct guest_queue *queue, bool enable, unsigned int log2_max, unsigned int entry_size)
{
	unsigned int log2 = queue->base & SMMU_QUEUE_BASE_LOG2SIZE;
	uint64_t bytes;

	queue->enabled = enable;
	if (!enable)
		return;
	queue->log2 = log2 < log2_max ? log2 : log2_max;
	bytes = (uint64_t)entry_size << queue->log2;
	if (bytes < 32)
		bytes = 32;
	queue->address = queue->base & SMMU_QUEUE_BASE_ADDR & ~(bytes - 1);
}

#endif
