/* SPDX-License-Identifier: BSD-2-Clause */
/* Which endpoint has which StreamID. Under the control lock. */
#ifndef SMMU_ENDPOINTS_VSID_H
#define SMMU_ENDPOINTS_VSID_H

#include "smmu/endpoint.h"

/*
 * Reserves a StreamID. Return: 0; -EINVAL, reported; -EEXIST; -ENOMEM; -EAGAIN while events of
 * its last holder may still come: when they have, VSMMU_REPORT_VSID_FREE tells.
 */
int vsid_claim(struct vsmmu *vsmmu, uint32_t vsid);

/* Gives a reserved one back, or one whose endpoint never had an event. */
void vsid_release(struct vsmmu *vsmmu, uint32_t vsid);

/*
 * A parked endpoint, or one on an adopted vEVENTQ, gets the StreamID that is reserved for it, the
 * first one its vDEVICE too. Return: 0 or -errno: it stays reserved.
 */
int vsid_enter(struct vsmmu_endpoint *endpoint);

/* Takes that back, as no event has come of it: the StreamID is only reserved again. */
void vsid_exit(struct vsmmu_endpoint *endpoint);

/* The guest's commands do not reach it any more, but its events still reach the guest. */
void vsid_disown(struct vsmmu_endpoint *endpoint);

/* Makes its events stale; the StreamID is free once they have been read. */
void vsid_retire(struct vsmmu_endpoint *endpoint);

#endif
