/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each case on two sides: a whole vSMMU on the simulator, whose SMMU has the real one's ID
 * registers, and a whole vSMMU on the real arm-smmu-v3 driver with an edu endpoint for each
 * lane. All lanes of the real side run at once, as edu takes its time.
 */
#ifndef RIG_DUEL_H
#define RIG_DUEL_H

#include "cases.h"
#include "real_machine.h"
#include "side.h"

/* What became of a case on one side. */
struct duel_answer {
	struct side_events events;
	bool passed;	/* the access reached memory */
	uint32_t value; /* that a read gave; 0 when it was aborted */
};

/**
 * struct duel_result - both answers to a case
 * @same_memory: after the access the lanes are equal, byte by byte
 */
struct duel_result {
	struct duel_answer sim;
	struct duel_answer real;
	bool same_memory;
};

struct duel {
	struct real_machine machine;
	struct vsmmu_host *real_host;
	struct vsmmu_host *sim_host;
	uint32_t idr[6]; /* of the real SMMU */
	unsigned int lanes;
	uint32_t sim_dev_id[CASE_LANES];
	struct side real;
	struct side sim;
};

/* Return: 0 or -errno; close it in any case. */
int duel_open(struct duel *duel);
void duel_close(struct duel *duel);

/* Runs all cases. Return: 0 or -errno. */
int duel_run(
	struct duel *duel, const struct rig_case *cases, size_t count, struct duel_result *results);

#endif
