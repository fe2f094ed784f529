/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest with a whole SMMU: its driver programs registers, commands and tables; the
 * simulated endpoints' DMA goes through what it wrote.
 */
#ifndef DEMO_WHOLE_H
#define DEMO_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "demo/guest_memory.h"
#include "driver/driver.h"

#define WHOLE_ENDPOINTS 2

/* PCI requester IDs 01:00.0, 01:01.0 */
#define WHOLE_VSID(n) (0x100u + 8 * (n))

struct whole {
	struct vsmmu_host *host;
	struct vsmmu *vsmmu;
	struct guest_memory memory;
	struct driver driver;
	uint32_t dev_id[WHOLE_ENDPOINTS];
	uint64_t record[4]; /* the last one that the driver took */
	uint64_t records;
	void (*after_write)(void *opaque); /* NULL, or runs after each register write */
	void *after_write_opaque;
};

/* Endpoints behind a physical SMMU each; the driver has reset the SMMU. 0 or -errno. */
int whole_init(struct whole *whole);
/* Return: host objects that were left behind: none, ever. */
uint64_t whole_destroy(struct whole *whole);

/* Endpoint @n's DMA; the driver has taken what events came of it. 0, -EFAULT or -errno. */
int whole_dma(
	struct whole *whole, unsigned int n, uint64_t iova, bool write, void *bytes, size_t length);

#endif
