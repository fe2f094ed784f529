/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The full SMMU's suite on the real arm-smmu-v3 driver, but for SubstreamIDs, which neither
 * the rig's SMMU nor its endpoints have; and what only this machine can show.
 */
#include "smmu_machine_real.h"
#include "smmu_rig.h"

static const struct suite_smmu_part *const parts[] = {
	&suite_smmu_registers,
	&suite_smmu_commands,
	&suite_smmu_streams,
	&suite_smmu_tables,
	&suite_smmu_endpoints,
	&smmu_rig,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

int main(void)
{
	struct smmu_machine machine = {.ops = &smmu_machine_real};
	size_t count = 0;

	for (unsigned int i = 0; i < PARTS; i++)
		count += parts[i]->count;
	tap_plan(count);
	for (unsigned int i = 0; i < PARTS; i++)
		tap_run(parts[i]->tests, parts[i]->count, &suite_smmu_fixture, &machine);
	return tap_end();
}
