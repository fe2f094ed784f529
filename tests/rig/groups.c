/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints of one IOMMU group on the real arm-smmu-v3 driver. */
#include "conformance/suite_smmu.h"
#include "smmu_machine_real.h"

int main(void)
{
	struct smmu_machine machine = {.ops = &smmu_machine_group};

	return tap_main(
		suite_smmu_groups.tests, suite_smmu_groups.count, &suite_smmu_fixture, &machine);
}
