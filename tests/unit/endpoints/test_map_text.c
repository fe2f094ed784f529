/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints by name, from lists of lspci and other texts, and files that are none. */
#include <sys/stat.h>

#include "map_files.h"

static char guess[32];

static bool guesses(uint32_t sid, bool unknown)
{
	return endpoint_map_guess(map, "", sid, "", unknown, guess, sizeof(guess));
}

static void check_about(const char *name, const char *about)
{
	char text[64];

	assert_int_equal(endpoint_map_about(map, name, text, sizeof(text)), *about != '\0');
	assert_string_equal(text, about);
}

TEST(lspci_in_numbers)
{
	assert_int_equal(add_text("00:00.0 0600: 1b36:0008\n"
				  "00:01.0 0200: 8086:10d3\n"
				  "01:00.0 0108: 144d:a808 (rev 01)\r\n"
				  "02:00.0 0c03: 1912:0014 (rev 03)"),
		0);
	check_about("0000:01:00.0", "144d:a808 NVMe controller");
	check_about("02:00.0", "1912:0014 USB controller");
	check_about("0001:02:00.0", "");
	/* No table says that a StreamID is a requester ID. */
	CHECK_NAMES("", 0x100, "?01:00.0");
	assert_string_equal(names[0].about, "144d:a808 NVMe controller");
	CHECK_NAMES("", 0x10100, "?01:00.0");
	/* A function that is not there, on a bus that is; a bus that is not. */
	assert_true(guesses(0x101, false));
	assert_false(guesses(0x900, false));
	assert_false(guesses(0x900, true));
}

/* A few lines that somebody has cut out are no list of all. */
TEST(lspci_in_part)
{
	assert_int_equal(add_text("0002:01:00.0 0200: 8086:10d3\n"), 0);
	CHECK_NAMES("", 0x100, "?0002:01:00.0");
	assert_true(guesses(0x900, false));
}

TEST(lspci_with_names)
{
	assert_int_equal(
		add_text("0000:00:00.0 PCI bridge [0604]: Rockchip RK3588 [1d87:3588] (rev 01)\n"
			 "0004:41:00.0 Ethernet controller [0200]: Realtek RTL8125 [2.5G] "
			 "[10ec:8125] (rev 05)\n"
			 "\tSubsystem: Realtek RTL8125 [10ec:0123]\n"
			 "\tKernel driver in use: r8169\n"
			 "\tKernel modules: r8169\n"
			 "0000:01:00.0 Non-Volatile memory controller: Samsung PM9A1\n"
			 "\tKernel driver in use: nvme\n"),
		0);
	check_about("0000:00:00.0", "1d87:3588 PCI bridge");
	check_about("0004:41:00.0", "10ec:8125 Ethernet controller, r8169");
	check_about("0000:01:00.0", "Non-Volatile memory controller: Samsung PM9A1, nvme");
	CHECK_NAMES("", 0x4100, "?0004:41:00.0");
	assert_false(guesses(0x900, true));
}

/* As scripts that list groups print it. */
TEST(lspci_by_groups)
{
	assert_int_equal(
		add_text("IOMMU Group 3:\n"
			 "\t01:00.0 Ethernet controller [0200]: Intel I210 [8086:1533]\n"
			 "IOMMU Group 4 02:00.0 USB controller [0c03]: Renesas [1912:0014]\n"
			 "IOMMU group 5: 03:00.0 0108: 144d:a808\n"),
		0);
	check_about("01:00.0", "8086:1533 Ethernet controller");
	check_about("02:00.0", "1912:0014 USB controller");
	check_about("03:00.0", "144d:a808 NVMe controller");
}

/* The kernel says what it finds; which of these are all there are it does not. */
TEST(functions_in_a_log)
{
	assert_int_equal(
		add_text("[    0.5] pci 0000:00:00.0: [1b36:0008] type 00 class 0x060000 "
			 "conventional "
			 "PCI endpoint\n"
			 "Nov 30 03:00:00 host kernel: pci 0000:01:00.0: [144d:a808] type 00 class "
			 "0x010802\n"
			 "[    0.6] acpi 0000:02:00.0: [144d:a808] type 00 class 0x010802\n"),
		0);
	check_about("0000:01:00.0", "144d:a808 NVMe controller");
	check_about("0000:02:00.0", "");
	CHECK_NAMES("", 0x100, "?0000:01:00.0");
	assert_true(guesses(0x900, true));
	assert_false(guesses(0x900, false));
}

TEST(paths_of_groups)
{
	assert_int_equal(add_text("/sys/kernel/iommu_groups/3/devices/0001:01:00.0 -> ../x\n"
				  "/sys/kernel/iommu_groups/4/devices/fd880000.usb\n"),
		0);
	CHECK_NAMES("", 0x100, "?0001:01:00.0");
}

/* What only looks like a line of lspci. */
TEST(other_lines)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"Hello\n",
		"01:00.0\n",
		"01:00.0: Adding\n",
		"0000:01:00.0 x\n",
		"01:00:00 GMT: today\n",
		"\tKernel driver in use: nvme\n",
		"    0000: 44 53 44 54 24 00 00 00\n",
		"pci 0000:01:00.0: enabling device\n",
		"pci 0000:01:00.0: [144d:a808] type 00\n",
		"tegra-pci 0000:01:00.0: x\n",
		"/sys/kernel/iommu_groups/3/devices\n",
		"/sys/kernel/iommu_groups/3/devices/x\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(add_text(texts[i]), -EINVAL);
		assert_non_null(strstr(why, "no line of this names a device"));
	}
}

TEST(files_of_other_kinds)
{
	static const uint8_t gzip[] = {0x1f, 0x8b, 8, 9, 9, 9, 9, 9, 'x', 'y'};

	assert_int_equal(add_text("/dts-v1/;\n\n/ {\n};\n"), -EINVAL);
	assert_non_null(strstr(why, "dtc -I dts -O dtb"));
	assert_int_equal(add_bytes(gzip, sizeof(gzip)), -EINVAL);
	assert_non_null(strstr(why, "unpacked first"));
	assert_int_equal(add_bytes("\177ELF\0\0\0", 7), -EINVAL);
	assert_non_null(strstr(why, "no text"));
	assert_int_equal(endpoint_map_add_file(map, "/nonexistent", why, sizeof(why)), -ENOENT);
	assert_string_equal(why, "No such file or directory");
	/* It may be a pipe. */
	assert_int_equal(endpoint_map_add_file(map, "/dev/null", why, sizeof(why)), -EINVAL);
	assert_int_equal(endpoint_map_add_file(map, "/dev/zero", why, sizeof(why)), -EFBIG);
	assert_string_equal(why, "File too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAP_TEST(lspci_in_numbers),
		MAP_TEST(lspci_in_part),
		MAP_TEST(lspci_with_names),
		MAP_TEST(lspci_by_groups),
		MAP_TEST(functions_in_a_log),
		MAP_TEST(paths_of_groups),
		MAP_TEST(other_lines),
		MAP_TEST(files_of_other_kinds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
