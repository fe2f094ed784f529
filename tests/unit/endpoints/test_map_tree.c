/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints by name, from a flattened device tree. */
#include <libfdt.h>

#include "map_files.h"

#define SMMU_ONE 1
#define SMMU_TWO 2

static char fdt[65536];

static void cells(const char *name, const uint32_t *values, size_t count)
{
	uint32_t big[64];

	for (size_t i = 0; i < count; i++)
		big[i] = cpu_to_fdt32(values[i]);
	assert_int_equal(fdt_property(fdt, name, big, (int)count * 4), 0);
}

#define CELLS(name, ...)                                                                           \
	cells(name, (const uint32_t[]){__VA_ARGS__},                                               \
		sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void begin(void)
{
	fdt_create(fdt, sizeof(fdt));
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 2);
}

static void node(const char *name, const char *compatible)
{
	assert_int_equal(fdt_begin_node(fdt, name), 0);
	fdt_property_string(fdt, "compatible", compatible);
}

static void bridge(const char *name, const char *compatible)
{
	node(name, compatible);
	fdt_property_string(fdt, "device_type", "pci");
}

static void end_node(void)
{
	fdt_end_node(fdt);
}

/* The address is the upper one of two cells. */
static void smmu(const char *name, uint32_t phandle, uint32_t high, uint32_t low)
{
	node(name, "arm,smmu-v3");
	CELLS("reg", high, low, 0, 0x20000);
	CELLS("#iommu-cells", 1);
	CELLS("phandle", phandle);
	end_node();
}

static int finish(void)
{
	fdt_end_node(fdt);
	fdt_finish(fdt);
	return add_bytes(fdt, fdt_totalsize(fdt));
}

/* As boards of the RK3588 have it. */
TEST(platform_devices_and_bridges)
{
	begin();
	smmu("iommu@fc900000", SMMU_ONE, 0, 0xfc900000);
	smmu("iommu@fcb00000", SMMU_TWO, 0, 0xfcb00000);
	bridge("pcie@fe150000", "rockchip,rk3588-pcie");
	CELLS("linux,pci-domain", 0);
	CELLS("iommu-map", 0, SMMU_ONE, 0, 0x1000);
	end_node();
	bridge("pcie@fe180000", "rockchip,rk3588-pcie");
	CELLS("linux,pci-domain", 3);
	CELLS("iommu-map", 0x3000, SMMU_ONE, 0x3000, 0x1000);
	end_node();
	node("usb@fcd00000", "rockchip,rk3588-dwc3");
	CELLS("reg", 0, 0xfcd00000, 0, 0x400000);
	CELLS("iommus", SMMU_TWO, 0x5, SMMU_TWO, 0x6);
	end_node();
	node("sound", "simple-audio-card");
	CELLS("iommus", SMMU_TWO, 0x2007);
	end_node();
	assert_int_equal(finish(), 0);

	CHECK_NAMES("fc900000.iommu", 0x100, "0000:01:00.0");
	CHECK_NAMES("fc900000.iommu", 0x3100, "0003:31:00.0");
	CHECK_NAMES("fc900000.iommu", 0x5, "0000:00:00.5");
	CHECK_NAMES("fcb00000.iommu", 0x5, "fcd00000.usb");
	CHECK_NAMES("/iommu@fcb00000", 0x6, "fcd00000.usb");
	CHECK_NAMES("fcb00000.iommu", 0x2007, "sound");
	CHECK_NAMES("fcb00000.iommu", 0x100, );
	CHECK_NAMES("fc900000.iommu", 0x1000, );
	CHECK_NAMES("", 0x5, "?0000:00:00.5", "?fcd00000.usb");
	CHECK_NAMES("", 0x2007, "sound");
	/* Linux booted with ACPI: then the tree is not what it went by. */
	CHECK_NAMES("arm-smmu-v3.0.auto", 0x2007, "?sound");
}

TEST(masks)
{
	begin();
	smmu("iommu@1000", SMMU_ONE, 0, 0x1000);
	bridge("pcie@8000", "pci-host-ecam-generic");
	CELLS("iommu-map-mask", 0xfff8);
	CELLS("iommu-map", 0, SMMU_ONE, 0x40000, 0x10000);
	end_node();
	assert_int_equal(finish(), 0);
	/* Functions of a device have the StreamID of the first. */
	CHECK_NAMES("1000.iommu", 0x40101, );
	CHECK_NAMES("1000.iommu", 0x40100, "?0000:01:00.0");
	endpoint_map_add_name(map, "0000:01:00.0");
	endpoint_map_add_name(map, "0000:01:00.1");
	endpoint_map_add_name(map, "0000:01:01.0");
	CHECK_NAMES("1000.iommu", 0x40100, "0000:01:00.0", "0000:01:00.1");
}

/* All functions have one StreamID. */
TEST(mask_of_nothing)
{
	begin();
	smmu("iommu@1000", SMMU_ONE, 0, 0x1000);
	bridge("pcie@8000", "pci-host-ecam-generic");
	CELLS("linux,pci-domain", 2);
	CELLS("iommu-map-mask", 0);
	CELLS("iommu-map", 0, SMMU_ONE, 0x40, 0x10000);
	end_node();
	assert_int_equal(finish(), 0);
	CHECK_NAMES("1000.iommu", 0x41, );
	CHECK_NAMES("1000.iommu", 0x40, "every device of segment 0002");
	endpoint_map_add_name(map, "0002:01:00.0");
	endpoint_map_add_name(map, "0000:01:00.0");
	endpoint_map_add_name(map, "0002:03:00.0");
	CHECK_NAMES("1000.iommu", 0x40, "0002:01:00.0", "0002:03:00.0");
}

/* Linux numbers segments itself then. */
TEST(segments_without_numbers)
{
	begin();
	smmu("iommu@1000", SMMU_ONE, 0, 0x1000);
	for (unsigned int i = 0; i < 2; i++) {
		bridge(i ? "pcie@9000" : "pcie@8000", "pci-host-ecam-generic");
		CELLS("reg", 0, i ? 0x9000 : 0x8000, 0, 0x1000);
		CELLS("iommu-map", 0, SMMU_ONE, 0x10000 * i, 0x10000);
		end_node();
	}
	assert_int_equal(finish(), 0);
	CHECK_NAMES("1000.iommu", 0x10100, "?01:00.0");
	assert_string_equal(names[0].about, "behind 9000.pcie");
	endpoint_map_add_name(map, "0000:01:00.0");
	endpoint_map_add_name(map, "0001:01:00.0");
	CHECK_NAMES("1000.iommu", 0x10100, "?0000:01:00.0", "?0001:01:00.0");
}

TEST(ranges_of_a_bridge)
{
	begin();
	smmu("iommu@1000", SMMU_ONE, 0, 0x1000);
	bridge("pcie@8000", "pci-host-ecam-generic");
	/* The first one that has a requester ID counts; one of none; one beyond all IDs. */
	CELLS("iommu-map", 0x100, SMMU_ONE, 0x10, 1, 0, SMMU_ONE, 0x2000, 0x1000, 0x8, SMMU_ONE,
		0x9, 0, 0x1ffff, SMMU_ONE, 0x77, 1, 0xffff, SMMU_ONE, 0x5000, 0x10);
	end_node();
	assert_int_equal(finish(), 0);
	CHECK_NAMES("1000.iommu", 0x10, "0000:01:00.0");
	CHECK_NAMES("1000.iommu", 0x2100, );
	CHECK_NAMES("1000.iommu", 0x2101, "0000:01:00.1");
	CHECK_NAMES("1000.iommu", 0x9, );
	CHECK_NAMES("1000.iommu", 0x77, );
	CHECK_NAMES("1000.iommu", 0x5000, "0000:ff:1f.7");
	CHECK_NAMES("1000.iommu", 0x5001, );
}

/* Addresses are those of the processor, through the buses. */
TEST(buses)
{
	begin();
	node("soc", "simple-bus");
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 1);
	CELLS("ranges", 0, 0, 0x10000000, 0x1000, 0x2000, 0x1, 0x40000000, 0x8000);
	node("iommu@3000", "arm,smmu-v3");
	CELLS("reg", 0x3000, 0x2000);
	CELLS("#iommu-cells", 1);
	CELLS("linux,phandle", SMMU_ONE);
	end_node();
	node("dma@800", "arm,pl330");
	CELLS("reg", 0x800, 0x100);
	CELLS("iommus", SMMU_ONE, 1);
	end_node();
	node("amba@0", "simple-bus");
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 1);
	assert_int_equal(fdt_property(fdt, "ranges", NULL, 0), 0);
	node("dma@900", "arm,pl330");
	CELLS("reg", 0x900, 0x100);
	CELLS("iommus", SMMU_ONE, 5);
	end_node();
	end_node();
	node("hub", "simple-bus");
	node("card", "x");
	CELLS("iommus", SMMU_ONE, 2);
	end_node();
	end_node();
	node("ghost@900", "x");
	CELLS("reg", 0x900, 0x100);
	CELLS("iommus", SMMU_ONE, 3);
	fdt_property_string(fdt, "status", "disabled");
	node("child", "x");
	CELLS("iommus", SMMU_ONE, 3);
	end_node();
	end_node();
	end_node();
	node("alive", "x");
	CELLS("iommus", SMMU_ONE, 4);
	end_node();
	assert_int_equal(finish(), 0);
	CHECK_NAMES("140001000.iommu", 1, "10000800.dma");
	CHECK_NAMES("140001000.iommu", 5, "10000900.dma");
	CHECK_NAMES("140001000.iommu", 2, "soc:hub:card");
	CHECK_NAMES("140001000.iommu", 3, );
	CHECK_NAMES("140001000.iommu", 4, "alive");
}

/* SMMUs of other kinds, with more cells, and references to nowhere. */
TEST(other_iommus)
{
	begin();
	smmu("iommu@1000", SMMU_ONE, 0, 0x1000);
	node("iommu@2000", "arm,mmu-500");
	CELLS("reg", 0, 0x2000, 0, 0x1000);
	CELLS("#iommu-cells", 2);
	CELLS("phandle", SMMU_TWO);
	end_node();
	node("a", "x");
	CELLS("iommus", SMMU_TWO, 5, 0xff, SMMU_ONE, 6);
	end_node();
	node("b", "x");
	CELLS("iommus", 77, SMMU_ONE, 7, SMMU_ONE, 7);
	end_node();
	node("c", "x");
	CELLS("iommus", SMMU_ONE);
	end_node();
	assert_int_equal(finish(), 0);
	CHECK_NAMES("1000.iommu", 5, );
	CHECK_NAMES("1000.iommu", 6, "a");
	CHECK_NAMES("1000.iommu", 7, );
}

TEST(no_smmu_or_no_tree)
{
	begin();
	node("usb@1000", "x");
	end_node();
	assert_int_equal(finish(), -ENOENT);
	assert_string_equal(why, "the device tree has no SMMUv3");
	assert_int_equal(add_bytes(fdt, fdt_totalsize(fdt) - 1), -EINVAL);
	assert_string_equal(why, "the device tree is damaged");
	assert_int_equal(add_bytes(fdt, 4), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAP_TEST(platform_devices_and_bridges),
		MAP_TEST(masks),
		MAP_TEST(mask_of_nothing),
		MAP_TEST(segments_without_numbers),
		MAP_TEST(ranges_of_a_bridge),
		MAP_TEST(buses),
		MAP_TEST(other_iommus),
		MAP_TEST(no_smmu_or_no_tree),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
