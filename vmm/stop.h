/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of the machine, which any thread may ask for, and of its threads. */
#ifndef VMM_STOP_H
#define VMM_STOP_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "error.h"

enum stop_reason {
	STOP_NOT = 0, /* the machine runs */
	STOP_OFF,     /* the guest switched it off, or its user did */
	STOP_RESET,   /* the guest wants to start again */
	STOP_BROKEN,  /* it cannot go on, which was told */
};

struct stop {
	atomic_int reason;
	int wake; /* eventfd of the main loop */
};

/* Asks for it; the first reason counts. */
static inline void stop_ask(struct stop *stop, enum stop_reason reason)
{
	int not = STOP_NOT;

	atomic_compare_exchange_strong(&stop->reason, &not, reason);
	(void)eventfd_write(stop->wake, 1);
}

static inline enum stop_reason stop_asked(struct stop *stop)
{
	return (enum stop_reason)atomic_load(&stop->reason);
}

/* A thread that ends when @stop, an eventfd, is readable; 0: it does not run. */
struct thread {
	pthread_t id;
	int stop;
};

static inline int thread_start(struct thread *thread, void *(*run)(void *), void *opaque)
{
	int ret;

	thread->stop = eventfd(0, EFD_CLOEXEC);
	ret = thread->stop < 0 ? errno : pthread_create(&thread->id, NULL, run, opaque);
	if (ret)
		thread->stop = 0;
	return ret ? fail("no thread: %s", strerror(ret)) : 0;
}

static inline void thread_stop(struct thread *thread)
{
	if (!thread->stop)
		return;
	(void)eventfd_write(thread->stop, 1);
	pthread_join(thread->id, NULL);
	close(thread->stop);
	thread->stop = 0;
}

#endif
