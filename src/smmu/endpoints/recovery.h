/* SPDX-License-Identifier: BSD-2-Clause */
/* Gives back what a failing host cost, once the host works again. Without the control lock. */
#ifndef SMMU_ENDPOINTS_RECOVERY_H
#define SMMU_ENDPOINTS_RECOVERY_H

#include "smmu/vsmmu.h"

/* If the time for another try has come, tries. */
void recovery_run(struct vsmmu *vsmmu);

#endif
