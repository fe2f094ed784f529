/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each case runs on two devices under test: a full vSMMU on the simulator, whose SMMU has the
 * real one's ID registers, and a full vSMMU on the real arm-smmu-v3 driver with an edu endpoint
 * for each lane. All lanes of the real one run at once, as edu takes its time.
 */
#ifndef RIG_DUT_PAIR_H
#define RIG_DUT_PAIR_H

#include "case_result.h"
#include "real_machine.h"
#include "dut.h"

struct dut_pair {
	struct real_machine machine;
	struct vsmmu_host *real_host;
	struct vsmmu_host *sim_host;
	uint32_t idr[6]; /* of the real SMMU */
	unsigned int lanes;
	uint32_t sim_dev_id[CASE_LANES];
	struct dut real;
	struct dut sim;
	uint8_t *reference; /* a lane as the case at hand has it before the access */
};

/* Return: 0 or -errno; close it in any case. */
int dut_pair_open(struct dut_pair *pair);
void dut_pair_close(struct dut_pair *pair);

/* Runs all cases; the first one's lane is 0. @results: zeroed. Return: 0 or -errno. */
int dut_pair_run(struct dut_pair *pair, const struct rig_case *cases, size_t count,
	struct case_result *results);

#endif
