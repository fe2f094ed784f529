/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest is promised, what a host must have for that, and what is said if it has not. */
#include <stdio.h>

#include "identity_fixture.h"

TEST(by_default_it_is_the_simulators)
{
	struct identity_fixture fixture;
	struct test_vmm *vmm;

	fixture_new(&fixture, NULL);
	vmm = fixture.vmm;
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d40301a);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4), 0x02730010);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 8), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 12), 0x00000404);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 16), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR5), 0x00000074);
	fixture_free(&fixture);
	/* Nobody is there whose values could be taken. */
	fixture_new(&fixture,
		&(struct vsmmu_config){
			.ats = VSMMU_AUTO, .ssid_bits = VSMMU_AUTO, .oas_bits = VSMMU_AUTO});
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0), 0x0d40301a);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0 + 4), 0x02730010);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR5), 0x00000074);
	fixture_free(&fixture);
}

TEST(the_config_says_the_rest)
{
	const struct vsmmu_config config = {
		.sid_bits = 8,
		.ssid_bits = 12,
		.cmdq_log2_max = 8,
		.eventq_log2_max = 7,
		.oas_bits = 48,
		.ats = 1,
		.no_ril = true,
		.granules = VSMMU_GRANULE_4K | VSMMU_GRANULE_64K,
		.asid_bits = 8,
	};
	struct identity_fixture fixture;
	struct test_vmm *vmm;

	fixture_new(&fixture, &config);
	vmm = fixture.vmm;
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d48241a);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4), 8u << 21 | 7u << 16 | 12u << 6 | 8);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 12), 0x00000004);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR5), 0x00000055);
	/* An endpoint that has more changes nothing. */
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d48241a);
	fixture_free(&fixture);
}

/* Nothing that is not on the kernel's list: S2P, HTTU, Hyp and many more. */
TEST(an_attached_endpoint_says_what_there_is)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &(struct vsmmu_config){.ssid_bits = 5});
	fixture.host->info[0].idr[5] = 0xfffff35e; /* 4 and 64 KiB, no DS, no VAX */
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR5), 0x00000054);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0), 0x0d48301a);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0 + 8), 0);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0 + 16), 0);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_IDR0 + 12), 0x00001404);
	assert_int_equal(fixture.vmm->report_count, 0);
	fixture_free(&fixture);
}

/* No host is asked. Beyond a byte numbers are not taken for small ones, nor for VSMMU_AUTO. */
TEST(configs_for_which_there_is_no_endpoint_are_refused)
{
	static const struct {
		struct vsmmu_config config;
		const char *ours, *theirs;
	} refused[] = {
		{{.sid_bits = 33}, "sid_bits 33", "32"},
		{{.sid_bits = 256 + 16}, "sid_bits", "32"},
		{{.cmdq_log2_max = 6}, "cmdq_log2_max 6", "7"},
		{{.cmdq_log2_max = 256 + 8}, "cmdq_log2", "19"},
		{{.eventq_log2_max = 20}, "eventq_log2_max 20", "19"},
		{{.ssid_bits = 21}, "ssid_bits 21", "20"},
		{{.ssid_bits = 254}, "ssid_bits 254", "20"},
		{{.ssid_bits = 256}, "ssid_bits", "20"},
		{{.ssid_bits = UINT32_MAX}, "ssid_bits", "20"},
		{{.oas_bits = 43}, "oas_bits 43", "44"},
		{{.oas_bits = 256 + 44}, "oas_bits", "44"},
		{{.oas_bits = 52, .granules = VSMMU_GRANULE_4K | VSMMU_GRANULE_16K}, "oas_bits 52",
			"GRAN64K 0"},
		{{.ats = 2}, "ats 2", "VSMMU_AUTO"},
		{{.ats = 256}, "ats 256", "VSMMU_AUTO"},
		{{.granules = 8}, "granules 0x8", "0x7"},
		{{.granules = 256 + 1}, "granules", "0x7"},
		{{.asid_bits = 12}, "asid_bits 12", "16"},
		{{.asid_bits = VSMMU_AUTO}, "asid_bits 255", "16"},
	};
	struct identity_fixture fixture;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(fixture_try(&fixture, false, &refused[i].config), -EINVAL);
		assert_null(fixture.vmm->vsmmu);
		fixture_expect_report(&fixture, refused[i].ours, refused[i].theirs);
		fixture_free(&fixture);
	}
}

/* All that an endpoint may lack, while nothing is frozen and after it. */
TEST(an_endpoint_that_cannot_do_what_was_asked_for_is_refused)
{
	static const struct {
		struct vsmmu_config config;
		unsigned int reg;
		uint32_t bits; /* of it that become @value */
		uint32_t value;
		const char *asked, *asked_host, *promised, *promised_host;
	} lacks[] = {
		{{.ssid_bits = 9}, 1, 0x7c0, 8 << 6, "ssid_bits 9", "SSIDSIZE 8",
			"promised SSIDSIZE 9", "has 8"},
		{{.asid_bits = 16}, 0, 0x1000, 0, "asid_bits 16", "ASID16 0", "promised ASID16 1",
			"has 0"},
		{{.granules = VSMMU_GRANULE_64K | VSMMU_GRANULE_4K}, 5, 0x70, 0x30, "granules 0x5",
			"has 0x3", "promised GRAN64K 1", "has 0"},
		{{.oas_bits = 52}, 5, 0xc70, 0x30, "oas_bits 52", "GRAN64K 0", "promised GRAN16K 1",
			"has 1"},
		{{.size = 0}, 0, 0x03000000, 0x02000000, "stall_model 1", "STALL_MODEL 2",
			"promised STALL_MODEL 1", "has 2"},
		{{.size = 0}, 0, 0xc, 0, "AArch64", "TTF 0", "AArch64", "TTF 0"},
	};

	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		struct identity_fixture fixture;
		struct vsmmu_identity before;
		uint32_t *idr;

		fixture_new(&fixture, &lacks[i].config);
		before = fixture_identity(&fixture);
		idr = &fixture.host->info[1].idr[lacks[i].reg];
		*idr = (*idr & ~lacks[i].bits) | lacks[i].value;
		fixture_expect_refused(&fixture, 1, lacks[i].asked, lacks[i].asked_host);
		assert_memory_equal(before.idr, fixture_identity(&fixture).idr, sizeof(before.idr));
		assert_false(fixture_identity(&fixture).frozen);
		/* Not for want of a host that could. */
		assert_int_equal(fixture_attach(&fixture, 0), 0);
		fixture_expect_refused(&fixture, 1, lacks[i].asked, lacks[i].asked_host);
		assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
		if (lacks[i].config.oas_bits != 52)
			fixture_expect_refused(
				&fixture, 1, lacks[i].promised, lacks[i].promised_host);
		fixture_free(&fixture);
	}
}

TEST(ats_is_each_endpoints_to_keep)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, &(struct vsmmu_config){.ats = 1});
	fixture.host->info[1].ats = false;
	fixture_expect_refused(&fixture, 1, "ats 1", "ATS 0");
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_true(fixture_identity(&fixture).ats);
	assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
	fixture_expect_refused(&fixture, 1, "promised ATS", "endpoint 2000");
	fixture_free(&fixture);
	/* Off it harms nobody, and stays so. */
	fixture_new(&fixture, NULL);
	fixture.host->info[1].ats = false;
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	assert_false(fixture_identity(&fixture).ats);
	fixture_free(&fixture);
}

TEST(a_host_that_fails_to_answer_is_told_of)
{
	struct identity_fixture fixture;

	fixture_new(&fixture, NULL);
	host_interposer_fail(fixture.host, HOST_CALLS_OF(HOST_CALL_HW_INFO), 1, 1, EIO);
	assert_int_equal(fixture_attach(&fixture, 0), -EIO);
	fixture_expect_report(&fixture, "endpoint 1000", "EIO");
	assert_false(fixture_identity(&fixture).frozen);
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	fixture_free(&fixture);
}

/* The kernel's mock device is no SMMU: it limits nothing but ATS, and gives nothing. */
TEST(a_host_without_an_smmu_is_as_none)
{
	const struct vsmmu_config config = {
		.ats = VSMMU_AUTO, .ssid_bits = VSMMU_AUTO, .oas_bits = VSMMU_AUTO};
	struct identity_fixture fixture;
	struct vsmmu_identity none;

	fixture_new(&fixture, &config);
	none = fixture_identity(&fixture);
	host_interposer_fail(fixture.host, HOST_CALLS_OF(HOST_CALL_HW_INFO), 1, 1, EOPNOTSUPP);
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_memory_equal(none.idr, fixture_identity(&fixture).idr, sizeof(none.idr));
	fixture.host->info[1].idr[5] = 0xfffff053; /* OAS of 42 bits, no VAX */
	assert_int_equal(fixture_attach(&fixture, 1), 0);
	assert_int_equal(fixture_identity(&fixture).ssid_bits, 20);
	assert_int_equal(fixture_identity(&fixture).oas_bits, 42);
	assert_int_equal(fixture_identity(&fixture).granules, 5);
	assert_false(fixture_identity(&fixture).ats);
	fixture_free(&fixture);
}

/* Members that describe the SMMU to its guest have no effect there, and no host is asked. */
TEST(the_event_path_alone_asks_nobody)
{
	const struct vsmmu_config config = {
		.ssid_bits = 20,
		.eventq_log2_max = 3,
		.sid_bits = 77,
		.cmdq_log2_max = 99,
		.oas_bits = 1,
		.ats = 7,
		.granules = 99,
		.asid_bits = 3,
	};
	struct vsmmu_identity identity, expected = {.size = sizeof(expected)};
	struct identity_fixture fixture;

	assert_int_equal(fixture_try(&fixture, true, &config), 0);
	host_interposer_fail(fixture.host, HOST_CALLS_OF(HOST_CALL_HW_INFO), 1, 1, EIO);
	assert_int_equal(fixture_attach(&fixture, 0), 0);
	assert_false(host_interposer_failed(fixture.host));
	for (uint64_t offset = SMMU_IDR0; offset <= SMMU_AIDR; offset += 4)
		assert_int_equal(test_vmm_read(fixture.vmm, offset), 0);
	identity = fixture_identity(&fixture);
	expected.ssid_bits = 20;
	expected.eventq_log2_max = 3;
	expected.frozen = true;
	assert_memory_equal(&identity, &expected, sizeof(expected));
	assert_int_equal(vsmmu_freeze_identity(fixture.vmm->vsmmu), 0);
	fixture_free(&fixture);
	/* Its VMM has promised something already. */
	assert_int_equal(
		fixture_try(&fixture, true, &(struct vsmmu_config){.ssid_bits = VSMMU_AUTO}),
		-EINVAL);
	fixture_expect_report(&fixture, "ssid_bits 255", "event path");
	fixture_free(&fixture);
	assert_int_equal(
		fixture_try(&fixture, true, &(struct vsmmu_config){.ssid_bits = 21}), -EINVAL);
	fixture_expect_report(&fixture, "ssid_bits 21", "20");
	fixture_free(&fixture);
}

static int read_nothing(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	fail_msg("the guest's memory was read");
	return -1;
}

static void count_no_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

static void keep_text(void *opaque, const struct vsmmu_report *report)
{
	struct test_vmm_report *kept = opaque;

	assert_int_equal(kept->code, 0);
	kept->code = report->code;
	snprintf(kept->text, sizeof(kept->text), "%s", report->text);
}

TEST(a_flag_says_what_a_vsmmu_is)
{
	struct test_vmm_report kept = {0};
	struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = test_vmm_memory_write,
		.irq_pulse = count_no_pulse,
		.report = keep_text,
	};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .opaque = &kept};
	struct vsmmu *vsmmu = NULL;
	uint64_t idr0;

	assert_int_equal(vsmmu_new(&vsmmu, &config), -EINVAL);
	assert_null(vsmmu);
	assert_int_equal(kept.code, VSMMU_REPORT_UNFIT);
	assert_non_null(strstr(kept.text, "memory_read"));
	assert_non_null(strstr(kept.text, "event_path_only"));
	/* With the flag an op is of no use, and no harm. */
	config.event_path_only = true;
	ops.memory_read = read_nothing;
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	assert_int_equal(vsmmu_mmio_read(vsmmu, SMMU_IDR0, 4, &idr0), 0);
	assert_int_equal(idr0, 0);
	assert_int_equal(vsmmu_mmio_write(vsmmu, SMMU_CR0, 4, SMMU_CR0_CMDQEN), 0);
	assert_int_equal(vsmmu_mmio_write(vsmmu, SMMU_CMDQ_PROD, 4, 1), 0);
	vsmmu_free(vsmmu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S1", by_default_it_is_the_simulators),
		UNIT_TEST("S1", the_config_says_the_rest),
		UNIT_TEST("S1", an_attached_endpoint_says_what_there_is),
		UNIT_TEST("S1", configs_for_which_there_is_no_endpoint_are_refused),
		UNIT_TEST("S1 S6", an_endpoint_that_cannot_do_what_was_asked_for_is_refused),
		UNIT_TEST("S1 S6", ats_is_each_endpoints_to_keep),
		UNIT_TEST("S1", a_host_that_fails_to_answer_is_told_of),
		UNIT_TEST("S1", a_host_without_an_smmu_is_as_none),
		UNIT_TEST("S1", the_event_path_alone_asks_nobody),
		UNIT_TEST("S1", a_flag_says_what_a_vsmmu_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
