/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of a flattened device tree. Source: Devicetree Specification 2.3, Linux drivers/of/ */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "endpoints/tree_node.h"

void tree_walk_begin(struct tree_walk *walk, const void *fdt)
{
	*walk = (struct tree_walk){.fdt = fdt, .depth = -1, .skip = -1};
}

static bool is_disabled(const void *fdt, int node)
{
	int length;
	const char *status = fdt_getprop(fdt, node, "status", &length);

	return status && length >= 8 && !memcmp(status, "disabled", 8);
}

int tree_walk_next(struct tree_walk *walk)
{
	int node = walk->depth < 0 ? 0 : walk->nodes[walk->depth];

	do {
		if (walk->depth < 0)
			walk->depth = 0;
		else
			node = fdt_next_node(walk->fdt, node, &walk->depth);
		if (node < 0 || walk->depth < 0)
			return -1;
		if (walk->depth >= TREE_DEPTH_MAX)
			continue;
		walk->nodes[walk->depth] = node;
		if (walk->skip >= 0 && walk->depth <= walk->skip)
			walk->skip = -1;
		if (walk->skip < 0 && is_disabled(walk->fdt, node))
			walk->skip = walk->depth;
	} while (walk->skip >= 0 || walk->depth >= TREE_DEPTH_MAX);
	return node;
}

bool tree_cell(const void *fdt, int node, const char *property, unsigned int index, uint32_t *value)
{
	int length;
	const fdt32_t *cells = fdt_getprop(fdt, node, property, &length);

	if (!cells || length < 4 || index >= (unsigned int)length / 4)
		return false;
	*value = fdt32_ld(cells + index);
	return true;
}

/* Takes a number of @cells cells; of more than two the lower ones. */
static bool take(const void *fdt, int node, const char *property, unsigned int *at,
	unsigned int cells, uint64_t *value)
{
	*value = 0;
	for (; cells; cells--) {
		uint32_t cell;

		if (!tree_cell(fdt, node, property, (*at)++, &cell))
			return false;
		*value = *value << 32 | cell;
	}
	return true;
}

/* From what the children of a bus see to what the bus sees: through the ranges of the bus. */
static bool translate(const void *fdt, int bus, int parent, uint64_t *address)
{
	int own = fdt_address_cells(fdt, bus), size = fdt_size_cells(fdt, bus);
	int above = fdt_address_cells(fdt, parent), length;
	unsigned int at = 0;
	uint64_t child, base, span;

	if (!fdt_getprop(fdt, bus, "ranges", &length) || own < 1 || size < 1 || above < 1)
		return false;
	if (!length)
		return true;
	while (take(fdt, bus, "ranges", &at, (unsigned int)own, &child) &&
		take(fdt, bus, "ranges", &at, (unsigned int)above, &base) &&
		take(fdt, bus, "ranges", &at, (unsigned int)size, &span)) {
		if (*address >= child && *address - child < span) {
			*address = base + (*address - child);
			return true;
		}
	}
	return false;
}

static bool address_at(const struct tree_walk *walk, int depth, uint64_t *address)
{
	unsigned int at = 0;
	int cells;

	if (depth < 1)
		return false;
	cells = fdt_address_cells(walk->fdt, walk->nodes[depth - 1]);
	if (cells < 1 ||
		!take(walk->fdt, walk->nodes[depth], "reg", &at, (unsigned int)cells, address))
		return false;
	for (int bus = depth - 1; bus > 0; bus--) {
		if (!translate(walk->fdt, walk->nodes[bus], walk->nodes[bus - 1], address))
			return false;
	}
	return true;
}

bool tree_address(const struct tree_walk *walk, uint64_t *address)
{
	return address_at(walk, walk->depth, address);
}

/* Linux drivers/of/device.c, of_device_make_bus_id() */
void tree_name(const struct tree_walk *walk, char *name, size_t size)
{
	char behind[64] = "";
	uint64_t address;

	snprintf(name, size, "%s", "");
	for (int depth = walk->depth; depth > 0; depth--) {
		const char *node = fdt_get_name(walk->fdt, walk->nodes[depth], NULL);
		bool last = address_at(walk, depth, &address);

		if (!node)
			return;
		if (last)
			snprintf(name, size, "%" PRIx64 ".%.*s%s%s", address,
				(int)strcspn(node, "@"), node, *behind ? ":" : "", behind);
		else
			snprintf(name, size, "%s%s%s", node, *behind ? ":" : "", behind);
		if (last)
			break;
		snprintf(behind, sizeof(behind), "%s", name);
	}
	for (; *name; name++) {
		if (*name < ' ' || *name > '~')
			*name = '?';
	}
}
