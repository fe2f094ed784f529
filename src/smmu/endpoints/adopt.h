/* SPDX-License-Identifier: BSD-2-Clause */
/* vEVENTQs that the VMM allocated itself. Under the attach lock. */
#ifndef SMMU_ENDPOINTS_ADOPT_H
#define SMMU_ENDPOINTS_ADOPT_H

#include "smmu/viommu/viommu.h"

/* Return: false when it is another vSMMU's, or was dropped. */
bool adopted_is_here(const struct vsmmu *vsmmu, const struct vsmmu_adopted *adopted);

/* Those among its sources are the vSMMU's from now on. */
void adopted_belong(struct vsmmu *vsmmu);

/* With no endpoint left: stops reading all of them, counts what they held, and frees them. */
void adopted_free_all(struct vsmmu *vsmmu);

#endif
