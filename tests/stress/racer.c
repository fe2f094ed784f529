/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>
#include <stddef.h>

#include "alloc.h"
#include "check.h"
#include "world.h"

/* As a VMM's event loop does. */
static void race(struct racer *racer)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(racer->vsmmu), .events = POLLIN};

	while (!atomic_load(&racer->stop))
		if (poll(&fd, 1, 1) == 1)
			vsmmu_dispatch(racer->vsmmu, 0);
}

static void *racer_main(void *argument)
{
	struct racer *racer = argument;

	alloc_forbid(true);
	for (;;) {
		while (sem_wait(&racer->go))
			;
		if (!racer->vsmmu)
			return NULL;
		race(racer);
		sem_post(&racer->done);
	}
}

void racer_open(struct racer *racer)
{
	sem_init(&racer->go, 0, 0);
	sem_init(&racer->done, 0, 0);
	atomic_init(&racer->stop, false);
	CHECK_EQ(pthread_create(&racer->thread, NULL, racer_main, racer), 0);
}

void racer_close(struct racer *racer)
{
	racer->vsmmu = NULL;
	sem_post(&racer->go);
	pthread_join(racer->thread, NULL);
	sem_destroy(&racer->go);
	sem_destroy(&racer->done);
}

void racer_start(struct world *world)
{
	world->racer->vsmmu = world->vsmmu;
	atomic_store(&world->racer->stop, false);
	world->racing = true;
	world->sums->races++;
	sem_post(&world->racer->go);
}

void racer_stop(struct world *world)
{
	atomic_store(&world->racer->stop, true);
	while (sem_wait(&world->racer->done))
		;
	world->racing = false;
}
