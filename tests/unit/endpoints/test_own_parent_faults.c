/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any call of the host's, or any allocation, fails once in the life of endpoints on a VMM's
 * parent: they never reach more than they may, and nothing is left on the parent. The host may also
 * fail for good: then nothing is left once it works again.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/fail_nth.h"
#include "parent_fixture.h"

#define BACK 0 /* endpoint that is put back on the parent */
#define GONE 2 /* one that is not */
#define CMDQ (TEST_VMM_MEMORY + 0x400000)

struct scene {
	struct parent_fixture *fixture;
	uint32_t parent;
	bool by_free; /* the endpoints go with the vSMMU */

	unsigned int calls;
	unsigned int fail_at; /* the n-th call fails; 0: none */
	bool for_good;	      /* and all after it */
	int error;
	bool failed;
	bool detach_failed;
};

static int on_call(void *opaque, enum vsmmu_sim_call call)
{
	struct scene *scene = opaque;

	scene->calls++;
	if (!scene->fail_at || scene->calls < scene->fail_at ||
		(scene->calls > scene->fail_at && !scene->for_good))
		return 0;
	scene->failed = true;
	scene->detach_failed = scene->detach_failed || call == VSMMU_SIM_CALL_DETACH;
	return scene->error;
}

static void scene_begin(struct scene *scene)
{
	scene->fixture = parent_fixture_new(NULL);
	scene->parent = parent_fixture_parent(scene->fixture, BACK);
	assert_int_equal(vsmmu_sim_attach(scene->fixture->install->sim,
				 scene->fixture->install->dev[GONE], scene->parent),
		0);
	assert_int_equal(vsmmu_sim_on_call(scene->fixture->install->sim, on_call, scene), 0);
}

/* What fails for good may not even be cut off, which is reported, and not looked at here. */
static void expect_closed(struct scene *scene)
{
	for (unsigned int n = 0; n <= GONE && !scene->for_good; n += GONE)
		if (scene->fixture->install->endpoint[n])
			assert_false(parent_fixture_is_open(scene->fixture, n));
}

static void come(struct scene *scene, unsigned int n)
{
	struct vsmmu_endpoint_config config = parent_fixture_config(scene->fixture, n);
	const char *trace = scene->fixture->device[n].trace;
	int ret;

	config.parent_hwpt = scene->parent;
	config.put_back = n == BACK;
	ret = parent_fixture_attach(scene->fixture, n, &config);
	assert_int_equal(ret == 0, scene->fixture->install->endpoint[n] != NULL);
	/* Refused, it is as its VMM had it, or detached; or as nothing could be done about it. */
	if (ret && trace[0] && trace[1] != '!' && !scene->for_good)
		assert_false(parent_fixture_is_open(scene->fixture, n));
}

static void go(struct scene *scene, unsigned int n)
{
	struct parent_device *device = &scene->fixture->device[n];
	bool back;

	if (!scene->fixture->install->endpoint[n])
		return;
	device->trace[0] = '\0';
	parent_fixture_detach(scene->fixture, n);
	back = n == BACK && device->attached == scene->parent;
	if (!scene->for_good)
		assert_int_equal(parent_fixture_is_open(scene->fixture, n), back);
}

static void guest_invalidates(struct scene *scene)
{
	struct test_vmm *vmm = scene->fixture->install->vmm;

	test_vmm_store64(vmm, CMDQ, UINT64_C(0x11) | UINT64_C(1) << 48); /* TLBI_NH_ASID */
	test_vmm_store64(vmm, CMDQ + 16, 0x46);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 0);
	test_vmm_write(vmm, SMMU_CMDQ_CONS, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	vsmmu_run_commands(vmm->vsmmu, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

static void end(struct scene *scene)
{
	struct install_fixture *install = scene->fixture->install;

	if (scene->by_free) {
		vsmmu_free(install->vmm->vsmmu);
		install->vmm->vsmmu = NULL;
		return;
	}
	go(scene, BACK);
	go(scene, GONE);
}

/* With the guest's SMMU on from the first, so that nothing may ever be open. */
static void live(struct scene *scene)
{
	struct install_fixture *install = scene->fixture->install;
	struct vsmmu *vsmmu = install->vmm->vsmmu;

	fixture_enable(install);
	come(scene, BACK);
	come(scene, GONE);
	expect_closed(scene);
	fixture_set_ste(install, BACK, STE_ABORT, 0);
	expect_closed(scene);
	fixture_set_ste(install, BACK, STE_S1, 0);
	guest_invalidates(scene);
	expect_closed(scene);
	if (install->endpoint[BACK])
		vsmmu_endpoint_set_vsid(install->endpoint[BACK], FIXTURE_VSID(1));
	expect_closed(scene);
	test_vmm_write(install->vmm, SMMU_CR0, 0);
	test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	expect_closed(scene);
	vsmmu_reset(vsmmu); /* GBPA lets them through again */
	test_vmm_write(install->vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	expect_closed(scene);
	fixture_enable(install);
	vsmmu_recover(vsmmu);
	expect_closed(scene);
	end(scene);
}

/* The host works again. A device that could not be detached is its VMM's to detach. */
static void scene_end(struct scene *scene)
{
	struct install_fixture *install = scene->fixture->install;
	struct vsmmu *vsmmu = install->vmm->vsmmu;

	assert_int_equal(vsmmu_sim_on_call(install->sim, NULL, NULL), 0);
	for (unsigned int n = 0; n <= GONE; n += GONE)
		assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[n], 0), 0);
	if (vsmmu) {
		assert_int_equal(vsmmu_recover(vsmmu), 0);
		assert_int_equal(vsmmu_drop_parents(vsmmu), 0);
	}
	/* Without a vSMMU there is nobody left to try again. */
	if (!vsmmu && (scene->detach_failed || scene->for_good)) {
		fixture_free_with_leaks(install);
		free(scene->fixture);
		return;
	}
	assert_int_equal(parent_fixture_free_parent(scene->fixture, scene->parent), 0);
	parent_fixture_free(scene->fixture);
}

/* Return: how many calls there were. */
static unsigned int live_once(struct scene *scene)
{
	scene_begin(scene);
	live(scene);
	scene_end(scene);
	return scene->calls;
}

static void any_call_fails(bool for_good, bool by_free)
{
	static const int errors[] = {-EIO, -EBUSY};
	bool failed = true;

	for (unsigned int n = 1; failed; n++) {
		for (unsigned int i = 0; i < 2; i++) {
			struct scene scene = {.fail_at = n,
				.error = errors[i],
				.for_good = for_good,
				.by_free = by_free};

			live_once(&scene);
			failed = scene.failed;
		}
		assert_true(failed || n > 40);
	}
}

TEST(any_call_may_fail_once)
{
	any_call_fails(false, false);
}

TEST(any_call_may_fail_once_to_the_end)
{
	any_call_fails(false, true);
}

TEST(the_host_may_fail_for_good)
{
	any_call_fails(true, false);
	any_call_fails(true, true);
}

TEST(any_allocation_may_fail)
{
	for (unsigned int n = 1;; n++) {
		struct scene scene = {.fail_at = 0};

		scene_begin(&scene);
		fail_nth_arm(n);
		live(&scene);
		fail_nth_arm(0);
		scene_end(&scene);
		if (!fail_nth_fired())
			break;
	}
}

/* Any purpose of the op's, refused once. */
TEST(the_op_may_fail)
{
	static const char purposes[] = "nasp";

	for (size_t i = 0; i < sizeof(purposes) - 1; i++)
		for (unsigned int n = 1; n <= 4; n++) {
			struct scene scene = {.fail_at = 0};

			scene_begin(&scene);
			scene.fixture->fail_purpose = purposes[i];
			scene.fixture->fail_at = n;
			live(&scene);
			scene.fixture->fail_at = 0;
			scene_end(&scene);
		}
}

/* Devices of one IOMMU group, both on the VMM's parent, cannot be told apart. */
TEST(a_group_on_the_parent_is_refused)
{
	struct parent_fixture *fixture = parent_fixture_new(NULL);
	struct install_fixture *install = fixture->install;
	struct vsmmu_endpoint_config config = parent_fixture_config(fixture, 0);
	uint32_t parent;

	assert_int_equal(vsmmu_sim_endpoint_set_group(install->sim, install->dev[0], 5), 0);
	assert_int_equal(vsmmu_sim_endpoint_set_group(install->sim, install->dev[2], 5), 0);
	parent = parent_fixture_parent(fixture, 0);
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[2], parent), 0);
	config.parent_hwpt = parent;
	config.put_back = true;
	config.attach = NULL; /* it would see the group's other device open what it detaches */
	assert_int_equal(parent_fixture_attach(fixture, 0, &config), -EINVAL);
	assert_int_equal(install->vmm->report_count, 1);
	assert_int_equal(test_vmm_reported(install->vmm, VSMMU_REPORT_UNFIT), 1);
	assert_int_equal(fixture_objects(install), 1);
	/* The other one has what it had. */
	assert_true(parent_fixture_is_open(fixture, 2));
	assert_int_equal(vsmmu_sim_attach(install->sim, install->dev[2], 0), 0);
	assert_int_equal(parent_fixture_free_parent(fixture, parent), 0);
	parent_fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6 D3", any_call_may_fail_once),
		UNIT_TEST("S6 D3", any_call_may_fail_once_to_the_end),
		UNIT_TEST("S6 D3", the_host_may_fail_for_good),
		UNIT_TEST("S6 D3", any_allocation_may_fail),
		UNIT_TEST("S6 D3", the_op_may_fail),
		UNIT_TEST("S6 D2", a_group_on_the_parent_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
