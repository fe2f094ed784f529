/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI's IO Remapping Table: which SMMU is in front of a device, and what its StreamID is.
 * Nothing in the table is trusted: lengths, counts and references may be anything. Pure
 * functions but for the memory of struct iort.
 *
 * Source: Arm DEN 0049, issues A to E.f; Linux drivers/acpi/arm64/iort.c, which is followed
 * where the document leaves something open.
 */
#ifndef FIRMWARE_IORT_H
#define FIRMWARE_IORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum iort_type {
	IORT_ITS_GROUP,
	IORT_NAMED_COMPONENT,
	IORT_ROOT_COMPLEX,
	IORT_SMMU, /* version 1 or 2 */
	IORT_SMMU_V3,
	IORT_PMCG,
	IORT_RMR,
	IORT_IWB,
};

struct iort_named_component {
	char name[128]; /* path in the namespace, e.g. "\_SB.SATA"; printable */
};

struct iort_root_complex {
	uint32_t segment;
	bool again;  /* another node was for that segment before: Linux passes over this one */
	bool canwbs; /* write-back and shareable even when the device asks for less */
	bool ats;
};

struct iort_smmu_v3 {
	uint64_t base;
	bool cohacc; /* table walks are coherent */
};

struct iort_node {
	uint8_t type;	 /* enum iort_type, or higher */
	uint32_t offset; /* in the table: that is what references mean */
	uint32_t length;
	uint32_t mapping_count;
	uint32_t mapping_offset; /* in the table */
	union {
		struct iort_named_component named;
		struct iort_root_complex root;
		struct iort_smmu_v3 smmu_v3;
	};
};

struct iort {
	uint8_t *bytes;
	uint32_t length;
	struct iort_node *nodes; /* in the table's order */
	unsigned int count;
};

struct iort_mapping {
	uint32_t input;
	uint32_t last; /* number of ids less one */
	uint32_t output;
	const struct iort_node *to; /* NULL: to no node */
	bool single;		    /* maps every id to @output */
};

/**
 * iort_parse() - read a table
 * @bytes: the table, as /sys/firmware/acpi/tables/IORT has it; it is copied
 * @length: its length
 * @iort: filled in; empty after an error. iort_free() it
 * @why: what is wrong, a constant string, with success too: then what stands before the
 *	damage, or beside it, is in @iort. NULL if all is well
 *
 * Return: 0; -EINVAL if this is no IORT, -ENOMEM.
 */
int iort_parse(const void *bytes, size_t length, struct iort *iort, const char **why);
void iort_free(struct iort *iort);

/* The node at an offset of the table, or NULL. */
const struct iort_node *iort_at(const struct iort *iort, uint32_t offset);

/* Mapping @index of a node. Return: whether there is one. */
bool iort_mapping(const struct iort *iort, const struct iort_node *node, unsigned int index,
	struct iort_mapping *mapping);

/* The root complex of a segment, or NULL; with several, the first, as Linux does it. */
const struct iort_node *iort_root(const struct iort *iort, uint32_t segment);

/* A stream: one device behind an SMMU. */
struct iort_stream {
	const struct iort_node *smmu; /* IORT_SMMU or IORT_SMMU_V3 */
	uint32_t sid;
};

/**
 * iort_stream() - how a PCI function reaches memory
 * @iort: the table
 * @segment: its PCI segment (domain)
 * @rid: its requester ID
 * @stream: filled in on success
 *
 * Return: 0; -ENOENT if no node is for that segment; -ENODEV if the function is behind no
 * SMMU.
 */
int iort_stream(
	const struct iort *iort, uint32_t segment, uint16_t rid, struct iort_stream *stream);

/* Who has a stream. */
struct iort_user {
	const struct iort_node *node; /* IORT_NAMED_COMPONENT or IORT_ROOT_COMPLEX */
	const struct iort_node *smmu; /* IORT_SMMU or IORT_SMMU_V3 */
	uint16_t rid;		      /* with a root complex */
	bool any;		      /* every function that has no other stream, not @rid alone */
};

/**
 * iort_users() - whose StreamID this is
 * @iort: the table
 * @smmu: the SMMU; NULL: any SMMUv3
 * @sid: the StreamID
 * @users: the first @max of them
 *
 * Return: how many there are, though never more than 256.
 */
unsigned int iort_users(const struct iort *iort, const struct iort_node *smmu, uint32_t sid,
	struct iort_user *users, unsigned int max);

/* Whether Linux makes a platform device of a node: SMMUs of all versions, and PMCGs. */
bool iort_has_platform_device(const struct iort_node *node);

/*
 * The number that Linux gives to the platform device of a node, all of them counted together,
 * which for the second SMMUv3 is "arm-smmu-v3.1.auto", if no other table of the firmware had
 * devices made before, such as APMT. -1: it gets none.
 */
int iort_platform_number(const struct iort *iort, const struct iort_node *node);

#endif
