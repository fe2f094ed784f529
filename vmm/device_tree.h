/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree: a writer that remembers errors, and the nodes of the machine. */
#ifndef VMM_DEVICE_TREE_H
#define VMM_DEVICE_TREE_H

#include <stddef.h>
#include <stdint.h>

struct vm;

/* Phandles; those of device nodes are FDT_DEVICE + slot. */
enum fdt_phandle { FDT_GIC = 1, FDT_ITS, FDT_SMMU, FDT_MSI, FDT_CLOCK, FDT_DEVICE = 32 };

struct fdt {
	void *tree;
	int error; /* libfdt's, of the first call that failed */
};

void fdt_begin(struct fdt *fdt, const char *name);
void fdt_end(struct fdt *fdt);
void fdt_flag(struct fdt *fdt, const char *name);
void fdt_text(struct fdt *fdt, const char *name, const char *text);
/* A list of texts, with their ends: @size bytes. */
void fdt_texts(struct fdt *fdt, const char *name, const char *texts, size_t size);
void fdt_cells(struct fdt *fdt, const char *name, const uint32_t *cells, size_t count);

/* A list of 32-bit cells, written out. */
#define FDT_CELLS(fdt, name, ...)                                                                  \
	fdt_cells(fdt, name, (const uint32_t[]){__VA_ARGS__},                                      \
		sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* Two cells of a 64-bit number. */
#define FDT_64(number) (uint32_t)((uint64_t)(number) >> 32), (uint32_t)(number)

void device_tree_add_smmu(struct fdt *fdt);
void device_tree_add_pci(struct fdt *fdt, const struct vm *vm);
/* Adds the host's window for MSIs, which the guest has to map to itself. */
void device_tree_add_msi_window(struct fdt *fdt, const struct vm *vm);

/* Writes the tree of @vm to its place in the guest's memory. Return: 0; -1 with a message. */
int fdt_build(struct vm *vm);

#endif
