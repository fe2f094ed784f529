/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints by name, from a host's files, and from its log. */
#include "../root/folder.h"
#include "map_files.h"
#include "root/root.h"

#define SMMU(address) "sys/class/iommu/smmu3.0x00000000000" address

static int begin(void **unused)
{
	return folder_new(unused) || make_map(unused);
}

static int end(void **unused)
{
	free_map(unused);
	return folder_remove(unused);
}

static void put_function(const char *name, const char *id, const char *code, const char *driver)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/vendor", name);
	folder_put(path, "0x1b36\n");
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/device", name);
	folder_put(path, id);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/class", name);
	folder_put(path, code);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/driver", name);
	if (driver)
		folder_link(path, driver);
}

/* Two segments with an SMMU each, the same StreamIDs, and numbers that begin with 11. */
static void put_host(void)
{
	put_function("0000:00:00.0", "0x0008\n", "0x060000\n", NULL);
	put_function("0000:01:00.0", "0x0010\n", "0x010802\n", "../../../bus/pci/drivers/nvme");
	put_function("0001:01:00.0", "0x0005\n", "0x020000\n", "../../../bus/pci/drivers/vfio-pci");
	folder_link(SMMU("10000") "/device", "../../../arm-smmu-v3.11.auto");
	folder_link(SMMU("20000") "/device", "../../../arm-smmu-v3.12.auto");
	folder_link(SMMU("10000") "/devices/0000:01:00.0", "../../0000:01:00.0");
	folder_link(SMMU("20000") "/devices/0001:01:00.0", "../../0001:01:00.0");
	folder_link(SMMU("20000") "/devices/HISI0162:01", "../../HISI0162:01");
	folder_put("sys/class/iommu/dmar0/intel-iommu/cap", "0\n");
}

static void put_iort(void)
{
	uint32_t smmu[2];

	table_begin(&table, 5);
	smmu[0] = table_smmu_v3(&table, 0x10000, 0);
	smmu[1] = table_smmu_v3(&table, 0x20000, 0);
	for (uint32_t segment = 0; segment < 2; segment++) {
		table_root(&table, segment, 0, 0);
		table_map(&table, 0, 0xffff, 0, smmu[segment], 0);
	}
	table_end(&table);
	folder_put_bytes("sys/firmware/acpi/tables/IORT", table.bytes, table.length);
}

static int add_folder(void)
{
	return endpoint_map_add_file(map, folder, why, sizeof(why));
}

TEST(host_with_its_table)
{
	put_host();
	put_iort();
	assert_int_equal(add_folder(), 0);
	assert_string_equal(why, "");
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "0001:01:00.0");
	assert_string_equal(names[0].about, "1b36:0005 Ethernet controller, vfio-pci");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x100, "0000:01:00.0");
	assert_string_equal(names[0].about, "1b36:0010 NVMe controller, nvme");
	/* The table has it, but the host does not. */
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x200, "?0000:02:00.0");
}

static void put_bridge(const char *name, const char *bus)
{
	char path[128];

	put_function(name, "0x1150\n", "0x060400\n", NULL);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/secondary_bus_number", name);
	folder_put(path, bus);
}

/* Conventional PCI: a bridge speaks for what is behind it, as device 0 of that bus. */
TEST(devices_behind_a_bridge)
{
	put_host();
	put_iort();
	put_bridge("0000:00:01.0", "1\n");
	put_bridge("0000:02:00.0", "17\n");
	put_bridge("0001:02:00.0", "17\n");
	put_function("0000:11:00.0", "0x2000\n", "0x030000\n", "../../../bus/pci/drivers/ast");
	put_function("0000:11:02.0", "0x2402\n", "0x0c0310\n", NULL);
	put_function("0001:11:03.0", "0x2402\n", "0x0c0310\n", NULL);
	put_function("0000:01:02.0", "0x0010\n", "0x010802\n", NULL);
	folder_link("sys/bus/pci/devices/0000:01:02.0/physfn", "../0000:01:00.0");
	put_function("0000:00:02.0", "0x0010\n", "0x010802\n", NULL);
	put_function("0001:01:02.0", "0x0010\n", "0x010802\n", NULL);
	assert_int_equal(add_folder(), 0);
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x1100, "0000:11:00.0", "?0000:11:02.0");
	assert_string_equal(names[1].about, "1b36:2402 USB controller");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x1110, "0000:11:02.0");
	/* A virtual function, and one of the root's bus, have IDs of their own. */
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x100, "0000:01:00.0");
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x0, "0000:00:00.0");
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "0001:01:00.0");
}

/* Firmware says one thing, the kernel another. */
TEST(table_that_the_kernel_contradicts)
{
	put_host();
	table_begin(&table, 5);
	table_smmu_v3(&table, 0x10000, 0);
	table_root(&table, 1, 0, 0);
	table_map(&table, 0, 0xffff, 0, 48, 0);
	table_end(&table);
	folder_put_bytes("sys/firmware/acpi/tables/IORT", table.bytes, table.length);
	assert_int_equal(add_folder(), 0);
	CHECK_NAMES("arm-smmu-v3.11.auto", 0x100, "?0001:01:00.0");
}

/* Without a table no StreamID is known, but the SMMU narrows it down. */
TEST(host_without_a_table)
{
	char guess[32];

	put_host();
	assert_int_equal(add_folder(), 0);
	assert_non_null(strstr(why, "no IORT and no device tree"));
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "?0001:01:00.0");
	CHECK_NAMES("arm-smmu-v3.13.auto", 0x100, "?0000:01:00.0", "?0001:01:00.0");
	assert_true(endpoint_map_guess(
		map, "arm-smmu-v3.12.auto", 0x101, "", false, guess, sizeof(guess)));
	assert_false(endpoint_map_guess(
		map, "arm-smmu-v3.12.auto", 0x900, "", true, guess, sizeof(guess)));
}

TEST(table_for_root_alone)
{
	put_host();
	folder_put("vsmmu/denied", "sys/firmware/acpi/tables/IORT\n");
	assert_int_equal(add_folder(), 0);
	assert_string_equal(why, "only root may read the IORT, which tells the StreamIDs");
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "?0001:01:00.0");
}

TEST(nothing)
{
	struct root *root;

	assert_int_equal(add_folder(), -ENOENT);
	assert_string_equal(why, "there is no PCI device, no SMMU, no IORT and no device tree");
	/* This host may have anything; to look does no harm. */
	root = root_open(NULL, why, sizeof(why));
	assert_non_null(root);
	endpoint_map_add_root(map, root, why, sizeof(why));
	root_close(root);
}

static const char log_of_a_boot[] =
	"[    1.0] pci 0000:00:00.0: Adding to iommu group 0\n"
	"[    1.1] nvme 0000:01:00.0: Adding to iommu group 1\n"
	"Nov 30 03:00:00 host kernel: platform fd880000.usb: Adding to iommu group 2\n"
	"[    2.0] nvme nvme0: pci function 0000:01:00.0\n";

TEST(log_alone)
{
	char guess[32];

	assert_int_equal(add_text(log_of_a_boot), 0);
	CHECK_NAMES("", 0x100, "?0000:01:00.0");
	assert_false(endpoint_map_guess(map, "", 0x900, "", false, guess, sizeof(guess)));
	assert_true(endpoint_map_guess(map, "", 0x900, "", true, guess, sizeof(guess)));
	assert_string_equal(guess, "09:00.0");
}

TEST(log_of_a_host)
{
	folder_put("vsmmu/kernel-log", log_of_a_boot);
	assert_int_equal(add_folder(), 0);
	assert_non_null(strstr(why, "no IORT and no device tree"));
	CHECK_NAMES("smmu3.0x10000", 0x100, "?0000:01:00.0");
}

/* A log that names both SMMUs tells which of the table's is which. */
TEST(log_beside_a_table)
{
	put_iort();
	assert_int_equal(add_folder(), 0);
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "?0000:01:00.0", "?0001:01:00.0");
	assert_int_equal(add_text("[ 1.0] arm-smmu-v3 arm-smmu-v3.11.auto: option mask 0x0\n"
				  "[ 1.1] arm-smmu-v3 arm-smmu-v3.12.auto: option mask 0x0\n"),
		0);
	CHECK_NAMES("arm-smmu-v3.12.auto", 0x100, "0001:01:00.0");
}

#define ROOT_TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROOT_TEST(host_with_its_table),
		ROOT_TEST(devices_behind_a_bridge),
		ROOT_TEST(table_that_the_kernel_contradicts),
		ROOT_TEST(host_without_a_table),
		ROOT_TEST(table_for_root_alone),
		ROOT_TEST(nothing),
		ROOT_TEST(log_alone),
		ROOT_TEST(log_of_a_host),
		ROOT_TEST(log_beside_a_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
