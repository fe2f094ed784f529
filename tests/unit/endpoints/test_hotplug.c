/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints of a full vSMMU come and go. */
#include <errno.h>
#include <unistd.h>

#include <vsmmu/event.h>

#include "arch/command.h"
#include "lib/fake_kernel.h"
#include "install_fixture.h"

#define CMDQ (TEST_VMM_MEMORY + 0x400000)

TEST(calls_are_in_the_kernels_order)
{
	struct install_fixture *fixture = fixture_translating(NULL, 0);

	fixture_enable(fixture);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	assert_string_equal(host_interposer_text(fixture->host), "hw_info\n"
								 "parent\n"
								 "viommu\n"
								 "nested 1 0\n"
								 "nested 9 0\n"
								 "viommu\n"
								 "veventq\n"
								 "detach\n"
								 "attach nested\n"
								 "vdevice 10\n"
								 "nested 8030000b 0\n"
								 "attach nested\n");
	host_interposer_clear(fixture->host);
	fixture_detach(fixture, 0);
	assert_string_equal(host_interposer_text(fixture->host), "attach nested\n"
								 "destroy nested\n"
								 "destroy vdevice\n"
								 "detach\n"
								 "destroy nested\n"
								 "destroy nested\n"
								 "close\n"
								 "destroy veventq\n"
								 "destroy viommu\n");
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_drop_parents(fixture->vmm->vsmmu), 0);
	assert_string_equal(host_interposer_text(fixture->host), "destroy viommu\n"
								 "destroy parent\n");
	fixture_free(fixture);
}

/* One vIOMMU for each physical SMMU, or one for each endpoint; no attach finds out which. */
TEST(endpoints_find_their_physical_smmu)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vsmmu_config config = {.isolate = isolate};
		struct install_fixture *fixture = fixture_translating(&config, 0);

		fixture_enable(fixture);
		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
			assert_int_equal(fixture_attach(fixture, n), 0);
		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n++)
			fixture_expect_nested(fixture, n, STE_S1, 0);
		assert_int_equal(
			fixture_objects(fixture), OBJECTS(2, isolate ? FIXTURE_ENDPOINTS : 2,
							  FIXTURE_ENDPOINTS, FIXTURE_ENDPOINTS));
		assert_int_equal(host_interposer_count(fixture->host, "parent"), 2);
		assert_int_equal(host_interposer_count(fixture->host, "attach parent"), 0);
		/* Each has its abort HWPT attached, then the guest's STE. */
		assert_int_equal(host_interposer_count(fixture->host, "attach nested"),
			2 * FIXTURE_ENDPOINTS);
		/* The last one out takes what it shared with it, but for the parent. */
		for (unsigned int n = 0; n < FIXTURE_ENDPOINTS; n += 2)
			fixture_detach(fixture, n);
		assert_int_equal(host_interposer_count(fixture->host, "destroy parent"), 0);
		assert_int_equal(
			host_interposer_count(fixture->host, "destroy viommu"), isolate ? 3 : 1);
		for (unsigned int n = 1; n < FIXTURE_ENDPOINTS; n += 2)
			assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
		while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
			;
		assert_int_equal(test_vmm_stats(fixture->vmm).delivered, 3);
		/* It comes back to the parent that it left. */
		assert_int_equal(fixture_attach(fixture, 0), 0);
		assert_int_equal(host_interposer_count(fixture->host, "parent"), 2);
		fixture_free(fixture);
	}
}

TEST(vsmmus_share_a_host)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct test_vmm *other = test_vmm_alloc();
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = FIXTURE_VSID(0), /* the same, in another guest */
		.dev_id = fixture->dev[2],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint;

	fixture_enable(fixture);
	assert_int_equal(test_vmm_new(other, vsmmu_host_ref(&fixture->host->host), NULL), 0);
	assert_int_equal(vsmmu_endpoint_attach(other->vsmmu, &config, &endpoint), 0);
	/* Behind one physical SMMU, and yet nothing is shared. */
	assert_int_equal(host_interposer_count(fixture->host, "parent"), 2);
	assert_int_equal(host_interposer_count(fixture->host, "viommu"), 2 * 2);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_expect_nested(fixture, 2, STE_BYPASS, 0);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	test_vmm_write(other, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	fixture_expect_bypass(fixture, 0);
	fixture_expect_nested(fixture, 2, STE_ABORT, 0);
	test_vmm_free(other);
	fixture_expect(fixture, 2, INTERPOSED_NOTHING);
	fixture_expect_bypass(fixture, 0);
	fixture_free(fixture);
}

/* Events of one that goes are discarded and counted; its neighbour's are delivered. */
TEST(events_in_flight_are_counted)
{
	struct install_fixture *fixture = fixture_translating(NULL, 3);
	struct vsmmu_stats stats;
	uint64_t word[4];

	fixture_enable(fixture);
	for (unsigned int i = 0; i < 5; i++)
		assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, i << 12));
	assert_true(fixture_event(fixture, 2, VSMMU_EVENT_F_TRANSLATION, 0x7000));
	fixture_detach(fixture, 0);
	fixture_expect(fixture, 0, INTERPOSED_NOTHING);
	assert_true(!fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(2));
	assert_true(!fixture_consume(fixture, word));
	stats = test_vmm_stats(fixture->vmm);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_STALE], 5);
	fixture_expect_counted(fixture);
	/* Back again, by the guest's table as it is by then. */
	fixture_write_ste(fixture, FIXTURE_VSID(0), STE_ABORT, 0);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	/* The last of its SMMU: the vEVENTQ goes with it. */
	for (unsigned int i = 0; i < 4; i++)
		assert_true(fixture_event(fixture, 1, VSMMU_EVENT_F_TRANSLATION, i << 12));
	fixture_detach(fixture, 1);
	stats = test_vmm_stats(fixture->vmm);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_STALE] +
				 stats.discarded_by[VSMMU_DISCARD_TEARDOWN],
		9);
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

TEST(a_reset_drains_and_begins_anew)
{
	struct install_fixture *fixture = fixture_translating(NULL, 3);
	uint64_t word[4];

	fixture_enable(fixture);
	for (unsigned int n = 0; n < 3; n++)
		assert_true(fixture_event(fixture, n, VSMMU_EVENT_F_TRANSLATION, 0));
	host_interposer_clear(fixture->host);
	assert_int_equal(vsmmu_reset(fixture->vmm->vsmmu), 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_RESET], 3);
	fixture_expect_counted(fixture);
	/* All are parked before the first is let to memory again. */
	assert_string_equal(host_interposer_text(fixture->host),
		"attach nested\ndestroy nested\nattach nested\ndestroy nested\n"
		"attach nested\ndestroy nested\n"
		"attach nested\nattach nested\nattach nested\n");
	for (unsigned int n = 0; n < 3; n++)
		fixture_expect_bypass(fixture, n);
	assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CR0), 0);
	fixture_enable(fixture);
	assert_true(fixture_event(fixture, 1, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(fixture_consume(fixture, word));
	assert_int_equal(word[0] >> 32, FIXTURE_VSID(1));
	fixture_free(fixture);
}

TEST(a_streamid_must_be_one_that_the_guest_can_name)
{
	const struct vsmmu_config config = {.sid_bits = 4};
	struct install_fixture *fixture = fixture_translating(&config, 0);

	assert_int_equal(fixture_attach(fixture, 0), -EINVAL); /* 0x10 */
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 1);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_free(fixture);
}

/* The first endpoint keeps what it has. */
TEST(a_device_comes_once)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = FIXTURE_VSID(5),
		.dev_id = fixture->dev[0],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *second = NULL;

	fixture_enable(fixture);
	host_interposer_clear(fixture->host);
	for (unsigned int i = 1; i < 3; i++) {
		assert_int_equal(
			vsmmu_endpoint_attach(fixture->vmm->vsmmu, &config, &second), -EEXIST);
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), i);
	}
	assert_null(second);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	/* The StreamID is free still. */
	assert_int_equal(fixture_attach(fixture, 5), 0);
	fixture_free(fixture);
}

TEST(an_ste_is_not_the_vmms_to_set)
{
	const uint64_t ste[2] = {STE_BYPASS, 0};
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	assert_int_equal(vsmmu_endpoint_set_ste(fixture->endpoint[0], ste), -EOPNOTSUPP);
	fixture_expect_bypass(fixture, 0);
	fixture_free(fixture);
}

/* What is for every vIOMMU is not for one that the VMM has itself. */
TEST(invalidations_leave_an_adopted_one_alone)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	struct vsmmu_adopted *source;
	struct test_vmm *vmm = fixture->vmm;
	int fd;

	fake_kernel_start();
	fake_veventq_new(4, &fd);
	assert_int_equal(test_vmm_adopt(vmm->vsmmu, fd, &source), 0);
	test_vmm_store64(vmm, CMDQ, COMMAND_OP_TLBI_NSNH_ALL);
	test_vmm_store64(vmm, CMDQ + 16, COMMAND_OP_SYNC);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 7);
	fixture_enable(fixture);
	test_vmm_write(vmm, SMMU_CR0, test_vmm_read(vmm, SMMU_CR0) | SMMU_CR0_CMDQEN);
	host_interposer_clear(fixture->host);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 2);
	assert_string_equal(host_interposer_text(fixture->host), "invalidate 1\n");
	assert_int_equal(test_vmm_stats(vmm).invalidation_calls, 1);
	assert_int_equal(test_vmm_stats(vmm).blocked, 0);
	assert_int_equal(vsmmu_adopted_free(vmm->vsmmu, source), 0);
	close(fd);
	fake_kernel_stop();
	fixture_free(fixture);
}

/* Its VMM has its own vIOMMU: its events are forwarded, and that is all. */
TEST(an_adopted_one_is_its_vmms_business)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 0x77, .vfio_fd = -1};
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const uint64_t record[4] = {UINT64_C(0x77) << 32 | VSMMU_EVENT_F_TRANSLATION, 0, 0x6000, 0};
	struct vsmmu *vsmmu = fixture->vmm->vsmmu;
	struct vsmmu_endpoint *endpoint;
	uint64_t word[4];
	uint32_t queue;
	int fd;

	fake_kernel_start();
	queue = fake_veventq_new(4, &fd);
	host_interposer_clear(fixture->host);
	assert_int_equal(test_vmm_adopt(vsmmu, fd, &config.adopted), 0);
	assert_int_equal(vsmmu_endpoint_attach(vsmmu, &config, &endpoint), 0);
	assert_int_equal(fixture_refresh(fixture, 0x77, 1), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, 0x78), -EOPNOTSUPP);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_enable(fixture);
	assert_int_equal(
		host_interposer_count(fixture->host, "attach nested"), 1); /* the other one's */
	fake_veventq_report(queue, record, sizeof(record));
	assert_true(fixture_consume(fixture, word));
	assert_memory_equal(word, record, sizeof(word));
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(vsmmu_adopted_free(vsmmu, config.adopted), 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
	close(fd);
	fake_kernel_stop();
	fixture_free(fixture);
}

static int configure_at_detach(void *opaque, enum host_call call, uint32_t count)
{
	struct install_fixture *fixture = opaque;
	struct test_vmm *vmm = fixture->vmm;

	(void)count;
	/* The first one comes before the first attach, the other when it is taken apart. */
	if (call == HOST_CALL_DETACH && host_interposer_count(fixture->host, "detach")) {
		test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
		assert_int_equal(vsmmu_run_commands(vmm->vsmmu, 0), 0);
	}
	return 0;
}

/* While a failed attach is undone the guest's commands do not find the endpoint. */
TEST(a_failed_attach_is_out_of_reach)
{
	struct install_fixture *fixture = fixture_translating(NULL, 0);
	struct test_vmm *vmm = fixture->vmm;

	test_vmm_store64(vmm, CMDQ, COMMAND_OP_CFGI_STE | (uint64_t)FIXTURE_VSID(0) << 32);
	test_vmm_store64(vmm, CMDQ + 8, 1);
	test_vmm_store64(vmm, CMDQ + 16, COMMAND_OP_SYNC);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 7);
	fixture_enable(fixture);
	test_vmm_write(vmm, SMMU_CR0, test_vmm_read(vmm, SMMU_CR0) | SMMU_CR0_CMDQEN);
	fixture->host->opaque = fixture;
	fixture->host->hook = configure_at_detach;
	/* Parked, then the guest's STE. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 2, 1, EBUSY);
	assert_int_equal(fixture_attach(fixture, 0), -EBUSY);
	fixture->host->hook = NULL;
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 2);
	assert_false(host_interposer_opened(fixture->host, fixture->dev[0]));
	assert_int_equal(host_interposer_count(fixture->host, "attach nested"), 2);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", calls_are_in_the_kernels_order),
		UNIT_TEST("S6", endpoints_find_their_physical_smmu),
		UNIT_TEST("S6", vsmmus_share_a_host),
		UNIT_TEST("S6", events_in_flight_are_counted),
		UNIT_TEST("S6", a_failed_attach_is_out_of_reach),
		UNIT_TEST("S6", a_reset_drains_and_begins_anew),
		UNIT_TEST("S6", a_streamid_must_be_one_that_the_guest_can_name),
		UNIT_TEST("S6 D1", a_device_comes_once),
		UNIT_TEST("S4", an_ste_is_not_the_vmms_to_set),
		UNIT_TEST("S3 S6", invalidations_leave_an_adopted_one_alone),
		UNIT_TEST("S6", an_adopted_one_is_its_vmms_business),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
