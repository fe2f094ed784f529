/* SPDX-License-Identifier: BSD-2-Clause */
/* A flattened device tree: its SMMUs, and who is behind them. */
#ifndef ENDPOINTS_DEVICE_TREE_H
#define ENDPOINTS_DEVICE_TREE_H

#include "endpoints/stream_user.h"

#define DEVICE_TREE_SIZE_MAX   ((size_t)2 << 20) /* Linux on arm64 takes no larger one */
#define DEVICE_TREE_SMMUS_MAX  256
#define DEVICE_TREE_RANGES_MAX 1024

struct tree_smmu {
	uint32_t phandle;
	uint32_t cells; /* of a StreamID in references to it */
	bool v3;
	bool has_address;
	uint64_t address;
};

/* Streams of an SMMU: of one device, or of functions behind a PCI host bridge. */
struct tree_range {
	unsigned int smmu;
	uint32_t sid, length;
	bool is_pci;
	uint32_t bridge; /* offset of its node: only the first of its ranges with an ID counts */
	struct pci_address pci; /* of the first; the mask is applied to IDs before */
	uint16_t mask;
	char name[64]; /* of the device, or of the bridge */
};

struct device_tree {
	struct tree_smmu *smmus;
	unsigned int smmu_count;
	struct tree_range *ranges;
	unsigned int range_count;
};

/*
 * Return: 0; -EINVAL if this is no device tree, or a damaged one; -ENOENT if it has no SMMUv3;
 * -ENOMEM.
 */
int device_tree_parse(const void *bytes, size_t length, struct device_tree *tree);
void device_tree_free(struct device_tree *tree);

/* Does as iort_stream_users(). */
unsigned int device_tree_users(const struct device_tree *tree, struct smmu_ref smmu, uint32_t sid,
	struct stream_user *users, unsigned int max, bool *knows);

#endif
