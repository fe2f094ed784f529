/* SPDX-License-Identifier: BSD-2-Clause */
/* Which SMMU of an IORT has a number. Source: Linux iort.c, iort_init_platform_devices() */
#include "endpoints/smmu_numbers.h"

static bool is_seen(const struct smmu_numbers *numbers, uint64_t number)
{
	return number < SMMU_NUMBERS_MAX && numbers->seen[number / 8] >> number % 8 & 1;
}

bool smmu_numbers_add(struct smmu_numbers *numbers, uint64_t number)
{
	if (number >= SMMU_NUMBERS_MAX || is_seen(numbers, number))
		return false;
	numbers->seen[number / 8] |= (uint8_t)(1 << number % 8);
	numbers->count++;
	return true;
}

/* Whether each SMMU would have a number that was seen, if the first device had @begin. */
static bool fits(const struct smmu_numbers *numbers, const struct iort *iort, uint64_t begin)
{
	uint64_t number = begin;

	for (unsigned int i = 0; i < iort->count; i++) {
		if (iort->nodes[i].type == IORT_SMMU_V3 && !is_seen(numbers, number))
			return false;
		number += iort_has_platform_device(&iort->nodes[i]);
	}
	return true;
}

const struct iort_node *smmu_numbers_find(
	const struct smmu_numbers *numbers, const struct iort *iort, uint64_t number)
{
	unsigned int smmus = 0, before = 0;
	uint64_t first = 0;

	for (unsigned int i = 0; i < iort->count; i++) {
		smmus += iort->nodes[i].type == IORT_SMMU_V3;
		before += !smmus && iort_has_platform_device(&iort->nodes[i]);
	}
	while (first < SMMU_NUMBERS_MAX && !is_seen(numbers, first))
		first++;
	if (!smmus || smmus != numbers->count || first < before ||
		!fits(numbers, iort, first - before))
		return NULL;
	for (unsigned int i = 0; i < iort->count; i++) {
		const struct iort_node *node = &iort->nodes[i];

		if (node->type == IORT_SMMU_V3 &&
			first - before + (uint64_t)iort_platform_number(iort, node) == number)
			return node;
	}
	return NULL;
}
