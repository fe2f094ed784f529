/* SPDX-License-Identifier: BSD-2-Clause */
/* A hook on the simulated host's calls that counts them, and holds up or fails one kind. */
#ifndef UNIT_CALL_GATE_H
#define UNIT_CALL_GATE_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vsmmu/sim.h>

#include "lib/blocked_thread.h"
#include "lib/unit.h"

#define CALL_KINDS (VSMMU_SIM_CALL_INVALIDATE + 1)

struct call_gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum vsmmu_sim_call held; /* 0: none */
	unsigned int inside;	  /* calls that are held up */
	unsigned int count[CALL_KINDS];
	enum vsmmu_sim_call failing;
	int error;
	atomic_uint left; /* calls that have left the hook */
};

#define CALL_GATE_INIT                                                                             \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER             \
	}

/* For vsmmu_sim_on_call(). */
static inline int call_gate_hook(void *opaque, enum vsmmu_sim_call call)
{
	struct call_gate *gate = opaque;
	int ret;

	pthread_mutex_lock(&gate->lock);
	gate->count[call]++;
	if (gate->held == call) {
		gate->inside++;
		pthread_cond_broadcast(&gate->changed);
		while (gate->held == call)
			pthread_cond_wait(&gate->changed, &gate->lock);
		gate->inside--;
	}
	ret = gate->failing == call ? gate->error : 0;
	atomic_fetch_add(&gate->left, 1);
	pthread_mutex_unlock(&gate->lock);
	return ret;
}

/* From now on calls of that kind are held up; 0 lets all go on. */
static inline void call_gate_hold(struct call_gate *gate, enum vsmmu_sim_call call)
{
	pthread_mutex_lock(&gate->lock);
	gate->held = call;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

static inline void call_gate_fail(struct call_gate *gate, enum vsmmu_sim_call call, int error)
{
	pthread_mutex_lock(&gate->lock);
	gate->failing = call;
	gate->error = error;
	pthread_mutex_unlock(&gate->lock);
}

/* Waits until a call is held up. */
static inline void call_gate_await(struct call_gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (!gate->inside)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

static inline unsigned int call_gate_count(struct call_gate *gate, enum vsmmu_sim_call call)
{
	unsigned int count;

	pthread_mutex_lock(&gate->lock);
	count = gate->count[call];
	pthread_mutex_unlock(&gate->lock);
	return count;
}

/* One function in a thread of its own. */
struct aside {
	pthread_t thread;
	atomic_int tid;
	atomic_bool done;
	int (*run)(void *opaque);
	void *opaque;
	int ret;
};

static inline void *aside_run(void *opaque)
{
	struct aside *aside = opaque;

	atomic_store(&aside->tid, (int)syscall(SYS_gettid));
	aside->ret = aside->run(aside->opaque);
	atomic_store(&aside->done, true);
	return NULL;
}

static inline void aside_start(struct aside *aside, int (*run)(void *opaque), void *opaque)
{
	*aside = (struct aside){.run = run, .opaque = opaque};
	assert_int_equal(pthread_create(&aside->thread, NULL, aside_run, aside), 0);
}

/* Waits until it has come to where it has to wait; it must not end instead. */
static inline void aside_await_asleep(struct aside *aside)
{
	while (!atomic_load(&aside->tid) || !thread_is_blocked(atomic_load(&aside->tid))) {
		assert_false(atomic_load(&aside->done));
		sched_yield();
	}
	assert_false(atomic_load(&aside->done));
}

/* Return: what the function returned. */
static inline int aside_join(struct aside *aside)
{
	assert_int_equal(pthread_join(aside->thread, NULL), 0);
	return aside->ret;
}

#endif
