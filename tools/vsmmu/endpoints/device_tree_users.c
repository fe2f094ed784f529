/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a stream, from a device tree. Source: Linux drivers/of/base.c, of_map_id() */
#include <stdio.h>
#include <string.h>

#include "endpoints/device_tree.h"

/* Whether another range of the bridge, which stands before it, has the requester ID as well. */
static bool is_hidden(const struct device_tree *tree, const struct tree_range *range, uint32_t rid)
{
	for (const struct tree_range *other = range; other-- > tree->ranges;) {
		if (!other->is_pci || other->bridge != range->bridge)
			break;
		if (rid >= other->pci.rid && rid - other->pci.rid < other->length)
			return true;
	}
	return false;
}

static bool has_stream(
	const struct device_tree *tree, const struct tree_range *range, uint32_t sid, uint32_t *rid)
{
	if (sid < range->sid || sid - range->sid >= range->length)
		return false;
	*rid = 0;
	if (!range->is_pci)
		return true;
	if (sid - range->sid > UINT16_MAX)
		return false;
	*rid = range->pci.rid + (sid - range->sid);
	return *rid <= UINT16_MAX && (*rid & range->mask) == *rid && !is_hidden(tree, range, *rid);
}

static void add_user(
	const struct tree_range *range, uint32_t rid, bool certain, struct stream_user *user)
{
	*user = (struct stream_user){
		.is_pci = range->is_pci,
		.pci = range->pci,
		.mask = range->mask,
		.certain = certain && (!range->is_pci || range->pci.has_segment),
	};
	user->pci.rid = (uint16_t)rid;
	memcpy(user->name, range->name, sizeof(user->name));
}

static bool is_meant(const struct tree_smmu *smmu, struct smmu_ref ref)
{
	return ref.kind == SMMU_REF_ADDRESS && smmu->has_address && smmu->address == ref.value;
}

unsigned int device_tree_users(const struct device_tree *tree, struct smmu_ref smmu, uint32_t sid,
	struct stream_user *users, unsigned int max, bool *knows)
{
	unsigned int count = 0, first = DEVICE_TREE_SMMUS_MAX;
	bool one = true;
	uint32_t rid;

	*knows = smmu.kind == SMMU_REF_ANY;
	for (unsigned int i = 0; i < tree->smmu_count; i++)
		*knows = *knows || is_meant(&tree->smmus[i], smmu);
	for (unsigned int i = 0; i < tree->range_count; i++) {
		const struct tree_range *range = &tree->ranges[i];

		if (*knows && smmu.kind == SMMU_REF_ADDRESS &&
			!is_meant(&tree->smmus[range->smmu], smmu))
			continue;
		if (!has_stream(tree, range, sid, &rid))
			continue;
		one = one && (first == DEVICE_TREE_SMMUS_MAX || first == range->smmu);
		first = range->smmu;
		if (count < max)
			add_user(range, rid, *knows, &users[count]);
		count++;
	}
	/* Without a name of the SMMU it is certain only if no other has that stream. */
	for (unsigned int i = 0; !one && i < count && i < max; i++)
		users[i].certain = false;
	return count;
}
