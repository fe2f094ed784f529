/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that lives for some millions of events: a simulated host, a vSMMU, a guest and
 * endpoints. Its counts are compared with what the endpoints did, again and again.
 */
#ifndef STRESS_WORLD_H
#define STRESS_WORLD_H

#include <pthread.h>
#include <semaphore.h>

#include <vsmmu/sim.h>

#include "guest.h"
#include "lib/rng.h"

#define WORLD_ENDPOINTS 6
#define WORLD_SMMUS	2

/* A vEVENTQ, as far as it can be seen from outside. */
struct world_queue {
	unsigned int endpoints;
	uint64_t numbered;
	bool wrapped;
};

struct world_endpoint {
	uint32_t dev_id;
	uint32_t vsid;
	uint64_t serial; /* of its last fault that was numbered */
	struct vsmmu_endpoint *handle;
	struct world_queue own, *queue;
};

/* Sums over the worlds of one worker; the first may be read by any thread. */
struct world_sums {
	atomic_uint_fast64_t produced;
	uint64_t sequenced, delivered, lost, discarded;
	uint64_t consumed, abandoned, dropped;
	uint64_t worlds, wraps, resets, attaches, aborts, enables, failures, races, checks;
};

/* A second thread, which dispatches while the first does all the rest. */
struct racer {
	pthread_t thread;
	sem_t go, done;
	struct vsmmu *vsmmu; /* NULL: end */
	atomic_bool stop;
};

struct world {
	struct rng *rng;
	struct world_sums *sums;
	struct racer *racer;
	bool racing;
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	struct guest guest;
	bool isolate;
	uint32_t first_sequence;
	struct world_endpoint endpoint[WORLD_ENDPOINTS];
	struct world_queue shared[WORLD_SMMUS];
	uint64_t produced;
	unsigned int idle; /* dispatches in a row that found nothing */
};

/* world.c */
void world_open(struct world *world, uint8_t *memory);
/* All is taken down; what it counted goes to the sums. */
void world_close(struct world *world);
void world_attach(struct world *world, unsigned int n, uint32_t vsid);
void world_detach(struct world *world, unsigned int n);
void world_reset(struct world *world);
void world_fault(struct world *world, unsigned int n, unsigned int count);
/* Dispatches at most @times, while there is anything to do. */
void world_dispatch(struct world *world, unsigned int times, uint32_t budget);
void world_check(struct world *world);
/* All that was produced is read and told; then each count must be exact. */
void world_settle(struct world *world);

/* step.c: one burst of faults, and what else chance brings. */
void world_step(struct world *world);

/* racer.c */
void racer_open(struct racer *racer);
void racer_close(struct racer *racer);
void racer_start(struct world *world);
void racer_stop(struct world *world);

#endif
