/* SPDX-License-Identifier: BSD-2-Clause */
/* Invalidations to the host. Under the control lock. */
#ifndef SMMU_VIOMMU_INVALIDATE_H
#define SMMU_VIOMMU_INVALIDATE_H

#include "smmu/endpoint.h"

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
 * Sends @count > 0 commands that are fit for the host, and sends them again if it refuses.
 * Return: 0; -errno: none of them may count as carried out.
 */
int host_invalidate(struct vsmmu *vsmmu, uint32_t viommu_id, const struct host_features *hardware,
	const uint64_t (*command)[2], uint32_t count);

/*
 * Invalidates all that is due for a vIOMMU: before an endpoint behind it is given access again,
 * as the hardware may have cached what the guest has long invalidated. Return: 0; -errno: its
 * endpoints must stay blocked.
 */
int viommu_resync(struct vsmmu *vsmmu, struct viommu *viommu);

#endif
