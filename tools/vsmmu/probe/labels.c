/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Labels of a node, key=value, for those who schedule VMs. Keys have no prefix: none is ours.
 * Values are such as Kubernetes takes: letters, digits, "-", "_" and ".", at most 63.
 */
#include <stdio.h>

#include "probe/vm.h"

static void print_answer(const char *key, enum answer answer)
{
	printf("%s=%s\n", key,
		answer == ANSWER_YES  ? "true"
		: answer == ANSWER_NO ? "false"
				      : "unknown");
}

static void print_number(const char *key, int number)
{
	if (number < 0)
		printf("%s=unknown\n", key);
	else
		printf("%s=%d\n", key, number);
}

/* A VM may land behind any of the SMMUs, so what one lacks the node lacks. */
static enum answer all(enum answer so_far, enum answer one)
{
	if (so_far == ANSWER_NO || one == ANSWER_NO)
		return ANSWER_NO;
	return so_far == ANSWER_YES && one == ANSWER_YES ? ANSWER_YES : ANSWER_UNKNOWN;
}

/* A number that is not known is negative, and so the least. */
static int least(int a, int b)
{
	return a < b ? a : b;
}

static void print_smmus(const struct probe_result *result)
{
	enum answer ats = ANSWER_YES, ril = ANSWER_YES, cmdqv = ANSWER_YES;
	int oas = 64, ssid = 20;

	for (size_t i = 0; i < result->smmu_count; i++) {
		const struct probe_smmu *smmu = &result->smmus[i];

		ats = all(ats, smmu->ats);
		ril = all(ril, smmu->ril);
		cmdqv = all(cmdqv, smmu->cmdqv);
		oas = least(oas, smmu->oas);
		ssid = least(ssid, smmu->ssid_bits);
	}
	print_answer("vsmmu-ats", ats);
	print_answer("vsmmu-ril", ril);
	print_answer("vsmmu-cmdqv", cmdqv);
	print_number("vsmmu-oas", oas);
	print_number("vsmmu-ssid-size", ssid);
}

void probe_print_labels(const struct probe_result *result)
{
	static const char *const verdicts[] = {
		[LEVEL_PASS] = "yes",
		[LEVEL_UNKNOWN] = "unknown",
		[LEVEL_WARN] = "warnings",
		[LEVEL_FAIL] = "no",
	};
	enum answer nesting = ANSWER_NO;
	int fit = 0;

	for (size_t i = 0; i < result->device_count; i++) {
		const struct probe_device *device = &result->devices[i];

		if (!device->shown || device->bridge)
			continue;
		if (device->nesting == ANSWER_YES)
			nesting = ANSWER_YES;
		else if (device->nesting == ANSWER_UNKNOWN && nesting == ANSWER_NO)
			nesting = ANSWER_UNKNOWN;
		fit += device->nesting == ANSWER_YES;
	}
	printf("vsmmu-verdict=%s\n", verdicts[result->verdict]);
	print_answer("vsmmu-nesting", nesting);
	printf("vsmmu-devices=%d\n", fit);
	printf("vsmmu-smmus=%zu\n", result->smmu_count);
	if (result->smmu_count)
		print_smmus(result);
}
