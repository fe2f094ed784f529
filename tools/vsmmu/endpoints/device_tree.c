/* SPDX-License-Identifier: BSD-2-Clause */
/* The SMMUs of a device tree, and the properties that say who is behind them. */
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "endpoints/device_tree.h"
#include "endpoints/tree_node.h"

static bool is_compatible(const void *fdt, int node, const char *what)
{
	return !fdt_node_check_compatible(fdt, node, what);
}

static void add_smmu(struct device_tree *tree, struct tree_walk *walk, int node)
{
	struct tree_smmu *smmu = &tree->smmus[tree->smmu_count];
	uint32_t cells;

	if (tree->smmu_count == DEVICE_TREE_SMMUS_MAX ||
		!tree_cell(walk->fdt, node, "#iommu-cells", &cells) || cells > 4)
		return;
	*smmu = (struct tree_smmu){
		.phandle = fdt_get_phandle(walk->fdt, node),
		.cells = cells,
		.v3 = is_compatible(walk->fdt, node, "arm,smmu-v3"),
	};
	smmu->has_address = tree_address(walk, &smmu->address);
	if (smmu->phandle)
		tree->smmu_count++;
}

/* Return: its index, or -1. */
static int smmu_of(const struct device_tree *tree, uint32_t phandle)
{
	for (unsigned int i = 0; i < tree->smmu_count; i++) {
		if (tree->smmus[i].phandle == phandle)
			return (int)i;
	}
	return -1;
}

static struct tree_range *new_range(
	struct device_tree *tree, struct tree_walk *walk, uint32_t phandle)
{
	int smmu = smmu_of(tree, phandle);
	struct tree_range *range = &tree->ranges[tree->range_count];

	if (smmu < 0 || !tree->smmus[smmu].v3 || tree->smmus[smmu].cells != 1 ||
		tree->range_count == DEVICE_TREE_RANGES_MAX)
		return NULL;
	tree->range_count++;
	*range = (struct tree_range){.smmu = (unsigned int)smmu, .length = 1};
	tree_name(walk, range->name, sizeof(range->name));
	return range;
}

/* "iommus": a reference to an SMMU and a StreamID, again and again. */
static void add_device(struct device_tree *tree, struct tree_walk *walk, int node)
{
	struct tree_cells cells = tree_cells_of(walk->fdt, node, "iommus");
	uint32_t phandle, sid, more;

	while (tree_cells_take(&cells, &phandle)) {
		int smmu = smmu_of(tree, phandle);
		struct tree_range *range;

		if (smmu < 0)
			return;
		if (!tree->smmus[smmu].cells)
			continue;
		if (!tree_cells_take(&cells, &sid))
			return;
		for (uint32_t i = 1; i < tree->smmus[smmu].cells; i++)
			tree_cells_take(&cells, &more);
		range = new_range(tree, walk, phandle);
		if (range)
			range->sid = sid;
	}
}

/* "iommu-map": first requester ID, SMMU, first StreamID, number; again and again. */
static void add_bridge(struct device_tree *tree, struct tree_walk *walk, int node)
{
	struct tree_cells cells = tree_cells_of(walk->fdt, node, "iommu-map");
	uint32_t rid, phandle, sid, length, mask = UINT16_MAX, segment = 0;
	bool has_segment = tree_cell(walk->fdt, node, "linux,pci-domain", &segment);

	tree_cell(walk->fdt, node, "iommu-map-mask", &mask);
	while (tree_cells_take(&cells, &rid) && tree_cells_take(&cells, &phandle) &&
		tree_cells_take(&cells, &sid) && tree_cells_take(&cells, &length)) {
		struct tree_range *range;

		if (rid > UINT16_MAX || !length)
			continue;
		range = new_range(tree, walk, phandle);
		if (!range)
			continue;
		range->is_pci = true;
		range->bridge = (uint32_t)node;
		range->pci.has_segment = has_segment;
		range->pci.segment = segment;
		range->pci.rid = (uint16_t)rid;
		range->mask = (uint16_t)mask;
		range->sid = sid;
		range->length = length;
	}
}

static bool is_host_bridge(const void *fdt, int node)
{
	int length;
	const char *type = fdt_getprop(fdt, node, "device_type", &length);

	return type && length >= 3 && !memcmp(type, "pci", 3);
}

/* Linux numbers segments itself where the tree does not; a single one it numbers 0. */
static void number_segments(struct device_tree *tree, unsigned int bridges)
{
	for (unsigned int i = 0; bridges == 1 && i < tree->range_count; i++)
		tree->ranges[i].pci.has_segment = true;
}

static void read_tree(struct device_tree *tree, const void *fdt)
{
	struct tree_walk walk;
	unsigned int bridges = 0;
	int node;

	tree_walk_begin(&walk, fdt);
	while ((node = tree_walk_next(&walk)) >= 0)
		add_smmu(tree, &walk, node);
	tree_walk_begin(&walk, fdt);
	while ((node = tree_walk_next(&walk)) >= 0) {
		bridges += is_host_bridge(fdt, node);
		add_device(tree, &walk, node);
		add_bridge(tree, &walk, node);
	}
	number_segments(tree, bridges);
}

int device_tree_parse(const void *bytes, size_t length, struct device_tree *tree)
{
	unsigned int v3 = 0;

	*tree = (struct device_tree){.smmus = NULL};
	if (length > DEVICE_TREE_SIZE_MAX || fdt_check_full(bytes, length))
		return -EINVAL;
	tree->smmus = calloc(DEVICE_TREE_SMMUS_MAX + 1, sizeof(*tree->smmus));
	tree->ranges = calloc(DEVICE_TREE_RANGES_MAX + 1, sizeof(*tree->ranges));
	if (!tree->smmus || !tree->ranges) {
		device_tree_free(tree);
		return -ENOMEM;
	}
	read_tree(tree, bytes);
	for (unsigned int i = 0; i < tree->smmu_count; i++)
		v3 += tree->smmus[i].v3;
	if (v3)
		return 0;
	device_tree_free(tree);
	return -ENOENT;
}

void device_tree_free(struct device_tree *tree)
{
	free(tree->smmus);
	free(tree->ranges);
	*tree = (struct device_tree){.smmus = NULL};
}
