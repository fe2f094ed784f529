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
 * vsmmu_move() - go on in another vSMMU, while the devices work
 * @from: a vSMMU whose vCPUs have been stopped, but not its endpoints
 * @to: a vSMMU that is new or was just reset, made with the same config and the same host, without
 *	endpoints, adopted vEVENTQs or nesting parents
 *
 * @from is saved, and restored into @to, as by vsmmu_save() and vsmmu_restore(). Its endpoints go
 * along: their handles stay valid and belong to @to, and so do the library's nesting parents and
 * adopted vEVENTQs. On the same nesting parents @to gets vIOMMUs, vEVENTQs, vDEVICEs and HWPTs of
 * its own. Each endpoint goes over from what it was attached to, to the like of it, by one replace:
 * at no moment does it reach less or more than before, so its DMA goes on. Of the guest's memory
 * nothing is read, and of the hardware's caches nothing is invalidated. Events that come during the
 * call reach the guest, in their order; stats.pending of @to counts those that came before the
 * switch. @from is as new afterwards, its counters have gone over to @to, and it is only good for
 * vsmmu_free().
 *
 * An endpoint keeps its StreamID or goes on having none, and the VMM is not asked for one; its
 * counters go on. Streams of an earlier snapshot go on waiting. An @attach op is called as for any
 * other attachment; a detach that comes later puts back as put_back says. Endpoints that the host
 * had cost their access stay cut off, and come back in @to as they would have in @from. So do objects
 * that could not be destroyed; old objects that the host does not destroy now are added to these,
 * and do not make the call fail. With config.isolate of @to, each endpoint gets a vEVENTQ of its own.
 * Interrupts are raised once more as in a restore; those that were noted with config.defer_irqs and
 * not taken are not moved.
 *
 * All or nothing: after a failure of the host, of an @attach op or of memory, each endpoint is back
 * where it was, also its events that came meanwhile, and the call can be made again with the same
 * @to. If the host fails in putting an endpoint back too, that endpoint is cut off from memory,
 * VSMMU_REPORT_BLOCKED says so, and it gets its access back as any other such endpoint.
 *
 * Return: 0; -EINVAL for a NULL and for @to == @from; -EDEADLK inside a callback of one of them;
 * -ENODEV when the host is another one or the config allows less than the guest was promised; -EBUSY
 * when @to was used already; -ENOMEM; -errno of reading a vEVENTQ, as for vsmmu_save(); or -errno of
 * the host's call that failed. Each refusal is reported, by @to. Threads: any; until it returns no
 * other thread may be in, or enter, a call that takes an endpoint of @from, and of those that take
 * @from or @to only vsmmu_dispatch(), vsmmu_run_commands() and vsmmu_get_stats(). Both vSMMUs' locks
 * are held in callbacks: an op must not call either of them, nor wait for a thread that does. It
 * waits for no call that maps or pins memory but one that attaches or detaches, of the same vSMMU.
 * Since: 0.1
 */
VSMMU_API int vsmmu_move(struct vsmmu *from, struct vsmmu *to);

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
