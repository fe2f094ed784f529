/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's vCPUs that invalidate all the time: each puts a TLBI and a CMD_SYNC into the command
 * queue, writes CMDQ_PROD, and reads CMDQ_CONS until that has passed. Beside them a thread of the
 * VMM dispatches events and runs the commands that a write left over.
 */
#ifndef RIG_VCPUS_H
#define RIG_VCPUS_H

#include <pthread.h>
#include <stdatomic.h>

#include "conformance/smmu_guest.h"
#include "large_memory.h"

#define VCPUS	    2
#define VCPUS_SYNCS 65536 /* of each, that are kept */

struct vcpus {
	struct smmu_guest *guest;
	pthread_mutex_t lock; /* the guest's, of its command queue */
	pthread_t thread[VCPUS], io;
	unsigned int next; /* vCPU to start */
	int stop_fd;	   /* an eventfd */
	atomic_bool stop;
	atomic_uint done;		       /* CMD_SYNCs */
	struct span sync[VCPUS * VCPUS_SYNCS]; /* from the write of PROD to the end */
	unsigned int count[VCPUS];
};

/**
 * struct vcpus_result
 * @syncs: CMD_SYNCs that were measured
 * @longest: of them, in ms
 * @longest_at: when it began
 * @median: of them, in ms
 */
struct vcpus_result {
	unsigned int syncs;
	double longest;
	uint64_t longest_at;
	double median;
};

/* Its driver's command queue is the vCPUs' until vcpus_stop(). Checks all it does. */
void vcpus_start(struct vcpus *vcpus, struct smmu_guest *guest);

/* Waits for @count more CMD_SYNCs, or for 10 s. */
void vcpus_wait(struct vcpus *vcpus, unsigned int count);

/* Between start and stop no check may end the test. */
void vcpus_stop(struct vcpus *vcpus);

/* To be called after vcpus_stop(). */
struct vcpus_result vcpus_result(const struct vcpus *vcpus);

/* Return: how many CMD_SYNCs began within @span. */
unsigned int vcpus_within(const struct vcpus *vcpus, const struct span *span);

#endif
