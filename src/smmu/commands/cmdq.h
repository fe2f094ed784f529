/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's command queue, consumer side (IHI 0070 chapter 4, 7.1).
 *
 * A register write that may have made commands available rings the doorbell: the thread that
 * gets the command lock consumes, others leave it to that one. The command fd tells of commands
 * that are left.
 *
 * A register write consumes at most CMDQ_WRITE_MAX commands, and stops after the first
 * CMD_CFGI_STE, _RANGE or _ALL that called the host.
 */
#ifndef SMMU_COMMANDS_CMDQ_H
#define SMMU_COMMANDS_CMDQ_H

#include "smmu/vsmmu.h"

#define CMDQ_WRITE_MAX	  1024
#define CMDQ_SYNC_RECORDS 1024 /* events that a group of SYNCs forwards before it completes */

/* Gives all registers their reset values; disabled. Under the command and event locks. */
void cmdq_reset(struct vsmmu *vsmmu);

/* CR0.CMDQEN changed. Under the command and event locks. */
void cmdq_enable(struct vsmmu *vsmmu, bool enable);

/*
 * Consumes what is available. Callers ring after a register write, and after they had the command
 * lock for another purpose, as a write meanwhile leaves its commands to the holder. Without any
 * lock.
 */
void cmdq_doorbell(struct vsmmu *vsmmu);

/*
 * A caller that must not consume defers: vsmmu_run_commands() gets the commands that
 * others left to it meanwhile, and the fd says so.
 */
void cmdq_defer(struct vsmmu *vsmmu);

#endif
