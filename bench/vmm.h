/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM that the benchmarks measure with: a vSMMU, its guest's queues in memory, an eventfd
 * as interrupt, and a guest that consumes whatever came.
 */
#ifndef BENCH_VMM_H
#define BENCH_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/smmu.h>

#define VMM_COMMANDS_LOG2 8

struct vmm {
	struct vsmmu *vsmmu;
	uint8_t *memory; /* the guest's queue, touched, so that no page fault is measured */
	uint64_t size;
	unsigned int log2;
	int irq_fd;
	uint64_t irqs;
	uint64_t irq_time; /* of the last one, if the VMM is told to look at the clock */
	bool irq_clock;
	uint64_t consumed;
	uint64_t (*commands)[2]; /* of a whole vSMMU's guest: its command queue, */
	uint32_t commands_prod;	 /* and where the next one goes */
};

/* @host may be NULL. The guest's queue holds 2^@log2 records. Return: 0 or -errno. */
int vmm_open(struct vmm *vmm, struct vsmmu_host *host, unsigned int log2, uint32_t depth);
/* The same with a whole vSMMU, whose guest has a stage 1 for every StreamID. */
int vmm_open_whole(struct vmm *vmm, struct vsmmu_host *host, unsigned int log2, uint32_t depth);
void vmm_close(struct vmm *vmm);

/* Nanoseconds, CLOCK_MONOTONIC. */
uint64_t vmm_clock(void);

bool vmm_readable(const struct vmm *vmm);

/* The guest takes all there is: one read of PROD, one write of CONS. */
void vmm_consume(struct vmm *vmm);

/* What a VMM's main loop does: dispatches while the fd is readable; the guest follows. */
void vmm_drain(struct vmm *vmm);

/* The guest writes a command into its queue; the vSMMU does not know yet. */
void vmm_command(struct vmm *vmm, uint64_t word0, uint64_t word1);

/* It tells the vSMMU, and the VMM's main loop does what that write has left over. */
void vmm_ring(struct vmm *vmm);

struct vsmmu_stats vmm_stats(const struct vmm *vmm);

/* Prints what failed and exits, when @ret is negative. */
void bench_check(int ret, const char *what);

/* Sorts @values. Return: the one below which @percent of them are. */
uint64_t bench_quantile(uint64_t *values, uint32_t count, unsigned int percent);

#endif
