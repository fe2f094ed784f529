/* SPDX-License-Identifier: BSD-2-Clause */
/* The nodes of docs/guest.md: the SMMU, the PCIe host behind it, and the window for MSIs. */
#include "device_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/registers.h>

#include "vm.h"

#define SPI   0
#define EDGE  1
#define LEVEL 4

#define SPACE_MEM32	     0x02000000u
#define SPACE_MEM64_PREFETCH 0x43000000u

void device_tree_add_smmu(struct fdt *fdt)
{
	static const char names[] = "eventq\0gerror\0cmdq-sync";

	fdt_begin(fdt, "iommu@9050000");
	fdt_text(fdt, "compatible", "arm,smmu-v3");
	FDT_CELLS(fdt, "reg", FDT_64(MAP_SMMU), FDT_64(VSMMU_REGISTER_SPACE));
	FDT_CELLS(fdt, "interrupts", SPI, SPI_SMMU, EDGE, SPI, SPI_SMMU + 1, EDGE, SPI,
		SPI_SMMU + 2, EDGE);
	fdt_texts(fdt, "interrupt-names", names, sizeof(names));
	fdt_flag(fdt, "dma-coherent");
	FDT_CELLS(fdt, "#iommu-cells", 1);
	FDT_CELLS(fdt, "msi-parent", FDT_ITS, SMMU_DEVICE_ID);
	FDT_CELLS(fdt, "phandle", FDT_SMMU);
	fdt_end(fdt);
}

/* INTA to INTD of each slot, in turn over four SPIs, as bridges do it. */
static void add_interrupt_map(struct fdt *fdt)
{
	uint32_t map[16 * 10], *at = map;

	for (uint32_t slot = 0; slot < 4; slot++) {
		for (uint32_t pin = 0; pin < 4; pin++) {
			const uint32_t cells[10] = {slot << 11, 0, 0, pin + 1, FDT_GIC, 0, 0, SPI,
				SPI_INTX + (slot + pin) % 4, LEVEL};

			for (unsigned int n = 0; n < 10; n++)
				*at++ = cells[n];
		}
	}
	FDT_CELLS(fdt, "interrupt-map-mask", 3 << 11, 0, 0, 7);
	fdt_cells(fdt, "interrupt-map", map, sizeof(map) / sizeof(map[0]));
}

static bool has_msis(const struct vfio_device *device)
{
	return device->slot && !device->no_msi && (device->msi || device->msix) && device->msi_size;
}

static void add_devices(struct fdt *fdt, const struct vm *vm)
{
	char name[32];

	for (unsigned int n = 0; n < vm->options.devices; n++) {
		const uint32_t slot = vm->device[n].slot;

		if (!has_msis(&vm->device[n]))
			continue;
		snprintf(name, sizeof(name), "device@%x", slot);
		fdt_begin(fdt, name);
		FDT_CELLS(fdt, "reg", slot << 11, 0, 0, 0, 0);
		FDT_CELLS(fdt, "memory-region", FDT_MSI);
		FDT_CELLS(fdt, "phandle", FDT_DEVICE + slot);
		fdt_end(fdt);
	}
}

void device_tree_add_msi_window(struct fdt *fdt, const struct vm *vm)
{
	uint32_t addresses[6 * DEVICES_MAX];
	uint64_t base = 0, size = 0;
	size_t cells = 0;
	char name[32];

	for (unsigned int n = 0; n < vm->options.devices; n++) {
		const struct vfio_device *device = &vm->device[n];

		if (!has_msis(device))
			continue;
		base = device->msi_base;
		size = device->msi_size;
		const uint32_t range[6] = {
			FDT_DEVICE + device->slot, SPACE_MEM32, FDT_64(base), FDT_64(size)};

		memcpy(addresses + cells, range, sizeof(range));
		cells += 6;
	}
	if (!cells)
		return;
	fdt_begin(fdt, "reserved-memory");
	FDT_CELLS(fdt, "#address-cells", 2);
	FDT_CELLS(fdt, "#size-cells", 2);
	fdt_flag(fdt, "ranges");
	snprintf(name, sizeof(name), "msi@%" PRIx64, base);
	fdt_begin(fdt, name);
	FDT_CELLS(fdt, "reg", FDT_64(base), FDT_64(size));
	fdt_cells(fdt, "iommu-addresses", addresses, cells);
	FDT_CELLS(fdt, "phandle", FDT_MSI);
	fdt_end(fdt);
	fdt_end(fdt);
}

void device_tree_add_pci(struct fdt *fdt, const struct vm *vm)
{
	fdt_begin(fdt, "pcie@30000000");
	fdt_text(fdt, "compatible", "pci-host-ecam-generic");
	fdt_text(fdt, "device_type", "pci");
	FDT_CELLS(fdt, "reg", FDT_64(MAP_ECAM), FDT_64(MAP_ECAM_SIZE));
	FDT_CELLS(fdt, "bus-range", 0, 0);
	FDT_CELLS(fdt, "linux,pci-domain", 0);
	FDT_CELLS(fdt, "#address-cells", 3);
	FDT_CELLS(fdt, "#size-cells", 2);
	FDT_CELLS(fdt, "#interrupt-cells", 1);
	FDT_CELLS(fdt, "ranges", SPACE_MEM32, FDT_64(MAP_MEM32), FDT_64(MAP_MEM32),
		FDT_64(MAP_MEM32_SIZE), SPACE_MEM64_PREFETCH, FDT_64(MAP_MEM64), FDT_64(MAP_MEM64),
		FDT_64(MAP_MEM64_SIZE));
	add_interrupt_map(fdt);
	fdt_flag(fdt, "dma-coherent");
	FDT_CELLS(fdt, "iommu-map", 0, FDT_SMMU, 0, 0x10000);
	FDT_CELLS(fdt, "msi-map", 0, FDT_ITS, 0, SMMU_DEVICE_ID);
	add_devices(fdt, vm);
	fdt_end(fdt);
}
