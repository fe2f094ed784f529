/* SPDX-License-Identifier: BSD-2-Clause */
/* A part of the full SMMU's suite that only the real machine can run. */
#ifndef RIG_SMMU_RIG_H
#define RIG_SMMU_RIG_H

#include "conformance/suite_smmu.h"

extern const struct suite_smmu_part smmu_rig;

#endif
