/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SMMU_COMMANDS_CMDQ_TURN_H
#define SMMU_COMMANDS_CMDQ_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct vsmmu;

#define CMDQ_ENTRY_SIZE 16

/* One turn at the command queue, under the command lock from begin to end. */
struct cmdq_turn {
	uint32_t cons;	 /* index and wrap bit of the next command */
	uint32_t left;	 /* what may still be done, in commands: at most CMDQ_KICK_MAX */
	uint32_t unpaid; /* commands that CONS does not tell of yet */
	uint32_t consumed;
	bool smmuen;
};

/*
 * Consumes what waits, for as long as @turn->left lasts; the last command may overdraw it.
 * Return: whether commands wait that could go on at once.
 */
bool cmdq_turn(struct vsmmu *vsmmu, struct cmdq_turn *turn);

#endif
