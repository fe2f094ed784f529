/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes IORTs, node by node, so that tests can tell the truth in them and lie. */
#ifndef FIRMWARE_IORT_TABLE_H
#define FIRMWARE_IORT_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct iort_table {
	uint8_t bytes[65536];
	uint32_t length;
	uint32_t nodes;
	uint32_t node; /* where the last node begins */
	uint32_t mappings;
};

static inline void table_set(
	struct iort_table *table, uint32_t offset, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		table->bytes[offset + i] = (uint8_t)(value >> 8 * i);
}

/* A member of the last node. */
static inline void table_put(
	struct iort_table *table, uint32_t offset, uint64_t value, unsigned int size)
{
	table_set(table, table->node + offset, value, size);
}

static inline void table_begin(struct iort_table *table, uint8_t revision)
{
	*table = (struct iort_table){.length = 48};
	memcpy(table->bytes, "IORT", 4);
	table->bytes[8] = revision;
	memcpy(table->bytes + 10, "VSMMU TESTIORT", 14);
	table_set(table, 40, 48, 4);
}

/* Its mappings follow, and are at its end. Return: its offset, for references. */
static inline uint32_t table_node(
	struct iort_table *table, uint8_t type, uint8_t revision, uint32_t size)
{
	table->node = table->length;
	table->length += size;
	table->nodes++;
	table->mappings = 0;
	table_put(table, 0, type, 1);
	table_put(table, 1, size, 2);
	table_put(table, 3, revision, 1);
	table_put(table, 4, table->nodes, 4);
	return table->node;
}

/* @last: the number of ids less one */
static inline void table_map(struct iort_table *table, uint32_t input, uint32_t last,
	uint32_t output, uint32_t to, uint32_t flags)
{
	uint32_t at = table->length;

	if (!table->mappings++)
		table_put(table, 12, at - table->node, 4);
	table->length += 20;
	table_set(table, at, input, 4);
	table_set(table, at + 4, last, 4);
	table_set(table, at + 8, output, 4);
	table_set(table, at + 12, to, 4);
	table_set(table, at + 16, flags, 4);
	table_put(table, 1, table->length - table->node, 2);
	table_put(table, 8, table->mappings, 4);
}

static inline void table_checksum(struct iort_table *table)
{
	uint8_t sum = 0;

	table->bytes[9] = 0;
	for (uint32_t i = 0; i < table->length; i++)
		sum = (uint8_t)(sum + table->bytes[i]);
	table->bytes[9] = (uint8_t)-sum;
}

static inline void table_end(struct iort_table *table)
{
	table_set(table, 4, table->length, 4);
	table_set(table, 36, table->nodes, 4);
	table_checksum(table);
}

static inline uint32_t table_its(struct iort_table *table, uint32_t its)
{
	uint32_t node = table_node(table, 0, 1, 24);

	table_put(table, 16, 1, 4);
	table_put(table, 20, its, 4);
	return node;
}

static inline uint32_t table_smmu_v3(struct iort_table *table, uint64_t base, uint32_t flags)
{
	uint32_t node = table_node(table, 4, 4, 68);

	table_put(table, 16, base, 8);
	table_put(table, 24, flags, 4);
	/* Wires, so that no mapping is that of its own MSIs. */
	for (unsigned int i = 0; i < 4; i++)
		table_put(table, 44 + 4 * i, 74 + i, 4);
	return node;
}

/* @memory: the flags of its memory accesses: 1 CPM, 2 DACS, 4 CANWBS */
static inline uint32_t table_root(
	struct iort_table *table, uint32_t segment, uint8_t memory, uint32_t ats)
{
	uint32_t node = table_node(table, 2, 3, 36);

	table_put(table, 16, 1, 4);
	table_put(table, 23, memory, 1);
	table_put(table, 24, ats, 4);
	table_put(table, 28, segment, 4);
	table_put(table, 32, 64, 1);
	return node;
}

static inline uint32_t table_named(struct iort_table *table, const char *name)
{
	uint32_t node = table_node(table, 1, 2, 32 + ((uint32_t)strlen(name) + 4) / 4 * 4);

	memcpy(table->bytes + node + 29, name, strlen(name));
	return node;
}

/*
 * Segment 2, whose functions all have stream 0x40 of an SMMU, and a device that has it, too, and
 * stream 0x41. Return: the SMMU.
 */
static inline uint32_t table_shared(struct iort_table *table)
{
	uint32_t smmu;

	table_begin(table, 0);
	smmu = table_smmu_v3(table, 0x10000, 0);
	table_root(table, 2, 0, 0);
	table_map(table, 0, 0, 0x40, smmu, 1);
	table_named(table, "\\_SB.SAT0");
	table_map(table, 0, 0, 0x41, smmu, 1);
	table_map(table, 0, 0, 0x40, smmu, 1);
	return smmu;
}

/*
 * The table of the rig's machine: QEMU's "virt" with iommu=smmuv3, bus 0 behind the SMMU. The
 * rig's own table, which rig/iort makes, has CANWBS (4) besides.
 */
static inline void table_virt(struct iort_table *table, uint8_t memory)
{
	uint32_t its, smmu;

	table_begin(table, 3);
	its = table_its(table, 0);
	smmu = table_smmu_v3(table, 0x09050000, 1);
	table_map(table, 0, 0xffff, 0, its, 0);
	table_root(table, 0, memory, 0);
	table_map(table, 0, 0xff, 0, smmu, 0);
	table_map(table, 0x100, 0xfffe, 0x100, its, 0);
	table_end(table);
}

#endif
