/* SPDX-License-Identifier: BSD-2-Clause */
/* What one command of the guest does. Under the command lock. */
#ifndef SMMU_COMMANDS_EXECUTE_H
#define SMMU_COMMANDS_EXECUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/command.h"

struct vsmmu;

struct command_outcome {
	unsigned int error; /* CMDQ_CONS.ERR: the queue stops at this command */
	uint32_t cost;	    /* in commands: see cmdq.h */
	bool sync;	    /* complete, and this is the signal that tells of it */
	struct command_sync signal;
};

/*
 * @smmuen: CR0.SMMUEN, which does not change meanwhile. Of a CMD_SYNC all but the new CONS
 * and the signal is done here.
 */
void command_execute(
	struct vsmmu *vsmmu, const uint64_t word[2], bool smmuen, struct command_outcome *outcome);

#endif
