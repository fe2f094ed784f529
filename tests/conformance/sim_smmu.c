/* SPDX-License-Identifier: BSD-2-Clause */
/* The suite of the full SMMU on the simulator. */
#include "conformance/smmu_machine.h"

int main(void)
{
	return suite_smmu_run(&smmu_machine_sim);
}
