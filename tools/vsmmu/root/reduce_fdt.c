/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A flattened device tree keeps its shape, and the values of the properties that tell which
 * device is behind which SMMU. All other values are zeros: the command line, serial numbers,
 * MAC addresses and seeds of random numbers are among them.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "root/reduce.h"

static bool is_kept(const char *name)
{
	static const char *const names[] = {"#address-cells", "#interrupt-cells", "#iommu-cells",
		"#msi-cells", "#size-cells", "ats-supported", "bus-range", "compatible",
		"device_type", "dma-coherent", "dma-ranges", "external-facing",
		"interrupt-controller", "iommu-map", "iommu-map-mask", "iommus", "linux,pci-domain",
		"linux,phandle", "memory-region", "model", "msi-controller", "msi-map",
		"msi-map-mask", "msi-parent", "nvidia,cmdqv", "phandle", "ranges", "reg", "status",
		"cavium,cn9900-broken-page1-regspace"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* Nothing but the blocks that the header names is left. */
static void clear_gaps(char *bytes, size_t length)
{
	size_t header = fdt_header_size(bytes);
	size_t reserved = fdt_off_mem_rsvmap(bytes);
	size_t reserved_end = reserved + ((size_t)fdt_num_mem_rsv(bytes) + 1) * 16;
	size_t structure = fdt_off_dt_struct(bytes);
	size_t structure_end = structure + fdt_size_dt_struct(bytes);
	size_t strings = fdt_off_dt_strings(bytes);
	size_t strings_end = strings + fdt_size_dt_strings(bytes);

	for (size_t i = header; i < length; i++)
		if (!(i >= reserved && i < reserved_end) &&
			!(i >= structure && i < structure_end) &&
			!(i >= strings && i < strings_end))
			bytes[i] = 0;
}

int reduce_fdt(char *bytes, size_t length)
{
	int at = 0, next;
	uint32_t tag;

	if (fdt_check_full(bytes, length) || fdt_version(bytes) < 17)
		return -EBADMSG;
	do {
		const char *name;
		int size;
		const void *value;

		tag = fdt_next_tag(bytes, at, &next);
		if (tag == FDT_PROP) {
			value = fdt_getprop_by_offset(bytes, at, &name, &size);
			if (!value)
				return -EBADMSG;
			if (!is_kept(name))
				memset(bytes + ((const char *)value - bytes), 0, (size_t)size);
		}
		at = next;
	} while (tag != FDT_END && next > 0);
	clear_gaps(bytes, length);
	return 0;
}
