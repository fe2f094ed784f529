/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_tree.h"

#include <libfdt.h>
#include <stdio.h>

#include "error.h"
#include "vm.h"

#define PPI 1
#define SPI 0

#define LEVEL 4

static void keep(struct fdt *fdt, int error)
{
	if (!fdt->error)
		fdt->error = error;
}

void fdt_begin(struct fdt *fdt, const char *name)
{
	keep(fdt, fdt_begin_node(fdt->tree, name));
}

void fdt_end(struct fdt *fdt)
{
	keep(fdt, fdt_end_node(fdt->tree));
}

void fdt_flag(struct fdt *fdt, const char *name)
{
	keep(fdt, fdt_property(fdt->tree, name, NULL, 0));
}

void fdt_text(struct fdt *fdt, const char *name, const char *text)
{
	keep(fdt, fdt_property_string(fdt->tree, name, text));
}

void fdt_texts(struct fdt *fdt, const char *name, const char *texts, size_t size)
{
	keep(fdt, fdt_property(fdt->tree, name, texts, (int)size));
}

void fdt_cells(struct fdt *fdt, const char *name, const uint32_t *cells, size_t count)
{
	void *at;

	keep(fdt, fdt_property_placeholder(fdt->tree, name, (int)(count * 4), &at));
	for (size_t n = 0; !fdt->error && n < count; n++)
		fdt32_st((uint32_t *)at + n, cells[n]);
}

static void add_chosen(struct fdt *fdt, const struct vm *vm)
{
	const struct image *image = &vm->image;
	char words[2048];

	snprintf(words, sizeof(words), "console=ttyAMA0 %s", vm->options.append);
	fdt_begin(fdt, "chosen");
	fdt_text(fdt, "bootargs", words);
	fdt_text(fdt, "stdout-path", "/pl011@9000000");
	if (image->initrd_size) {
		FDT_CELLS(fdt, "linux,initrd-start", FDT_64(image->initrd));
		FDT_CELLS(fdt, "linux,initrd-end", FDT_64(image->initrd + image->initrd_size));
	}
	fdt_end(fdt);
}

static void add_cpus(struct fdt *fdt, const struct vm *vm)
{
	char name[32];

	fdt_begin(fdt, "cpus");
	FDT_CELLS(fdt, "#address-cells", 1);
	FDT_CELLS(fdt, "#size-cells", 0);
	for (unsigned int n = 0; n < vm->options.cpus; n++) {
		snprintf(name, sizeof(name), "cpu@%x", n);
		fdt_begin(fdt, name);
		fdt_text(fdt, "device_type", "cpu");
		fdt_text(fdt, "compatible", "arm,armv8");
		fdt_text(fdt, "enable-method", "psci");
		/* KVM's MPIDR of the first 16 vCPUs. */
		FDT_CELLS(fdt, "reg", n);
		fdt_end(fdt);
	}
	fdt_end(fdt);
	fdt_begin(fdt, "psci");
	fdt_text(fdt, "compatible", "arm,psci-0.2");
	fdt_text(fdt, "method", "hvc");
	fdt_end(fdt);
	fdt_begin(fdt, "timer");
	fdt_text(fdt, "compatible", "arm,armv8-timer");
	FDT_CELLS(
		fdt, "interrupts", PPI, 13, LEVEL, PPI, 14, LEVEL, PPI, 11, LEVEL, PPI, 10, LEVEL);
	fdt_flag(fdt, "always-on");
	fdt_end(fdt);
}

static void add_gic(struct fdt *fdt, const struct vm *vm)
{
	fdt_begin(fdt, "intc@a000000");
	fdt_text(fdt, "compatible", "arm,gic-v3");
	FDT_CELLS(fdt, "#interrupt-cells", 3);
	fdt_flag(fdt, "interrupt-controller");
	FDT_CELLS(fdt, "#address-cells", 2);
	FDT_CELLS(fdt, "#size-cells", 2);
	fdt_flag(fdt, "ranges");
	FDT_CELLS(fdt, "reg", FDT_64(MAP_GICD), FDT_64(MAP_GICD_SIZE), FDT_64(MAP_GICR),
		FDT_64(MAP_GICR_EACH * vm->options.cpus));
	FDT_CELLS(fdt, "phandle", FDT_GIC);
	fdt_begin(fdt, "msi-controller@a080000");
	fdt_text(fdt, "compatible", "arm,gic-v3-its");
	fdt_flag(fdt, "msi-controller");
	FDT_CELLS(fdt, "#msi-cells", 1);
	FDT_CELLS(fdt, "reg", FDT_64(MAP_ITS), FDT_64(MAP_ITS_SIZE));
	FDT_CELLS(fdt, "phandle", FDT_ITS);
	fdt_end(fdt);
	fdt_end(fdt);
}

static void add_uart(struct fdt *fdt)
{
	static const char compatible[] = "arm,pl011\0arm,primecell";
	static const char clocks[] = "uartclk\0apb_pclk";

	fdt_begin(fdt, "clock");
	fdt_text(fdt, "compatible", "fixed-clock");
	FDT_CELLS(fdt, "#clock-cells", 0);
	FDT_CELLS(fdt, "clock-frequency", 24000000);
	FDT_CELLS(fdt, "phandle", FDT_CLOCK);
	fdt_end(fdt);
	fdt_begin(fdt, "pl011@9000000");
	fdt_texts(fdt, "compatible", compatible, sizeof(compatible));
	FDT_CELLS(fdt, "reg", FDT_64(MAP_UART), FDT_64(MAP_UART_SIZE));
	FDT_CELLS(fdt, "interrupts", SPI, SPI_UART, LEVEL);
	FDT_CELLS(fdt, "clocks", FDT_CLOCK, FDT_CLOCK);
	fdt_texts(fdt, "clock-names", clocks, sizeof(clocks));
	fdt_end(fdt);
}

int fdt_build(struct vm *vm)
{
	struct fdt fdt = {.tree = memory_at(&vm->memory, vm->image.fdt, IMAGE_FDT_SIZE)};

	fdt.error = fdt_create(fdt.tree, (int)IMAGE_FDT_SIZE);
	keep(&fdt, fdt_finish_reservemap(fdt.tree));
	fdt_begin(&fdt, "");
	fdt_text(&fdt, "compatible", "linux,dummy-virt");
	fdt_text(&fdt, "model", "vsmmu-vm");
	FDT_CELLS(&fdt, "#address-cells", 2);
	FDT_CELLS(&fdt, "#size-cells", 2);
	FDT_CELLS(&fdt, "interrupt-parent", FDT_GIC);
	add_chosen(&fdt, vm);
	fdt_begin(&fdt, "memory@40000000");
	fdt_text(&fdt, "device_type", "memory");
	FDT_CELLS(&fdt, "reg", FDT_64(MAP_RAM), FDT_64(vm->memory.size));
	fdt_end(&fdt);
	add_cpus(&fdt, vm);
	add_gic(&fdt, vm);
	add_uart(&fdt);
	device_tree_add_smmu(&fdt);
	device_tree_add_pci(&fdt, vm);
	device_tree_add_msi_window(&fdt, vm);
	fdt_end(&fdt);
	keep(&fdt, fdt_finish(fdt.tree));
	return fdt.error ? fail("the device tree: %s", fdt_strerror(fdt.error)) : 0;
}
