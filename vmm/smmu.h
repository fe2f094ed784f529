/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's SMMU: the library, with this machine's memory, interrupts and threads around it. */
#ifndef VMM_SMMU_H
#define VMM_SMMU_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include <vsmmu/smmu.h>

#include "bus.h"
#include "journal.h"
#include "kvm.h"
#include "memory.h"

struct smmu_config {
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
	struct vsmmu_config made_with;
	const struct memory *memory;
	struct kvm *kvm;
	struct journal journal;
	int line[3]; /* irqfds, by enum vsmmu_irq */
	int stop;    /* eventfd that ends the thread of commands */
	pthread_t thread;
	bool running;
};

/* Makes the vSMMU, after the interrupt controller. Return: 0; -1 with a message. */
int smmu_open(struct smmu *smmu, const struct smmu_config *config);

/* After the vCPUs; endpoints that are still attached go with it. */
void smmu_close(struct smmu *smmu);

/* Gives it its host, for the first device; later calls do nothing. Return: 0; -1 with a message. */
int smmu_set_host(struct smmu *smmu, struct vsmmu_host *host);

/* Return: the fd that the loop polls for events. */
int smmu_event_fd(const struct smmu *smmu);
void smmu_dispatch(struct smmu *smmu);

/* Writes out what was noted of events; the loop calls it each time that it wakes up. */
void smmu_flush(struct smmu *smmu);

/* Prints the counters that are not 0, to stderr as messages. */
void smmu_print_stats(const struct smmu *smmu, FILE *file);

#endif
