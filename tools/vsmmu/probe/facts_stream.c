/* SPDX-License-Identifier: BSD-2-Clause */
/* What the IORT says of each device, and what --try found out. */
#include <errno.h>
#include <string.h>

#include "probe/facts.h"

static enum answer yes_or_no(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

/* CANWBS is known to the IORT alone: Linux has no such thing for a device tree. */
static void read_stream(struct probe_device *device, struct probe_result *result,
	const struct iort *iort, const struct pci_function *function)
{
	const struct probe_host *host = &result->host;
	const struct iort_node *root_complex;
	struct iort_stream stream;

	if (host->firmware == PLATFORM_DEVICE_TREE || host->iort == ANSWER_NO)
		device->canwbs = ANSWER_NO;
	if (host->iort != ANSWER_YES)
		return;
	root_complex = iort_root(iort, function->segment);
	if (!root_complex)
		return;
	device->canwbs = yes_or_no(root_complex->root.access.canwbs);
	device->root_ats = yes_or_no(root_complex->root.ats);
	if (iort_stream(iort, function->segment, function->rid, &stream) ||
		stream.smmu->type != IORT_SMMU_V3)
		return;
	device->stream_id = stream.sid;
	/* Before 6.15 sysfs has the SMMU only of devices with a driver: the table has all. */
	for (size_t i = 0; i < result->smmu_count; i++)
		if (result->smmus[i].base == (int64_t)stream.smmu->smmu_v3.base &&
			device->canwbs > result->smmus[i].canwbs)
			result->smmus[i].canwbs = device->canwbs;
}

void facts_streams(
	struct probe_result *result, const struct iort *iort, const struct pci_function *functions)
{
	for (size_t i = 0; i < result->device_count; i++) {
		struct probe_device *device = &result->devices[i];
		struct probe_smmu *smmu = device->smmu >= 0 ? &result->smmus[device->smmu] : NULL;

		read_stream(device, result, iort, &functions[i]);
		if (smmu && device->canwbs > smmu->canwbs)
			smmu->canwbs = device->canwbs;
		if (smmu && device->try.hw_info == ANSWER_YES)
			smmu_registers(smmu, device->try.idr);
		if (smmu && device->try.viommu == ANSWER_YES)
			smmu->nesting = ANSWER_YES;
	}
}

void facts_try(struct probe_result *result, struct root *root, size_t i)
{
	struct probe_device *device = &result->devices[i];
	char path[64];

	device->try.max_pasid_log2 = -1;
	snprintf(path, sizeof(path), "vsmmu/try/%s", device->bdf);
	facts_read(root, path, try_parse, &device->try);
}
