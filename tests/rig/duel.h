/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each case on two sides: a whole vSMMU on the simulator, whose SMMU has the real one's ID
 * registers, and a whole vSMMU on the real arm-smmu-v3 driver with an edu endpoint for each
 * lane. All lanes of the real side run at once, as edu takes its time.
 */
#ifndef RIG_DUEL_H
#define RIG_DUEL_H

#include "case_result.h"
#include "real_machine.h"
#include "side.h"

struct duel {
	struct real_machine machine;
	struct vsmmu_host *real_host;
	struct vsmmu_host *sim_host;
	uint32_t idr[6]; /* of the real SMMU */
	unsigned int lanes;
	uint32_t sim_dev_id[CASE_LANES];
	struct side real;
	struct side sim;
	uint8_t *reference; /* a lane as the case at hand has it before the access */
};

/* Return: 0 or -errno; close it in any case. */
int duel_open(struct duel *duel);
void duel_close(struct duel *duel);

/* Runs all cases; the first one's lane is 0. @results: zeroed. Return: 0 or -errno. */
int duel_run(
	struct duel *duel, const struct rig_case *cases, size_t count, struct case_result *results);

#endif
