/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's SMMU: the library, with this machine's memory, interrupts and threads around it. */
#ifndef VMM_SMMU_H
#define VMM_SMMU_H

#include <pthread.h>
#include <stdbool.h>

#include "bus.h"
#include "journal.h"
#include "kvm.h"
#include "memory.h"

struct vsmmu;
struct vsmmu_host;

struct smmu_config {
	struct vsmmu_host *host; /* NULL without devices */
	const struct memory *memory;
	struct kvm *kvm;
	struct bus *bus;
	bool isolate;
	bool no_ril;
	const char *events; /* file for them, or NULL */
	int wake;	    /* eventfd of the main loop */
};

struct smmu {
	struct vsmmu *vsmmu;
	const struct memory *memory;
	struct kvm *kvm;
	struct journal journal;
	int line[3]; /* irqfds, by enum vsmmu_irq */
	int stop;    /* eventfd that ends the thread of commands */
	pthread_t thread;
	bool running;
};

#define SMMU_CLOSED                                                                                \
	{                                                                                          \
		.line = {-1, -1, -1}, .stop = -1                                                   \
	}

/* Makes the vSMMU, after the interrupt controller. Return: 0; -1 with a message. */
int smmu_open(struct smmu *smmu, const struct smmu_config *config);

/* After the vCPUs; endpoints that are still attached go with it. */
void smmu_close(struct smmu *smmu);

/* Return: the fd that the loop polls for events. */
int smmu_event_fd(const struct smmu *smmu);
void smmu_dispatch(struct smmu *smmu);

/* Writes out what was noted of events; the loop calls it each time that it wakes up. */
void smmu_flush(struct smmu *smmu);

/* Prints the counters that are not 0. */
void smmu_print_stats(const struct smmu *smmu);

#endif
