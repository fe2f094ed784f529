/* SPDX-License-Identifier: BSD-2-Clause */
/* The host objects of an endpoint, and those that it shares. Under the attach lock alone. */
#ifndef SMMU_ENDPOINTS_HOST_OBJECTS_H
#define SMMU_ENDPOINTS_HOST_OBJECTS_H

#include "smmu/endpoint.h"

/*
 * Finds or makes all that an endpoint needs but its vDEVICE, if its SMMU can do what the guest
 * was promised, and parks it: whatever the device had is detached, then its abort HWPT is
 * attached. Return: 0; -errno, and what was made is to be freed: -EEXIST when its device is
 * behind this vSMMU already, -EINVAL when it shares an IOMMU group with another endpoint, which are
 * reported.
 */
int host_objects_make(struct vsmmu_endpoint *endpoint);

/*
 * Attaches an endpoint that has been unlinked to its VMM's parent, if that was asked for: from then
 * on it reaches all that its VMM maps. So only an endpoint is that could be parked, and whose
 * vDEVICE is gone: @failed is -errno of either, or 0. Return: 0; -errno, reported: it is still to
 * be detached.
 */
int host_objects_put_back(struct vsmmu_endpoint *endpoint, int failed);

/* Detaches an endpoint that has been unlinked, and has not been detached yet. Return: -errno. */
int host_objects_detach(struct vsmmu_endpoint *endpoint);

/*
 * Detaches it, and takes what only it used away; a nesting parent and an adopted vEVENTQ stay.
 * Return: first -errno; it is gone all the same.
 */
int host_objects_free(struct vsmmu_endpoint *endpoint);

#endif
