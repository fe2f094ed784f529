/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints of a whole vSMMU come and go. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/event.h>

#include "arch/command.h"
#include "lib/fake_kernel.h"
#include "install_stand.h"

#define CMDQ (WHOLE_MEMORY + 0x400000)

static void calls_are_in_the_kernels_order(void **unused)
{
	struct stand *stand = stand_translating(NULL, 0);

	(void)unused;
	stand_enable(stand);
	assert_int_equal(stand_attach(stand, 0), 0);
	assert_string_equal(log_host_text(stand->log), "hw_info\n"
						       "parent\n"
						       "viommu\n"
						       "veventq\n"
						       "vdevice 10\n"
						       "nested 8030000b 0\n"
						       "attach nested\n");
	log_host_clear(stand->log);
	stand_detach(stand, 0);
	assert_string_equal(log_host_text(stand->log), "detach\n"
						       "destroy nested\n"
						       "destroy vdevice\n"
						       "close\n"
						       "destroy veventq\n"
						       "destroy viommu\n"
						       "destroy parent\n");
	stand_free(stand);
}

/* One vIOMMU for each physical SMMU, or one for each endpoint; no attach finds out which. */
static void endpoints_find_their_physical_smmu(void **unused)
{
	(void)unused;
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vsmmu_config config = {.isolate = isolate};
		struct stand *stand = stand_translating(&config, 0);

		stand_enable(stand);
		for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
			assert_int_equal(stand_attach(stand, n), 0);
		for (unsigned int n = 0; n < STAND_ENDPOINTS; n++)
			stand_expect_nested(stand, n, STE_S1, 0);
		/* Each has its own HWPT and vDEVICE. */
		assert_int_equal(stand_objects(stand),
			2 + 2 * (isolate ? STAND_ENDPOINTS : 2) + 2 * STAND_ENDPOINTS);
		assert_int_equal(log_host_count(stand->log, "parent"), 2);
		assert_int_equal(log_host_count(stand->log, "attach parent"), 0);
		assert_int_equal(log_host_count(stand->log, "attach nested"), STAND_ENDPOINTS);
		/* The last one out takes what it shared with it. */
		for (unsigned int n = 0; n < STAND_ENDPOINTS; n += 2)
			stand_detach(stand, n);
		assert_int_equal(log_host_count(stand->log, "destroy parent"), 1);
		assert_int_equal(log_host_count(stand->log, "destroy viommu"), isolate ? 3 : 1);
		for (unsigned int n = 1; n < STAND_ENDPOINTS; n += 2)
			assert_true(stand_event(stand, n, VSMMU_EVENT_F_TRANSLATION, 0));
		while (vsmmu_dispatch(stand->whole->vsmmu, 0))
			;
		assert_int_equal(whole_stats(stand->whole).delivered, 3);
		assert_int_equal(stand_attach(stand, 0), 0);
		stand_free(stand);
	}
}

static void vsmmus_share_a_host(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	struct whole *other = whole_alloc();
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = STAND_VSID(0), /* the same, in another guest */
		.dev_id = stand->dev[2],
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint;

	(void)unused;
	stand_enable(stand);
	assert_int_equal(whole_new(other, vsmmu_host_ref(stand->log), NULL), 0);
	assert_int_equal(vsmmu_endpoint_attach(other->vsmmu, &config, &endpoint), 0);
	/* Behind one physical SMMU, and yet nothing is shared. */
	assert_int_equal(log_host_count(stand->log, "parent"), 2);
	assert_int_equal(log_host_count(stand->log, "viommu"), 2);
	stand_expect_nested(stand, 0, STE_S1, 0);
	stand_expect(stand, 2, LOG_PARENT);
	assert_int_equal(vsmmu_reset(stand->whole->vsmmu), 0);
	whole_write(other, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	stand_expect(stand, 0, LOG_PARENT);
	stand_expect_nested(stand, 2, STE_ABORT, 0);
	whole_free(other);
	stand_expect(stand, 2, LOG_NOTHING);
	stand_expect(stand, 0, LOG_PARENT);
	stand_free(stand);
}

/* Events of one that goes are discarded and counted; its neighbour's are delivered. */
static void events_in_flight_are_counted(void **unused)
{
	struct stand *stand = stand_translating(NULL, 3);
	struct vsmmu_stats stats;
	uint64_t word[4];

	(void)unused;
	stand_enable(stand);
	for (unsigned int i = 0; i < 5; i++)
		assert_true(stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, i << 12));
	assert_true(stand_event(stand, 2, VSMMU_EVENT_F_TRANSLATION, 0x7000));
	stand_detach(stand, 0);
	stand_expect(stand, 0, LOG_NOTHING);
	assert_true(!stand_event(stand, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0] >> 32, STAND_VSID(2));
	assert_true(!stand_consume(stand, word));
	stats = whole_stats(stand->whole);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_STALE], 5);
	stand_expect_counted(stand);
	/* Back again, by the guest's table as it is by then. */
	stand_write_ste(stand, STAND_VSID(0), STE_ABORT, 0);
	assert_int_equal(stand_attach(stand, 0), 0);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	/* The last of its SMMU: the vEVENTQ goes with it. */
	for (unsigned int i = 0; i < 4; i++)
		assert_true(stand_event(stand, 1, VSMMU_EVENT_F_TRANSLATION, i << 12));
	stand_detach(stand, 1);
	stats = whole_stats(stand->whole);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_STALE] +
				 stats.discarded_by[VSMMU_DISCARD_TEARDOWN],
		9);
	stand_expect_counted(stand);
	stand_free(stand);
}

static void a_reset_drains_and_begins_anew(void **unused)
{
	struct stand *stand = stand_translating(NULL, 3);
	uint64_t word[4];

	(void)unused;
	stand_enable(stand);
	for (unsigned int n = 0; n < 3; n++)
		assert_true(stand_event(stand, n, VSMMU_EVENT_F_TRANSLATION, 0));
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_reset(stand->whole->vsmmu), 0);
	assert_int_equal(whole_stats(stand->whole).discarded_by[VSMMU_DISCARD_RESET], 3);
	stand_expect_counted(stand);
	/* All are cut off before the first is let to memory again. */
	assert_int_equal(strncmp(log_host_text(stand->log),
				 "detach\ndestroy nested\ndetach\ndestroy nested\n"
				 "detach\ndestroy nested\nattach parent\n",
				 strlen("detach\ndestroy nested\n") * 3),
		0);
	for (unsigned int n = 0; n < 3; n++)
		stand_expect(stand, n, LOG_PARENT);
	assert_int_equal(whole_read(stand->whole, SMMU_CR0), 0);
	stand_enable(stand);
	assert_true(stand_event(stand, 1, VSMMU_EVENT_F_TRANSLATION, 0));
	assert_true(stand_consume(stand, word));
	assert_int_equal(word[0] >> 32, STAND_VSID(1));
	stand_free(stand);
}

static void a_streamid_must_be_one_that_the_guest_can_name(void **unused)
{
	const struct vsmmu_config config = {.sid_bits = 4};
	struct stand *stand = stand_translating(&config, 0);

	(void)unused;
	assert_int_equal(stand_attach(stand, 0), -EINVAL); /* 0x10 */
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_UNFIT), 1);
	assert_string_equal(log_host_text(stand->log), "");
	stand_free(stand);
}

static void an_ste_is_not_the_vmms_to_set(void **unused)
{
	const uint64_t ste[2] = {STE_BYPASS, 0};
	struct stand *stand = stand_translating(NULL, 1);

	(void)unused;
	assert_int_equal(vsmmu_endpoint_set_ste(stand->endpoint[0], ste), -EOPNOTSUPP);
	stand_expect(stand, 0, LOG_PARENT);
	stand_free(stand);
}

/* What is for every vIOMMU is not for one that the VMM has itself. */
static void invalidations_leave_an_adopted_one_alone(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	struct vsmmu_veventq_source *source;
	struct whole *whole = stand->whole;
	int fd;

	(void)unused;
	fake_kernel_start();
	fake_veventq_new(4, &fd);
	assert_int_equal(vsmmu_adopt_veventq(whole->vsmmu, fd, &source), 0);
	whole_store64(whole, CMDQ, COMMAND_OP_TLBI_NSNH_ALL);
	whole_store64(whole, CMDQ + 16, COMMAND_OP_SYNC);
	whole_write64(whole, SMMU_CMDQ_BASE, CMDQ | 7);
	stand_enable(stand);
	whole_write(whole, SMMU_CR0, whole_read(whole, SMMU_CR0) | SMMU_CR0_CMDQEN);
	log_host_clear(stand->log);
	whole_write(whole, SMMU_CMDQ_PROD, 2);
	assert_int_equal(whole_read(whole, SMMU_CMDQ_CONS), 2);
	assert_string_equal(log_host_text(stand->log), "invalidate 1\n");
	assert_int_equal(whole_stats(whole).invalidation_calls, 1);
	assert_int_equal(whole_stats(whole).blocked, 0);
	assert_int_equal(vsmmu_drop_veventq(whole->vsmmu, source), 0);
	close(fd);
	fake_kernel_stop();
	stand_free(stand);
}

/* Its VMM has its own vIOMMU: its events are forwarded, and that is all. */
static void an_adopted_one_is_its_vmms_business(void **unused)
{
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = 0x77, .vfio_fd = -1};
	struct stand *stand = stand_translating(NULL, 1);
	const uint64_t record[4] = {UINT64_C(0x77) << 32 | VSMMU_EVENT_F_TRANSLATION, 0, 0x6000, 0};
	struct vsmmu *vsmmu = stand->whole->vsmmu;
	struct vsmmu_endpoint *endpoint;
	uint64_t word[4];
	uint32_t queue;
	int fd;

	(void)unused;
	fake_kernel_start();
	queue = fake_veventq_new(4, &fd);
	log_host_clear(stand->log);
	assert_int_equal(vsmmu_adopt_veventq(vsmmu, fd, &config.source), 0);
	assert_int_equal(vsmmu_endpoint_attach(vsmmu, &config, &endpoint), 0);
	assert_int_equal(stand_refresh(stand, 0x77, 1), 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(endpoint, 0x78), -EOPNOTSUPP);
	assert_string_equal(log_host_text(stand->log), "");
	stand_enable(stand);
	assert_int_equal(log_host_count(stand->log, "attach nested"), 1); /* the other one's */
	fake_veventq_report(queue, record, sizeof(record));
	assert_true(stand_consume(stand, word));
	assert_memory_equal(word, record, sizeof(word));
	assert_int_equal(vsmmu_reset(vsmmu), 0);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(vsmmu_drop_veventq(vsmmu, config.source), 0);
	assert_int_equal(whole_stats(stand->whole).blocked, 0);
	close(fd);
	fake_kernel_stop();
	stand_free(stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", calls_are_in_the_kernels_order),
		UNIT_TEST("S6", endpoints_find_their_physical_smmu),
		UNIT_TEST("S6", vsmmus_share_a_host),
		UNIT_TEST("S6", events_in_flight_are_counted),
		UNIT_TEST("S6", a_reset_drains_and_begins_anew),
		UNIT_TEST("S6", a_streamid_must_be_one_that_the_guest_can_name),
		UNIT_TEST("S4", an_ste_is_not_the_vmms_to_set),
		UNIT_TEST("S3 S6", invalidations_leave_an_adopted_one_alone),
		UNIT_TEST("S6", an_adopted_one_is_its_vmms_business),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
