/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host is what a virtual SMMU stands on. There are two: the real kernel's iommufd, and the
 * simulator of <vsmmu/sim.h>. Both have the same opaque handle, which any number of vSMMUs share.
 */
#ifndef VSMMU_HOST_H
#define VSMMU_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>
#include <vsmmu/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu_host;

/**
 * vsmmu_host_ref() - keep a host
 * @host: may be NULL
 *
 * Return: @host. Threads: any. Since: 0.1
 */
VSMMU_API struct vsmmu_host *vsmmu_host_ref(struct vsmmu_host *host);

/**
 * vsmmu_host_unref() - let a host go; the last one frees it
 * @host: may be NULL
 *
 * A vSMMU keeps the host that it was made with, so the caller may let go of its own
 * handle right after vsmmu_new().
 *
 * Threads: any. Since: 0.1
 */
VSMMU_API void vsmmu_host_unref(struct vsmmu_host *host);

/**
 * struct vsmmu_iommufd_config - the real kernel
 * @size: sizeof(struct vsmmu_iommufd_config)
 * @iommufd: fd of /dev/iommu; duplicated
 * @ioas_id: the IOAS that holds the guest's memory. Its mappings stay the caller's:
 *	guest RAM at guest-physical IOVAs, clear of the kernel's software-MSI window
 */
struct vsmmu_iommufd_config {
	size_t size;
	int iommufd;
	uint32_t ioas_id;
};

/**
 * vsmmu_iommufd_new() - a host that speaks to the kernel's iommufd
 * @out: where the host goes; untouched on failure
 * @config: see there
 *
 * The kernel is asked whether the fd is an iommufd; whether @ioas_id is an IOAS of it shows at the
 * first attach. There is no vSMMU yet that could report a refusal: the error is all there is.
 *
 * Return: 0; -EINVAL for a NULL, a wrong size or an @ioas_id of 0; -E2BIG for a member that this
 * version does not know and that is not 0; -ENOTTY for an fd that is no iommufd; -EBADF, -EMFILE;
 * -ENOMEM. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_iommufd_new(struct vsmmu_host **out, const struct vsmmu_iommufd_config *config);

/**
 * vsmmu_iommufd_bind() - bind a VFIO device to an iommufd
 * @vfio_fd: fd of /dev/vfio/devices/vfioN
 * @iommufd: fd of /dev/iommu
 * @dev_id: gets the id that endpoint configs want
 *
 * For a VMM that does not do this itself. The binding lasts until @vfio_fd is closed.
 *
 * Return: 0; -EINVAL for a NULL; or -errno of VFIO_DEVICE_BIND_IOMMUFD: -ENOTTY for a @vfio_fd that
 * is no VFIO device; -EPERM usually means that MSIs are not isolated (no ITS). Threads: any.
 * Since: 0.1
 */
VSMMU_API int vsmmu_iommufd_bind(int vfio_fd, int iommufd, uint32_t *dev_id);

#ifdef __cplusplus
}
#endif

#endif
