/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints that a failing host has left with what their guest did not ask for. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

static const char *last_report(const struct install_fixture *fixture)
{
	return fixture->vmm->reports[fixture->vmm->report_count - 1].text;
}

/* Parked before it is forgotten, it has no access though it stays attached. */
TEST(removal_leaves_nothing_open)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	fixture_expect_bypass(fixture, 0);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_DETACH), 1, 1, EIO);
	assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[0]), -EIO);
	fixture_expect_nested(fixture, 0, STE_ABORT, 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_HOST_FAILED), 1);
	fixture_free_with_leaks(fixture);
}

TEST(removal_may_fail_to_park)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	fixture_enable(fixture);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EIO);
	fixture_detach(fixture, 0);
	fixture_expect(fixture, 0, INTERPOSED_NOTHING);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 0);
	fixture_free(fixture);
}

/* If detaching fails too a person has to know. */
TEST(removal_that_leaves_it_open_is_told)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	host_interposer_fail(fixture->host,
		HOST_CALLS_OF(HOST_CALL_ATTACH) | HOST_CALLS_OF(HOST_CALL_DETACH), 1, 2, EIO);
	assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[0]), -EIO);
	fixture_expect_nested(fixture, 0, STE_BYPASS, 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 1);
	assert_non_null(strstr(fixture->vmm->reports[0].text, "until its device is closed"));
	fixture_free_with_leaks(fixture);
}

static int event_at_detach(void *opaque, enum host_call call, uint32_t count)
{
	struct install_fixture *fixture = opaque;

	(void)count;
	if (call != HOST_CALL_DETACH)
		return 0;
	/* A dispatch meanwhile must not take the StreamID for free. */
	while (vsmmu_dispatch(fixture->vmm->vsmmu, 0))
		;
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_F_TRANSLATION, 0));
	return 0;
}

/* Events of an endpoint that could not be parked, until it is detached, are not its successor's. */
TEST(removal_without_parking_keeps_the_streamid_till_the_end)
{
	struct install_fixture *fixture = fixture_translating(NULL, 4);
	uint64_t word[4];

	fixture_enable(fixture);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EIO);
	fixture->host->opaque = fixture;
	fixture->host->hook = event_at_detach;
	assert_int_equal(vsmmu_endpoint_detach(fixture->endpoint[0]), 0);
	fixture->host->hook = NULL;
	assert_int_equal(test_vmm_stats(fixture->vmm).discarded_by[VSMMU_DISCARD_STALE], 1);
	assert_int_equal(fixture_attach(fixture, 0), 0);
	assert_false(fixture_consume(fixture, word));
	fixture_expect_counted(fixture);
	fixture_free(fixture);
}

/* GBPA asks for aborts, and nothing works: it keeps its bypass HWPT. */
static struct install_fixture *fixture_stuck_open(void)
{
	struct install_fixture *fixture = fixture_translating(NULL, 2);

	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 2, EIO);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	/* The list has the newest first. */
	fixture_expect_bypass(fixture, 1);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
	assert_non_null(strstr(last_report(fixture), "could not even be cut off"));
	host_interposer_clear(fixture->host);
	return fixture;
}

TEST(gbpa_written_again_is_tried_again)
{
	struct install_fixture *fixture = fixture_stuck_open();

	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	fixture_expect_parked(fixture, 1);
	assert_int_equal(host_interposer_count(fixture->host, "attach nested"), 1);
	/* As it is now, there is nothing to do. */
	host_interposer_clear(fixture->host);
	test_vmm_write(fixture->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_string_equal(host_interposer_text(fixture->host), "");
	fixture_free(fixture);
}

TEST(its_streamid_set_again_is_tried_again)
{
	struct install_fixture *fixture = fixture_stuck_open();

	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[1], FIXTURE_VSID(1)), 0);
	fixture_expect_parked(fixture, 1);
	fixture_free(fixture);
}

/* Invalidations fail for good, and at first cutting off fails as well. */
TEST(cutting_off_is_tried_again_at_each_sync)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const uint64_t queue = TEST_VMM_MEMORY + 0x400000;

	for (unsigned int n = 0; n < 16; n += 2) {
		test_vmm_store64(fixture->vmm, queue + 16 * n, 0x30); /* TLBI_NSNH_ALL */
		test_vmm_store64(fixture->vmm, queue + 16 * n + 16, 0x46);
	}
	test_vmm_write64(fixture->vmm, SMMU_CMDQ_BASE, queue | 7);
	fixture_enable(fixture);
	test_vmm_write(
		fixture->vmm, SMMU_CR0, test_vmm_read(fixture->vmm, SMMU_CR0) | SMMU_CR0_CMDQEN);
	/* The batch twice, everything; then cutting off. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 1, 1000, EIO);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EIO);
	test_vmm_write(fixture->vmm, SMMU_CMDQ_PROD, 2);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
	test_vmm_write(fixture->vmm, SMMU_CMDQ_PROD, 4);
	assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CMDQ_CONS), 4);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 1);
	/* It comes back when the host works and the guest configures its stream. */
	host_interposer_heal(fixture->host);
	test_vmm_write(fixture->vmm, SMMU_CMDQ_PROD, 6);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	fixture_expect_nested(fixture, 0, STE_S1, 0);
	fixture_free(fixture);
}

/* Each reason why an STE cannot be used is told, and none twice. */
TEST(another_reason_is_another_report)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);
	const uint64_t ste = FIXTURE_STRTAB + 64 * (uint64_t)FIXTURE_VSID(0);

	fixture_enable(fixture);
	fixture_set_ste(fixture, 0, 0, 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 1);
	assert_non_null(strstr(last_report(fixture), "is not valid"));
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 1);
	fixture_set_ste(fixture, 0, 1 | 6 << 1, 0); /* stage 2 */
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 2);
	assert_non_null(strstr(last_report(fixture), "ILLEGAL"));
	fixture->vmm->bad_begin = ste;
	fixture->vmm->bad_end = ste + 64;
	assert_int_equal(fixture_refresh(fixture, FIXTURE_VSID(0), 1), 0);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 3);
	assert_non_null(strstr(last_report(fixture), "not in the guest's memory"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", removal_leaves_nothing_open),
		UNIT_TEST("S6", removal_may_fail_to_park),
		UNIT_TEST("S6", removal_that_leaves_it_open_is_told),
		UNIT_TEST("S6 P20", removal_without_parking_keeps_the_streamid_till_the_end),
		UNIT_TEST("S4 P13", gbpa_written_again_is_tried_again),
		UNIT_TEST("S4 S6", its_streamid_set_again_is_tried_again),
		UNIT_TEST("S3 S4", cutting_off_is_tried_again_at_each_sync),
		UNIT_TEST("S4", another_reason_is_another_report),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
