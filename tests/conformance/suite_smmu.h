/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of the full SMMU's suite. */
#ifndef CONFORMANCE_SUITE_SMMU_H
#define CONFORMANCE_SUITE_SMMU_H

#include "conformance/smmu_guest.h"

struct suite_smmu_part {
	const struct tap_test *tests;
	size_t count;
};

extern const struct suite_smmu_part suite_smmu_registers; /* and interrupts */
extern const struct suite_smmu_part suite_smmu_commands;
extern const struct suite_smmu_part suite_smmu_streams;
extern const struct suite_smmu_part suite_smmu_tables;
extern const struct suite_smmu_part suite_smmu_substreams;
extern const struct suite_smmu_part suite_smmu_endpoints;
extern const struct suite_smmu_part suite_smmu_groups; /* on machines of their own */

#endif
