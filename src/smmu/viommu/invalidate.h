/* SPDX-License-Identifier: BSD-2-Clause */
/* One vIOMMU's invalidations to its host, and what follows when it refuses them. */
#ifndef SMMU_VIOMMU_INVALIDATE_H
#define SMMU_VIOMMU_INVALIDATE_H

#include "smmu/endpoints/ste_install.h"

/*
 * Whether the kernel has switched the endpoint's ATS on. If not it has nothing cached, and
 * would answer a request to invalidate that with an error, which hardware makes much of.
 */
static inline bool host_ats_is_on(const struct vsmmu_endpoint *endpoint)
{
	const unsigned int eats = 28; /* in the STE's second word, two bits */

	return endpoint->installed == INSTALLED_NESTED && (endpoint->vste[1] >> eats & 3);
}

/*
 * Under the control lock; @count > 0 commands that are fit for the host. Whatever the host
 * says, all of them have been carried out on return, or the endpoints are blocked.
 *
 * Return: 0; -errno in the second case, which has been reported.
 */
int host_invalidate(
	struct vsmmu *vsmmu, struct viommu *viommu, const uint64_t (*command)[2], uint32_t count);

#endif
