/* SPDX-License-Identifier: BSD-2-Clause */
/* Nodes of a flattened device tree with their parents, which libfdt alone finds slowly. */
#ifndef ENDPOINTS_TREE_NODE_H
#define ENDPOINTS_TREE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 32

/* The cells of a property that were not taken yet. */
struct tree_cells {
	const uint32_t *at; /* big endian */
	unsigned int left;
};

/* What a node says of its children's addresses; looked for when it is asked the first time. */
struct tree_bus {
	bool known;
	int address_cells, size_cells;
	bool has_ranges;
	struct tree_cells ranges;
};

/* A walk over all nodes that are not disabled. */
struct tree_walk {
	const void *fdt;
	int nodes[TREE_DEPTH_MAX]; /* from the root to the node */
	struct tree_bus buses[TREE_DEPTH_MAX];
	int depth; /* of the node */
	int skip;  /* below this depth all is disabled; -1: nothing is */
};

void tree_walk_begin(struct tree_walk *walk, const void *fdt);

/* Return: the next node, which is the last of walk->nodes; negative at the end. */
int tree_walk_next(struct tree_walk *walk);

/* Those of a property, none if it is not there. */
struct tree_cells tree_cells_of(const void *fdt, int node, const char *property);

/* Takes a cell. Return: whether there was one. */
bool tree_cells_take(struct tree_cells *cells, uint32_t *value);

/* The first cell of a property. Return: whether there is one. */
bool tree_cell(const void *fdt, int node, const char *property, uint32_t *value);

/* The node's address as the processor sees it. Return: whether it has one. */
bool tree_address(struct tree_walk *walk, uint64_t *address);

/* The name that Linux gives its device: "fd880000.usb", "soc:sound". */
void tree_name(struct tree_walk *walk, char *name, size_t size);

#endif
