/* SPDX-License-Identifier: BSD-2-Clause */
/* Which endpoint has which StreamID. Under the control lock. */
#ifndef SMMU_ENDPOINTS_VSID_H
#define SMMU_ENDPOINTS_VSID_H

#include "smmu/endpoint.h"

/*
 * Reserves a StreamID. Records of it that a snapshot brought are discarded, unless it is for an
 * @heir and waits for that one. Return: 0; -EINVAL; -EEXIST; -ENOMEM; -EAGAIN while events of its
 * last holder may still come: when they have, VSMMU_REPORT_VSID_FREE tells, and whoever is asked
 * for a StreamID is tried again.
 */
int vsid_try_claim(struct vsmmu *vsmmu, uint64_t vsid, bool heir);

/* Does the same, and reports -EINVAL. */
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

/* The guest's commands do not reach it any more, but its events still reach the guest. */
void vsid_disown(struct vsmmu_endpoint *endpoint);

/*
 * Gives a StreamID up: the endpoint is parked and has none. Its events are stale, but are not read,
 * as that would forward those of others that are about to give theirs up too. Return: 0 or -errno:
 * it has it still. On failure vsid_leave() blocks it, and reports that.
 */
int vsid_try_leave(struct vsmmu_endpoint *endpoint);
int vsid_leave(struct vsmmu_endpoint *endpoint);

/* Notes which StreamID it has, reserved for it, or that it has none; it wants no other. */
void vsid_settle(struct vsmmu_endpoint *endpoint, uint64_t vsid);

/*
 * An endpoint gets the vDEVICE of what it has settled on, if it has none, and what its guest wants.
 * The number is its own, so a failure blocks it, and is made good later. Return: 0 or -errno.
 */
int vsid_begin(struct vsmmu_endpoint *endpoint);

/* A snapshot's streams wait no longer: if no endpoint is left that may be theirs, or in any case.
 */
void vsid_end_waiting(struct vsmmu *vsmmu);
void vsid_forget_saved(struct vsmmu *vsmmu);

/* Makes its events stale; the StreamID is free once they have been read. */
void vsid_retire(struct vsmmu_endpoint *endpoint);

#endif
