/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest is promised, what a host must have for that, and what is said if it has not. */
#include "smmu/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/test_vmm.h"

#define DEV_ID 7
#define VSID   0x42

/* A host that is asked what its SMMU can do, and nothing else. */
struct probed {
	struct vsmmu_host host;
	struct host_hw_info info;
	int error;
	unsigned int asked;
	uint32_t dev_id;
	int vfio_fd;
};

static int hw_info(
	struct vsmmu_host *host, const struct host_endpoint *endpoint, struct host_hw_info *out)
{
	struct probed *probed = (struct probed *)host;

	probed->asked++;
	probed->dev_id = endpoint->dev_id;
	probed->vfio_fd = endpoint->vfio_fd;
	if (probed->error)
		return probed->error;
	*out = probed->info;
	return 0;
}

static void no_free(struct vsmmu_host *host)
{
	(void)host;
}

static const struct host_ops probed_ops = {
	.name = "probed",
	.hw_info = hw_info,
	.free = no_free,
};

/* All that a host may have, and every bit set that its guest must not be told of. */
static void probed_init(struct probed *probed)
{
	*probed = (struct probed){
		.host = {.contract = HOST_CONTRACT, .ops = &probed_ops, .refs = 1},
		.info = {.idr = {0xeddfffff, 0xfffff800 | 20 << 6 | 32, UINT32_MAX, 0xfffff7ff,
				 UINT32_MAX, 0xfffff7ff},
			.ats = true},
	};
}

static int make(struct test_vmm *vmm, struct probed *probed, const struct vsmmu_config *config)
{
	struct vsmmu_config own = *config;

	own.probe_dev_id = DEV_ID;
	return test_vmm_new(vmm, &probed->host, &own);
}

static void unmake(struct test_vmm *vmm)
{
	/* The host is the test's own. */
	vmm->host = NULL;
	test_vmm_free(vmm);
}

static void expect_refused(const struct probed *with, const struct vsmmu_config *config, int error,
	const char *ours, const char *theirs)
{
	struct test_vmm *vmm = test_vmm_alloc();
	struct probed probed = *with;

	assert_int_equal(make(vmm, &probed, config), error);
	assert_null(vmm->vsmmu);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(vmm->reports[0].severity, VSMMU_ERROR);
	assert_non_null(strstr(vmm->reports[0].text, ours));
	assert_non_null(strstr(vmm->reports[0].text, theirs));
	unmake(vmm);
}

TEST(by_default_it_is_the_simulators)
{
	struct test_vmm *vmm = test_vmm_alloc();

	assert_int_equal(test_vmm_new(vmm, NULL, NULL), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d40301a);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4), 0x02730010);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 8), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 12), 0x00000404);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 16), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR5), 0x00000074);
	assert_true(vmm->vsmmu->features.s1p);
	assert_int_equal(vmm->vsmmu->features.oas, 44);
	unmake(vmm);
}

TEST(the_config_says_the_rest)
{
	const struct vsmmu_config config = {
		.sid_bits = 8,
		.ssid_bits = 12,
		.cmdq_log2_max = 8,
		.eventq_log2_max = 7,
		.oas_bits = 48,
		.ats = true,
		.no_ril = true,
	};
	struct test_vmm *vmm = test_vmm_alloc();

	assert_int_equal(test_vmm_new(vmm, NULL, &config), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d48341a);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 4), 8u << 21 | 7u << 16 | 12u << 6 | 8);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 12), 0x00000004);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR5), 0x00000075);
	unmake(vmm);
}

TEST(a_probed_host_says_what_there_is)
{
	const struct vsmmu_config config = {.ssid_bits = 5};
	struct test_vmm *vmm = test_vmm_alloc();
	struct probed probed;

	probed_init(&probed);
	probed.info.idr[5] = 0xfffff35f; /* 4 and 64 KiB, no DS, no VAX */
	assert_int_equal(make(vmm, &probed, &config), 0);
	assert_int_equal(probed.asked, 1);
	assert_int_equal(probed.dev_id, DEV_ID);
	assert_int_equal(probed.vfio_fd, -1);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR5), 0x00000054);
	/* Nothing that is not on the kernel's list: S2P, HTTU, Hyp and many more. */
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d48301a);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 8), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 16), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0 + 12), 0x00001404);
	unmake(vmm);
}

TEST(what_does_not_go_together_is_refused)
{
	struct vsmmu_config config = {.ssid_bits = 20};
	struct probed probed;

	probed_init(&probed);
	probed.info.idr[1] = 8 << 6 | 16;
	expect_refused(&probed, &config, -EINVAL, "ssid_bits 20", "SSIDSIZE 8");

	config = (struct vsmmu_config){.ats = true};
	probed_init(&probed);
	probed.info.ats = false;
	expect_refused(&probed, &config, -EINVAL, "ats asked for", "endpoint 7");

	config = (struct vsmmu_config){0};
	probed_init(&probed);
	probed.info.idr[0] ^= 0x03000000;
	expect_refused(&probed, &config, -EINVAL, "stall_model 1", "STALL_MODEL 2");
	probed.info.idr[0] = 0xeddffff3;
	expect_refused(&probed, &config, -EINVAL, "AArch64", "TTF 0");

	/* These are so whatever the host; beyond a byte they are not taken for small ones. */
	probed_init(&probed);
	config = (struct vsmmu_config){.sid_bits = 256 + 16};
	expect_refused(&probed, &config, -EINVAL, "sid_bits", "32");
	config = (struct vsmmu_config){.cmdq_log2_max = 6};
	expect_refused(&probed, &config, -EINVAL, "cmdq_log2 6", "7");
	config = (struct vsmmu_config){.cmdq_log2_max = 256 + 8};
	expect_refused(&probed, &config, -EINVAL, "cmdq_log2", "19");
	config = (struct vsmmu_config){.eventq_log2_max = 20};
	expect_refused(&probed, &config, -EINVAL, "eventq_log2 20", "19");
	config = (struct vsmmu_config){.ssid_bits = 21};
	expect_refused(&probed, &config, -EINVAL, "ssid_bits 21", "20");
	config = (struct vsmmu_config){.oas_bits = 43};
	expect_refused(&probed, &config, -EINVAL, "oas_bits 43", "44");
	config = (struct vsmmu_config){.oas_bits = 52};
	probed.info.idr[5] = 0xfffff33f;
	expect_refused(&probed, &config, -EINVAL, "oas_bits 52", "GRAN64K 0");
}

TEST(a_host_that_fails_to_answer_is_told_of)
{
	const struct vsmmu_config config = {.probe_dev_id = DEV_ID};
	struct test_vmm *vmm = test_vmm_alloc();
	struct probed probed;

	probed_init(&probed);
	probed.error = -ENOENT;
	expect_refused(&probed, &config, -ENOENT, "endpoint 7", strerror(ENOENT));
	/* There may be no host at all. */
	assert_int_equal(test_vmm_new(vmm, NULL, &config), -EINVAL);
	assert_non_null(strstr(vmm->reports[0].text, "probe_dev_id 7"));
	unmake(vmm);
}

/* The kernel's mock device is no SMMU. */
TEST(a_host_without_an_smmu_is_as_none)
{
	const struct host_endpoint endpoint = {.dev_id = DEV_ID, .vfio_fd = 5};
	struct test_vmm *vmm = test_vmm_alloc();
	struct host_features features;
	struct probed probed;

	probed_init(&probed);
	probed.error = -EOPNOTSUPP;
	assert_int_equal(make(vmm, &probed, &(struct vsmmu_config){0}), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0x0d40301a);
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), 0);
	assert_int_equal(probed.asked, 2);
	assert_true(features.arch.ril);
	assert_false(features.repeat_commands);
	unmake(vmm);
}

TEST(each_endpoint_must_keep_the_promise)
{
	const struct host_endpoint endpoint = {.dev_id = DEV_ID, .vfio_fd = 5};
	struct test_vmm *vmm = test_vmm_alloc();
	struct host_features features;
	struct probed probed;

	probed_init(&probed);
	assert_int_equal(make(vmm, &probed, &(struct vsmmu_config){.ssid_bits = 4}), 0);
	probed.info.repeat_commands = true;
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), 0);
	assert_int_equal(probed.vfio_fd, 5);
	assert_true(features.repeat_commands);
	assert_true(features.arch.ats);
	assert_true(features.arch.gran64k);
	assert_int_equal(features.arch.ssid_bits, (probed.info.idr[1] >> 6) & 0x1f);
	assert_int_equal(vmm->report_count, 0);

	/* One behind another SMMU, with less. */
	probed.info.idr[5] = 0xfffff33f;
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), -ENODEV);
	assert_int_equal(vmm->report_count, 1);
	assert_int_equal(vmm->reports[0].code, VSMMU_REPORT_UNFIT);
	assert_int_equal(vmm->reports[0].vsid, VSID);
	assert_non_null(strstr(vmm->reports[0].text, "promised GRAN64K 1"));
	assert_non_null(strstr(vmm->reports[0].text, "SMMU has 0"));
	probed.error = -EIO;
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), -EIO);
	assert_non_null(strstr(vmm->reports[1].text, strerror(EIO)));
	unmake(vmm);
}

TEST(promised_ats_is_each_endpoints_to_keep)
{
	const struct host_endpoint endpoint = {.dev_id = 9, .vfio_fd = 5};
	struct test_vmm *vmm = test_vmm_alloc();
	struct host_features features;
	struct probed probed;

	probed_init(&probed);
	assert_int_equal(make(vmm, &probed, &(struct vsmmu_config){.ats = true}), 0);
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), 0);
	probed.info.ats = false;
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), -ENODEV);
	assert_non_null(strstr(vmm->reports[0].text, "promised ATS"));
	assert_non_null(strstr(vmm->reports[0].text, "endpoint 9"));
	unmake(vmm);
}

static void count_no_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

/* What describes the SMMU to its guest has no effect there, and no host is asked. */
TEST(the_event_path_alone_asks_nobody)
{
	const struct host_endpoint endpoint = {.dev_id = DEV_ID, .vfio_fd = 5};
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = test_vmm_memory_write,
		.irq_pulse = count_no_pulse,
	};
	struct test_vmm *vmm = test_vmm_alloc();
	struct host_features features;
	struct probed probed;
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.opaque = vmm,
		.host = &probed.host,
		.event_path_only = true,
		.ssid_bits = 20,
		.eventq_log2_max = 3,
		.sid_bits = 77,
		.cmdq_log2_max = 99,
		.oas_bits = 1,
		.ats = true,
		.probe_dev_id = DEV_ID,
	};

	probed_init(&probed);
	probed.error = -EIO;
	assert_int_equal(vsmmu_new(&vmm->vsmmu, &config), 0);
	assert_int_equal(vmm->vsmmu->features.ssid_bits, 20);
	assert_int_equal(identity_check(vmm->vsmmu, &endpoint, VSID, &features), 0);
	assert_int_equal(probed.asked, 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_IDR0), 0);
	unmake(vmm);
}

static int read_nothing(void *opaque, uint64_t address, void *bytes, size_t length)
{
	(void)opaque, (void)address, (void)bytes, (void)length;
	fail_msg("the guest's memory was read");
	return -1;
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
		UNIT_TEST("S1", a_probed_host_says_what_there_is),
		UNIT_TEST("S1", what_does_not_go_together_is_refused),
		UNIT_TEST("S1", a_host_that_fails_to_answer_is_told_of),
		UNIT_TEST("S1", a_host_without_an_smmu_is_as_none),
		UNIT_TEST("S1 S6", each_endpoint_must_keep_the_promise),
		UNIT_TEST("S1 S6", promised_ats_is_each_endpoints_to_keep),
		UNIT_TEST("S1", the_event_path_alone_asks_nobody),
		UNIT_TEST("S1", a_flag_says_what_a_vsmmu_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
