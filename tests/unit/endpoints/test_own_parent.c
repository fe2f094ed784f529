/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM may have the nesting parent already: an endpoint is then put on that one. The library
 * neither makes nor destroys it, and leaves nothing on it when the last endpoint goes.
 */
#include <errno.h>
#include <string.h>

#include "parent_fixture.h"

#define CMDQ (TEST_VMM_MEMORY + 0x400000)

static int attach_on(struct parent_fixture *fixture, unsigned int n, uint32_t parent)
{
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, n);

	config.parent_hwpt = parent;
	return parent_fixture_attach(fixture, n, &config);
}

static unsigned int calls(struct parent_fixture *fixture, const char *line)
{
	return host_interposer_count(fixture->install->host, line);
}

static void send_tlbi(struct parent_fixture *fixture)
{
	struct test_vmm *vmm = fixture->install->vmm;

	test_vmm_store64(vmm, CMDQ, UINT64_C(0x11) | UINT64_C(1) << 48); /* TLBI_NH_ASID */
	test_vmm_store64(vmm, CMDQ + 16, 0x46);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 0);
	test_vmm_write(vmm, SMMU_CMDQ_CONS, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 2);
}

TEST(an_endpoint_is_on_its_vmms_parent)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);

	fixture_enable(install);
	host_interposer_clear(install->host);
	assert_int_equal(attach_on(fixture, 0, parent), 0);
	/* Parked, though it was attached to the parent when it came. */
	assert_string_equal(host_interposer_text(install->host), "hw_info\n"
								 "viommu\n"
								 "nested 1 0\n"
								 "nested 9 0\n"
								 "viommu\n"
								 "veventq\n"
								 "detach\n"
								 "attach nested\n"
								 "vdevice 10\n"
								 "invalidate 1\n"
								 "nested 8030000b 0\n"
								 "attach nested\n");
	parent_fixture_expect(fixture, 0, "nas");
	fixture_expect_nested(install, 0, STE_S1, 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(vsmmu_reset(install->vmm->vsmmu), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(vsmmu_drop_parents(install->vmm->vsmmu), 0);
	assert_true(parent_fixture_is_open(fixture, 0)); /* GBPA */

	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	parent_fixture_expect(fixture, 0, "aban");
	assert_false(parent_fixture_is_open(fixture, 0));
	assert_int_equal(fixture_objects(install), 1);
	assert_int_equal(calls(fixture, "destroy parent"), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	assert_int_equal(vsmmu_drop_parents(install->vmm->vsmmu), 0);
	parent_fixture_free(fixture);
}

/* Those that name the same parent share what is made on it, and one invalidation. */
TEST(endpoints_share_a_parent)
{
	for (int isolate = 0; isolate < 2; isolate++) {
		const struct vsmmu_config config = {.isolate = isolate};
		struct parent_fixture *fixture = parent_fixture_new(&config);
		struct install_fixture *install = fixture->install;
		const uint32_t parent = parent_fixture_parent(fixture, 0);

		fixture_enable(install);
		assert_int_equal(attach_on(fixture, 0, parent), 0);
		assert_int_equal(attach_on(fixture, 2, parent), 0);
		assert_ptr_equal(install->endpoint[0]->parent, install->endpoint[2]->parent);
		assert_int_equal(
			install->endpoint[0]->viommu == install->endpoint[2]->viommu, !isolate);
		assert_int_equal(fixture_objects(install), OBJECTS(1, isolate ? 2 : 1, 2, 2));
		host_interposer_clear(install->host);
		send_tlbi(fixture);
		assert_int_equal(calls(fixture, "invalidate 1"), 1);

		assert_int_equal(parent_fixture_detach(fixture, 0), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
		fixture_expect_nested(install, 2, STE_S1, 0);
		assert_int_equal(parent_fixture_detach(fixture, 2), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
		parent_fixture_free(fixture);
	}
}

/* With the library's parent and another one of the VMM's, behind one physical SMMU. */
TEST(parents_are_mixed)
{
	for (int own_first = 0; own_first < 2; own_first++) {
		struct parent_fixture *fixture = parent_fixture_new(NULL);
		struct install_fixture *install = fixture->install;
		const uint32_t first = parent_fixture_parent(fixture, 0),
			       second = parent_fixture_parent(fixture, 4);

		fixture_enable(install);
		if (own_first)
			assert_int_equal(attach_on(fixture, 0, first), 0);
		assert_int_equal(attach_on(fixture, 2, 0), 0);
		if (!own_first)
			assert_int_equal(attach_on(fixture, 0, first), 0);
		assert_int_equal(attach_on(fixture, 4, second), 0);
		/* This one is behind another physical SMMU. */
		assert_int_equal(attach_on(fixture, 1, 0), 0);
		assert_int_equal(calls(fixture, "parent"), 2);
		assert_int_equal(fixture_objects(install), OBJECTS(4, 4, 4, 4));
		host_interposer_clear(install->host);
		send_tlbi(fixture);
		assert_int_equal(calls(fixture, "invalidate 1"), 4);

		assert_int_equal(parent_fixture_detach(fixture, 0), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, first), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, second), -EBUSY);
		assert_int_equal(parent_fixture_detach(fixture, 2), 0);
		assert_int_equal(fixture_objects(install), OBJECTS(2, 2, 2, 2) + 2);
		assert_int_equal(vsmmu_drop_parents(install->vmm->vsmmu), 0);
		assert_int_equal(fixture_objects(install), OBJECTS(2, 2, 2, 2));
		/* The end takes an endpoint off it as well. */
		vsmmu_free(install->vmm->vsmmu);
		install->vmm->vsmmu = NULL;
		assert_int_equal(parent_fixture_free_parent(fixture, second), 0);
		parent_fixture_free(fixture);
	}
}

/*
 * The VMID of a parent that was forgotten is still the same: what the guest invalidated meanwhile,
 * nobody was told of.
 */
TEST(a_parent_comes_with_stale_tlbs)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);
	const char *text;

	fixture_enable(install);
	assert_int_equal(attach_on(fixture, 0, parent), 0);
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	send_tlbi(fixture);
	for (int failing = 1; failing >= 0; failing--) {
		host_interposer_clear(install->host);
		host_interposer_fail(
			install->host, HOST_CALLS_OF(HOST_CALL_INVALIDATE), failing, 1, EIO);
		assert_int_equal(attach_on(fixture, 0, parent), failing ? -EIO : 0);
		assert_int_equal(host_interposer_opened(install->host, install->dev[0]), !failing);
		if (failing)
			assert_int_equal(fixture_objects(install), 1);
	}
	text = host_interposer_text(install->host);
	assert_non_null(strstr(text, "invalidate 1\n"));
	assert_true(strstr(text, "invalidate 1\n") < strstr(text, "nested 8030000b 0\n"));
	/* The next endpoint there needs none. */
	host_interposer_clear(install->host);
	assert_int_equal(attach_on(fixture, 2, parent), 0);
	assert_int_equal(calls(fixture, "invalidate 1"), 0);
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	assert_int_equal(parent_fixture_detach(fixture, 2), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

/* The VMM of an event path alone sends its guest's invalidations itself. */
TEST(an_event_path_alone_has_parents_too)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 0);
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_endpoint *endpoint;

	vmm->events_only = true;
	assert_int_equal(test_vmm_new(vmm, vsmmu_host_ref(&install->host->host), NULL), 0);
	config.parent_hwpt = parent;
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &config, &endpoint), 0);
	assert_int_equal(calls(fixture, "parent"), 0);
	assert_int_equal(calls(fixture, "invalidate 1"), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(vsmmu_endpoint_detach(endpoint), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	test_vmm_free(vmm);
	parent_fixture_free(fixture);
}

/* Asserts that endpoint @n is refused on @parent, with one report that has @why, and untouched. */
static void expect_refused(
	struct parent_fixture *fixture, unsigned int n, uint32_t parent, int error, const char *why)
{
	struct test_vmm *vmm = fixture->install->vmm;
	const uint64_t objects = fixture_objects(fixture->install);
	const unsigned int reports = vmm->report_count;
	const struct test_vmm_report *report = &vmm->reports[reports % TEST_VMM_REPORTS];

	assert_int_equal(attach_on(fixture, n, parent), error);
	assert_null(fixture->install->endpoint[n]);
	assert_int_equal(vmm->report_count, reports + 1);
	assert_int_equal(report->code, VSMMU_REPORT_UNFIT);
	assert_int_equal(report->vsid, FIXTURE_VSID(n));
	assert_non_null(strstr(report->text, why));
	assert_int_equal(fixture_objects(fixture->install), objects);
	parent_fixture_expect(fixture, n, "");
}

/* Return: a parent that a host of its own has, with an id that no object of the fixture's has. */
static uint32_t parent_elsewhere(struct vsmmu_host **elsewhere)
{
	uint32_t dev, id;

	assert_int_equal(vsmmu_sim_new(elsewhere, NULL), 0);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(vsmmu_sim_endpoint_new(*elsewhere, 0, &dev), 0);
	assert_int_equal(vsmmu_sim_parent_new(*elsewhere, dev, &id), 0);
	return id;
}

TEST(a_parent_that_is_none_is_refused)
{
	const struct vsmmu_config config = {.report_burst = 100};
	struct parent_fixture *fixture = parent_fixture_new(&config);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0),
		       other = parent_fixture_parent(fixture, 1);
	struct vsmmu_host *elsewhere;

	expect_refused(fixture, 0, parent_elsewhere(&elsewhere), -ENOENT, "iommufd");
	expect_refused(fixture, 0, other, -EINVAL, "another physical SMMU");
	expect_refused(fixture, 0, install->dev[0], -ENOENT, "iommufd");
	/* Where it is in use already. */
	assert_int_equal(attach_on(fixture, 0, parent), 0);
	expect_refused(fixture, 1, parent, -EINVAL, "another physical SMMU");
	expect_refused(fixture, 2, install->endpoint[0]->abort_id, -ENOENT, "iommufd");
	expect_refused(fixture, 2, install->endpoint[0]->viommu->id, -ENOENT, "iommufd");
	/* The library's own. */
	assert_int_equal(attach_on(fixture, 2, 0), 0);
	expect_refused(fixture, 4, install->endpoint[2]->parent->id, -EINVAL, "the library made");
	/* Device 1 has still what its VMM had attached, and may come. */
	assert_true(parent_fixture_is_open(fixture, 1));
	assert_int_equal(attach_on(fixture, 1, other), 0);

	for (unsigned int n = 0; n < 3; n++)
		assert_int_equal(parent_fixture_detach(fixture, n), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, other), 0);
	vsmmu_host_unref(elsewhere);
	parent_fixture_free(fixture);
}

TEST(a_config_that_does_not_go_together_is_refused)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 0);
	const uint32_t parent = parent_fixture_parent(fixture, 0);
	uint64_t none;

	config.parent_hwpt = parent;
	config.adopted = (struct vsmmu_adopted *)&none;
	assert_int_equal(parent_fixture_attach(fixture, 0, &config), -EINVAL);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(vmm->report_count, 1);
	assert_non_null(strstr(vmm->reports[0].text, "adopted"));
	config = parent_fixture_config(fixture, 0);
	config.put_back = true;
	assert_int_equal(parent_fixture_attach(fixture, 0, &config), -EINVAL);
	assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_UNFIT), 2);
	assert_int_equal(vmm->report_count, 2);
	assert_non_null(strstr(vmm->reports[1].text, "put_back"));
	config = parent_fixture_config(fixture, 0);
	config.reserved[2] = 1;
	assert_int_equal(parent_fixture_attach(fixture, 0, &config), -EINVAL);
	assert_int_equal(vmm->report_count, 3);
	assert_non_null(strstr(vmm->reports[2].text, "reserved"));
	parent_fixture_expect(fixture, 0, "");
	assert_int_equal(parent_fixture_free_parent(fixture, parent),
		-EBUSY); /* attached to it by its VMM */
	assert_int_equal(vsmmu_sim_attach(fixture->install->sim, fixture->install->dev[0], 0), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

/* The host fails to destroy the parking vIOMMU: it goes later, in either way. */
TEST(what_is_left_on_a_parent_goes_later)
{
	static const char *const undoings[] = {"destroy nested", "destroy vdevice", "detach",
		"destroy nested", "destroy nested", "destroy veventq", "destroy viommu",
		"destroy viommu"};
	const unsigned int count = sizeof(undoings) / sizeof(undoings[0]);

	for (unsigned int i = 0; i < 2 * count; i++) {
		struct parent_fixture *fixture = parent_fixture_new(NULL);
		struct install_fixture *install = fixture->install;
		struct test_vmm *vmm = install->vmm;
		const uint32_t parent = parent_fixture_parent(fixture, 0);
		const unsigned int n = i / 2 + 1;

		fixture_enable(install);
		assert_int_equal(attach_on(fixture, 0, parent), 0);
		host_interposer_clear(install->host);
		host_interposer_fail(install->host, HOST_CALLS_UNDO, n, 1, EIO);
		assert_int_not_equal(parent_fixture_detach(fixture, 0), 0);
		assert_true(host_interposer_failed(install->host));
		for (unsigned int at = 0; at < count; at++)
			assert_true(calls(fixture, undoings[at]) >= 1);
		assert_int_equal(test_vmm_reported(vmm, VSMMU_REPORT_HOST_FAILED), 1);
		if (n == 3) /* still attached, to what aborts: its VMM detaches it */
			assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[0], 0), 0);
		assert_int_equal(
			i % 2 ? vsmmu_recover(vmm->vsmmu) : vsmmu_drop_parents(vmm->vsmmu), 0);
		assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
		parent_fixture_free(fixture);
	}
}

/* The same parent may be named again while that waits. */
TEST(a_parent_with_something_left_is_used_again)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	const uint32_t parent = parent_fixture_parent(fixture, 0);

	assert_int_equal(attach_on(fixture, 0, parent), 0);
	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 1, 100, EIO);
	assert_int_equal(parent_fixture_detach(fixture, 0), -EIO);
	host_interposer_fail(install->host, HOST_CALLS_OF(HOST_CALL_DESTROY), 0, 0, 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), -EBUSY);
	assert_int_equal(attach_on(fixture, 0, parent), 0);
	assert_int_equal(fixture_objects(install), OBJECTS(1, 1, 1, 0));
	assert_int_equal(parent_fixture_detach(fixture, 0), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 E11", an_endpoint_is_on_its_vmms_parent),
		UNIT_TEST("S3 S6 D1", endpoints_share_a_parent),
		UNIT_TEST("S3 S6 D1", parents_are_mixed),
		UNIT_TEST("S3 S6 D3", a_parent_comes_with_stale_tlbs),
		UNIT_TEST("S6", an_event_path_alone_has_parents_too),
		UNIT_TEST("S6", a_parent_that_is_none_is_refused),
		UNIT_TEST("S6", a_config_that_does_not_go_together_is_refused),
		UNIT_TEST("S6 D3", what_is_left_on_a_parent_goes_later),
		UNIT_TEST("S6 D3", a_parent_with_something_left_is_used_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
