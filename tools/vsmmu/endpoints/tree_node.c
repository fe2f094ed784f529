/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of a flattened device tree. Source: Devicetree Specification 2.3, Linux drivers/of/ */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "endpoints/tree_node.h"

/* Of a bus; a tree that has more only wants to be slow to read. */
#define RANGES_MAX 64

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
		walk->buses[walk->depth].known = false;
		if (walk->skip >= 0 && walk->depth <= walk->skip)
			walk->skip = -1;
		if (walk->skip < 0 && is_disabled(walk->fdt, node))
			walk->skip = walk->depth;
	} while (walk->skip >= 0 || walk->depth >= TREE_DEPTH_MAX);
	return node;
}

struct tree_cells tree_cells_of(const void *fdt, int node, const char *property)
{
	int length;
	const void *value = fdt_getprop(fdt, node, property, &length);

	if (!value || length < 4)
		return (struct tree_cells){.at = NULL};
	return (struct tree_cells){.at = value, .left = (unsigned int)length / 4};
}

bool tree_cells_take(struct tree_cells *cells, uint32_t *value)
{
	if (!cells->left)
		return false;
	*value = fdt32_ld((const fdt32_t *)cells->at);
	cells->at++;
	cells->left--;
	return true;
}

bool tree_cell(const void *fdt, int node, const char *property, uint32_t *value)
{
	struct tree_cells cells = tree_cells_of(fdt, node, property);

	return tree_cells_take(&cells, value);
}

/* Takes a number of @count cells; of more than two the lower ones. */
static bool take(struct tree_cells *cells, int count, uint64_t *value)
{
	*value = 0;
	for (; count > 0; count--) {
		uint32_t cell;

		if (!tree_cells_take(cells, &cell))
			return false;
		*value = *value << 32 | cell;
	}
	return true;
}

static const struct tree_bus *bus_at(struct tree_walk *walk, int depth)
{
	struct tree_bus *bus = &walk->buses[depth];
	int node = walk->nodes[depth];

	if (!bus->known) {
		*bus = (struct tree_bus){
			.known = true,
			.address_cells = fdt_address_cells(walk->fdt, node),
			.size_cells = fdt_size_cells(walk->fdt, node),
			.has_ranges = fdt_getprop(walk->fdt, node, "ranges", NULL),
			.ranges = tree_cells_of(walk->fdt, node, "ranges"),
		};
	}
	return bus;
}

/* From what the children of a bus see to what the bus sees: through the ranges of the bus. */
static bool translate(const struct tree_bus *bus, const struct tree_bus *above, uint64_t *address)
{
	struct tree_cells cells = bus->ranges;
	uint64_t child, base, span;

	if (!bus->has_ranges || bus->address_cells < 1 || bus->size_cells < 1 ||
		above->address_cells < 1)
		return false;
	if (!cells.left)
		return true;
	for (unsigned int i = 0;
		i < RANGES_MAX && take(&cells, bus->address_cells, &child) &&
		take(&cells, above->address_cells, &base) && take(&cells, bus->size_cells, &span);
		i++) {
		if (*address >= child && *address - child < span) {
			*address = base + (*address - child);
			return true;
		}
	}
	return false;
}

static bool address_at(struct tree_walk *walk, int depth, uint64_t *address)
{
	struct tree_cells cells;
	int count;

	if (depth < 1)
		return false;
	cells = tree_cells_of(walk->fdt, walk->nodes[depth], "reg");
	count = bus_at(walk, depth - 1)->address_cells;
	if (count < 1 || !take(&cells, count, address))
		return false;
	for (int bus = depth - 1; bus > 0; bus--) {
		if (!translate(bus_at(walk, bus), bus_at(walk, bus - 1), address))
			return false;
	}
	return true;
}

bool tree_address(struct tree_walk *walk, uint64_t *address)
{
	return address_at(walk, walk->depth, address);
}

/* Linux drivers/of/device.c, of_device_make_bus_id() */
void tree_name(struct tree_walk *walk, char *name, size_t size)
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
