/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that a failing host has left with what their guest did not ask for. */
#include <errno.h>
#include <string.h>

#include "install_stand.h"

static const char *last_report(const struct stand *stand)
{
	return stand->whole->reports[stand->whole->report_count - 1].text;
}

/* One that cannot be detached is given what aborts, before it is forgotten. */
static void removal_leaves_nothing_open(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);

	(void)unused;
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	stand_expect(stand, 0, LOG_PARENT);
	assert_int_equal(vsmmu_endpoint_detach(stand->endpoint[0]), -EIO);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_BLOCKED), 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_HOST_FAILED), 1);
	stand_free_with_leaks(stand);
}

/* If that fails too a person has to know. */
static void removal_that_leaves_it_open_is_told(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);

	(void)unused;
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_detach(stand->endpoint[0]), -EIO);
	stand_expect(stand, 0, LOG_PARENT);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_BLOCKED), 1);
	assert_non_null(strstr(stand->whole->reports[0].text, "until its device is closed"));
	stand_free_with_leaks(stand);
}

/* GBPA asks for aborts, and nothing works: it stays on the parent HWPT. */
static struct stand *stand_stuck_on_the_parent(void)
{
	struct stand *stand = stand_translating(NULL, 2);

	log_host_fail(stand->log, LOG_HOST_DO, 1, 2, EIO);
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	whole_write(stand->whole, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	/* The list has the newest first. */
	stand_expect(stand, 1, LOG_PARENT);
	stand_expect_nested(stand, 0, STE_ABORT, 0);
	assert_int_equal(whole_stats(stand->whole).blocked, 1);
	assert_non_null(strstr(last_report(stand), "could not even be cut off"));
	log_host_clear(stand->log);
	return stand;
}

static void gbpa_written_again_is_tried_again(void **unused)
{
	struct stand *stand = stand_stuck_on_the_parent();

	(void)unused;
	whole_write(stand->whole, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	stand_expect_nested(stand, 1, STE_ABORT, 0);
	assert_int_equal(log_host_count(stand->log, "attach nested"), 1);
	/* As it is now, there is nothing to do. */
	log_host_clear(stand->log);
	whole_write(stand->whole, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_string_equal(log_host_text(stand->log), "");
	stand_free(stand);
}

static void its_streamid_set_again_is_tried_again(void **unused)
{
	struct stand *stand = stand_stuck_on_the_parent();

	(void)unused;
	assert_int_equal(vsmmu_endpoint_set_vsid(stand->endpoint[1], STAND_VSID(1)), 0);
	stand_expect_nested(stand, 1, STE_ABORT, 0);
	stand_free(stand);
}

/* Invalidations fail for good, and at first cutting off fails as well. */
static void cutting_off_is_tried_again_at_each_sync(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	const uint64_t queue = WHOLE_MEMORY + 0x400000;
	struct vsmmu *vsmmu = stand->whole->vsmmu;

	(void)unused;
	for (unsigned int n = 0; n < 16; n += 2) {
		whole_store64(stand->whole, queue + 16 * n, 0x30); /* TLBI_NSNH_ALL */
		whole_store64(stand->whole, queue + 16 * n + 16, 0x46);
	}
	whole_write64(stand->whole, SMMU_CMDQ_BASE, queue | 7);
	stand_enable(stand);
	whole_write(stand->whole, SMMU_CR0, whole_read(stand->whole, SMMU_CR0) | SMMU_CR0_CMDQEN);
	/* The batch twice, everything, the STE that aborts. */
	log_host_fail(stand->log, LOG_HOST_DO, 1, 1000, EIO);
	log_host_fail(stand->log, LOG_HOST_UNDO, 1, 1, EIO);
	whole_write(stand->whole, SMMU_CMDQ_PROD, 2);
	stand_expect_nested(stand, 0, STE_S1, 0);
	assert_int_equal(whole_stats(stand->whole).blocked, 1);
	whole_write(stand->whole, SMMU_CMDQ_PROD, 4);
	assert_int_equal(whole_read(stand->whole, SMMU_CMDQ_CONS), 4);
	stand_expect(stand, 0, LOG_NOTHING);
	assert_int_equal(whole_stats(stand->whole).blocked, 1);
	/* It comes back when the host works and the guest configures its stream. */
	log_host_fail(stand->log, LOG_HOST_DO, 0, 0, 0);
	whole_write(stand->whole, SMMU_CMDQ_PROD, 6);
	stand_expect(stand, 0, LOG_NOTHING);
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
	stand_expect_nested(stand, 0, STE_S1, 0);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 0);
	stand_free(stand);
}

/* Each reason why an STE cannot be used is told, and none twice. */
static void another_reason_is_another_report(void **unused)
{
	struct stand *stand = stand_translating(NULL, 1);
	const uint64_t ste = STAND_STRTAB + 64 * (uint64_t)STAND_VSID(0);

	(void)unused;
	stand_enable(stand);
	stand_set_ste(stand, 0, 0, 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_STREAM_BAD), 1);
	assert_non_null(strstr(last_report(stand), "is not valid"));
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_STREAM_BAD), 1);
	stand_set_ste(stand, 0, 1 | 6 << 1, 0); /* stage 2 */
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_STREAM_BAD), 2);
	assert_non_null(strstr(last_report(stand), "ILLEGAL"));
	stand->whole->bad_begin = ste;
	stand->whole->bad_end = ste + 64;
	assert_int_equal(stand_refresh(stand, STAND_VSID(0), 1), 0);
	assert_int_equal(whole_reported(stand->whole, VSMMU_REPORT_STREAM_BAD), 3);
	assert_non_null(strstr(last_report(stand), "not in the guest's memory"));
	stand_free(stand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", removal_leaves_nothing_open),
		UNIT_TEST("S6", removal_that_leaves_it_open_is_told),
		UNIT_TEST("S4 P13", gbpa_written_again_is_tried_again),
		UNIT_TEST("S4 S6", its_streamid_set_again_is_tried_again),
		UNIT_TEST("S3 S4", cutting_off_is_tried_again_at_each_sync),
		UNIT_TEST("S4", another_reason_is_another_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
