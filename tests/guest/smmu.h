/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_SMMU_H
#define GUEST_SMMU_H

#include <stdint.h>

/* The physical address of the SMMU's registers; 0 if the kernel has no SMMU. */
uint64_t smmu_base(void);

#endif
