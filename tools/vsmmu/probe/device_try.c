/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of --try: registers of the SMMU (IHI 0070, 6.3.1 to 6.3.6), and how far it came. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"

static enum answer yes_or_no(const char *value)
{
	return !strcmp(value, "yes") || !strcmp(value, "1")  ? ANSWER_YES
	       : !strcmp(value, "no") || !strcmp(value, "0") ? ANSWER_NO
							     : ANSWER_UNKNOWN;
}

static bool take_number(const char *value, uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(value, &end, 0);
	return !errno && end != value && !*end && *number <= most && *value != '-';
}

static void take(struct probe_try *try, const char *key, const char *value)
{
	uint64_t number;
	unsigned int i;

	if (!strcmp(key, "known"))
		try->hw_info = yes_or_no(value);
	else if (!strcmp(key, "viommu"))
		try->viommu = yes_or_no(value);
	else if (!strcmp(key, "veventq"))
		try->veventq = yes_or_no(value);
	else if (!strcmp(key, "nested"))
		try->nested = yes_or_no(value);
	else if (!strcmp(key, "refused"))
		snprintf(try->refused, sizeof(try->refused), "%s", value);
	else if (!strcmp(key, "step"))
		snprintf(try->step, sizeof(try->step), "%s", value);
	else if (!strcmp(key, "capabilities") && take_number(value, UINT64_MAX, &number))
		try->capabilities = number;
	else if (!take_number(value, UINT32_MAX, &number))
		return;
	else if (!strcmp(key, "error") && number <= 4095)
		try->error = (int)number;
	else if (!strcmp(key, "flags"))
		try->flags = (uint32_t)number;
	else if (!strcmp(key, "iidr"))
		try->iidr = (uint32_t)number;
	else if (!strcmp(key, "aidr"))
		try->aidr = (uint32_t)number;
	else if (!strcmp(key, "max_pasid_log2") && number <= 20)
		try->max_pasid_log2 = (int)number;
	else if (sscanf(key, "idr%1u", &i) == 1 && i < 6 && strlen(key) == 4)
		try->idr[i] = (uint32_t)number;
}

void try_parse(const char *text, struct probe_try *try)
{
	char line[192];

	try->tried = ANSWER_YES;
	while (line_next(&text, line, sizeof(line))) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		text_clean(value);
		take(try, line, value);
	}
	if (try->refused[0])
		try->tried = ANSWER_NO;
}

static enum answer bit(uint32_t word, unsigned int number)
{
	return word >> number & 1 ? ANSWER_YES : ANSWER_NO;
}

void smmu_registers(struct probe_smmu *smmu, const uint32_t idr[6])
{
	static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48, 52, 48};

	smmu->stage2 = bit(idr[0], 0);
	smmu->stage1 = bit(idr[0], 1);
	smmu->ats = bit(idr[0], 10);
	smmu->msi = bit(idr[0], 13);
	smmu->pri = bit(idr[0], 16);
	smmu->stall = (idr[0] >> 24 & 3) == 1 ? ANSWER_NO : ANSWER_YES;
	smmu->sid_bits = (int)(idr[1] & 0x3f);
	smmu->ssid_bits = (int)(idr[1] >> 6 & 0x1f);
	smmu->fwb = bit(idr[3], 8);
	smmu->ril = bit(idr[3], 10);
	smmu->oas = sizes[idr[5] & 7];
	smmu->granule_4k = bit(idr[5], 4);
	smmu->granule_16k = bit(idr[5], 5);
	smmu->granule_64k = bit(idr[5], 6);
	/*
	 * With both stages the driver may still refuse to nest them, for an erratum; and for
	 * whether it is coherent the driver heeds the firmware's tables, not IDR0.COHACC.
	 */
	if (smmu->stage1 == ANSWER_NO || smmu->stage2 == ANSWER_NO)
		smmu->nesting = ANSWER_NO;
}
