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

static void add_smmu(struct device_tree *tree, const struct tree_walk *walk, int node)
{
	struct tree_smmu *smmu = &tree->smmus[tree->smmu_count];
	uint32_t cells;

	if (tree->smmu_count == DEVICE_TREE_SMMUS_MAX ||
		!tree_cell(walk->fdt, node, "#iommu-cells", 0, &cells) || cells > 4)
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
	struct device_tree *tree, const struct tree_walk *walk, uint32_t phandle)
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
static void add_device(struct device_tree *tree, const struct tree_walk *walk, int node)
{
	uint32_t phandle, sid;

	for (unsigned int at = 0; tree_cell(walk->fdt, node, "iommus", at, &phandle);) {
		int smmu = smmu_of(tree, phandle);
		struct tree_range *range;

		if (smmu < 0 || !tree_cell(walk->fdt, node, "iommus", at + 1, &sid))
			return;
		at += 1 + tree->smmus[smmu].cells;
		range = new_range(tree, walk, phandle);
		if (range)
			range->sid = sid;
	}
}

/* "iommu-map": first requester ID, SMMU, first StreamID, number; again and again. */
static void add_bridge(struct device_tree *tree, const struct tree_walk *walk, int node)
{
	uint32_t cells[4], mask = UINT16_MAX, segment = 0;
	bool has_segment = tree_cell(walk->fdt, node, "linux,pci-domain", 0, &segment);

	tree_cell(walk->fdt, node, "iommu-map-mask", 0, &mask);
	for (unsigned int at = 0;; at += 4) {
		struct tree_range *range;

		for (unsigned int i = 0; i < 4; i++) {
			if (!tree_cell(walk->fdt, node, "iommu-map", at + i, &cells[i]))
				return;
		}
		if (cells[0] > UINT16_MAX || !cells[3])
			continue;
		range = new_range(tree, walk, cells[1]);
		if (!range)
			continue;
		range->is_pci = true;
		range->bridge = (uint32_t)node;
		range->pci.has_segment = has_segment;
		range->pci.segment = segment;
		range->pci.rid = (uint16_t)cells[0];
		range->mask = (uint16_t)mask;
		range->sid = cells[2];
		range->length = cells[3];
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
	/* Numbers in it are read as they are aligned in memory that malloc() gave. */
	if (fdt_check_full(bytes, length))
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
