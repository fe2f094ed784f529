/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that lives for some millions of events: a simulated host, a vSMMU, a guest and
 * endpoints. Its counts are compared with what the endpoints did, again and again.
 */
#ifndef STRESS_VM_H
#define STRESS_VM_H

#include <pthread.h>
#include <semaphore.h>

#include <vsmmu/sim.h>

#include "guest.h"
#include "lib/rng.h"

#define STRESS_VM_ENDPOINTS 6
#define STRESS_VM_SMMUS	    2

/* A vEVENTQ, as far as it can be seen from outside. */
struct stress_vm_queue {
	unsigned int endpoints;
	uint64_t numbered;
	bool wrapped;
};

struct stress_vm_endpoint {
	uint32_t dev_id;
	uint32_t vsid;
	uint64_t serial; /* of its last fault that was numbered */
	struct vsmmu_endpoint *handle;
	struct stress_vm_queue own, *queue;
};

/* Sums over the virtual machines of one worker; the first may be read by any thread. */
struct stress_vm_sums {
	atomic_uint_fast64_t produced;
	uint64_t sequenced, delivered, lost, discarded;
	uint64_t consumed, abandoned, dropped;
	uint64_t vms, wraps, resets, attaches, aborts, enables, failures, races, checks;
};

/* A second thread, which dispatches while the first does all the rest. */
struct dispatcher {
	pthread_t thread;
	sem_t go, done;
	struct vsmmu *vsmmu; /* NULL: end */
	atomic_bool stop;
};

struct stress_vm {
	struct rng *rng;
	struct stress_vm_sums *sums;
	struct dispatcher *dispatcher;
	bool racing;
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	struct guest guest;
	bool isolate;
	uint32_t first_sequence;
	struct stress_vm_endpoint endpoint[STRESS_VM_ENDPOINTS];
	struct stress_vm_queue shared[STRESS_VM_SMMUS];
	uint64_t produced;
	unsigned int idle; /* dispatches in a row that found nothing */
};

/* stress_vm.c */
void stress_vm_open(struct stress_vm *vm, uint8_t *memory);
/* All is taken down; what it counted goes to the sums. */
void stress_vm_close(struct stress_vm *vm);
void stress_vm_attach(struct stress_vm *vm, unsigned int n, uint32_t vsid);
void stress_vm_detach(struct stress_vm *vm, unsigned int n);
void stress_vm_reset(struct stress_vm *vm);
void stress_vm_fault(struct stress_vm *vm, unsigned int n, unsigned int count);
/* Dispatches at most @times, while there is anything to do. */
void stress_vm_dispatch(struct stress_vm *vm, unsigned int times, uint32_t budget);
void stress_vm_check(struct stress_vm *vm);
/* All that was produced is read and told; then each count must be exact. */
void stress_vm_settle(struct stress_vm *vm);

/* actions.c: one burst of faults, and what else chance brings. */
void stress_vm_act(struct stress_vm *vm);

/* dispatcher.c */
void dispatcher_open(struct dispatcher *dispatcher);
void dispatcher_close(struct dispatcher *dispatcher);
void dispatcher_start(struct stress_vm *vm);
void dispatcher_stop(struct stress_vm *vm);

#endif
