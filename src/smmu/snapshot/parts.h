/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of saving and restoring, for whoever does both. Under the command and control locks,
 * where nothing else is said.
 */
#ifndef SMMU_SNAPSHOT_PARTS_H
#define SMMU_SNAPSHOT_PARTS_H

#include "smmu/snapshot/format.h"

/* Describes a vSMMU as it is, without what its vEVENTQs hold. Return: 0 or -ENOMEM. */
int save_look(struct vsmmu *vsmmu, struct snapshot *snapshot);

/*
 * Empties the vEVENTQs into @pending, and makes a snapshot. @lost grows by the records for which
 * there was no room; save_report() tells of them. Return: 0 or -errno.
 */
int save_take(struct vsmmu *vsmmu, uint8_t **bytes, size_t *length, uint64_t *lost);
void save_report(struct vsmmu *vsmmu, uint64_t lost);

/* Return: 0; -EBUSY when the vSMMU was used already, reported. */
int restore_check_fresh(struct vsmmu *vsmmu);

/* Return: 0; -ENODEV when its config does not allow what the snapshot's guest has, reported. */
int restore_check_config(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* Return: the ID registers that the guest keeps. */
struct idr_registers restore_id(const struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* There will be room for the events. Return: 0 or -ENOMEM. */
int restore_reserve(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* Saved streams that are not here wait for their endpoints. Return: 0 or -ENOMEM. */
int restore_await_streams(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* Registers and queues take their values; events are held. */
void restore_registers(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* From now on events go to the guest, the snapshot's first. */
void restore_events(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/* Invalidations that no CMD_SYNC has sent yet wait again. Under the command lock alone. */
void restore_batch(struct vsmmu *vsmmu, const struct snapshot *snapshot);

/*
 * Interrupts are edges, and one may be lost in a migration: those that are due are raised again.
 * Under the command lock alone.
 */
void restore_pulse(struct vsmmu *vsmmu);

#endif
