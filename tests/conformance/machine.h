/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the conformance suite runs on: a host, endpoints that can be made to fault, and
 * the ways to make the host's kernel run short of memory. The simulator, the kernel's
 * mock vIOMMU and the real arm-smmu-v3 driver each are one.
 */
#ifndef CONFORMANCE_MACHINE_H
#define CONFORMANCE_MACHINE_H

#include "host/host.h"

#include <vsmmu/smmu.h>

#define MACHINE_ENDPOINTS 2

struct machine {
	const struct machine_ops *ops;
	struct vsmmu_host *host;
	/* The same, with vEVENTQs whose payload is an SMMUv3 record: what a vSMMU reads. */
	struct vsmmu_host *path_host;
	struct host_endpoint endpoint[MACHINE_ENDPOINTS];
	uint64_t ste[MACHINE_ENDPOINTS][2]; /* stage 1 with nothing mapped where faults go */
	uint32_t payload_size;
	uint32_t type;	 /* of its vEVENTQs */
	uint64_t faults; /* so far, to give each its own address */
	void *state;
};

struct machine_ops {
	const char *lane;
	/* Each test has a machine of its own: fresh host, endpoints detached. 0 or -errno. */
	int (*open)(struct machine *machine);
	void (*close)(struct machine *machine);
	/* Endpoint @n faults @count times; all are numbered when this returns. */
	int (*fault)(struct machine *machine, unsigned int n, unsigned int count);
	/* Endpoint @n faults once while the kernel has no memory to keep the event. */
	int (*fault_dropped)(struct machine *machine, unsigned int n);
	/* The next read of a LOST header in this thread finds no memory for its copy. */
	int (*fail_lost_copy)(struct machine *machine);
	/* As endpoint @n's fault_dropped(), just after a LOST header left the queue in the
	 * same read of @length bytes into @buffer. Returns what the read did. */
	ssize_t (*read_and_drop)(struct machine *machine, struct host_veventq *veventq,
		void *buffer, size_t length, unsigned int n);
};

extern const struct machine_ops machine_sim;

#endif
