/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A snapshot is a vSMMU's state as bytes, for suspend and live migration. <vsmmu/smmu.h> says which
 * calls wait for what, and that these return -EDEADLK inside a callback.
 */
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
 * A snapshot contains the registers, the positions of the queues, active errors, invalidations that
 * no CMD_SYNC has sent yet, the counters, and all events that the host's kernel held. The kernel
 * only gives its events away, so from then on they wait in the vSMMU, counted by stats.pending:
 * they come before all events that a vEVENTQ still holds, and vsmmu_get_event_fd() is readable
 * while they can be delivered. Events that endpoints cause during this call, as they were not
 * stopped, may be missing in the snapshot.
 *
 * The guest's memory is the VMM's to save. This call does not write to it: commands that wait go on
 * waiting for vsmmu_run_commands(), and their fd is readable; no interrupt is raised. The vSMMU
 * goes on as if nothing had happened, or can be freed.
 *
 * At most 65,536 records wait in a vSMMU, however often it is saved. A record for which a save
 * finds no room is lost as if the kernel had dropped it: it counts in stats.lost, a report says
 * how many there were, and the guest is told as config.loss_policy says. In the snapshot OVFLG
 * has changed already, if the guest had acknowledged the last change; here it changes later.
 *
 * Return: 0; -EINVAL for a NULL; -ENOMEM, also when the kernel has no memory to hand out its
 * events; -errno of reading a vEVENTQ, and -EPROTO when it keeps giving something that is no event.
 * Nothing is lost by a failure: events that were read wait and are delivered. Threads: any; effects
 * of calls that run meanwhile may or may not be in the snapshot. Since: 0.1
 */
VSMMU_API int vsmmu_save(struct vsmmu *vsmmu, void **bytes, size_t *length);

/**
 * vsmmu_restore() - go on where a snapshot was taken
 * @vsmmu: a vSMMU that is new or was just reset, made with the same config, with the same StreamIDs
 *	attached, on any host that can do what the guest was promised
 * @bytes: the snapshot
 * @length: its length
 *
 * Everything cached in the hardware is invalidated, registers and queues take their values,
 * STEs are installed from the guest's memory, which must have been restored before, and the
 * interrupts of an event queue that is not empty and of active errors are raised once more, or
 * noted with config.defer_irqs.
 * Events that waited in the saved vSMMU wait in this one, and no later event overtakes them. The
 * guest keeps the ID registers that it has seen, if they promise no more than the config of @vsmmu:
 * a snapshot cannot turn on a feature that the config leaves off, such as ATS. Counters go on from
 * the snapshot's; those of each endpoint begin anew. A vSMMU of the event path alone installs no
 * STEs: its VMM does.
 *
 * The VMM is first asked for the StreamIDs of endpoints that were attached without one. Saved
 * StreamIDs that no endpoint has then wait, as they may belong to endpoints that have none yet.
 * Their events go to the guest all the same, in their turn, and an endpoint that gets such a
 * StreamID gets the guest's STE of it. They stop waiting when every endpoint that had no StreamID
 * in this call has got one or is gone, and at a reset: events of them that are left are discarded
 * as stale. An endpoint for which the VMM is asked may have another StreamID by now than the
 * snapshot says. StreamIDs that were given in this call stay, also after a failure.
 *
 * Return: 0; -EINVAL for a NULL; -EBADMSG for bytes that are damaged, or that no vSMMU can have
 * saved; -EPROTONOSUPPORT for another version than this library writes; -ENODEV when config, host
 * or StreamIDs do not fit, with a report that says why; -EBUSY when the guest has used the vSMMU
 * already, or events of another snapshot wait in it; -ENOMEM; or -errno of the host's call that
 * failed, to install or to invalidate. Each refusal is reported. After a failure the vSMMU is as it
 * was, and the call can be made again. If the host even refuses to give an endpoint back what it
 * had, VSMMU_REPORT_BLOCKED says so, and it has no access until a restore or a reset succeeds.
 * Threads: any; it waits for calls that attach, detach or renumber an endpoint; vsmmu_dispatch()
 * may run. Since: 0.1
 */
VSMMU_API int vsmmu_restore(struct vsmmu *vsmmu, const void *bytes, size_t length);

/**
 * vsmmu_snapshot_free() - free what vsmmu_save() gave
 * @bytes: may be NULL
 *
 * Threads: any. Since: 0.1
 */
VSMMU_API void vsmmu_snapshot_free(void *bytes);

#ifdef __cplusplus
}
#endif

#endif
