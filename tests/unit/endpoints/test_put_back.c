/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint is put back on its VMM's parent only if that was asked for: it opens all memory, so
 * it comes last, and not at all if anything before it failed.
 */
#include <errno.h>
#include <string.h>

#include "parent_fixture.h"

/* Endpoint @n is on @parent and translating, to be put back at its detach. */
static void attach_to_be_put_back(struct parent_fixture *fixture, unsigned int n, uint32_t parent)
{
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, n);

	config.parent_hwpt = parent;
	config.put_back = true;
	assert_int_equal(parent_fixture_attach(fixture, n, &config), 0);
	fixture_expect_nested(fixture->install, n, STE_S1, 0);
	parent_fixture_expect(fixture, n, "nas");
	host_interposer_clear(fixture->install->host);
}

/* Asserts that device @n reaches all memory by @parent, and that nothing else is on that. */
static void expect_back(struct parent_fixture *fixture, unsigned int n, uint32_t parent)
{
	struct install_fixture *install = fixture->install;

	assert_int_equal(fixture->device[n].attached, parent);
	assert_true(parent_fixture_is_open(fixture, n));
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[n], 0), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
}

TEST(an_endpoint_is_put_back_last)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);

	fixture_enable(install);
	attach_to_be_put_back(fixture, 0, parent);
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	parent_fixture_expect(fixture, 0, "ap");
	/* "nothing" is what the log knows no name for: the VMM's parent. */
	assert_string_equal(host_interposer_text(install->host), "attach nested\n"
								 "destroy nested\n"
								 "destroy vdevice\n"
								 "attach nothing\n"
								 "destroy nested\n"
								 "destroy nested\n"
								 "close\n"
								 "destroy veventq\n"
								 "destroy viommu\n"
								 "destroy viommu\n");
	assert_int_equal(fixture_objects(install), 1);
	assert_int_equal(install->vmm->report_count, 0);
	/* It may come again from there. */
	attach_to_be_put_back(fixture, 0, parent);
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	parent_fixture_expect(fixture, 0, "ap");
	expect_back(fixture, 0, parent);
	parent_fixture_free(fixture);
}

TEST(the_end_puts_back_too)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);

	fixture_enable(install);
	attach_to_be_put_back(fixture, 0, parent);
	vsmmu_free(install->vmm->vsmmu);
	install->vmm->vsmmu = NULL;
	parent_fixture_expect(fixture, 0, "ap");
	expect_back(fixture, 0, parent);
	parent_fixture_free(fixture);
}

/* The host attaches it where there is no op; and its neighbour on the same parent stays. */
TEST(one_is_put_back_and_the_other_stays)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 2);
	uint64_t word[4];

	fixture_enable(install);
	attach_to_be_put_back(fixture, 0, parent);
	config.attach = NULL;
	config.parent_hwpt = parent;
	config.put_back = true;
	assert_int_equal(parent_fixture_attach(fixture, 2, &config), 0);
	assert_true(fixture_event(install, 0, VSMMU_EVENT_F_TRANSLATION, 0x1000));
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	/* From the parent nothing is forwarded, and what was is not the guest's any more. */
	assert_false(fixture_event(install, 0, VSMMU_EVENT_F_TRANSLATION, 0x2000));
	assert_false(fixture_consume(install, word));
	fixture_expect_nested(install, 2, STE_S1, 0);
	assert_true(fixture_event(install, 2, VSMMU_EVENT_F_TRANSLATION, 0x3000));
	assert_true(fixture_consume(install, word));
	assert_int_equal(word[2], 0x3000);
	fixture_expect_counted(install);
	assert_int_equal(parent_fixture_detach(fixture, 2), 0);
	assert_true(parent_fixture_is_open(fixture, 2));
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[2], 0), 0);
	expect_back(fixture, 0, parent);
	parent_fixture_free(fixture);
}

/* Its VMM asked for an attach: nothing opens when that fails. */
TEST(a_failed_attach_puts_nothing_back)
{
	static const char *const traces[] = {"n!", "na!", "nas!n"};
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 0);

	config.parent_hwpt = parent;
	config.put_back = true;
	fixture_enable(install);
	for (unsigned int n = 1; n <= 3; n++) {
		fixture->fail_at = n;
		assert_int_equal(parent_fixture_attach(fixture, 0, &config), -EIO);
		parent_fixture_expect(fixture, 0, traces[n - 1]);
		/* A device that its VMM does not detach is left as it was. */
		assert_int_equal(parent_fixture_is_open(fixture, 0), n == 1);
		assert_int_equal(fixture_objects(install), 1);
	}
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

/* Which call fails in a detach, and what is left of it. */
struct failure {
	const char *trace;
	char purpose;	      /* of the op's call that fails, or 0: */
	unsigned int undoing; /* the n-th call that takes something away */
	unsigned int reports; /* HOST_FAILED */
};

static const struct failure failures[] = {
	{"a!n", 'a', 0, 1},
	{"ap!n", 'p', 0, 1},
	{"an", 0, 2, 2}, /* the vDEVICE, which keeps its vIOMMU */
	{"ap", 0, 1, 1}, /* the STE's HWPT, which is not attached any more: it is left */
	{"ap", 0, 3, 1}, /* the abort HWPT, and so on */
	{"ap", 0, 4, 1},
	{"ap", 0, 5, 1},
	{"ap", 0, 6, 1},
	{"ap", 0, 7, 1},
};

static void arm(struct parent_fixture *fixture, const struct failure *failure)
{
	fixture->fail_purpose = failure->purpose;
	fixture->fail_at = failure->purpose ? 1 : 0;
	host_interposer_fail(fixture->install->host, HOST_CALLS_UNDO, failure->undoing, 1, EIO);
}

TEST(nothing_opens_that_could_not_be_closed)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		const struct failure *failure = &failures[i];
		struct parent_fixture *fixture = parent_fixture_new(NULL);
		struct install_fixture *install = fixture->install;
		const uint32_t parent = parent_fixture_parent(fixture, 0);
		const bool back = !strcmp(failure->trace, "ap");

		fixture_enable(install);
		attach_to_be_put_back(fixture, 0, parent);
		arm(fixture, failure);
		assert_int_not_equal(parent_fixture_detach(fixture, 0), 0);
		parent_fixture_expect(fixture, 0, failure->trace);
		assert_int_equal(parent_fixture_is_open(fixture, 0), back);
		assert_int_equal(install->vmm->report_count, failure->reports);
		assert_int_equal(test_vmm_reported(install->vmm, VSMMU_REPORT_HOST_FAILED),
			failure->reports);
		assert_int_equal(!strstr(install->vmm->reports[0].text, "not put back"), back);
		assert_int_equal(vsmmu_drop_parents(install->vmm->vsmmu), 0);
		assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[0], 0), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
		parent_fixture_free(fixture);
	}
}

/* Neither put back nor detached, it stays attached to what aborts, until its VMM detaches it. */
TEST(it_stays_closed_when_all_fails)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	struct vsmmu *vsmmu = install->vmm->vsmmu;
	const uint32_t parent = parent_fixture_parent(fixture, 0);

	fixture_enable(install);
	attach_to_be_put_back(fixture, 0, parent);
	assert_int_equal(fixture_set_ste(install, 0, 0, 0), 0);
	parent_fixture_expect(fixture, 0, "s");
	fixture_disable(install);
	test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	parent_fixture_expect(fixture, 0, "ba");
	fixture->fail_at = 1;
	fixture->fail_purpose = 'p';
	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_DETACH), 1, 1, EIO);
	assert_int_equal(parent_fixture_detach(fixture, 0), -EIO);
	parent_fixture_expect(fixture, 0, "p!");
	assert_false(parent_fixture_is_open(fixture, 0));
	assert_int_equal(test_vmm_reported(install->vmm, VSMMU_REPORT_HOST_FAILED), 2);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(vsmmu_recover(vsmmu), -EBUSY);
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[0], 0), 0);
	assert_int_equal(vsmmu_recover(vsmmu), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 E11", an_endpoint_is_put_back_last),
		UNIT_TEST("S6 E11", the_end_puts_back_too),
		UNIT_TEST("S6 E10", one_is_put_back_and_the_other_stays),
		UNIT_TEST("S6 D3", a_failed_attach_puts_nothing_back),
		UNIT_TEST("S6 D3", nothing_opens_that_could_not_be_closed),
		UNIT_TEST("S6 D3", it_stays_closed_when_all_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
