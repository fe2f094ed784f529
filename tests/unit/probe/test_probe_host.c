/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe: what a kernel and its firmware say of a host, also when it is nonsense. */
#include <stdlib.h>
#include <string.h>

#include "probe/facts_parse.h"
#include "lib/unit.h"

TEST(kernel_configuration)
{
	struct probe_option options[KERNEL_OPTIONS] = {0};

	assert_true(kernel_config_parse("# Automatically generated file\n"
					"CONFIG_CC_VERSION_TEXT=\"gcc\"\n"
					"CONFIG_IOMMUFD=m\n"
					"CONFIG_ARM_SMMU_V3=y\r\n"
					"# CONFIG_ARM_SMMU_V3_IOMMUFD is not set\n"
					"CONFIG_VFIO_PCI=yes\n"
					"CONFIG_KVM=y # no\n"
					" CONFIG_PCI_ATS=y\n",
		options));
	assert_int_equal(options[OPTION_IOMMUFD].value, VALUE_MODULE);
	assert_int_equal(options[OPTION_ARM_SMMU_V3].value, VALUE_BUILTIN);
	assert_int_equal(options[OPTION_ARM_SMMU_V3_IOMMUFD].value, VALUE_OFF);
	assert_int_equal(options[OPTION_TEGRA241_CMDQV].value, VALUE_OFF);
	assert_int_equal(options[OPTION_VFIO_PCI].value, VALUE_OFF);
	assert_int_equal(options[OPTION_PCI_ATS].value, VALUE_OFF);
}

TEST(no_configuration_is_unknown)
{
	struct probe_option options[KERNEL_OPTIONS] = {0};

	assert_false(kernel_config_parse("", options));
	assert_false(kernel_config_parse("<html>not found</html>\n", options));
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		assert_int_equal(options[i].value, VALUE_UNKNOWN);
}

TEST(kernel_names)
{
	static const struct {
		const char *text;
		int major, minor;
		const char *machine;
	} cases[] = {
		{"Linux 7.3.4 aarch64", 7, 3, "aarch64"},
		{"Linux 6.1.0-40-arm64 aarch64\n", 6, 1, "aarch64"},
		{"Linux 6.15-rc1 x86_64", 6, 15, "x86_64"},
		{"Linux strange x86_64", -1, -1, "x86_64"},
		{"Linux", -1, -1, ""},
		{"", -1, -1, ""},
		{"Linux -6.-1 x", -1, -1, "x"},
		{"Linux 99999999999.1 x", -1, -1, "x"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct probe_host host = {.kernel_major = -1, .kernel_minor = -1};

		kernel_name_parse(cases[i].text, &host);
		assert_int_equal(host.kernel_major, cases[i].major);
		assert_int_equal(host.kernel_minor, cases[i].minor);
		assert_string_equal(host.machine, cases[i].machine);
	}
}

static struct probe_host cmdline(const char *text)
{
	struct probe_host host = {.passthrough = -1, .strict = -1, .disable_bypass = -1};

	kernel_cmdline_parse(text, &host);
	return host;
}

TEST(command_lines)
{
	struct probe_host host =
		cmdline("BOOT_IMAGE=/vmlinuz root=/dev/vda1 iommu.passthrough=1 "
			"iommu.strict=0 arm-smmu-v3.disable_bypass=y pci=nomsi,noats\n");

	assert_int_equal(host.passthrough, 1);
	assert_int_equal(host.strict, 0);
	assert_int_equal(host.disable_bypass, 1);
	assert_int_equal(host.noats, ANSWER_YES);
	assert_int_equal(host.noacs, ANSWER_NO);
	host = cmdline("arm_smmu_v3.disable_bypass=off iommufd.allow_unsafe_interrupts "
		       "pci=config_acs=10x@pci:0:0 iommu.passthrough=maybe");
	assert_int_equal(host.disable_bypass, 0);
	assert_int_equal(host.unsafe_interrupts, ANSWER_YES);
	assert_int_equal(host.noacs, ANSWER_YES);
	assert_int_equal(host.passthrough, -1);
	host = cmdline("quiet -- iommu.passthrough=1 pci=noats");
	assert_int_equal(host.passthrough, -1);
	assert_int_equal(host.noats, ANSWER_NO);
	host = cmdline("kvm-arm.mode=none modprobe.blacklist=vfio-pci "
		       "module_blacklist=a,vfio-pci,iommufd initcall_blacklist=\"b,iommufd_init\"");
	assert_true(host.kvm_off);
	assert_int_equal(host.options[OPTION_VFIO_PCI].block, BLOCK_MODULE);
	assert_string_equal(host.options[OPTION_VFIO_PCI].word, "module_blacklist=vfio-pci");
	assert_int_equal(host.options[OPTION_IOMMUFD].block, BLOCK_INITCALL);
	assert_string_equal(host.options[OPTION_IOMMUFD].word, "initcall_blacklist=iommufd_init");
	assert_int_equal(host.options[OPTION_ARM_SMMU_V3].block, BLOCK_NONE);
	host = cmdline("xiommu.passthrough=1 iommu.passthrough1=1 iommu.passthroug=1");
	assert_int_equal(host.passthrough, -1);
}

TEST(memory_of_the_host)
{
	struct probe_host host = {0};

	iomem_parse("00000000-00000000 : System RAM\n00000000-00000000 : Kernel code\n", &host);
	assert_int_equal(host.ram_known, ANSWER_UNKNOWN);
	iomem_parse("09000000-09000fff : pl011@9000000\n"
		    "40000000-bbfeffff : System RAM\n"
		    "  40210000-4158ffff : Kernel code\n"
		    "  41000000-4158ffff : System RAM\n"
		    "bfff0000-bbff0000 : System RAM\n"
		    "100000000-1ffffffff : System RAM\n"
		    "200000000-2ffffffff : System RAM (kmem)\n",
		&host);
	assert_int_equal(host.ram_known, ANSWER_YES);
	assert_int_equal(host.ram_count, 2);
	assert_int_equal(host.ram[0].first, 0x40000000);
	assert_int_equal(host.ram[1].last, 0x1ffffffff);
}

TEST(interrupt_controllers)
{
	struct probe_host host = {0};

	interrupts_parse(
		"            CPU0       CPU1\n"
		" 11:       1000       1000     GICv3  27 Level     arch_timer\n"
		" 45:          1          0  ITS-PCI-MSIX-0000:01:00.0   0 Edge      nvme0q0\n",
		&host);
	assert_int_equal(host.gic_version, 3);
	assert_int_equal(host.its, ANSWER_YES);
	host = (struct probe_host){0};
	interrupts_parse(
		" 11: 1 GICv2  27 Level arch_timer\n 30: 0 GICv2m-PCI-MSI-0000:01:00.0 0 Edge x\n",
		&host);
	assert_int_equal(host.gic_version, 2);
	assert_int_equal(host.its, ANSWER_UNKNOWN);
	assert_int_equal(host.msi_frames, ANSWER_YES);
}

TEST(madt)
{
	uint8_t table[44 + 24 + 20] = "APIC";
	struct probe_host host = {0};

	table[44] = 12;
	table[45] = 24;
	table[44 + 20] = 3;
	table[44 + 24] = 15;
	table[44 + 25] = 20;
	madt_parse(table, sizeof(table), &host);
	assert_int_equal(host.gic_version, 3);
	assert_int_equal(host.its, ANSWER_YES);

	/* Cut, or with entries of no length, it says nothing: least of all "no". */
	for (size_t length = 0; length < sizeof(table); length++) {
		uint8_t *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, table, length);
		host = (struct probe_host){0};
		madt_parse(copy, length, &host);
		if (length > 45 && length != 44 + 24 && length != 44 + 25)
			assert_int_equal(host.its, ANSWER_UNKNOWN);
		free(copy);
	}
	table[45] = 0;
	host = (struct probe_host){0};
	madt_parse(table, sizeof(table), &host);
	assert_int_equal(host.its, ANSWER_UNKNOWN);
}

static struct probe_smmu log_says(int major, int minor, const char *text)
{
	struct probe_smmu smmu = {.device = "arm-smmu-v3.0.auto", .oas = -1, .ias = -1};
	struct probe_result result = {.smmus = &smmu, .smmu_count = 1};

	result.host.kernel_major = major;
	result.host.kernel_minor = minor;
	kernel_log_parse(text, &result);
	assert_int_equal(result.host.kernel_log, ANSWER_YES);
	return smmu;
}

TEST(features_of_the_log)
{
	struct probe_smmu smmu = log_says(7, 3,
		"[    1.0] arm-smmu-v3 arm-smmu-v3.1.auto: oas 40-bit (features 0x00000000)\n"
		"[    1.1] arm-smmu-v3 arm-smmu-v3.0.auto: found companion CMDQV device: "
		"NVDA200C:00\n"
		"[    1.2] arm-smmu-v3 arm-smmu-v3.0.auto: oas 48-bit (features 0x008e8fef)\n");

	assert_int_equal(smmu.oas, 48);
	assert_int_equal(smmu.ias, -1);
	assert_int_equal(smmu.features, 0x8e8fef);
	assert_int_equal(smmu.nesting, ANSWER_YES);
	assert_int_equal(smmu.fwb, ANSWER_YES);
	assert_int_equal(smmu.ats, ANSWER_YES);
	assert_int_equal(smmu.pri, ANSWER_NO);
	assert_int_equal(smmu.ril, ANSWER_YES);
	assert_int_equal(smmu.cmdqv, ANSWER_YES);

	smmu = log_says(6, 1,
		"arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features 0x00008fef)\n");
	assert_int_equal(smmu.ias, 44);
	assert_int_equal(smmu.stage2, ANSWER_YES);
	/* That kernel had no such bits. */
	assert_int_equal(smmu.nesting, ANSWER_UNKNOWN);
	assert_int_equal(smmu.fwb, ANSWER_UNKNOWN);
	assert_int_equal(smmu.cmdqv, ANSWER_NO);
	smmu = log_says(6, 1,
		"arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features 0x000083ef)\n");
	assert_int_equal(smmu.nesting, ANSWER_NO);
}

TEST(features_that_make_no_sense)
{
	static const char *const bad[] = {
		"arm-smmu-v3 arm-smmu-v3.0.auto: oas 48-bit (features 0x1ffffffff)\n",
		"arm-smmu-v3 arm-smmu-v3.0.auto: oas 48-bit (features 0x",
		"arm-smmu-v3 arm-smmu-v3.0.auto: oas 48-bit\n",
		"arm-smmu-v3 arm-smmu-v3.0.auto oas 48-bit (features 0x008e8fef)\n",
		"arm-smmu-v3 arm-smmu-v3.0.aut: oas 48-bit (features 0x008e8fef)\n",
		"arm-smmu-v3 ",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct probe_smmu smmu = log_says(7, 3, bad[i]);

		assert_int_equal(smmu.features_known, ANSWER_UNKNOWN);
		assert_int_equal(smmu.nesting, ANSWER_UNKNOWN);
		assert_int_equal(smmu.oas, -1);
	}
	assert_int_equal(
		log_says(7, 3, "arm-smmu-v3 arm-smmu-v3.0.auto: oas 999-bit (features 0x0)\n").oas,
		-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_configuration),
		cmocka_unit_test(no_configuration_is_unknown),
		cmocka_unit_test(kernel_names),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(memory_of_the_host),
		cmocka_unit_test(interrupt_controllers),
		cmocka_unit_test(madt),
		cmocka_unit_test(features_of_the_log),
		cmocka_unit_test(features_that_make_no_sense),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
