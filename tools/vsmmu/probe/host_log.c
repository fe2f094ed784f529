/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMMU's driver tells what its hardware has when it starts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"

/* ARM_SMMU_FEAT_* of Linux' drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h. */
enum {
	FEATURE_PRI = 4,
	FEATURE_ATS = 5,
	FEATURE_MSI = 7,
	FEATURE_COHERENCY = 8,
	FEATURE_STAGE_1 = 9,
	FEATURE_STAGE_2 = 10,
	FEATURE_STALLS = 11,
	FEATURE_RANGE_INV = 15,
	FEATURE_NESTING = 19,
	FEATURE_S2FWB = 23,
};

static struct probe_smmu *find_smmu(struct probe_result *result, const char *device, size_t length)
{
	for (size_t i = 0; i < result->smmu_count; i++) {
		struct probe_smmu *smmu = &result->smmus[i];

		if (strlen(smmu->device) == length && !memcmp(smmu->device, device, length))
			return smmu;
	}
	return NULL;
}

static enum answer feature(uint32_t features, unsigned int bit)
{
	return features >> bit & 1 ? ANSWER_YES : ANSWER_NO;
}

/* A bit that older kernels had for something else, or not at all, says nothing there. */
static enum answer feature_since(
	const struct probe_host *host, uint32_t features, unsigned int bit, int major, int minor)
{
	if (host->kernel_major < 0 || kernel_before(host, major, minor))
		return ANSWER_UNKNOWN;
	return feature(features, bit);
}

static void take_features(const struct probe_host *host, struct probe_smmu *smmu, uint32_t features)
{
	smmu->features_known = ANSWER_YES;
	smmu->features = features;
	smmu->pri = feature(features, FEATURE_PRI);
	smmu->ats = feature(features, FEATURE_ATS);
	smmu->msi = feature(features, FEATURE_MSI);
	smmu->coherent = feature(features, FEATURE_COHERENCY);
	smmu->stage1 = feature(features, FEATURE_STAGE_1);
	smmu->stage2 = feature(features, FEATURE_STAGE_2);
	smmu->stall = feature(features, FEATURE_STALLS);
	smmu->ril = feature(features, FEATURE_RANGE_INV);
	smmu->nesting = feature_since(host, features, FEATURE_NESTING, 6, 6);
	smmu->fwb = feature_since(host, features, FEATURE_S2FWB, 6, 13);
	if (smmu->stage1 == ANSWER_NO || smmu->stage2 == ANSWER_NO)
		smmu->nesting = ANSWER_NO;
}

/* "oas 48-bit": -1 if there is none. */
static int take_bits(const char *text, const char *name)
{
	const char *at = strstr(text, name);
	char *end;
	long bits;

	if (!at)
		return -1;
	bits = strtol(at + strlen(name), &end, 10);
	return bits > 0 && bits <= 64 && !strncmp(end, "-bit", 4) ? (int)bits : -1;
}

static void take_line(struct probe_result *result, struct probe_smmu *smmu, const char *text)
{
	const char *features = strstr(text, "(features 0x");

	if (features) {
		char *end;
		unsigned long bits;

		features += strlen("(features ");
		errno = 0;
		bits = strtoul(features, &end, 16);
		if (!errno && *end == ')' && bits <= UINT32_MAX) {
			smmu->ias = take_bits(text, "ias ");
			smmu->oas = take_bits(text, "oas ");
			take_features(&result->host, smmu, (uint32_t)bits);
			smmu->cmdqv = smmu->cmdqv ? smmu->cmdqv : ANSWER_NO;
		}
	}
	if (!strncmp(text, "found companion CMDQV device", 28))
		smmu->cmdqv = ANSWER_YES;
}

void kernel_log_parse(const char *text, struct probe_result *result)
{
	static const char driver[] = "arm-smmu-v3 ";
	char line[512];

	result->host.kernel_log = ANSWER_YES;
	while (line_next(&text, line, sizeof(line))) {
		char *device = strstr(line, driver), *colon;
		struct probe_smmu *smmu;

		if (strstr(line, "ITS [mem ") || strstr(line, "ITS@0x"))
			result->host.its = ANSWER_YES;
		/* drivers/firmware/smccc/kvm_guest.c */
		if (strstr(line, "KVM: hypervisor services detected")) {
			result->host.vm = ANSWER_YES;
			if (!result->host.vm_name[0])
				strcpy(result->host.vm_name, "KVM");
		}
		if (!device)
			continue;
		device += strlen(driver);
		colon = strstr(device, ": ");
		smmu = colon ? find_smmu(result, device, (size_t)(colon - device)) : NULL;
		if (smmu)
			take_line(result, smmu, colon + 2);
	}
}
