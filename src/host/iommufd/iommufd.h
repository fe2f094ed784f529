/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IOMMUFD_IOMMUFD_H
#define HOST_IOMMUFD_IOMMUFD_H

#include "host/host.h"

/*
 * Does what vsmmu_iommufd_new() does for any types of vIOMMU and vEVENTQ: the mock device of
 * CONFIG_IOMMUFD_TEST has types of its own. The kernel takes any vEVENTQ type for any vIOMMU and
 * lets a wrong one stay silent. Return: 0 or -errno.
 */
int iommufd_host_new(struct vsmmu_host **out, const struct vsmmu_iommufd_config *config,
	uint32_t viommu_type, uint32_t veventq_type);

#endif
