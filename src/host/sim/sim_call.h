/* SPDX-License-Identifier: BSD-2-Clause */
/* The hook that runs at the beginning of each of the host's calls. Any thread. */
#ifndef HOST_SIM_CALL_H
#define HOST_SIM_CALL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/sim.h>

/* A call that is inside the hook; on its thread's stack. */
struct sim_call_inside {
	pthread_t thread;
	uint64_t generation; /* of the hook */
	struct sim_call_inside *next;
};

struct sim_calls {
	atomic_bool armed;    /* there is a hook */
	pthread_mutex_t lock; /* of what follows; never held while the hook runs */
	pthread_cond_t left;  /* a call has left the hook */
	int (*hook)(void *opaque, enum vsmmu_sim_call call);
	void *opaque;
	uint64_t generation;
	struct sim_call_inside *inside;
};

void sim_calls_init(struct sim_calls *calls);
void sim_calls_destroy(struct sim_calls *calls);

/* See vsmmu_sim_on_call(). */
void sim_calls_set_hook(
	struct sim_calls *calls, int (*hook)(void *opaque, enum vsmmu_sim_call call), void *opaque);

/* Return: 0, or the -errno of the hook, if there still is one. */
int sim_calls_run_armed(struct sim_calls *calls, enum vsmmu_sim_call call);

/* With neither sim.lock nor sim.hardware_lock held. Return: 0 to go on, or the hook's -errno. */
static inline int sim_calls_run(struct sim_calls *calls, enum vsmmu_sim_call call)
{
	if (!atomic_load_explicit(&calls->armed, memory_order_acquire))
		return 0;
	return sim_calls_run_armed(calls, call);
}

#endif
