/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One side of the differential test: guest memory with a lane for each endpoint, a whole
 * vSMMU on any host, and a driver that programs it through its registers. Two sides that
 * are opened alike show their guests the same machine.
 */
#ifndef RIG_SIDE_H
#define RIG_SIDE_H

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "cases.h"
#include "driver/driver.h"
#include "host/host.h"

#define SIDE_MEMORY   CASE_MEMORY /* guest-physical */
#define SIDE_SIZE     CASE_MEMORY_SIZE
#define SIDE_VSID(n)  (0x40U + (n))
#define SIDE_OAS_BITS 44
#define SIDE_SID_BITS 7 /* bits of StreamID in the stream table */

/* What the guest's queue had for a lane. */
struct side_events {
	unsigned int count;
	uint64_t record[4]; /* the first one */
};

/**
 * struct side
 * @memory: SIDE_SIZE bytes
 * @strays: events of StreamIDs that are no lane's
 * @written: where DMA went last, of a simulator with side_sim_config()
 */
struct side {
	struct vsmmu *vsmmu;
	uint8_t *memory;
	unsigned int lanes;
	struct vsmmu_endpoint *endpoint[CASE_LANES];
	struct driver driver;
	struct side_events events[CASE_LANES];
	unsigned int strays;
	uint64_t written;
};

/* Makes the simulator's DMA reach @side->memory. */
void side_sim_config(struct side *side, struct vsmmu_sim_config *config);

/*
 * With @side->memory set. Prepares the lanes, attaches the endpoints, has the driver probe
 * and reset the SMMU. Return: 0 or -errno, nothing left.
 */
int side_open(struct side *side, struct vsmmu_host *host, const struct host_endpoint *endpoints,
	unsigned int lanes);
void side_close(struct side *side);

struct case_lane side_lane(const struct side *side, unsigned int n);

/* Installs the STEs of @count lanes; no translation of any lane is cached any more. */
int side_program(
	struct side *side, unsigned int first, unsigned int count, const struct case_image *images);

/* Lets every one of @count lanes bypass stage 1. */
int side_bypass(struct side *side, unsigned int count);

/* Takes all events that are there into @side->events. Return: 0 or -errno. */
int side_collect(struct side *side);

struct vsmmu_stats side_stats(const struct side *side);

#endif
