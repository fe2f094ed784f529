/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fairlock is a mutex for a thread that takes it again and again. A plain mutex goes back to the
 * thread that has just released it, as that thread runs while the waiting ones sleep. Here the
 * thread finds the gate locked by the first of those that wait.
 */
#ifndef UTIL_FAIRLOCK_H
#define UTIL_FAIRLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fairlock {
	pthread_mutex_t gate;
	pthread_mutex_t lock;
	atomic_uint waiting;
};

static inline void fairlock_init(struct fairlock *fair)
{
	pthread_mutex_init(&fair->gate, NULL);
	pthread_mutex_init(&fair->lock, NULL);
	atomic_init(&fair->waiting, 0);
}

static inline void fairlock_destroy(struct fairlock *fair)
{
	pthread_mutex_destroy(&fair->lock);
	pthread_mutex_destroy(&fair->gate);
}

static inline void fairlock_lock(struct fairlock *fair)
{
	atomic_fetch_add(&fair->waiting, 1);
	pthread_mutex_lock(&fair->gate);
	pthread_mutex_lock(&fair->lock);
	pthread_mutex_unlock(&fair->gate);
	atomic_fetch_sub(&fair->waiting, 1);
}

/*
 * Nor does this one come before who waits. Return: whether it has the lock; if not, somebody
 * has it, or will have it after this call began.
 */
static inline bool fairlock_trylock(struct fairlock *fair)
{
	return !atomic_load(&fair->waiting) && !pthread_mutex_trylock(&fair->lock);
}

static inline void fairlock_unlock(struct fairlock *fair)
{
	pthread_mutex_unlock(&fair->lock);
}

#endif
