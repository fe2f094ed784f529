/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of what can be read, and which messages of the kernel are kept. */
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "root/allowed.h"
#include "root/kernel_log.h"
#include "root/root.h"

TEST(each_pattern_is_a_path_with_a_purpose)
{
	size_t i;

	for (i = 0; allowed_get(i); i++) {
		const struct allowed *allowed = allowed_get(i);

		assert_true(allowed_path_is_sane(allowed->pattern));
		assert_true(*allowed->purpose);
		assert_ptr_equal(allowed_find(allowed->pattern, allowed->kind), allowed);
		/* A wildcard for folders of any depth there is not. */
		assert_null(strstr(allowed->pattern, "**"));
	}
	assert_in_range(i, 20, 200);
}

TEST(a_path_matches_as_a_whole_and_with_its_kind)
{
	assert_non_null(allowed_find("proc/cmdline", ALLOWED_FILE));
	assert_non_null(allowed_find("sys/bus/pci/devices/0000:01:00.0/config", ALLOWED_FILE));
	assert_non_null(allowed_find("sys/bus/pci/devices/0000:01:00.0/driver", ALLOWED_LINK));
	assert_null(allowed_find("sys/bus/pci/devices/0000:01:00.0/driver", ALLOWED_FILE));
	assert_null(allowed_find("sys/bus/pci/devices/0000:01:00.0/vpd", ALLOWED_FILE));
	assert_null(allowed_find("sys/bus/pci/devices/a/b/config", ALLOWED_FILE));
	assert_null(allowed_find("sys/bus/pci/devices", ALLOWED_FILE));
	assert_null(allowed_find("sys/class/dmi/id/product_serial", ALLOWED_FILE));
	assert_null(allowed_find("proc/cmdline/x", ALLOWED_FILE));
	assert_null(allowed_find("proc", ALLOWED_FILE));
}

TEST(no_path_leads_out)
{
	static const char *const bad[] = {"", "/", "/etc/passwd", "..", "proc/..", "proc/../etc",
		"./proc/cmdline", "proc//cmdline", "proc/cmdline/", "proc/./cmdline",
		"sys/bus/pci/devices/../vendor", "vsmmu/try/..", "boot/config-/../../x"};
	char path[ALLOWED_PATH_MAX + 16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(allowed_path_is_sane(bad[i]));
		assert_null(allowed_find(bad[i], ALLOWED_FILE));
		assert_false(allowed_has(bad[i]));
		assert_false(allowed_folder(bad[i]));
	}
	memset(path, 'x', sizeof(path));
	memcpy(path, "boot/config-", 12);
	path[ALLOWED_PATH_MAX - 1] = '\0';
	assert_non_null(allowed_find(path, ALLOWED_FILE));
	path[ALLOWED_PATH_MAX - 1] = 'x';
	path[ALLOWED_PATH_MAX] = '\0';
	assert_null(allowed_find(path, ALLOWED_FILE));
}

TEST(only_folders_with_a_choice_are_listed)
{
	assert_true(allowed_folder("sys/bus/pci/devices"));
	assert_true(allowed_folder("sys/kernel/iommu_groups"));
	assert_true(allowed_folder("sys/kernel/iommu_groups/7/devices"));
	assert_true(allowed_folder("dev/vfio/devices"));
	assert_false(allowed_folder("sys/kernel/iommu_groups/7"));
	assert_false(allowed_folder("sys/bus/pci"));
	assert_false(allowed_folder("proc"));
	assert_false(allowed_folder("home"));
}

TEST(that_a_folder_is_there_can_be_told)
{
	assert_true(allowed_has("sys/kernel/iommu_groups/7"));
	assert_true(allowed_has("sys/bus/pci/devices/0000:01:00.0"));
	assert_true(allowed_has("sys/bus/pci"));
	assert_true(allowed_has("dev/iommu"));
	assert_false(allowed_has("dev/sda"));
	assert_false(allowed_has("home"));
}

TEST(messages_that_matter)
{
	static const char *const yes[] = {
		"arm-smmu-v3 arm-smmu-v3.0.auto: event 0x10 received:",
		"pci 0000:01:00.0: Adding to iommu group 3",
		"vfio-pci 0000:01:00.0: enabling device (0000 -> 0002)",
		"kvm [1]: GICv3: no GICV resource entry",
		"GICv3: 256 SPIs implemented",
		"ITS [mem 0x08080000-0x0809ffff]",
		"ITS@0x0000000008080000: allocated 8192 Devices",
		"pcieport 0000:00:01.0: AER: Corrected error received",
		"DMAR: IOMMU enabled",
		"AMD-Vi: Interrupt remapping enabled",
		"SMMU: x",
	};
	static const char *const no[] = {
		"EXT4-fs (sda1): mounted",
		"systemd[1]: Started LIMITS for its user.",
		"audit: LOGICAL volume",
		"usb 1-1: SerialNumber: X",
		"SYSTEM LASER: on",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(kernel_log_matters(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(kernel_log_matters(no[i]));
}

TEST(records_of_kmsg_become_lines)
{
	static const char *const records[] = {
		"3,339,5140900,-;arm-smmu-v3 arm-smmu-v3.0.auto: event: x\n SUBSYSTEM=platform\n",
		"6,340,70000000001,c,caller=T1;iommu: two words\n",
		"6,341,1,-;usb 1-1: new\n",
		"6,342;iommu: no time\n",
		"iommu without a head",
		"",
	};
	char *text, copy[256];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		strcpy(copy, records[i]);
		kernel_log_add(out, copy);
	}
	fclose(out);
	assert_string_equal(text, "[    5.140900] arm-smmu-v3 arm-smmu-v3.0.auto: event: x\n"
				  "[70000.000001] iommu: two words\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(each_pattern_is_a_path_with_a_purpose),
		UNIT_TEST_PLAIN(a_path_matches_as_a_whole_and_with_its_kind),
		UNIT_TEST_PLAIN(no_path_leads_out),
		UNIT_TEST_PLAIN(only_folders_with_a_choice_are_listed),
		UNIT_TEST_PLAIN(that_a_folder_is_there_can_be_told),
		UNIT_TEST_PLAIN(messages_that_matter),
		UNIT_TEST_PLAIN(records_of_kmsg_become_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
