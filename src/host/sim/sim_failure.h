/* SPDX-License-Identifier: BSD-2-Clause */
/* Failures that a test arranged, and the hook on a LOST header's copy. Any thread. */
#ifndef HOST_SIM_FAILURE_H
#define HOST_SIM_FAILURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/sim.h>

#define SIM_FAILURE_END (VSMMU_SIM_FAIL_INVALIDATE + 1)

struct sim_failures {
	atomic_uint armed; /* one bit per enum vsmmu_sim_failure, bit 0 for the hook */
	pthread_mutex_t lock;
	struct {
		uint32_t after;
		int error;
	} entry[SIM_FAILURE_END];
	void (*hook)(void *opaque);
	void *hook_opaque;
};

void sim_failures_init(struct sim_failures *failures);
void sim_failures_destroy(struct sim_failures *failures);

/* Return: 0 or -EINVAL, see vsmmu_sim_fail(). */
int sim_failures_arm(
	struct sim_failures *failures, enum vsmmu_sim_failure failure, uint32_t after, int error);

void sim_failures_set_hook(struct sim_failures *failures, void (*hook)(void *opaque), void *opaque);

/* Counts one use. Return: the error (1 if it has none) when this use fails, else 0. */
int sim_failures_take_armed(struct sim_failures *failures, enum vsmmu_sim_failure failure);

/* Calls the hook, if there is one, once. The caller holds no lock. */
void sim_failures_run_armed_hook(struct sim_failures *failures);

/* The event path asks for every record: nothing arranged must cost nothing. */
static inline bool sim_failures_are_armed(struct sim_failures *failures, unsigned int bit)
{
	return atomic_load_explicit(&failures->armed, memory_order_acquire) & (1U << bit);
}

static inline int sim_failures_take(struct sim_failures *failures, enum vsmmu_sim_failure failure)
{
	if (!sim_failures_are_armed(failures, failure))
		return 0;
	return sim_failures_take_armed(failures, failure);
}

static inline void sim_failures_run_hook(struct sim_failures *failures)
{
	if (sim_failures_are_armed(failures, 0))
		sim_failures_run_armed_hook(failures);
}

#endif
