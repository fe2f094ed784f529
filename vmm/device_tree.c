/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree: machine.dts, which dtc has compiled, and what differs between machines. */
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>

#include "vm.h"

#define PHANDLE_MSI    0x100
#define PHANDLE_DEVICE 0x200 /* + slot */
#define SPACE_MEM32    0x02000000

extern const uint8_t dt_blob_start[];

static int add_chosen(void *tree, const struct vm *vm)
{
	const uint64_t initrd = vm->image.initrd, size = vm->image.initrd_size;
	int node = fdt_path_offset(tree, "/chosen");
	char words[2048];

	snprintf(words, sizeof(words), "console=ttyAMA0 %s", vm->options.append);
	return fdt_setprop_string(tree, node, "bootargs", words) ||
	       (size && fdt_setprop_u64(tree, node, "linux,initrd-start", initrd)) ||
	       (size && fdt_setprop_u64(tree, node, "linux,initrd-end", initrd + size));
}

static int add_memory(void *tree, const struct memory *memory)
{
	int node = fdt_path_offset(tree, "/memory");

	return fdt_setprop_u64(tree, node, "reg", MAP_RAM) ||
	       fdt_appendprop_u64(tree, node, "reg", memory->size);
}

static int add_cpu(void *tree, unsigned int number)
{
	char name[16];
	int node;

	snprintf(name, sizeof(name), "cpu@%x", number);
	node = fdt_add_subnode(tree, fdt_path_offset(tree, "/cpus"), name);
	return fdt_setprop_string(tree, node, "device_type", "cpu") ||
	       fdt_setprop_string(tree, node, "compatible", "arm,armv8") ||
	       fdt_setprop_string(tree, node, "enable-method", "psci") ||
	       /* KVM's MPIDR of the first 16 vCPUs */
	       fdt_setprop_u32(tree, node, "reg", number);
}

/* Return: the host's window for MSIs, which the guest has to map to itself. */
static int msi_window(void *tree, const struct vfio_device *device)
{
	int node = fdt_node_offset_by_phandle(tree, PHANDLE_MSI);
	char name[32];

	if (node >= 0)
		return node;
	snprintf(name, sizeof(name), "msi@%" PRIx64, device->node_base);
	node = fdt_add_subnode(tree, fdt_path_offset(tree, "/reserved-memory"), name);
	return fdt_setprop_u64(tree, node, "reg", device->node_base) ||
			       fdt_appendprop_u64(tree, node, "reg", device->node_size) ||
			       fdt_setprop_u32(tree, node, "phandle", PHANDLE_MSI)
		       ? -1
		       : node;
}

/* Adds the nodes of docs/guest.md, "RAM and the MSI window". */
static int add_device(void *tree, const struct vfio_device *device)
{
	const fdt32_t reg[5] = {cpu_to_fdt32(device->slot << 11)};
	const uint32_t phandle = PHANDLE_DEVICE + device->slot;
	const char *const addresses = "iommu-addresses";
	char name[16];
	int node;

	if (!device->node_size)
		return 0;
	node = msi_window(tree, device);
	if (fdt_appendprop_u32(tree, node, addresses, phandle) ||
		fdt_appendprop_u32(tree, node, addresses, SPACE_MEM32) ||
		fdt_appendprop_u64(tree, node, addresses, device->node_base) ||
		fdt_appendprop_u64(tree, node, addresses, device->node_size))
		return -1;
	snprintf(name, sizeof(name), "device@%x", device->slot);
	node = fdt_add_subnode(tree, fdt_path_offset(tree, "/pcie"), name);
	return fdt_setprop(tree, node, "reg", reg, sizeof(reg)) ||
	       fdt_setprop_u32(tree, node, "memory-region", PHANDLE_MSI) ||
	       fdt_setprop_u32(tree, node, "phandle", phandle);
}

int device_tree_build(const struct vm *vm)
{
	void *tree = memory_at(&vm->memory, vm->image.fdt, IMAGE_FDT_SIZE);
	int error = fdt_open_into(dt_blob_start, tree, IMAGE_FDT_SIZE);

	error = error || add_chosen(tree, vm) || add_memory(tree, &vm->memory);
	/* Each new node is the first of its parent. */
	for (unsigned int n = vm->options.cpus; !error && n--;)
		error = add_cpu(tree, n);
	for (unsigned int n = vm->options.devices; !error && n--;)
		error = add_device(tree, &vm->device[n]);
	return error ? fail("the device tree is not what it should be") : 0;
}
