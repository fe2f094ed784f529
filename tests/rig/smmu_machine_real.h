/* SPDX-License-Identifier: BSD-2-Clause */
/* The real arm-smmu-v3 driver as a machine of the full SMMU's suite. */
#ifndef RIG_SMMU_MACHINE_REAL_H
#define RIG_SMMU_MACHINE_REAL_H

#include "conformance/smmu_machine.h"
#include "real_machine.h"

extern const struct smmu_machine_ops smmu_machine_real;
/* Here the endpoints share an IOMMU group. */
extern const struct smmu_machine_ops smmu_machine_group;

/* What is behind a machine that this opened. */
struct real_machine *smmu_machine_real_of(struct smmu_machine *machine);

#endif
