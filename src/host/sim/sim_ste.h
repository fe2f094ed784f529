/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's filter of a guest's STE (Linux drivers/iommu/arm/arm-smmu-v3/
 * arm-smmu-v3-iommufd.c, arm_smmu_validate_vste()). Written apart from src/arch on
 * purpose: here stands what the kernel refuses, there what we offer it.
 */
#ifndef HOST_SIM_STE_H
#define HOST_SIM_STE_H

#include <errno.h>
#include <stdint.h>

enum sim_ste_config {
	SIM_STE_CONFIG_ABORT = 0,
	SIM_STE_CONFIG_BYPASS = 4,
	SIM_STE_CONFIG_S1 = 5,
};

/* Return: 0 with STE.Config as it comes into force, or -EIO. */
static inline int sim_ste_validate(const uint64_t ste[2], uint32_t *config)
{
	/* V, Config, S1Fmt, S1ContextPtr, S1CDMax */
	const uint64_t allowed0 = UINT64_C(0xf80fffffffffffff);
	/* S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS */
	const uint64_t allowed1 = UINT64_C(0x00000000380000ff);

	*config = SIM_STE_CONFIG_ABORT;
	if (!(ste[0] & 1))
		return 0;
	if (ste[0] & ~allowed0 || ste[1] & ~allowed1)
		return -EIO;
	*config = ste[0] >> 1 & 7;
	if (*config != SIM_STE_CONFIG_ABORT && *config != SIM_STE_CONFIG_BYPASS &&
		*config != SIM_STE_CONFIG_S1)
		return -EIO;
	/* EATS: none or full */
	return (ste[1] >> 28 & 3) > 1 ? -EIO : 0;
}

#endif
