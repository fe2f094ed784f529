/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts of each device from firmware's tables, and from --try. */
#include <errno.h>
#include <string.h>

#include "probe/facts.h"

static enum answer yes_or_no(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

/* CANWBS is known to the IORT alone: Linux has no such thing for a device tree. */
static void read_iort(struct probe_device *device, struct probe_result *result,
	const struct iort *iort, const struct pci_address *address)
{
	const struct iort_node *root_complex = iort_root(iort, address->segment);
	struct iort_stream stream;

	if (!root_complex)
		return;
	device->canwbs = yes_or_no(root_complex->root.canwbs);
	device->root_ats = yes_or_no(root_complex->root.ats);
	if (iort_stream(iort, address->segment, address->rid, &stream) ||
		stream.smmu->type != IORT_SMMU_V3)
		return;
	device->stream_id = stream.sid;
	/* Before 6.15 sysfs has the SMMU only of devices with a driver: the table has all. */
	for (size_t i = 0; i < result->smmu_count; i++)
		if (result->smmus[i].base == (int64_t)stream.smmu->smmu_v3.base &&
			device->canwbs > result->smmus[i].canwbs)
			result->smmus[i].canwbs = device->canwbs;
}

/* The first range that has it counts: of_map_id() of Linux' drivers/of/base.c. */
static void read_tree(struct probe_device *device, const struct device_tree *tree,
	const struct pci_address *address)
{
	for (unsigned int i = 0; i < tree->range_count; i++) {
		const struct tree_range *range = &tree->ranges[i];
		uint32_t rid = address->rid & range->mask;

		if (!range->is_pci || !range->pci.has_segment ||
			range->pci.segment != address->segment || rid < range->pci.rid ||
			rid - range->pci.rid >= range->length || !tree->smmus[range->smmu].v3)
			continue;
		device->stream_id = range->sid + (rid - range->pci.rid);
		return;
	}
}

/* The driver believes the IORT and not the register: arm_smmu_device_hw_probe() of Linux. */
static void read_coherence(struct probe_result *result, const struct iort *iort)
{
	for (unsigned int n = 0; n < iort->count; n++) {
		const struct iort_node *node = &iort->nodes[n];

		for (size_t i = 0; i < result->smmu_count && node->type == IORT_SMMU_V3; i++)
			if (result->smmus[i].base == (int64_t)node->smmu_v3.base &&
				result->smmus[i].coherent == ANSWER_UNKNOWN)
				result->smmus[i].coherent = yes_or_no(node->smmu_v3.cohacc);
	}
}

void facts_streams(struct probe_result *result, const struct firmware *firmware,
	const struct pci_function *functions)
{
	const struct probe_host *host = &result->host;

	read_coherence(result, &firmware->iort);
	for (size_t i = 0; i < result->device_count; i++) {
		struct probe_device *device = &result->devices[i];
		struct probe_smmu *smmu = device->smmu >= 0 ? &result->smmus[device->smmu] : NULL;

		if (host->firmware == PLATFORM_DEVICE_TREE || host->iort == ANSWER_NO)
			device->canwbs = ANSWER_NO;
		if (host->iort == ANSWER_YES)
			read_iort(device, result, &firmware->iort, &functions[i].address);
		read_tree(device, &firmware->tree, &functions[i].address);
		/* The bridge puts a requester ID of its own: pci_for_each_dma_alias(). */
		if (device->pci_bridge[0])
			device->stream_id = -1;
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
