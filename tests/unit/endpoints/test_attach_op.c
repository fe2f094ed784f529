/* SPDX-License-Identifier: BSD-2-Clause */
/* A VMM's attach op is told what for: one letter a call, as parent_fixture.h says. */
#include <errno.h>

#include "parent_fixture.h"

static struct parent_fixture *fixture_with_one(const struct vsmmu_config *config)
{
	struct parent_fixture *fixture = parent_fixture_new(config);
	const struct vsmmu_endpoint_config endpoint = parent_fixture_config(fixture, 0);

	assert_int_equal(parent_fixture_attach(fixture, 0, &endpoint), 0);
	return fixture;
}

TEST(each_purpose_is_said)
{
	struct parent_fixture *fixture = fixture_with_one(NULL);
	struct install_fixture *install = fixture->install;
	struct vsmmu_endpoint_config again;

	parent_fixture_expect(fixture, 0, "nab");
	fixture_enable(install);
	parent_fixture_expect(fixture, 0, "s");
	/* The guest's STE says what is reached, though all of them become nested HWPTs. */
	assert_true(fixture_set_ste(install, 0, STE_ABORT, 0) >= 0);
	assert_true(fixture_set_ste(install, 0, STE_BYPASS, 0) >= 0);
	assert_true(fixture_set_ste(install, 0, STE_S1, 0) >= 0);
	parent_fixture_expect(fixture, 0, "abs");
	/* An invalid one becomes words that hardware reports as C_BAD_STE: stage 1, for the kernel.
	 */
	assert_true(fixture_set_ste(install, 0, 0, 0) >= 0);
	parent_fixture_expect(fixture, 0, "s");
	assert_true(fixture_set_ste(install, 0, STE_S1, 0) >= 0);
	parent_fixture_expect(fixture, 0, "s");

	fixture_disable(install);
	parent_fixture_expect(fixture, 0, "b");
	test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	parent_fixture_expect(fixture, 0, "ab");
	fixture_enable(install);
	parent_fixture_expect(fixture, 0, "s");
	assert_int_equal(vsmmu_reset(install->vmm->vsmmu), 0);
	parent_fixture_expect(fixture, 0, "ab");
	fixture_enable(install);
	parent_fixture_expect(fixture, 0, "s");

	fixture_write_ste(install, FIXTURE_VSID(1), STE_S1, 0);
	assert_int_equal(vsmmu_endpoint_set_vsid(install->endpoint[0], FIXTURE_VSID(1)), 0);
	parent_fixture_expect(fixture, 0, "as");
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	parent_fixture_expect(fixture, 0, "an");

	again = parent_fixture_config(fixture, 0);
	assert_int_equal(parent_fixture_attach(fixture, 0, &again), 0);
	parent_fixture_expect(fixture, 0, "nas");
	again = parent_fixture_config(fixture, 2);
	again.parent_hwpt = parent_fixture_parent(fixture, 2);
	again.put_back = true;
	assert_int_equal(parent_fixture_attach(fixture, 2, &again), 0);
	parent_fixture_expect(fixture, 2, "nas");
	vsmmu_free(install->vmm->vsmmu);
	install->vmm->vsmmu = NULL;
	parent_fixture_expect(fixture, 0, "an");
	parent_fixture_expect(fixture, 2, "ap");
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[2], 0), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, again.parent_hwpt), 0);
	parent_fixture_free(fixture);
}

TEST(a_blocked_endpoint_aborts)
{
	struct parent_fixture *fixture = fixture_with_one(NULL);
	struct install_fixture *install = fixture->install;

	fixture_enable(install);
	parent_fixture_expect(fixture, 0, "nabs");
	/* The HWPT cannot be made. */
	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_NESTED_ALLOC), 1, 1, EIO);
	assert_int_equal(fixture_set_ste(install, 0, STE_S1, 0xd4), -EIO);
	parent_fixture_expect(fixture, 0, "a");
	assert_int_equal(vsmmu_recover(install->vmm->vsmmu), 0);
	parent_fixture_expect(fixture, 0, "s");
	/* The VMM cannot attach it. */
	fixture->fail_at = 1;
	assert_int_equal(fixture_set_ste(install, 0, STE_S1, 0), -EIO);
	parent_fixture_expect(fixture, 0, "s!a");
	assert_int_equal(vsmmu_recover(install->vmm->vsmmu), 0);
	parent_fixture_expect(fixture, 0, "s");
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	parent_fixture_expect(fixture, 0, "an");
	parent_fixture_free(fixture);
}

TEST(an_attach_that_the_op_refuses)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	const struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 0);
	static const char *const traces[] = {"n!", "na!", "nab!n", "nab"};

	for (unsigned int n = 1; n <= 4; n++) {
		fixture->fail_at = n;
		assert_int_equal(parent_fixture_attach(fixture, 0, &config), n < 4 ? -EIO : 0);
		parent_fixture_expect(fixture, 0, traces[n - 1]);
	}
	fixture->fail_at = 0;
	parent_fixture_free(fixture);
}

TEST(an_event_path_alone_says_it_too)
{
	const uint64_t abort[2] = {STE_ABORT, 0}, bypass[2] = {STE_BYPASS, 0}, s1[2] = {STE_S1, 0},
		       none[2] = {0, 0};
	struct parent_fixture *fixture;
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_endpoint_config config;
	struct vsmmu_endpoint *endpoint;

	fixture = parent_fixture_new(NULL);
	vmm->events_only = true;
	assert_int_equal(test_vmm_new(vmm, vsmmu_host_ref(&fixture->install->host->host), NULL), 0);
	config = parent_fixture_config(fixture, 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	parent_fixture_expect(fixture, 0, "nab");
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, s1), 0);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, abort), 0);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, bypass), 0);
	assert_int_equal(vsmmu_endpoint_set_ste(endpoint, none), 0);
	parent_fixture_expect(fixture, 0, "saba");
	test_vmm_free(vmm);
	parent_fixture_expect(fixture, 0, "an");
	parent_fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S4 S6", each_purpose_is_said),
		UNIT_TEST("S6 D3", a_blocked_endpoint_aborts),
		UNIT_TEST("S6 D3", an_attach_that_the_op_refuses),
		UNIT_TEST("S6 E11", an_event_path_alone_says_it_too),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
