/* SPDX-License-Identifier: BSD-2-Clause */
/* A vSMMU's state as bytes, for suspend and live migration. */
#ifndef VSMMU_SNAPSHOT_H
#define VSMMU_SNAPSHOT_H

#include <stddef.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;

/**
 * vsmmu_save() - take a snapshot
 * @vsmmu: a vSMMU whose endpoints have been stopped, and whose guest is
 * @bytes: gets the snapshot, to be freed with vsmmu_snapshot_free()
 * @length: gets its length
 *
 * In it are the registers, the queues' positions, pending errors, invalidations that no
 * CMD_SYNC has sent yet, the counters, and all events that the host's kernel held: they
 * are read out (what comes in meanwhile, of endpoints that were not stopped, may stay behind
 * and is no part of it). The guest's memory is the VMM's to save, and nothing writes to it in
 * this call: commands that wait go on waiting for vsmmu_run_commands(), as their fd says. The
 * vSMMU goes on as if nothing had happened, with what was read ahead served first, or can be
 * freed.
 *
 * Where a guest that takes no events is saved again and again there is an end to that: twice
 * what a vEVENTQ can hold is kept of each, and 2^20 events and losses go into a snapshot. What
 * comes after these counts as lost as if the kernel had dropped it: exactly, shown to the
 * guest as config.loss_policy says, and with a report here.
 *
 * Return: 0; -EINVAL for NULL; -ENOMEM; -EMFILE; -errno of reading a vEVENTQ, and -EPROTO
 * when it gives again and again what is no event: nothing is lost by that, what was read is
 * served first. Threads: any may run, but what they do may or may not be in the snapshot.
 * Since: 0.1
 */
VSMMU_API int vsmmu_save(struct vsmmu *vsmmu, void **bytes, size_t *length);

/**
 * vsmmu_restore() - go on where a snapshot was taken
 * @vsmmu: fresh or just reset, made with the same config, with the same StreamIDs
 *	attached, on any host that can keep what the guest was promised
 * @bytes: the snapshot
 * @length: its length
 *
 * Registers and queues take their values, STEs are installed from the guest's memory,
 * which must have been restored before, everything cached in the hardware is invalidated,
 * and the interrupts of a queue that is not empty and of active errors are pulsed once
 * more. The guest keeps the ID registers that it has found, if they say no more than @vsmmu's
 * config has: nothing that it leaves off, such as ATS, can be turned on by a snapshot. Counters
 * go on from the snapshot's; those of each endpoint, and its share of the guest's queue, begin
 * anew. A vSMMU of the event path alone installs no STEs: its VMM does.
 *
 * Return: 0; -EINVAL for NULL; -EBADMSG for bytes that are damaged; -EPROTONOSUPPORT for a
 * version that is newer than this library; -ENODEV when config, host or StreamIDs do not fit,
 * with a report that says why; -EBUSY when the guest has used it already, or events of another
 * snapshot wait in it; -ENOMEM, -EMFILE; or -errno of the host's call that failed, be it to
 * install or to invalidate. After a failure the vSMMU is as it was, and the call can be made
 * again. An endpoint that the host refuses even to put back is without access to memory from
 * then on, with VSMMU_REPORT_BLOCKED, until a restore or a reset succeeds. Since: 0.1
 */
VSMMU_API int vsmmu_restore(struct vsmmu *vsmmu, const void *bytes, size_t length);

/**
 * vsmmu_snapshot_free() - free what vsmmu_save() gave
 * @bytes: may be NULL
 *
 * Since: 0.1
 */
VSMMU_API void vsmmu_snapshot_free(void *bytes);

#ifdef __cplusplus
}
#endif

#endif
