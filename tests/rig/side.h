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

#include "case_result.h"
#include "driver/driver.h"
#include "host/host.h"

#define SIDE_MEMORY CASE_MEMORY /* guest-physical */
#define SIDE_SIZE   CASE_MEMORY_SIZE

/**
 * struct side
 * @memory: SIDE_SIZE bytes
 * @strays: events of StreamIDs that are no lane's
 * @writes: DMA that has written, of a simulator with side_sim_config()
 * @written: where it has last, and how many bytes
 */
struct side {
	struct vsmmu *vsmmu;
	uint8_t *memory;
	unsigned int lanes;
	struct vsmmu_endpoint *endpoint[CASE_LANES];
	struct driver driver;
	struct case_seen events[CASE_LANES]; /* @count and @record of each lane */
	unsigned int strays;
	unsigned int writes;
	struct {
		uint64_t address;
		size_t length;
	} written;
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

/* What side_collect() found for lane @n. */
void side_events(const struct side *side, unsigned int n, struct case_seen *seen);

/*
 * Runs a case that is built in its lane, with @result->fill for it to write, on a side whose
 * host is the simulator. Return: 0 with @result->sim, or -errno.
 */
int side_run_sim(struct side *side, struct vsmmu_host *sim, uint32_t dev_id,
	const struct rig_case *test, const struct case_image *image, struct case_result *result);

struct vsmmu_stats side_stats(const struct side *side);

#endif
