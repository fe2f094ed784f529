/* SPDX-License-Identifier: BSD-2-Clause */
/* The host objects of an endpoint, and those that it shares. Under the attach lock alone. */
#ifndef SMMU_ENDPOINTS_HOST_OBJECTS_H
#define SMMU_ENDPOINTS_HOST_OBJECTS_H

#include "smmu/endpoint.h"

/*
 * Finds or makes all that an endpoint needs but its vDEVICE, if its SMMU can do what the guest was
 * promised, and parks it: whatever the device had is detached, then its abort HWPT is attached.
 * Return: 0; -errno, and the caller frees what was made: -EEXIST when its device is behind this
 * vSMMU already, -EINVAL when it shares an IOMMU group with another endpoint, -ENOTTY or -EBADF
 * when its vfio_fd is no VFIO device, all reported.
 */
int host_objects_make(struct vsmmu_endpoint *endpoint);

/* Makes them, and neither asks nor parks anything. Return: the same. */
int host_objects_get(struct vsmmu_endpoint *endpoint);

/*
 * Attaches an endpoint that has been unlinked to its VMM's parent, if the config asks for it. From
 * then on the endpoint reaches all that its VMM maps, so this is only done if it could be parked
 * and its vDEVICE is gone: @failed is the first -errno of these, or 0. Return: 0; -errno, reported:
 * it is still to be detached.
 */
int host_objects_put_back(struct vsmmu_endpoint *endpoint, int failed);

/* Detaches an endpoint that has been unlinked, and has not been detached yet. Return: -errno. */
int host_objects_detach(struct vsmmu_endpoint *endpoint);

/*
 * Detaches an endpoint, and destroys the objects that only it used; a nesting parent of the library
 * and an adopted vEVENTQ stay. Return: 0 or the first -errno; it is gone all the same.
 */
int host_objects_free(struct vsmmu_endpoint *endpoint);

#endif
