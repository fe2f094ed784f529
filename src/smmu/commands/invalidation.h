/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invalidations on their way to the host: collected up to a CMD_SYNC, then sent. TLB
 * invalidations go once for each nesting parent, as its vIOMMUs share a VMID; commands that
 * name a StreamID go to that stream's vIOMMU, behind them. Under the command lock.
 *
 * A failure is never the guest's fault, as each command was made fit for its host, and no
 * command is ever skipped: the kernel's count of what it handled can be too high. So the whole
 * array is sent again, then everything is invalidated that the guest can have cached there; if
 * the host refuses that too, the endpoints concerned lose their access until it does.
 */
#ifndef SMMU_COMMANDS_INVALIDATION_H
#define SMMU_COMMANDS_INVALIDATION_H

#include "smmu/endpoint.h"

/* Forgets the batch: after a reset nothing that the guest asked for matters. */
void invalidation_reset(struct invalidation *batch);

/* Adds a command of kind COMMAND_FORWARD. Sends the batch first if it is full. */
void invalidation_add(struct vsmmu *vsmmu, const uint64_t command[2]);

/* Adds a CFGI_CD_ALL of an endpoint whose STE was read anew. Under the control lock too. */
void invalidation_add_cd_all(struct vsmmu *vsmmu, const struct vsmmu_endpoint *endpoint);

/*
 * Sends the batch. Not with the control lock held. Return: 0; -EIO when an ATC_INV may not
 * have been carried out, for CERROR_ATC_INV_SYNC. The guest sees nothing of any other failure.
 */
int invalidation_flush(struct vsmmu *vsmmu);

#endif
