/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves that cannot be are refused before anything has changed, and each says why, once. */
#include <errno.h>
#include <string.h>

#include <vsmmu/event.h>

#include "../endpoints/parent_fixture.h"
#include "move_fixture.h"

static unsigned int calls;

static int count_calls(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)call;
	(void)count;
	calls++;
	return 0;
}

/* It is reported once, with a text that has @why in it; and the host is not called. */
static void expect_refused(
	struct move_fixture *fixture, struct vsmmu *to, int error, const char *why)
{
	struct test_vmm *vmm = fixture->install->vmm;
	const unsigned int before = vmm->report_count;

	calls = 0;
	fixture->install->host->hook = count_calls;
	assert_int_equal(vsmmu_move(vmm->vsmmu, to), error);
	fixture->install->host->hook = NULL;
	assert_int_equal(calls, 0);
	assert_int_equal(vmm->report_count, before + 1);
	assert_int_equal(vmm->reports[before].code, VSMMU_REPORT_UNFIT);
	assert_non_null(strstr(vmm->reports[before].text, why));
}

TEST(nothing_is_not_moved)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct vsmmu *vsmmu = fixture->install->vmm->vsmmu;

	assert_int_equal(vsmmu_move(NULL, vsmmu), -EINVAL);
	assert_int_equal(vsmmu_move(vsmmu, NULL), -EINVAL);
	expect_refused(fixture, vsmmu, -EINVAL, "itself");
	move_fixture_free(fixture);
}

TEST(the_other_must_be_new)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct install_fixture *install = fixture->install;
	struct vsmmu *own = install->vmm->vsmmu, *to = move_fixture_another(fixture, NULL);

	assert_int_equal(vsmmu_mmio_write(to, SMMU_IRQ_CTRL, 4, 1), 0);
	expect_refused(fixture, to, -EBUSY, "the guest has used");
	assert_int_equal(vsmmu_reset(to), 0);
	install->vmm->vsmmu = to;
	assert_int_equal(fixture_attach(install, 3), 0);
	install->vmm->vsmmu = own;
	expect_refused(fixture, to, -EBUSY, "endpoints");
	fixture_detach(install, 3);
	expect_refused(fixture, to, -EBUSY, "nesting parent");
	assert_int_equal(vsmmu_drop_parents(to), 0);
	move_fixture_faults(fixture, 1);
	assert_int_equal(move_fixture_move_to(fixture, to), 0);
	move_fixture_free(fixture);
}

TEST(host_and_config_must_fit)
{
	const struct vsmmu_config less = {.eventq_log2_max = 4};
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu_host *own = vmm->host, *other = test_vmm_sim(vmm, NULL);
	struct vsmmu *to = move_fixture_another(fixture, &less);

	expect_refused(fixture, to, -ENODEV, "eventq_log2_max");
	vsmmu_free(to);
	vmm->host = other;
	to = move_fixture_another(fixture, NULL);
	vmm->host = own;
	expect_refused(fixture, to, -ENODEV, "different hosts");
	vsmmu_free(to);
	vsmmu_host_unref(other);
	move_fixture_free(fixture);
}

/* The other parent's VMM has an op that calls in: the locks of both are held there. */
static struct vsmmu *both[2];
static int within[6];

static int call_back(void *opaque, const struct vsmmu_attachment *attachment)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};
	struct install_fixture *install = opaque;

	if (both[0]) {
		within[0] = vsmmu_move(both[0], both[1]);
		within[1] = vsmmu_dispatch(both[0], 0);
		within[2] = vsmmu_dispatch(both[1], 0);
		within[3] = vsmmu_reset(both[1]);
		within[4] = vsmmu_move(both[1], both[0]);
		within[5] = vsmmu_get_stats(both[1], &stats);
	}
	return vsmmu_sim_attach(install->sim, install->dev[0], attachment->pt_id);
}

static void report_back(struct test_vmm *vmm)
{
	(void)vmm;
	within[0] = vsmmu_reset(both[0]);
	within[1] = vsmmu_reset(both[1]);
}

/* The report of a refusal comes with the locks of both held, too. */
TEST(a_report_cannot_call_back)
{
	struct move_fixture *fixture = move_fixture_new(NULL, 1);
	struct test_vmm *vmm = fixture->install->vmm;
	struct vsmmu *to = move_fixture_another(fixture, NULL);

	both[0] = vmm->vsmmu;
	both[1] = to;
	assert_int_equal(vsmmu_mmio_write(to, SMMU_IRQ_CTRL, 4, 1), 0);
	vmm->on_report = report_back;
	assert_int_equal(vsmmu_move(vmm->vsmmu, to), -EBUSY);
	vmm->on_report = NULL;
	assert_int_equal(within[0], -EDEADLK);
	assert_int_equal(within[1], -EDEADLK);
	both[0] = NULL;
	vsmmu_free(to);
	move_fixture_free(fixture);
}

TEST(an_op_cannot_call_back)
{
	struct move_fixture *fixture = move_fixture_of(fixture_translating(NULL, 0), 0);
	struct install_fixture *install = fixture->install;
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = FIXTURE_VSID(0),
		.dev_id = install->dev[0],
		.vfio_fd = -1,
		.attach = call_back,
		.attach_opaque = install,
	};
	struct vsmmu *to = move_fixture_another(fixture, NULL);

	assert_int_equal(
		vsmmu_endpoint_attach(install->vmm->vsmmu, &config, &install->endpoint[0]), 0);
	both[0] = install->vmm->vsmmu;
	both[1] = to;
	assert_int_equal(move_fixture_move_to(fixture, to), 0);
	both[0] = NULL;
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(within[i], -EDEADLK);
	assert_int_equal(within[5], 0);
	move_fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST("S7", nothing_is_not_moved),
		UNIT_TEST("S7", the_other_must_be_new),
		UNIT_TEST("S7", host_and_config_must_fit),
		UNIT_TEST("S7", a_report_cannot_call_back),
		UNIT_TEST("S7", an_op_cannot_call_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
