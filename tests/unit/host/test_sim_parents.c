/* SPDX-License-Identifier: BSD-2-Clause */
/* What a VMM does in the simulator by itself: its nesting parents, and attaching to them. */
#include <errno.h>
#include <string.h>

#include "sim_fixture.h"

#define SMMU	7U /* that of the fixture's endpoint */
#define UNKNOWN 9999U

TEST(misuse_is_einval)
{
	struct sim_fixture *s = build_depth(1);
	struct vsmmu_host other = {.ops = NULL};
	uint32_t id = 0;

	assert_int_equal(vsmmu_sim_parent_new(NULL, s->endpoint.dev_id, &id), -EINVAL);
	assert_int_equal(vsmmu_sim_parent_new(&other, s->endpoint.dev_id, &id), -EINVAL);
	assert_int_equal(vsmmu_sim_parent_new(s->host, s->endpoint.dev_id, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_parent_new(s->host, UNKNOWN, &id), -ENOENT);
	assert_int_equal(vsmmu_sim_parent_new(s->host, s->parent, &id), -ENOENT);
	assert_int_equal(vsmmu_sim_parent_free(NULL, s->parent), -EINVAL);
	assert_int_equal(vsmmu_sim_parent_free(&other, s->parent), -EINVAL);
	assert_int_equal(vsmmu_sim_parent_free(s->host, UNKNOWN), -ENOENT);
	assert_int_equal(vsmmu_sim_parent_free(s->host, s->nested), -ENOENT);
	assert_int_equal(vsmmu_sim_parent_free(s->host, s->endpoint.dev_id), -ENOENT);
	assert_int_equal(vsmmu_sim_attach(NULL, s->endpoint.dev_id, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_attach(&other, s->endpoint.dev_id, 0), -EINVAL);
	assert_int_equal(vsmmu_sim_attach(s->host, UNKNOWN, 0), -ENOENT);
	assert_int_equal(vsmmu_sim_attach(s->host, UNKNOWN, s->parent), -ENOENT);
	assert_int_equal(vsmmu_sim_attach(s->host, s->endpoint.dev_id, UNKNOWN), -ENOENT);
	assert_int_equal(vsmmu_sim_attach(s->host, s->endpoint.dev_id, s->viommu), -EINVAL);
	assert_int_equal(id, 0);
	raise(s, 1);
	tear_down(s);
}

TEST(a_parent_in_use_is_busy)
{
	struct sim_fixture *s = build_depth(1);
	const uint32_t peer = new_endpoint(s, SMMU), alien = new_endpoint(s, SMMU + 1);
	const struct host_endpoint on = {.dev_id = peer, .vfio_fd = -1};
	uint32_t parent, viommu;

	assert_int_equal(vsmmu_sim_parent_new(s->host, peer, &parent), 0);
	assert_int_equal(stats_of(s).parents, 2);
	assert_int_equal(vsmmu_sim_attach(s->host, alien, parent), -EINVAL);
	assert_int_equal(vsmmu_sim_attach(s->host, peer, parent), 0);
	assert_int_equal(stats_of(s).first_attaches, 2);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), -EBUSY);
	assert_int_equal(s->ops->viommu_alloc(s->host, &on, parent, &viommu), 0);
	assert_int_equal(vsmmu_sim_attach(s->host, peer, s->parent), 0);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), -EBUSY);
	assert_int_equal(s->ops->destroy(s->host, viommu), 0);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), 0);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), -ENOENT);
	assert_int_equal(vsmmu_sim_attach(s->host, peer, 0), 0);
	assert_int_equal(vsmmu_sim_attach(s->host, peer, 0), 0); /* nothing to detach */
	assert_int_equal(stats_of(s).detaches, 1);
	tear_down(s);
}

static int refuse(void *opaque, enum vsmmu_sim_call call)
{
	*(enum vsmmu_sim_call *)opaque = call;
	return -EBUSY;
}

/* They are calls as a vSMMU's are. */
TEST(the_hook_sees_them)
{
	struct sim_fixture *s = build_depth(1);
	enum vsmmu_sim_call seen = 0;
	uint32_t parent = 0, id = 0;

	assert_int_equal(vsmmu_sim_parent_new(s->host, s->endpoint.dev_id, &parent), 0);
	assert_int_equal(vsmmu_sim_on_call(s->host, refuse, &seen), 0);
	assert_int_equal(vsmmu_sim_parent_new(s->host, s->endpoint.dev_id, &id), -EBUSY);
	assert_int_equal(seen, VSMMU_SIM_CALL_PARENT_ALLOC);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), -EBUSY);
	assert_int_equal(seen, VSMMU_SIM_CALL_PARENT_DESTROY);
	assert_int_equal(vsmmu_sim_attach(s->host, s->endpoint.dev_id, parent), -EBUSY);
	assert_int_equal(seen, VSMMU_SIM_CALL_REPLACE);
	assert_int_equal(vsmmu_sim_attach(s->host, s->endpoint.dev_id, 0), -EBUSY);
	assert_int_equal(seen, VSMMU_SIM_CALL_DETACH);
	assert_int_equal(vsmmu_sim_on_call(s->host, NULL, NULL), 0);
	assert_int_equal(vsmmu_sim_parent_free(s->host, parent), 0);
	tear_down(s);
}

struct told {
	struct vsmmu_host *host;
	uint32_t dev_id;
	struct vsmmu_attachment last;
};

static int attach_op(void *opaque, const struct vsmmu_attachment *attachment)
{
	struct told *told = opaque;

	told->last = *attachment;
	return vsmmu_sim_attach(told->host, told->dev_id, attachment->pt_id);
}

/* The simulator leaves attaching to a VMM that has an op for it, as the iommufd host does. */
TEST(an_attach_op_replaces_the_simulator)
{
	struct sim_fixture *s = build_depth(1);
	struct told told = {.host = s->host, .dev_id = s->endpoint.dev_id};
	const struct host_endpoint by_op = {
		.dev_id = s->endpoint.dev_id, .vfio_fd = -1, .attach = attach_op, .opaque = &told};

	assert_int_equal(s->ops->attach(s->host, &by_op, s->parent, VSMMU_ATTACH_BYPASS), 0);
	assert_int_equal(told.last.size, sizeof(told.last));
	assert_int_equal(told.last.pt_id, s->parent);
	assert_int_equal(told.last.purpose, VSMMU_ATTACH_BYPASS);
	assert_int_equal(told.last.pasid, VSMMU_NO_PASID);
	assert_int_equal(told.last.reserved, 0);
	assert_int_equal(stats_of(s).replaces, 2);
	assert_int_equal(s->ops->detach(s->host, &by_op), 0);
	assert_int_equal(told.last.pt_id, 0);
	assert_int_equal(told.last.purpose, VSMMU_ATTACH_NOTHING);
	assert_int_equal(stats_of(s).detaches, 1);
	tear_down(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S6", misuse_is_einval),
		UNIT_TEST("S6", a_parent_in_use_is_busy),
		UNIT_TEST("S6", the_hook_sees_them),
		UNIT_TEST("S6", an_attach_op_replaces_the_simulator),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
