/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoints that one IOMMU group joins meet whatever is attached to either of them: one of them
 * can be assigned. Stage 1 needs a vDEVICE of every device of the group (Linux
 * drivers/iommu/iommufd/device.c, arm_smmu_attach_prepare_vmaster()).
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <vsmmu/event.h>

#include "install_fixture.h"

#define GROUP  7
#define FIRST  0 /* both are behind physical SMMU 0 */
#define SECOND 2

/* The group's other device is there, though nobody has attached it. */
static struct install_fixture *fixture_of_a_group(const struct vsmmu_config *config)
{
	struct install_fixture *fixture = fixture_translating(config, 0);

	assert_int_equal(vsmmu_sim_endpoint_set_group(fixture->sim, fixture->dev[FIRST], GROUP), 0);
	assert_int_equal(
		vsmmu_sim_endpoint_set_group(fixture->sim, fixture->dev[SECOND], GROUP), 0);
	fixture_write_ste(fixture, FIXTURE_VSID(FIRST), STE_BYPASS, 0);
	return fixture;
}

static struct vsmmu_sim_stats sim_stats(struct install_fixture *fixture)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(fixture->sim, &stats), 0);
	return stats;
}

/* The second one is refused, and told why; that did nothing to the first. */
static void expect_refused(struct install_fixture *fixture, unsigned int n)
{
	const unsigned int told = test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT);
	const uint64_t objects = fixture_objects(fixture);
	const struct test_vmm_report *report;

	assert_int_equal(fixture_attach(fixture, n), -EINVAL);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), told + 1);
	report = &fixture->vmm->reports[(fixture->vmm->report_count - 1) % TEST_VMM_REPORTS];
	assert_int_equal(report->code, VSMMU_REPORT_UNFIT);
	assert_int_equal(report->severity, VSMMU_ERROR);
	assert_non_null(strstr(report->text, "IOMMU group"));
	assert_int_equal(fixture_objects(fixture), objects);
}

/* The first one meets memory, or an abort. */
static void expect_first(struct install_fixture *fixture, bool reaches_memory)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = TEST_VMM_MEMORY};
	uint64_t data;

	expect_refused(fixture, SECOND);
	assert_int_equal(vsmmu_sim_dma(fixture->sim, fixture->dev[FIRST], &access, &data, 8),
		reaches_memory ? 0 : -EFAULT);
}

static void toggle_everything(struct install_fixture *fixture)
{
	struct test_vmm *vmm = fixture->vmm;

	expect_first(fixture, true); /* GBPA */
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	expect_first(fixture, false);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	expect_first(fixture, true);
	fixture_enable(fixture); /* its STE bypasses */
	expect_first(fixture, true);
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_ABORT, 0), 0);
	expect_first(fixture, false);
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_BYPASS, 0), 0);
	expect_first(fixture, true);
	/* A host that fails for a while costs it its access, not its place in the group. */
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EBUSY);
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_ABORT, 0), -EBUSY);
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_BYPASS, 0), 0);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EBUSY);
	fixture_write_ste(fixture, 0x21, STE_BYPASS, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[FIRST], 0x21), -EBUSY);
	expect_first(fixture, false);
	assert_int_equal(vsmmu_recover(vmm->vsmmu), 0);
	expect_first(fixture, true);
	assert_int_equal(vsmmu_endpoint_set_vsid(fixture->endpoint[FIRST], FIXTURE_VSID(0)), 0);
	assert_int_equal(vsmmu_reset(vmm->vsmmu), 0);
	expect_first(fixture, true);
}

static void the_second_is_refused(bool isolate)
{
	const struct vsmmu_config config = {.isolate = isolate, .report_burst = UINT32_MAX};
	struct install_fixture *fixture = fixture_of_a_group(&config);

	assert_int_equal(fixture_attach(fixture, FIRST), 0);
	toggle_everything(fixture);
	/* From the first attach on it was replaced and nothing else. */
	assert_int_equal(sim_stats(fixture).first_attaches, 1);
	assert_int_equal(sim_stats(fixture).detaches, 0);
	/* They take turns: whoever is there keeps the other one out. */
	fixture_detach(fixture, FIRST);
	assert_int_equal(fixture_attach(fixture, SECOND), 0);
	expect_refused(fixture, FIRST);
	fixture_expect_bypass(fixture, SECOND);
	fixture_detach(fixture, SECOND);
	assert_int_equal(fixture_attach(fixture, FIRST), 0);
	fixture_free(fixture);
}

TEST(the_second_of_a_group_is_refused)
{
	the_second_is_refused(false);
}

TEST(the_second_of_a_group_is_refused_with_a_viommu_each)
{
	the_second_is_refused(true);
}

/* A guest that asks for stage 1 there gets no access, and its VMM learns what may be wrong. */
TEST(stage_1_of_one_of_a_group_is_blocked)
{
	struct install_fixture *fixture = fixture_of_a_group(NULL);
	const struct test_vmm_report *report;

	assert_int_equal(fixture_attach(fixture, FIRST), 0);
	fixture_enable(fixture);
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_S1, 0), -ENOENT);
	fixture_expect_parked(fixture, FIRST);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_BLOCKED), 1);
	report = &fixture->vmm->reports[fixture->vmm->report_count - 1];
	assert_int_equal(report->code, VSMMU_REPORT_BLOCKED);
	assert_non_null(strstr(report->text, "another device of its IOMMU group may be why"));
	/* That passes by nothing that the library could wait for. */
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), -ENOENT);
	assert_int_equal(poll(&(struct pollfd){.fd = vsmmu_get_command_fd(fixture->vmm->vsmmu),
				      .events = POLLIN},
				 1, 0),
		0);
	/* Something else is another matter. */
	assert_int_equal(fixture_set_ste(fixture, FIRST, STE_BYPASS, 0), 0);
	fixture_expect_nested(fixture, FIRST, STE_BYPASS, 0);
	fixture_free(fixture);
}

/* Nor can it be attached while the guest's STE of it asks for stage 1. */
TEST(attaching_to_stage_1_there_is_refused)
{
	struct install_fixture *fixture = fixture_of_a_group(NULL);
	const struct test_vmm_report *report;

	fixture_write_ste(fixture, FIXTURE_VSID(FIRST), STE_S1, 0);
	fixture_enable(fixture);
	assert_int_equal(fixture_attach(fixture, FIRST), -ENOENT);
	assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_UNFIT), 1);
	report = &fixture->vmm->reports[fixture->vmm->report_count - 1];
	assert_non_null(strstr(report->text, "another device of its IOMMU group may be why"));
	fixture_expect(fixture, FIRST, INTERPOSED_NOTHING);
	fixture_write_ste(fixture, FIXTURE_VSID(FIRST), STE_BYPASS, 0);
	assert_int_equal(fixture_attach(fixture, FIRST), 0);
	fixture_free(fixture);
}

/* An STE that cannot be used poses as stage 1 for its event's sake: here it aborts without. */
TEST(a_bad_ste_of_one_of_a_group_aborts)
{
	static const uint64_t bad[] = {0, 0xf}; /* V = 0, both stages */

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct install_fixture *fixture = fixture_of_a_group(NULL);

		fixture_write_ste(fixture, FIXTURE_VSID(FIRST), bad[i], 0);
		fixture_enable(fixture);
		assert_int_equal(fixture_attach(fixture, FIRST), 0);
		fixture_expect_parked(fixture, FIRST);
		assert_int_equal(fixture_set_ste(fixture, FIRST, STE_BYPASS, 0), 0);
		fixture_expect_nested(fixture, FIRST, STE_BYPASS, 0);
		assert_int_equal(fixture_set_ste(fixture, FIRST, bad[i], 0), 0);
		fixture_expect_parked(fixture, FIRST);
		assert_false(fixture_event(fixture, FIRST, VSMMU_EVENT_C_BAD_STE, 0));
		assert_int_equal(test_vmm_stats(fixture->vmm).blocked, 0);
		assert_int_equal(test_vmm_reported(fixture->vmm, VSMMU_REPORT_STREAM_BAD), 2);
		assert_int_equal(fixture_objects(fixture), OBJECTS(1, 1, 1, 0));
		fixture_free(fixture);
	}
}

/* But a host that fails for a while is another matter: the event is worth another try. */
TEST(a_bad_ste_that_fails_for_a_while_comes_later)
{
	struct install_fixture *fixture = fixture_translating(NULL, 1);

	fixture_enable(fixture);
	host_interposer_fail(fixture->host, HOST_CALLS_OF(HOST_CALL_ATTACH), 1, 1, EBUSY);
	assert_int_equal(fixture_set_ste(fixture, 0, 0, 0), -EBUSY);
	fixture_expect_parked(fixture, 0);
	assert_int_equal(vsmmu_recover(fixture->vmm->vsmmu), 0);
	fixture_expect_nested(fixture, 0, STE_BAD0, STE_BAD1);
	assert_true(fixture_event(fixture, 0, VSMMU_EVENT_C_BAD_STE, 0));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 D2 P24", the_second_of_a_group_is_refused),
		UNIT_TEST("S6 D2 P24", the_second_of_a_group_is_refused_with_a_viommu_each),
		UNIT_TEST("S4 D2", stage_1_of_one_of_a_group_is_blocked),
		UNIT_TEST("S6 D2", attaching_to_stage_1_there_is_refused),
		UNIT_TEST("S4 D2 P21", a_bad_ste_of_one_of_a_group_aborts),
		UNIT_TEST("S4 D2 D3", a_bad_ste_that_fails_for_a_while_comes_later),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
