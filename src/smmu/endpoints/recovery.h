/* SPDX-License-Identifier: BSD-2-Clause */
/* What a failing host cost comes back when the host works again. Without the control lock. */
#ifndef SMMU_ENDPOINTS_RECOVERY_H
#define SMMU_ENDPOINTS_RECOVERY_H

#include "smmu/vsmmu.h"

/* If the time for another try has come, tries. */
void recovery_run(struct vsmmu *vsmmu);

#endif
