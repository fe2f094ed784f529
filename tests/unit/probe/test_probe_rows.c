/* SPDX-License-Identifier: BSD-2-Clause */
/* Probe: what facts mean. Rows are a pure function of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "probe/probe.h"

/* A host that can, with one SMMU and one device. */
struct sample {
	struct probe_result result;
	struct probe_smmu smmu;
	struct probe_device device;
};

static void fill_host(struct probe_host *host)
{
	*host = (struct probe_host){.release = "7.3.4",
		.machine = "aarch64",
		.kernel_major = 7,
		.kernel_minor = 3,
		.as_root = ANSWER_YES,
		.cmdline = ANSWER_YES,
		.passthrough = -1,
		.strict = -1,
		.disable_bypass = -1,
		.dev_iommu = ANSWER_YES,
		.kvm = ANSWER_YES,
		.gic_version = 3,
		.its = ANSWER_YES,
		.vm = ANSWER_NO,
		.firmware = PLATFORM_ACPI,
		.iort = ANSWER_YES,
		.firmware_smmus = 1,
		.kernel_log = ANSWER_YES,
		.ram_known = ANSWER_YES};
	for (int i = 0; i < KERNEL_OPTIONS; i++)
		host->options[i].value = VALUE_BUILTIN;
}

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){
		.smmu = {.name = "smmu3.0x1000",
			.oas = 48,
			.ssid_bits = -1,
			.features_known = ANSWER_YES,
			.nesting = ANSWER_YES,
			.stage1 = ANSWER_YES,
			.stage2 = ANSWER_YES,
			.fwb = ANSWER_NO,
			.canwbs = ANSWER_YES,
			.coherent = ANSWER_YES,
			.cmdqv = ANSWER_NO},
		.device = {.bdf = "0000:01:00.0",
			.shown = true,
			.driver_known = ANSWER_YES,
			.driver = "vfio-pci",
			.cdev = "vfio0",
			.cdev_node = ANSWER_YES,
			.resets_known = ANSWER_YES,
			.resets = "flr",
			.grouped = ANSWER_YES,
			.members_known = ANSWER_YES,
			.reserved_known = ANSWER_YES,
			.behind_iommu = ANSWER_YES,
			.stream_id = -1,
			.canwbs = ANSWER_YES,
			.ats = {ANSWER_NO, ANSWER_NO},
			.pasid = {ANSWER_NO, ANSWER_NO},
			.acs = ANSWER_YES},
	};
	sample->result.smmus_known = sample->result.devices_known = ANSWER_YES;
	fill_host(&sample->result.host);
}

static const struct probe_row *find(const struct probe_rows *rows, const char *code)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!strcmp(rows->rows[i].code, code))
			return &rows->rows[i];
	return NULL;
}

static void judge(struct sample *sample)
{
	sample->result.smmus = &sample->smmu;
	sample->result.smmu_count = sample->smmu.name[0] ? 1 : 0;
	sample->result.devices = &sample->device;
	sample->result.device_count = 1;
	assert_true(probe_judge(&sample->result));
}

/* It is the result's, which would free the SMMU and the device as well. */
static void free_rows(struct probe_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->rows[i].text);
		free(rows->rows[i].todo);
	}
	free(rows->rows);
}

static void sample_free(struct sample *sample)
{
	free_rows(&sample->result.rows);
	free_rows(&sample->device.rows);
}

/* Judges it, and looks at one row. */
static void expect(struct sample *sample, const char *code, enum probe_level level)
{
	const struct probe_row *row;

	judge(sample);
	row = find(&sample->result.rows, code);
	if (!row)
		row = find(&sample->device.rows, code);
	assert_non_null(row);
	assert_int_equal(row->level, level);
	assert_true(level == LEVEL_PASS || level == LEVEL_UNKNOWN || row->todo[0]);
	sample_free(sample);
}

TEST(a_host_that_can)
{
	struct sample sample;

	sample_init(&sample);
	judge(&sample);
	assert_int_equal(sample.result.verdict, LEVEL_PASS);
	assert_int_equal(sample.result.host_verdict, LEVEL_PASS);
	assert_int_equal(sample.device.verdict, LEVEL_PASS);
	assert_int_equal(sample.device.nesting, ANSWER_YES);
	/* Nobody tried, and that does not count. */
	assert_int_equal(find(&sample.device.rows, "DEV-TRY")->level, LEVEL_UNKNOWN);
	sample_free(&sample);
}

TEST(nothing_known_is_neither_good_nor_bad)
{
	struct sample sample = {.smmu = {.name = "smmu3.0x1000", .oas = -1, .ssid_bits = -1},
		.device = {.bdf = "0000:01:00.0", .shown = true, .stream_id = -1}};
	struct probe_host *host = &sample.result.host;
	const struct probe_rows *rows;

	strcpy(host->machine, "aarch64");
	host->kernel_major = host->kernel_minor = -1;
	host->passthrough = host->strict = host->disable_bypass = -1;
	host->gic_version = host->firmware_smmus = host->firmware_cmdqvs = -1;
	judge(&sample);
	rows = &sample.result.rows;
	for (size_t i = 0; i < rows->count; i++)
		if (strcmp(rows->rows[i].code, "HOST-ARCH") &&
			strncmp(rows->rows[i].code, "SMMU-", 5) &&
			strcmp(rows->rows[i].code, "KERNEL-SMMU"))
			assert_int_equal(rows->rows[i].level, LEVEL_UNKNOWN);
	assert_int_equal(find(rows, "SMMU-NESTING")->level, LEVEL_UNKNOWN);
	assert_int_equal(find(rows, "SMMU-CANWBS")->level, LEVEL_UNKNOWN);
	rows = &sample.device.rows;
	for (size_t i = 0; i < rows->count; i++)
		assert_int_equal(rows->rows[i].level, LEVEL_UNKNOWN);
	assert_int_equal(sample.device.nesting, ANSWER_UNKNOWN);
	assert_int_equal(sample.result.verdict, LEVEL_UNKNOWN);
	sample_free(&sample);
}

TEST(versions_of_the_kernel)
{
	static const struct {
		int major, minor;
		enum option_value nesting;
		enum answer veventq;
		enum probe_level level;
	} cases[] = {
		{7, 3, VALUE_BUILTIN, ANSWER_UNKNOWN, LEVEL_PASS},
		{6, 15, VALUE_BUILTIN, ANSWER_UNKNOWN, LEVEL_PASS},
		{6, 14, VALUE_BUILTIN, ANSWER_UNKNOWN, LEVEL_FAIL},
		{6, 14, VALUE_BUILTIN, ANSWER_YES, LEVEL_PASS},
		{6, 12, VALUE_BUILTIN, ANSWER_UNKNOWN, LEVEL_WARN}, /* its maker added it */
		{6, 12, VALUE_OFF, ANSWER_UNKNOWN, LEVEL_FAIL},
		{5, 14, VALUE_OFF, ANSWER_UNKNOWN, LEVEL_FAIL},
		{-1, -1, VALUE_BUILTIN, ANSWER_UNKNOWN, LEVEL_UNKNOWN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.result.host.kernel_major = cases[i].major;
		sample.result.host.kernel_minor = cases[i].minor;
		sample.result.host.options[OPTION_ARM_SMMU_V3_IOMMUFD].value = cases[i].nesting;
		sample.device.try.veventq = cases[i].veventq;
		expect(&sample, "KERNEL-VERSION", cases[i].level);
	}
}

TEST(modules_of_the_kernel)
{
	static const struct {
		enum option_value value;
		enum module_state module;
		enum probe_level level;
	} cases[] = {
		{VALUE_BUILTIN, MODULE_UNKNOWN, LEVEL_PASS},
		{VALUE_MODULE, MODULE_LOADED, LEVEL_PASS},
		{VALUE_MODULE, MODULE_LOADABLE, LEVEL_WARN},
		{VALUE_MODULE, MODULE_UNKNOWN, LEVEL_WARN},
		{VALUE_MODULE, MODULE_ABSENT, LEVEL_FAIL},
		{VALUE_OFF, MODULE_UNKNOWN, LEVEL_FAIL},
		{VALUE_UNKNOWN, MODULE_UNKNOWN, LEVEL_UNKNOWN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.device.driver[0] = '\0'; /* else it works, whatever is said */
		sample.result.host.options[OPTION_VFIO_PCI] =
			(struct probe_option){.value = cases[i].value, .module = cases[i].module};
		expect(&sample, "KERNEL-VFIO-PCI", cases[i].level);
	}
}

/* Both of nesting and coherence, and one of CANWBS and S2FWB. */
TEST(what_nesting_takes)
{
	for (int i = 0; i < 81; i++) {
		enum answer nesting = (enum answer)(i % 3), coherent = (enum answer)(i / 3 % 3);
		enum answer canwbs = (enum answer)(i / 9 % 3), fwb = (enum answer)(i / 27);
		struct sample sample;
		bool no = nesting == ANSWER_NO || coherent == ANSWER_NO ||
			  (canwbs == ANSWER_NO && fwb == ANSWER_NO);
		bool yes = nesting == ANSWER_YES && coherent == ANSWER_YES &&
			   (canwbs == ANSWER_YES || fwb == ANSWER_YES);

		sample_init(&sample);
		sample.smmu.nesting = nesting;
		sample.smmu.coherent = coherent;
		sample.smmu.canwbs = sample.device.canwbs = canwbs;
		sample.smmu.fwb = fwb;
		judge(&sample);
		assert_int_equal(sample.device.nesting, no    ? ANSWER_NO
							: yes ? ANSWER_YES
							      : ANSWER_UNKNOWN);
		assert_int_equal(sample.result.verdict, no    ? LEVEL_FAIL
							: yes ? LEVEL_PASS
							      : LEVEL_UNKNOWN);
		sample_free(&sample);
	}
}

TEST(the_window_of_msis)
{
	static const struct {
		struct probe_range bar, ram;
		enum answer ram_known;
		enum probe_level level;
	} cases[] = {
		{{0x10000000, 0x10000fff}, {0x80000000, 0xffffffff}, ANSWER_YES, LEVEL_PASS},
		{{0x08000000, 0x08000fff}, {0x80000000, 0xffffffff}, ANSWER_YES, LEVEL_WARN},
		{{0x08100000, 0x08100fff}, {0x80000000, 0xffffffff}, ANSWER_YES, LEVEL_PASS},
		{{0x070ff000, 0x08000000}, {0x80000000, 0xffffffff}, ANSWER_YES, LEVEL_WARN},
		{{0x10000000, 0x10000fff}, {0x00000000, 0x07ffffff}, ANSWER_YES, LEVEL_PASS},
		{{0x10000000, 0x10000fff}, {0x00000000, 0x08000000}, ANSWER_YES, LEVEL_WARN},
		{{0x10000000, 0x10000fff}, {0x080fffff, 0x0fffffff}, ANSWER_YES, LEVEL_WARN},
		{{0x10000000, 0x10000fff}, {0}, ANSWER_UNKNOWN, LEVEL_UNKNOWN},
		{{0x08000000, 0x08000fff}, {0}, ANSWER_UNKNOWN, LEVEL_WARN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.device.reserved[0] = (struct probe_reserved){{0x8000000, 0x80fffff}, "msi"};
		sample.device.reserved_count = 1;
		sample.device.bars[0] = cases[i].bar;
		sample.device.bar_count = 1;
		sample.result.host.ram_known = cases[i].ram_known;
		sample.result.host.ram[0] = cases[i].ram;
		sample.result.host.ram_count = cases[i].ram_known == ANSWER_YES;
		expect(&sample, "DEV-MSI-WINDOW", cases[i].level);
	}
}

TEST(regions_that_stay_mapped)
{
	static const struct {
		const char *type;
		enum probe_level level;
	} cases[] = {
		{"direct", LEVEL_FAIL},
		{"direct-relaxable", LEVEL_PASS},
		{"reserved", LEVEL_PASS},
		{"msi", LEVEL_PASS},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		strcpy(sample.device.reserved[0].type, cases[i].type);
		sample.device.reserved_count = 1;
		expect(&sample, "DEV-RESERVED", cases[i].level);
	}
	sample_init(&sample);
	sample.device.reserved_known = ANSWER_UNKNOWN;
	expect(&sample, "DEV-RESERVED", LEVEL_UNKNOWN);
}

TEST(ports_on_the_way)
{
	static const struct {
		enum answer acs, noacs;
		size_t others;
		enum probe_level level;
	} cases[] = {
		{ANSWER_YES, ANSWER_NO, 0, LEVEL_PASS},
		/* The kernel knows ports that isolate without saying so. */
		{ANSWER_NO, ANSWER_NO, 0, LEVEL_PASS},
		{ANSWER_UNKNOWN, ANSWER_NO, 0, LEVEL_PASS},
		/* The command line may have told it so. */
		{ANSWER_NO, ANSWER_YES, 0, LEVEL_WARN},
		{ANSWER_NO, ANSWER_NO, 1, LEVEL_WARN},
		{ANSWER_UNKNOWN, ANSWER_NO, 1, LEVEL_UNKNOWN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.device.acs = cases[i].acs;
		sample.device.others = cases[i].others;
		sample.result.host.noacs = cases[i].noacs;
		expect(&sample, "DEV-ACS", cases[i].level);
	}
}

TEST(ats_and_those_on_its_way)
{
	static const struct {
		enum answer device, root, smmu, noats;
		enum option_value option;
		enum probe_level level;
	} cases[] = {
		{ANSWER_YES, ANSWER_YES, ANSWER_YES, ANSWER_NO, VALUE_BUILTIN, LEVEL_PASS},
		{ANSWER_YES, ANSWER_UNKNOWN, ANSWER_UNKNOWN, ANSWER_NO, VALUE_BUILTIN, LEVEL_PASS},
		{ANSWER_YES, ANSWER_NO, ANSWER_YES, ANSWER_NO, VALUE_BUILTIN, LEVEL_WARN},
		{ANSWER_YES, ANSWER_YES, ANSWER_NO, ANSWER_NO, VALUE_BUILTIN, LEVEL_WARN},
		{ANSWER_YES, ANSWER_YES, ANSWER_YES, ANSWER_YES, VALUE_BUILTIN, LEVEL_WARN},
		{ANSWER_YES, ANSWER_YES, ANSWER_YES, ANSWER_NO, VALUE_OFF, LEVEL_WARN},
		{ANSWER_NO, ANSWER_NO, ANSWER_NO, ANSWER_NO, VALUE_OFF, LEVEL_PASS},
		{ANSWER_UNKNOWN, ANSWER_NO, ANSWER_NO, ANSWER_NO, VALUE_OFF, LEVEL_UNKNOWN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.device.ats.present = cases[i].device;
		sample.device.root_ats = cases[i].root;
		sample.smmu.ats = cases[i].smmu;
		sample.result.host.noats = cases[i].noats;
		sample.result.host.options[OPTION_PCI_ATS].value = cases[i].option;
		expect(&sample, "DEV-ATS", cases[i].level);
	}
}

TEST(drivers)
{
	static const struct {
		const char *driver, *cdev;
		enum answer node;
		enum probe_level level;
	} cases[] = {
		{"vfio-pci", "vfio0", ANSWER_YES, LEVEL_PASS},
		{"mlx5_vfio_pci", "vfio3", ANSWER_YES, LEVEL_PASS},
		{"vfio-pci", "vfio0", ANSWER_NO, LEVEL_PASS},
		{"vfio-pci", "vfio0", ANSWER_UNKNOWN, LEVEL_PASS},
		{"nvme", "", ANSWER_UNKNOWN, LEVEL_WARN},
		{"", "", ANSWER_UNKNOWN, LEVEL_WARN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool vfio = cases[i].cdev[0];

		sample_init(&sample);
		strcpy(sample.device.driver, cases[i].driver);
		strcpy(sample.device.cdev, cases[i].cdev);
		sample.device.cdev_node = cases[i].node;
		judge(&sample);
		assert_int_equal(find(&sample.device.rows, "DEV-DRIVER")->level, cases[i].level);
		assert_int_equal(find(&sample.device.rows, "DEV-CDEV") != NULL, vfio);
		if (vfio)
			assert_int_equal(find(&sample.device.rows, "DEV-CDEV")->level,
				cases[i].node == ANSWER_YES  ? LEVEL_PASS
				: cases[i].node == ANSWER_NO ? LEVEL_FAIL
							     : LEVEL_UNKNOWN);
		sample_free(&sample);
	}
}

TEST(isolation_of_msis)
{
	static const struct {
		int gic;
		enum answer its, unsafe;
		enum probe_level level;
	} cases[] = {
		{3, ANSWER_YES, ANSWER_NO, LEVEL_PASS},
		{3, ANSWER_NO, ANSWER_NO, LEVEL_FAIL},
		{3, ANSWER_NO, ANSWER_YES, LEVEL_WARN},
		{2, ANSWER_UNKNOWN, ANSWER_NO, LEVEL_FAIL},
		{3, ANSWER_UNKNOWN, ANSWER_NO, LEVEL_UNKNOWN},
		{-1, ANSWER_UNKNOWN, ANSWER_YES, LEVEL_UNKNOWN},
	};
	struct sample sample;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_init(&sample);
		sample.result.host.gic_version = cases[i].gic;
		sample.result.host.its = cases[i].its;
		sample.result.host.unsafe_interrupts = cases[i].unsafe;
		expect(&sample, "GIC-ITS", cases[i].level);
	}
}

TEST(a_device_without_group)
{
	struct sample sample;

	sample_init(&sample);
	sample.device.grouped = ANSWER_NO;
	sample.device.behind_iommu = ANSWER_NO;
	expect(&sample, "DEV-GROUP", LEVEL_FAIL);
	/* Linux before 6.15 gives a group only with a driver. */
	sample_init(&sample);
	sample.device.grouped = ANSWER_NO;
	sample.device.driver[0] = '\0';
	sample.result.host.kernel_major = 6;
	sample.result.host.kernel_minor = 14;
	expect(&sample, "DEV-GROUP", LEVEL_UNKNOWN);
	sample_init(&sample);
	sample.device.grouped = ANSWER_NO;
	sample.result.host.kernel_major = 6;
	sample.result.host.kernel_minor = 14;
	expect(&sample, "DEV-GROUP", LEVEL_FAIL);
}

TEST(what_trying_showed)
{
	struct sample sample;

	sample_init(&sample);
	sample.device.try = (struct probe_try){.tried = ANSWER_YES, .viommu = ANSWER_YES};
	expect(&sample, "DEV-TRY", LEVEL_PASS);
	sample_init(&sample);
	sample.device.try = (struct probe_try){.tried = ANSWER_YES,
		.viommu = ANSWER_NO,
		.error = EOPNOTSUPP,
		.step = "VIOMMU_ALLOC"};
	judge(&sample);
	assert_int_equal(find(&sample.device.rows, "DEV-TRY")->level, LEVEL_FAIL);
	assert_non_null(strstr(find(&sample.device.rows, "DEV-TRY")->text, "VIOMMU_ALLOC"));
	assert_int_equal(sample.device.nesting, ANSWER_NO);
	assert_int_equal(sample.result.verdict, LEVEL_FAIL);
	sample_free(&sample);
	/* It could not even begin. */
	sample_init(&sample);
	sample.device.try = (struct probe_try){.tried = ANSWER_YES, .error = EBUSY, .step = "open"};
	expect(&sample, "DEV-TRY", LEVEL_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_that_can),
		cmocka_unit_test(nothing_known_is_neither_good_nor_bad),
		cmocka_unit_test(versions_of_the_kernel),
		cmocka_unit_test(modules_of_the_kernel),
		cmocka_unit_test(what_nesting_takes),
		cmocka_unit_test(the_window_of_msis),
		cmocka_unit_test(regions_that_stay_mapped),
		cmocka_unit_test(ports_on_the_way),
		cmocka_unit_test(ats_and_those_on_its_way),
		cmocka_unit_test(drivers),
		cmocka_unit_test(isolation_of_msis),
		cmocka_unit_test(a_device_without_group),
		cmocka_unit_test(what_trying_showed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
