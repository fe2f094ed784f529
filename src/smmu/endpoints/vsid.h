/* SPDX-License-Identifier: BSD-2-Clause */
/* Which endpoint has which StreamID. Under the control lock. */
#ifndef SMMU_ENDPOINTS_VSID_H
#define SMMU_ENDPOINTS_VSID_H

#include "smmu/endpoint.h"

/*
 * Reserves a StreamID. Records of it that a snapshot brought are discarded, unless it is for an
 * @heir and waits for one. Return: 0; -EINVAL; -EEXIST; -ENOMEM; -EAGAIN while events of its last
 * holder may still come: after them VSMMU_REPORT_VSID_FREE comes, and late endpoints that want it
 * are tried again.
 */
int vsid_try_claim(struct vsmmu *vsmmu, uint64_t vsid, bool heir);

/* Does the same, and reports each error but -ENOMEM. */
int vsid_claim(struct vsmmu *vsmmu, uint64_t vsid, bool heir);

/* Gives a reserved one back, or one whose endpoint never had an event. */
void vsid_release(struct vsmmu *vsmmu, uint64_t vsid);

/*
 * A parked endpoint, or one on an adopted vEVENTQ, gets the StreamID that is reserved for it, the
 * first one its vDEVICE too. Return: 0 or -errno: it stays reserved.
 */
int vsid_enter(struct vsmmu_endpoint *endpoint);

/* Takes that back, as no event has come of it: the StreamID is only reserved again. */
void vsid_exit(struct vsmmu_endpoint *endpoint);

/*
 * The endpoint's vDEVICE is gone, and it keeps its StreamID: that is only reserved, and events of
 * it that wait are discarded in their turn.
 */
void vsid_lose(struct vsmmu_endpoint *endpoint);

/* The guest's commands do not reach it any more, but its events still reach the guest. */
void vsid_disown(struct vsmmu_endpoint *endpoint);

/*
 * Parks an endpoint and takes its StreamID away. Its events are stale, but are not read yet, as
 * that would also forward events of other endpoints that are about to give their StreamIDs up.
 * Return: 0; -errno: the endpoint still has it. On failure vsid_leave() blocks the endpoint, and
 * reports it.
 */
int vsid_try_leave(struct vsmmu_endpoint *endpoint);
int vsid_leave(struct vsmmu_endpoint *endpoint);

/* Notes the StreamID that is reserved for an endpoint, or that it has none; it wants no other. */
void vsid_settle(struct vsmmu_endpoint *endpoint, uint64_t vsid);

/*
 * Makes the vDEVICE of an endpoint's StreamID, if it has none yet, and gives it the access that its
 * guest wants. A failure blocks the endpoint, which keeps its StreamID, and recovery tries again.
 * Return: 0 or -errno.
 */
int vsid_begin(struct vsmmu_endpoint *endpoint);

/* Saved streams stop waiting: if no endpoint is left that may be theirs, or in any case. */
void vsid_end_waiting(struct vsmmu *vsmmu);
void vsid_forget_saved(struct vsmmu *vsmmu);

/* Makes its events stale; the StreamID is free once they have been read. */
void vsid_retire(struct vsmmu_endpoint *endpoint);

#endif
