/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host of the real kernel says of the hardware, and invalidates in it. */
#include <errno.h>
#include <string.h>

#include "arch/command.h"
#include "lib/fake_kernel.h"
#include "host/iommufd/iommufd.h"
#include "uapi/iommufd.h"
#include "uapi/iommufd_test.h"
#include "lib/unit.h"

#define VSID 0x42

static int set_up(void **unused)
{
	(void)unused;
	fake_kernel_start();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	fake_kernel_stop();
	return 0;
}

static struct vsmmu_host *new_host(uint32_t viommu_type, uint32_t veventq_type)
{
	const struct vsmmu_iommufd_config config = {
		.size = sizeof(config),
		.iommufd = fake_kernel_iommufd(),
		.ioas_id = fake_kernel_ioas(),
	};
	struct vsmmu_host *host = NULL;

	assert_int_equal(iommufd_host_new(&host, &config, viommu_type, veventq_type), 0);
	return host;
}

static struct vsmmu_host *new_smmu(void)
{
	return new_host(UAPI_IOMMU_VIOMMU_TYPE_ARM_SMMUV3, UAPI_IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
}

/* What an invalidation needs: a vIOMMU, and a vDEVICE for its StreamID. */
struct chain {
	struct host_endpoint endpoint;
	uint32_t parent, viommu, vdevice;
};

static void chain_make(struct vsmmu_host *host, struct chain *chain)
{
	const struct host_ops *ops = host->ops;
	struct host_endpoint *endpoint = &chain->endpoint;

	memset(chain, 0, sizeof(*chain));
	endpoint->vfio_fd = fake_kernel_device(0, &endpoint->dev_id);
	assert_int_equal(ops->parent_alloc(host, endpoint, &chain->parent), 0);
	assert_int_equal(ops->viommu_alloc(host, endpoint, chain->parent, &chain->viommu), 0);
	assert_int_equal(
		ops->vdevice_alloc(host, endpoint, chain->viommu, VSID, &chain->vdevice), 0);
}

static void chain_undo(struct vsmmu_host *host, struct chain *chain)
{
	assert_int_equal(host->ops->destroy(host, chain->vdevice), 0);
	assert_int_equal(host->ops->destroy(host, chain->viommu), 0);
	assert_int_equal(host->ops->destroy(host, chain->parent), 0);
}

TEST(hardware_is_told_apart)
{
	struct vsmmu_host *host = new_smmu();
	struct fake_smmu *smmu = fake_kernel_smmu(1);
	struct host_endpoint endpoint = {.attach = NULL};
	struct host_hw_info info;

	endpoint.vfio_fd = fake_kernel_device(1, &endpoint.dev_id);
	for (uint32_t i = 0; i < 6; i++)
		smmu->idr[i] = 0x01010101 * (i + 1);
	assert_int_equal(host->ops->hw_info(host, &endpoint, &info), 0);
	assert_memory_equal(info.idr, smmu->idr, sizeof(info.idr));
	assert_false(info.ats);
	assert_false(info.repeat_commands);
	smmu->ats = true;
	smmu->repeat_commands = true;
	smmu->data_len = 4096; /* a later kernel */
	assert_int_equal(host->ops->hw_info(host, &endpoint, &info), 0);
	assert_true(info.ats);
	assert_true(info.repeat_commands);
	smmu->data_len = 32; /* just IDR0 to IDR5 */
	assert_int_equal(host->ops->hw_info(host, &endpoint, &info), 0);
	assert_memory_equal(info.idr, smmu->idr, sizeof(info.idr));
	vsmmu_host_unref(host);
}

TEST(other_hardware_is_not_supported)
{
	static const int errors[] = {ENOENT, EOPNOTSUPP, ENOTTY, EFAULT, ENOMEM};
	struct vsmmu_host *host = new_smmu();
	struct fake_smmu *smmu = fake_kernel_smmu(0);
	struct host_endpoint endpoint = {.attach = NULL};
	struct host_hw_info info, before;

	endpoint.vfio_fd = fake_kernel_device(0, &endpoint.dev_id);
	memset(&info, 0x5a, sizeof(info));
	before = info;
	smmu->data_len = 28;
	assert_int_equal(host->ops->hw_info(host, &endpoint, &info), -EOPNOTSUPP);
	fake_kernel_smmu(0)->data_len = 40;
	for (uint32_t type = 0; type < 5; type++) {
		smmu->type = type;
		if (type != UAPI_IOMMU_HW_INFO_TYPE_ARM_SMMUV3)
			assert_int_equal(host->ops->hw_info(host, &endpoint, &info), -EOPNOTSUPP);
	}
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_kernel_fail("GET_HW_INFO", errors[i]);
		assert_int_equal(host->ops->hw_info(host, &endpoint, &info), -errors[i]);
	}
	endpoint.dev_id = 999;
	assert_int_equal(host->ops->hw_info(host, &endpoint, &info), -ENOENT);
	assert_memory_equal(&info, &before, sizeof(info));
	vsmmu_host_unref(host);
}

#define COMMANDS 200

TEST(commands_reach_the_hardware)
{
	struct vsmmu_host *host = new_smmu();
	uint64_t command[COMMANDS][2];
	uint32_t handled = 1234;
	struct chain chain;

	chain_make(host, &chain);
	for (uint32_t i = 0; i < COMMANDS; i++) {
		command[i][0] = COMMAND_OP_TLBI_NH_ASID | (uint64_t)i << 48;
		command[i][1] = 0;
	}
	command[7][0] = COMMAND_OP_CFGI_CD_ALL | (uint64_t)VSID << 32;
	fake_kernel_log_clear();
	assert_int_equal(host->ops->invalidate(host, chain.viommu, command, COMMANDS, &handled), 0);
	assert_int_equal(handled, COMMANDS);
	/* One call, however many. */
	assert_string_equal(fake_kernel_log(), "INVALIDATE 200\n");
	assert_int_equal(fake_kernel_carried_out(), COMMANDS);
	for (uint32_t i = 0; i < COMMANDS; i++)
		assert_memory_equal(fake_kernel_command(i), command[i], sizeof(command[i]));
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_int_equal(fake_kernel_objects(), 0);
}

/* What the kernel counts after a refused command takes in what it never carried out. */
TEST(refused_command_is_over_reported)
{
	static const uint64_t refused[][2] = {
		{COMMAND_OP_SYNC, 0}, {COMMAND_OP_CFGI_STE | (uint64_t)VSID << 32, 0},
		{COMMAND_OP_CFGI_CD_ALL | (uint64_t)(VSID + 1) << 32, 0}, /* no vDEVICE has it */
		{COMMAND_OP_ATC_INV | (uint64_t)VSID << 32, 0},		  /* no ATS */
		{COMMAND_OP_TLBI_NH_ALL | 1 << 10, 0},			  /* SSec */
	};
	struct vsmmu_host *host = new_smmu();
	uint64_t command[COMMANDS][2];
	struct chain chain;
	uint32_t handled;

	chain_make(host, &chain);
	for (size_t n = 0; n < sizeof(refused) / sizeof(refused[0]); n++) {
		uint32_t before = fake_kernel_carried_out();

		for (uint32_t i = 0; i < COMMANDS; i++) {
			command[i][0] = COMMAND_OP_TLBI_NH_ALL;
			command[i][1] = 0;
		}
		memcpy(command[100], refused[n], sizeof(command[100]));
		assert_int_equal(
			host->ops->invalidate(host, chain.viommu, command, COMMANDS, &handled),
			-EIO);
		assert_int_equal(handled, 100);
		assert_int_equal(fake_kernel_carried_out() - before, 63);
	}
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_int_equal(fake_kernel_objects(), 0);
}

TEST(invalidation_fails_as_the_kernel_says)
{
	static const int errors[] = {EIO, ENOMEM, ENOENT, EINVAL, EFAULT, EOPNOTSUPP, ENOTTY};
	const uint64_t command[1][2] = {{COMMAND_OP_TLBI_NSNH_ALL, 0}};
	struct vsmmu_host *host = new_smmu(), *mock;
	struct chain chain;
	uint32_t handled;

	chain_make(host, &chain);
	fake_kernel_log_clear();
	/* Without commands there is no call: to the kernel that is a mistake, on Arm. */
	assert_int_equal(host->ops->invalidate(host, chain.viommu, command, 0, &handled), -EINVAL);
	assert_string_equal(fake_kernel_log(), "");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		handled = 1234;
		fake_kernel_fail("INVALIDATE", errors[i]);
		assert_int_equal(host->ops->invalidate(host, chain.viommu, command, 1, &handled),
			-errors[i]);
		assert_int_equal(handled, 0);
	}
	assert_int_equal(host->ops->invalidate(host, chain.vdevice, command, 1, &handled), -ENOENT);
	assert_int_equal(host->ops->invalidate(host, chain.viommu, command, 1, &handled), 0);
	assert_int_equal(handled, 1);
	mock = new_host(UAPI_IOMMU_VIOMMU_TYPE_SELFTEST, UAPI_IOMMU_VEVENTQ_TYPE_SELFTEST);
	fake_kernel_log_clear();
	assert_int_equal(
		mock->ops->invalidate(mock, chain.viommu, command, 1, &handled), -EOPNOTSUPP);
	assert_int_equal(handled, 0);
	assert_string_equal(fake_kernel_log(), "");
	vsmmu_host_unref(mock);
	chain_undo(host, &chain);
	vsmmu_host_unref(host);
	assert_int_equal(fake_kernel_objects(), 0);
}

#define KERNEL_TEST(ids, fn)                                                                       \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn), .setup_func = set_up,                 \
		.teardown_func = tear_down                                                         \
	}
#define TEST_PLAIN(fn)                                                                             \
	{                                                                                          \
		.name = #fn, .test_func = (fn), .setup_func = set_up, .teardown_func = tear_down   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_PLAIN(hardware_is_told_apart),
		TEST_PLAIN(other_hardware_is_not_supported),
		KERNEL_TEST("S3", commands_reach_the_hardware),
		KERNEL_TEST("S3 P9", refused_command_is_over_reported),
		KERNEL_TEST("S3", invalidation_fails_as_the_kernel_says),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
