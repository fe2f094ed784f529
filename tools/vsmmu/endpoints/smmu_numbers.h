/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The numbers of "arm-smmu-v3.11.auto", ...: Linux counts platform devices of all kinds, and
 * other tables of the firmware can have had some made before those of the IORT. Who has seen the
 * numbers of all SMMUs knows where they begin.
 */
#ifndef ENDPOINTS_SMMU_NUMBERS_H
#define ENDPOINTS_SMMU_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/iort.h"

#define SMMU_NUMBERS_MAX 1024

struct smmu_numbers {
	uint8_t seen[SMMU_NUMBERS_MAX / 8]; /* bits */
	unsigned int count;
};

/* Return: whether it is new. */
bool smmu_numbers_add(struct smmu_numbers *numbers, uint64_t number);

/* The SMMU of an IORT that has a number, or NULL as long as not all of them were seen. */
const struct iort_node *smmu_numbers_find(
	const struct smmu_numbers *numbers, const struct iort *iort, uint64_t number);

#endif
