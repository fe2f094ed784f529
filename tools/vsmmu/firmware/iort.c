/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the IORT: its header, its nodes, and their mappings. Arm DEN 0049, chapter 3 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "firmware/iort.h"

#define HEADER_SIZE  48
#define NODE_SIZE    16
#define MAPPING_SIZE 20

#define CANWBS 4 /* of the flags of memory accesses */

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

/* Return: what is wrong with the node's mappings, or NULL. */
static const char *take_mappings(const struct iort *iort, struct iort_node *node)
{
	uint64_t count = member(iort, node, 8, 4), fits = 0;
	uint32_t offset = (uint32_t)member(iort, node, 12, 4);
	const char *why = NULL;

	if (!count)
		return NULL;
	if (offset >= NODE_SIZE && offset <= node->length)
		fits = (node->length - offset) / MAPPING_SIZE;
	if (count > fits) {
		why = "a node has an array that is longer than the node";
		count = fits;
	}
	if (count > MAPPINGS_MAX) {
		why = "a node has an array of more than 1024 elements";
		count = MAPPINGS_MAX;
	}
	node->mapping_count = (uint32_t)count;
	node->mapping_offset = count ? node->offset + offset : 0;
	return why;
}

/* Return: what is wrong with the node, or NULL. */
static const char *take_node(const struct iort *iort, struct iort_node *node)
{
	/* The least that the first revision of each node has. */
	static const uint8_t least[] = {
		[IORT_ITS_GROUP] = 20,
		[IORT_NAMED_COMPONENT] = 30,
		[IORT_ROOT_COMPLEX] = 32,
		[IORT_SMMU] = 60,
		[IORT_SMMU_V3] = 60,
		[IORT_PMCG] = 32,
		[IORT_RMR] = 28,
		[IORT_IWB] = 26,
	};

	if (node->type < sizeof(least) && node->length < least[node->type])
		return "a node is too short for its type";
	if (node->type == IORT_NAMED_COMPONENT) {
		take_text(node->named.name, sizeof(node->named.name),
			iort->bytes + node->offset + 29, node->length - 29);
	} else if (node->type == IORT_ROOT_COMPLEX) {
		node->root.segment = (uint32_t)member(iort, node, 28, 4);
		node->root.canwbs = member(iort, node, 23, 1) & CANWBS;
		node->root.ats = member(iort, node, 24, 4) & 1;
	} else if (node->type == IORT_SMMU_V3) {
		node->smmu_v3.base = member(iort, node, 16, 8);
		node->smmu_v3.cohacc = member(iort, node, 24, 4) & 1;
	}
	return take_mappings(iort, node);
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
			.offset = at,
		};
		if (node->length < NODE_SIZE)
			return why ? why : "a node is shorter than its own header";
		if (node->length > iort->length - at)
			return why ? why : "a node is longer than the table";
		wrong = take_node(iort, node);
		why = why ? why : wrong;
		at += node->length;
	}
	return why;
}

static bool is_whole(const struct iort *iort)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < iort->length; i++)
		sum = (uint8_t)(sum + iort->bytes[i]);
	return !sum;
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
	*why = is_whole(iort) ? NULL : "the checksum is wrong";
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
