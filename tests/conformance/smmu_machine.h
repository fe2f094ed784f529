/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the suite of the full SMMU runs on: a host, endpoints that do DMA, and the guest
 * memory that this DMA reaches. The simulator is one, the real arm-smmu-v3 driver with
 * its edu endpoints another.
 */
#ifndef CONFORMANCE_SMMU_MACHINE_H
#define CONFORMANCE_SMMU_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/access.h>

#include "host/host.h"

#define SMMU_MACHINE_ENDPOINTS 2

/* Bytes of an endpoint's own buffer that dma() uses; the canary is elsewhere in it. */
#define SMMU_MACHINE_BUFFER 2048
#define SMMU_MACHINE_CANARY 4

/**
 * struct smmu_machine - filled in by ops->open(), but for @canary
 * @host: the suite takes no reference; close() frees it when no vSMMU is left
 * @endpoint: bound, detached
 * @memory: guest memory that is mapped for DMA: @memory_size bytes, zeroes at first, at
 *	guest-physical @memory_gpa. At least 4 MiB, aligned to 1 MiB
 * @canary: what open() puts into each endpoint's buffer for write_canary(), other bytes in each
 *test
 * @ssid_bits: SubstreamIDs that DMA can have; 0: none
 * @sees_aborts: dma() can tell that its access was aborted
 * @small_tables: its SMMU finds no more than the first 4 KiB of a translation table
 * @all_privileged: its SMMU takes accesses for privileged that the architecture does not
 */
struct smmu_machine {
	const struct smmu_machine_ops *ops;
	struct vsmmu_host *host;
	struct host_endpoint endpoint[SMMU_MACHINE_ENDPOINTS];
	uint8_t *memory;
	uint64_t memory_gpa;
	size_t memory_size;
	uint8_t canary[SMMU_MACHINE_ENDPOINTS][SMMU_MACHINE_CANARY];
	unsigned int ssid_bits;
	bool sees_aborts;
	bool small_tables;
	bool all_privileged;
	void *state;
};

struct smmu_machine_ops {
	const char *lane;
	/* Each test has a machine of its own: fresh host, endpoints detached. 0 or -errno. */
	int (*open)(struct smmu_machine *machine);
	void (*close)(struct smmu_machine *machine);
	/*
	 * Endpoint @n copies @length bytes, at most SMMU_MACHINE_BUFFER, from @access->address
	 * into its buffer, or with VSMMU_ACCESS_WRITE from its buffer to that address; the
	 * buffer keeps what it has where a read is aborted. @access->vsid is not looked at.
	 * Return: 0; -EFAULT when the endpoint saw an abort; -EOPNOTSUPP when it cannot do
	 * such an access; -errno.
	 */
	int (*dma)(struct smmu_machine *machine, unsigned int n, const struct vsmmu_access *access,
		size_t length);
	/*
	 * Endpoint @n writes its canary at @access->address: what gets through is seen in
	 * memory, also by who cannot tell an abort. Return: as dma().
	 */
	int (*write_canary)(
		struct smmu_machine *machine, unsigned int n, const struct vsmmu_access *access);
	/* Events of DMA that is over have reached the vEVENTQ when this returns. 0 or -errno. */
	int (*settle)(struct smmu_machine *machine);
	/*
	 * May be NULL. The next invalidation call fails in the host with @error, a positive
	 * errno, having done less than it says. 0 or -errno.
	 */
	int (*fail_invalidation)(struct smmu_machine *machine, int error);
};

extern const struct smmu_machine_ops smmu_machine_sim;
/* Here the endpoints share an IOMMU group. */
extern const struct smmu_machine_ops smmu_machine_sim_group;

/* Gives each test a machine of its own; its context is a struct smmu_machine with ops set. */
extern const struct tap_fixture suite_smmu_fixture;

/* Runs the suite, each test on a machine of its own. Return: exit code. */
int suite_smmu_run(const struct smmu_machine_ops *ops);

#endif
