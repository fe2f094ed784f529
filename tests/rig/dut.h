/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device under test, of which the differential test has two: guest memory with a lane for
 * each endpoint, a full vSMMU on any host, and a driver that programs it through its registers.
 * Two that are opened alike show their guests the same machine.
 */
#ifndef RIG_DUT_H
#define RIG_DUT_H

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "case_result.h"
#include "driver/driver.h"
#include "host/host.h"

#define DUT_MEMORY CASE_MEMORY /* guest-physical */
#define DUT_SIZE   CASE_MEMORY_SIZE

/**
 * struct dut
 * @memory: DUT_SIZE bytes
 * @strays: events of StreamIDs that are no lane's
 * @writes: DMA that has written, of a simulator with dut_sim_config()
 * @written: where it has last, and how many bytes
 */
struct dut {
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

/* Makes the simulator's DMA reach @dut->memory. */
void dut_sim_config(struct dut *dut, struct vsmmu_sim_config *config);

/*
 * With @dut->memory set. Prepares the lanes, attaches the endpoints, has the driver probe
 * and reset the SMMU. Return: 0 or -errno, nothing left.
 */
int dut_open(struct dut *dut, struct vsmmu_host *host, const struct host_endpoint *endpoints,
	unsigned int lanes);
void dut_close(struct dut *dut);

struct case_lane dut_lane(const struct dut *dut, unsigned int n);

/* Installs the STEs of @count lanes; no translation of any lane is cached any more. */
int dut_program(
	struct dut *dut, unsigned int first, unsigned int count, const struct case_image *images);

/* Lets every one of @count lanes bypass stage 1. */
int dut_bypass(struct dut *dut, unsigned int count);

/* Takes all events that are there into @dut->events. Return: 0 or -errno. */
int dut_collect(struct dut *dut);

/* What dut_collect() found for lane @n. */
void dut_events(const struct dut *dut, unsigned int n, struct case_seen *seen);

/*
 * Runs a case that is built in its lane, with @result->fill for it to write, on a device whose
 * host is the simulator. Return: 0 with @result->sim, or -errno.
 */
int dut_run_sim(struct dut *dut, struct vsmmu_host *sim, uint32_t dev_id,
	const struct rig_case *test, const struct case_image *image, struct case_result *result);

struct vsmmu_stats dut_stats(const struct dut *dut);

#endif
