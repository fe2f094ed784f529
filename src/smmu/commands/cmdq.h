/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's command queue, consumer side (IHI 0070 chapter 4, 7.1).
 *
 * A register write that may have made commands available kicks: the thread that gets the
 * command lock consumes, others leave it to that one. What is left is told by an eventfd.
 *
 * Work is counted in commands. One costs 1, or as many as there are of the most numerous of:
 * endpoints that it concerns; CMDQ_LOOKS endpoints that were looked at to find those; host
 * calls to send invalidations; and CMDQ_EVENTS events that it made readable. One register
 * write is good for CMDQ_KICK_MAX, and the last command may overdraw that.
 */
#ifndef SMMU_COMMANDS_CMDQ_H
#define SMMU_COMMANDS_CMDQ_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct vsmmu;

#define CMDQ_KICK_MAX	  128  /* Linux sends 64 with a CMD_SYNC at once */
#define CMDQ_SYNC_RECORDS 1024 /* events that one SYNC forwards before it completes, at most */
#define CMDQ_LOOKS	  16
#define CMDQ_EVENTS	  8

struct cmdq {
	/* Registers as the guest reads them; PROD is written at any time, by any thread. */
	atomic_uint prod;
	atomic_uint cons; /* with ERR */
	uint64_t base;	  /* under the event lock */

	/* Taken from them when the queue is enabled. Under the command and event locks. */
	bool enabled;
	unsigned int log2;
	uint64_t address;

	atomic_bool kicked;
	int fd;		      /* eventfd: commands wait for vsmmu_run_commands() */
	bool told;	      /* it is readable */
	pthread_mutex_t tell; /* a leaf: one and the other change together */
};

/* Return: 0 or -errno. */
int cmdq_init(struct cmdq *queue);
void cmdq_destroy(struct cmdq *queue);

/* Disables it; registers_reset() resets its registers. Under the command and event locks. */
void cmdq_reset(struct cmdq *queue);

/* CR0.CMDQEN changed. Under the command and event locks. */
void cmdq_enable(struct vsmmu *vsmmu, bool enable);

/*
 * Something may have made commands available: a register write, or that the command lock was
 * taken for something else, as commands may have been left to who had it. No lock held.
 */
void cmdq_kick(struct vsmmu *vsmmu);

/*
 * The same for who must not consume: what was left to it meanwhile is vsmmu_run_commands()'s,
 * and the fd says so.
 */
void cmdq_leave(struct vsmmu *vsmmu);

#endif
