/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>
#include <stddef.h>

#include "alloc.h"
#include "check.h"
#include "stress_vm.h"

/* As a VMM's event loop does. */
static void race(struct dispatcher *dispatcher)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(dispatcher->vsmmu), .events = POLLIN};

	while (!atomic_load(&dispatcher->stop))
		if (poll(&fd, 1, 1) == 1)
			vsmmu_dispatch(dispatcher->vsmmu, 0);
}

static void *dispatcher_main(void *argument)
{
	struct dispatcher *dispatcher = argument;

	alloc_forbid(true);
	for (;;) {
		while (sem_wait(&dispatcher->go))
			;
		if (!dispatcher->vsmmu)
			return NULL;
		race(dispatcher);
		sem_post(&dispatcher->done);
	}
}

void dispatcher_open(struct dispatcher *dispatcher)
{
	sem_init(&dispatcher->go, 0, 0);
	sem_init(&dispatcher->done, 0, 0);
	atomic_init(&dispatcher->stop, false);
	CHECK_EQ(pthread_create(&dispatcher->thread, NULL, dispatcher_main, dispatcher), 0);
}

void dispatcher_close(struct dispatcher *dispatcher)
{
	dispatcher->vsmmu = NULL;
	sem_post(&dispatcher->go);
	pthread_join(dispatcher->thread, NULL);
	sem_destroy(&dispatcher->go);
	sem_destroy(&dispatcher->done);
}

void dispatcher_start(struct stress_vm *vm)
{
	vm->dispatcher->vsmmu = vm->vsmmu;
	atomic_store(&vm->dispatcher->stop, false);
	vm->racing = true;
	vm->sums->races++;
	sem_post(&vm->dispatcher->go);
}

void dispatcher_stop(struct stress_vm *vm)
{
	atomic_store(&vm->dispatcher->stop, true);
	while (sem_wait(&vm->dispatcher->done))
		;
	vm->racing = false;
}
