/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints of one IOMMU group on the simulator. */
#include "conformance/suite_smmu.h"

int main(void)
{
	struct smmu_machine machine = {.ops = &smmu_machine_sim_group};

	return tap_main(
		suite_smmu_groups.tests, suite_smmu_groups.count, &suite_smmu_fixture, &machine);
}
