/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the IORT: its header, its nodes, and the arrays in them. Arm DEN 0049, chapter 3 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/iort.h"

#define HEADER_SIZE    48
#define NODE_SIZE      16
#define MAPPING_SIZE   20
#define RMR_RANGE_SIZE 20

/* A table with more of them, or with more mappings in a node, only wants to be slow to read. */
#define NODES_MAX    4096
#define MAPPINGS_MAX 1024

static uint64_t get(const uint8_t *bytes, unsigned int size)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

static uint32_t get32(const struct iort *iort, uint32_t offset)
{
	return (uint32_t)get(iort->bytes + offset, 4);
}

/* A member of a node; 0 if the node is too short for it. */
static uint64_t member(
	const struct iort *iort, const struct iort_node *node, uint32_t offset, unsigned int size)
{
	if (offset + size > node->length)
		return 0;
	return get(iort->bytes + node->offset + offset, size);
}

static void take_text(char *text, size_t size, const uint8_t *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length && i < size - 1 && bytes[i]; i++)
		text[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i] : '?';
	while (i && text[i - 1] == ' ')
		i--;
	text[i] = '\0';
}

/*
 * How many elements of @size bytes an array really has, which a node says to begin at @offset
 * of it; in @at its place in the table.
 */
static uint32_t array_clip(const struct iort_node *node, uint64_t count, uint32_t offset,
	uint32_t size, uint32_t *at, const char **why)
{
	uint64_t fits = 0;

	*at = 0;
	if (!count)
		return 0;
	if (offset >= NODE_SIZE && offset <= node->length)
		fits = (node->length - offset) / size;
	if (count > fits) {
		*why = "a node has an array that is longer than the node";
		count = fits;
	}
	if (count > MAPPINGS_MAX) {
		*why = "a node has an array of more than 1024 elements";
		count = MAPPINGS_MAX;
	}
	*at = count ? node->offset + offset : 0;
	return (uint32_t)count;
}

static struct iort_access take_access(
	const struct iort *iort, const struct iort_node *node, uint32_t offset)
{
	uint8_t flags = (uint8_t)member(iort, node, offset + 7, 1);

	return (struct iort_access){
		.coherent = member(iort, node, offset, 4) & 1,
		.hints = (uint8_t)member(iort, node, offset + 4, 1),
		.cpm = flags & 1,
		.dacs = flags & 2,
		.canwbs = flags & 4,
	};
}

static void take_named(const struct iort *iort, struct iort_node *node)
{
	struct iort_named_component *named = &node->named;

	named->flags = (uint32_t)member(iort, node, 16, 4);
	named->stall = named->flags & 1;
	named->pasid_bits = named->flags >> 1 & 0x1f;
	named->access = take_access(iort, node, 20);
	named->address_bits = (uint8_t)member(iort, node, 28, 1);
	if (node->length > 29)
		take_text(named->name, sizeof(named->name), iort->bytes + node->offset + 29,
			node->length - 29);
}

static void take_root(const struct iort *iort, struct iort_node *node)
{
	struct iort_root_complex *root = &node->root;
	uint32_t ats = (uint32_t)member(iort, node, 24, 4);
	/* Mappings may begin where an older revision of the node ends. */
	uint32_t end = node->mapping_count ? node->mapping_offset - node->offset : node->length;

	root->access = take_access(iort, node, 16);
	root->ats = ats & 1;
	root->pri = ats & 2;
	root->pasid_forwarding = ats & 4;
	root->segment = (uint32_t)member(iort, node, 28, 4);
	if (node->revision >= 1 && end >= 33)
		root->address_bits = (uint8_t)member(iort, node, 32, 1);
	root->has_pasid = node->revision >= 4 && end >= 40;
	if (root->has_pasid) {
		root->pasid_bits = member(iort, node, 33, 2) & 0x1f;
		root->pasid = member(iort, node, 36, 4) & 1;
	}
}

static void take_smmu_v3(const struct iort *iort, struct iort_node *node)
{
	struct iort_smmu_v3 *smmu = &node->smmu_v3;
	bool wired;

	smmu->base = member(iort, node, 16, 8);
	smmu->flags = (uint32_t)member(iort, node, 24, 4);
	smmu->cohacc = smmu->flags & 1;
	smmu->httu = smmu->flags >> 1 & 3;
	smmu->has_pxm = smmu->flags & 8;
	smmu->model = (uint32_t)member(iort, node, 40, 4);
	smmu->event_gsiv = (uint32_t)member(iort, node, 44, 4);
	smmu->pri_gsiv = (uint32_t)member(iort, node, 48, 4);
	smmu->gerror_gsiv = (uint32_t)member(iort, node, 52, 4);
	smmu->sync_gsiv = (uint32_t)member(iort, node, 56, 4);
	smmu->pxm = (uint32_t)member(iort, node, 60, 4);
	smmu->msi_mapping = (uint32_t)member(iort, node, 64, 4);
	wired = smmu->event_gsiv && smmu->pri_gsiv && smmu->gerror_gsiv && smmu->sync_gsiv;
	/* Until issue E.e the index was valid unless each interrupt had a wire. */
	smmu->has_msi = smmu->msi_mapping < node->mapping_count && node->revision >= 1 &&
			(node->revision < 5 ? !wired : smmu->flags >> 4 & 1);
}

/* Return: what is wrong with the node, or NULL. */
static const char *take_node(const struct iort *iort, struct iort_node *node)
{
	/* The least that the first revision of each node has. */
	static const uint8_t least[] = {20, 30, 32, 60, 60, 32, 28, 26};
	const char *why = NULL;

	if (node->type < sizeof(least) && node->length < least[node->type])
		return "a node is too short for its type";
	node->mapping_count = array_clip(node, member(iort, node, 8, 4),
		(uint32_t)member(iort, node, 12, 4), MAPPING_SIZE, &node->mapping_offset, &why);
	switch (node->type) {
	case IORT_ITS_GROUP:
		node->its.count =
			array_clip(node, member(iort, node, 16, 4), 20, 4, &node->its.offset, &why);
		break;
	case IORT_NAMED_COMPONENT:
		take_named(iort, node);
		break;
	case IORT_ROOT_COMPLEX:
		take_root(iort, node);
		break;
	case IORT_SMMU:
		node->smmu.base = member(iort, node, 16, 8);
		node->smmu.span = member(iort, node, 24, 8);
		node->smmu.model = (uint32_t)member(iort, node, 32, 4);
		node->smmu.coherent_walk = member(iort, node, 36, 4) & 2;
		break;
	case IORT_SMMU_V3:
		take_smmu_v3(iort, node);
		break;
	case IORT_PMCG:
		node->pmcg.base = member(iort, node, 16, 8);
		node->pmcg.gsiv = (uint32_t)member(iort, node, 24, 4);
		node->pmcg.reference = (uint32_t)member(iort, node, 28, 4);
		break;
	case IORT_RMR:
		node->rmr.flags = (uint32_t)member(iort, node, 16, 4);
		node->rmr.remap_permitted = node->rmr.flags & 1;
		node->rmr.privileged = node->rmr.flags & 2;
		node->rmr.attributes = node->rmr.flags >> 2 & 0xff;
		node->rmr.count = array_clip(node, member(iort, node, 20, 4),
			(uint32_t)member(iort, node, 24, 4), RMR_RANGE_SIZE, &node->rmr.offset,
			&why);
		break;
	}
	return why;
}

/* Linux finds the node of a segment that comes first. */
static void mark_roots(struct iort *iort)
{
	for (unsigned int i = 0; i < iort->count; i++) {
		struct iort_node *node = &iort->nodes[i];

		if (node->type == IORT_ROOT_COMPLEX)
			node->root.again = iort_root(iort, node->root.segment) != node;
	}
}

/* Return: what is wrong with the nodes, or NULL. */
static const char *take_nodes(struct iort *iort, uint32_t announced)
{
	uint32_t at = get32(iort, 40);
	const char *why = NULL, *wrong;

	for (iort->count = 0; iort->count < announced; iort->count++) {
		struct iort_node *node = &iort->nodes[iort->count];

		if (at < HEADER_SIZE || at > iort->length || iort->length - at < NODE_SIZE)
			return why ? why : "a node is outside the table";
		*node = (struct iort_node){
			.type = iort->bytes[at],
			.length = (uint32_t)get(iort->bytes + at + 1, 2),
			.revision = iort->bytes[at + 3],
			.identifier = get32(iort, at + 4),
			.offset = at,
		};
		if (node->length < NODE_SIZE)
			return why ? why : "a node is shorter than its own header";
		if (node->length > iort->length - at)
			return why ? why : "a node is longer than the table";
		wrong = take_node(iort, node);
		why = why ? why : wrong;
		/* It keeps its place, but means nothing. */
		if (node->type > IORT_IWB)
			iort->unknown++;
		at += node->length;
	}
	return why;
}

static bool take_header(struct iort *iort)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < iort->length; i++)
		sum = (uint8_t)(sum + iort->bytes[i]);
	iort->checksum = !sum;
	iort->revision = iort->bytes[8];
	take_text(iort->oem, sizeof(iort->oem), iort->bytes + 10, 6);
	take_text(iort->oem_table, sizeof(iort->oem_table), iort->bytes + 16, 8);
	return iort->checksum;
}

int iort_parse(const void *bytes, size_t length, struct iort *iort, const char **why)
{
	uint32_t said, announced;
	const char *wrong;

	*iort = (struct iort){.bytes = NULL};
	if (length < HEADER_SIZE || memcmp(bytes, "IORT", 4)) {
		*why = "this is no IORT";
		return -EINVAL;
	}
	said = (uint32_t)get((const uint8_t *)bytes + 4, 4);
	if (said < HEADER_SIZE) {
		*why = "the length in the table's header is too small";
		return -EINVAL;
	}
	iort->length = said < length ? said : (uint32_t)length;
	iort->bytes = malloc(iort->length);
	if (!iort->bytes)
		goto no_memory;
	memcpy(iort->bytes, bytes, iort->length);
	*why = take_header(iort) ? NULL : "the checksum is wrong";
	announced = get32(iort, 36);
	if (announced > iort->length / NODE_SIZE)
		announced = iort->length / NODE_SIZE;
	if (announced > NODES_MAX)
		announced = NODES_MAX;
	iort->nodes = calloc(announced ? announced : 1, sizeof(*iort->nodes));
	if (!iort->nodes)
		goto no_memory;
	wrong = take_nodes(iort, announced);
	mark_roots(iort);
	if (wrong)
		*why = wrong;
	else if (announced < get32(iort, 36))
		*why = "the table has more than 4096 nodes, or more than can be in it";
	if (said > length)
		*why = "the table is cut off";
	return 0;

no_memory:
	iort_free(iort);
	*why = "there is no memory for the table";
	return -ENOMEM;
}

void iort_free(struct iort *iort)
{
	free(iort->bytes);
	free(iort->nodes);
	*iort = (struct iort){.bytes = NULL};
}

const struct iort_node *iort_at(const struct iort *iort, uint32_t offset)
{
	unsigned int low = 0, high = iort->count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (iort->nodes[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < iort->count && iort->nodes[low].offset == offset ? &iort->nodes[low] : NULL;
}

bool iort_mapping(const struct iort *iort, const struct iort_node *node, unsigned int index,
	struct iort_mapping *mapping)
{
	uint32_t at;

	if (index >= node->mapping_count)
		return false;
	at = node->mapping_offset + index * MAPPING_SIZE;
	*mapping = (struct iort_mapping){
		.input = get32(iort, at),
		.last = get32(iort, at + 4),
		.output = get32(iort, at + 8),
		.to = iort_at(iort, get32(iort, at + 12)),
		.single = get32(iort, at + 16) & 1,
	};
	return true;
}

bool iort_its(
	const struct iort *iort, const struct iort_node *group, unsigned int index, uint32_t *its)
{
	if (group->type != IORT_ITS_GROUP || index >= group->its.count)
		return false;
	*its = get32(iort, group->its.offset + index * 4);
	return true;
}

bool iort_rmr_range(const struct iort *iort, const struct iort_node *rmr, unsigned int index,
	uint64_t *base, uint64_t *length)
{
	const uint8_t *at;

	if (rmr->type != IORT_RMR || index >= rmr->rmr.count)
		return false;
	at = iort->bytes + rmr->rmr.offset + index * RMR_RANGE_SIZE;
	*base = get(at, 8);
	*length = get(at + 8, 8);
	return true;
}
