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
 * @vsmmu: a vSMMU whose guest has been stopped, and its endpoints
 * @bytes: gets the snapshot, to be freed with vsmmu_snapshot_free()
 * @length: gets its length
 *
 * In it are the registers, the queues' positions, active errors, invalidations that no
 * CMD_SYNC has sent yet, the counters, and all events that the host's kernel held. These can
 * only be read out, so they wait in the vSMMU from then on, as stats.pending says: before
 * anything that a vEVENTQ still holds, and vsmmu_get_event_fd() is readable while they can be
 * delivered. What comes in meanwhile, of endpoints that were not stopped, may stay behind and
 * is no part of it.
 *
 * The guest's memory is the VMM's to save, and nothing writes to it in this call: commands that
 * wait go on waiting for vsmmu_run_commands(), as their fd says, and no interrupt is raised. The
 * vSMMU goes on as if nothing had happened, or can be freed.
 *
 * At most 65,536 records wait in a vSMMU, however often it is saved. A record for which a save
 * finds no room is lost as if the kernel had dropped it: it counts in stats.lost, a report says
 * how many there were, and the guest is told as config.loss_policy says. In the snapshot OVFLG
 * has changed already, if the guest had acknowledged the last change; here it changes later.
 *
 * Return: 0; -EINVAL for NULL; -ENOMEM, also when the kernel has no memory to hand out what
 * it holds; -errno of reading a vEVENTQ, and -EPROTO when it gives again and again what is
 * no event. Nothing is lost by a failure: what was read waits and is served. Threads: any may
 * run, but what they do may or may not be in the snapshot. Since: 0.1
 */
VSMMU_API int vsmmu_save(struct vsmmu *vsmmu, void **bytes, size_t *length);

/**
 * vsmmu_restore() - go on where a snapshot was taken
 * @vsmmu: fresh or just reset, made with the same config, with the same StreamIDs
 *	attached, on any host that can keep what the guest was promised
 * @bytes: the snapshot
 * @length: its length
 *
 * Everything cached in the hardware is invalidated, registers and queues take their values,
 * STEs are installed from the guest's memory, which must have been restored before, and the
 * interrupts of an event queue that is not empty and of active errors are raised once more, or
 * noted with config.defer_irqs.
 * Events that waited elsewhere wait here: none that comes in later overtakes them. The guest
 * keeps the ID registers that it has found, if they say no more than @vsmmu's config has:
 * nothing that it leaves off, such as ATS, can be turned on by a snapshot. Counters go on from
 * the snapshot's; those of each endpoint begin anew. A vSMMU of the event path alone installs
 * no STEs: its VMM does.
 *
 * Endpoints that were attached without a StreamID are asked for it first. Saved StreamIDs that
 * no endpoint has then may be those of endpoints that have none yet: they wait. Events of such a
 * StreamID go to the guest all the same, in their turn, and an endpoint that gets it gets the
 * guest's STE of it. When none of the endpoints is left without a StreamID that had none in this
 * call, or the vSMMU is reset, nothing waits any more: events that are left are discarded as stale.
 * An endpoint that is asked for may have another StreamID by now than the snapshot says. What
 * was given in this call stays, also after a failure.
 *
 * Return: 0; -EINVAL for NULL; -EBADMSG for bytes that are damaged, or that no vSMMU can have
 * saved; -EPROTONOSUPPORT for another version than this library writes; -ENODEV when config,
 * host or StreamIDs do not fit, with a report that says why; -EBUSY when the guest has used it
 * already, or events of another snapshot wait in it; -ENOMEM; or -errno of the host's call that
 * failed, be it to install or to invalidate. After a failure the vSMMU is as it was, and the
 * call can be made again. An endpoint that the host refuses even to put back is reported with
 * VSMMU_REPORT_BLOCKED, until a restore or a reset succeeds. Threads: it waits for who attaches,
 * detaches or renumbers an endpoint; vsmmu_dispatch() may run. Since: 0.1
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
