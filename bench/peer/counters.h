/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host counts of a VMM, whatever VMM it is, without its help. */
#ifndef PEER_COUNTERS_H
#define PEER_COUNTERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* KVM's count of the exits for MMIO that went to a VMM. */
struct exits {
	char path[96];
};

int exits_find(struct exits *exits, pid_t vmm);
uint64_t exits_count(const struct exits *exits);

/* Makes the kernel count the ioctl IOMMU_HWPT_INVALIDATE; only while it is on does that cost. */
int counters_count_invalidations(bool on);
uint64_t counters_invalidations(void);

/* Watches a VMM's MMIO exits from a thread. */
struct activity {
	pthread_t thread;
	struct exits exits;
	atomic_bool made; /* what causes it is over, and only its effects go on */
	double last;	  /* when the last exit was seen */
};

int activity_start(struct activity *activity, pid_t vmm);

/* Waits until there was no exit for two seconds. Return: when the last one was. */
double activity_end(struct activity *activity);

#endif
