/* SPDX-License-Identifier: BSD-2-Clause */
/* The hook on the simulated host's calls: which ones it sees, how it fails and holds them up. */
#include <errno.h>

#include "call_gate.h"
#include "sim_fixture.h"

#define SMMU	  7U /* that of the stand's endpoint */
#define SPARE_SID 0x99U

/* The stand, a peer that is attached to nothing, and one object of each kind to destroy. */
struct scene {
	struct sim_fixture *s;
	struct host_endpoint peer;
	uint32_t parent, other, out;
	struct host_veventq queue;
	struct call_gate gate;
};

static int run(struct scene *scene, enum vsmmu_sim_call call)
{
	static const uint64_t ste[2] = {STE_ABORT, 0}, command[1][2] = {{0x30, 0}};
	struct vsmmu_host *host = scene->s->host;
	const struct host_endpoint *us = &scene->s->endpoint;
	struct host_hw_info info;
	uint32_t handled;

	switch (call) {
	case VSMMU_SIM_CALL_PARENT_ALLOC:
		return host->ops->parent_alloc(host, us, &scene->parent);
	case VSMMU_SIM_CALL_PARENT_DESTROY:
		return host->ops->destroy(host, scene->parent);
	case VSMMU_SIM_CALL_FIRST_ATTACH:
		return host->ops->attach(
			host, &scene->peer, scene->s->parent, VSMMU_ATTACH_PUT_BACK);
	case VSMMU_SIM_CALL_REPLACE:
		return host->ops->attach(host, us, scene->s->nested, VSMMU_ATTACH_STAGE1);
	case VSMMU_SIM_CALL_DETACH:
		return host->ops->detach(host, &scene->peer);
	case VSMMU_SIM_CALL_VIOMMU_ALLOC:
		return host->ops->viommu_alloc(host, us, scene->s->parent, &scene->other);
	case VSMMU_SIM_CALL_VDEVICE_ALLOC:
		return host->ops->vdevice_alloc(
			host, &scene->peer, scene->s->viommu, SPARE_SID, &scene->out);
	case VSMMU_SIM_CALL_NESTED_ALLOC:
		return host->ops->nested_alloc(host, us, scene->s->viommu, ste, &scene->out);
	case VSMMU_SIM_CALL_VEVENTQ_ALLOC:
		return host->ops->veventq_alloc(host, scene->other, 1, &scene->queue);
	case VSMMU_SIM_CALL_DESTROY:
		return host->ops->destroy(host, scene->out);
	case VSMMU_SIM_CALL_HW_INFO:
		return host->ops->hw_info(host, us, &info);
	case VSMMU_SIM_CALL_INVALIDATE:
		return host->ops->invalidate(host, scene->s->viommu, command, 1, &handled);
	}
	return -ENOSYS;
}

/* All kinds, in an order in which each has what it needs; nothing is left. */
static const enum vsmmu_sim_call all[] = {
	VSMMU_SIM_CALL_PARENT_ALLOC,
	VSMMU_SIM_CALL_PARENT_DESTROY,
	VSMMU_SIM_CALL_FIRST_ATTACH,
	VSMMU_SIM_CALL_DETACH,
	VSMMU_SIM_CALL_REPLACE,
	VSMMU_SIM_CALL_VDEVICE_ALLOC,
	VSMMU_SIM_CALL_DESTROY,
	VSMMU_SIM_CALL_NESTED_ALLOC,
	VSMMU_SIM_CALL_DESTROY,
	VSMMU_SIM_CALL_VIOMMU_ALLOC,
	VSMMU_SIM_CALL_VEVENTQ_ALLOC,
	VSMMU_SIM_CALL_HW_INFO,
	VSMMU_SIM_CALL_INVALIDATE,
};

#define ALL (sizeof(all) / sizeof(all[0]))

static void scene_init(struct scene *scene)
{
	*scene = (struct scene){.gate = CALL_GATE_INIT};
	scene->s = build_depth(4);
	scene->peer = (struct host_endpoint){.dev_id = new_endpoint(scene->s, SMMU), .vfio_fd = -1};
	assert_int_equal(vsmmu_sim_on_call(scene->s->host, call_gate_hook, &scene->gate), 0);
}

static void scene_clear(struct scene *scene)
{
	struct vsmmu_host *host = scene->s->host;

	host->ops->veventq_close(host, &scene->queue);
	assert_int_equal(host->ops->destroy(host, scene->queue.id), 0);
	assert_int_equal(host->ops->destroy(host, scene->other), 0);
}

static void scene_free(struct scene *scene)
{
	assert_int_equal(vsmmu_sim_on_call(scene->s->host, NULL, NULL), 0);
	tear_down(scene->s);
}

static void misuse_is_einval(void **unused)
{
	struct vsmmu_host other = {0};

	(void)unused;
	assert_int_equal(vsmmu_sim_on_call(NULL, NULL, NULL), -EINVAL);
	assert_int_equal(vsmmu_sim_on_call(&other, call_gate_hook, NULL), -EINVAL);
}

static void every_call_runs_the_hook_once(void **unused)
{
	unsigned int expected[CALL_KINDS] = {0};
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	for (unsigned int i = 0; i < ALL; i++) {
		expected[all[i]]++;
		assert_int_equal(run(&scene, all[i]), 0);
		for (unsigned int call = 1; call < CALL_KINDS; call++)
			assert_int_equal(call_gate_count(&scene.gate, (enum vsmmu_sim_call)call),
				expected[call]);
	}
	/* It is not attached: nobody is asked. */
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_DETACH), 0);
	assert_int_equal(call_gate_count(&scene.gate, VSMMU_SIM_CALL_DETACH), 1);
	scene_clear(&scene);
	assert_int_equal(vsmmu_sim_on_call(scene.s->host, NULL, NULL), 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_HW_INFO), 0);
	assert_int_equal(call_gate_count(&scene.gate, VSMMU_SIM_CALL_HW_INFO), 1);
	scene_free(&scene);
}

static void expect_same(struct scene *scene, const struct vsmmu_sim_stats *before)
{
	const struct vsmmu_sim_stats now = stats_of(scene->s);

	assert_memory_equal(&now, before, sizeof(now));
}

static void a_call_that_it_fails_does_nothing(void **unused)
{
	struct vsmmu_sim_stats before;
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	for (unsigned int i = 0; i < ALL; i++) {
		before = stats_of(scene.s);
		call_gate_fail(&scene.gate, all[i], -EBUSY);
		assert_int_equal(run(&scene, all[i]), -EBUSY);
		expect_same(&scene, &before);
		call_gate_fail(&scene.gate, all[i], 1); /* is no error */
		assert_int_equal(run(&scene, all[i]), 0);
	}
	call_gate_fail(&scene.gate, (enum vsmmu_sim_call)0, 0);
	scene_clear(&scene);
	scene_free(&scene);
}

static void arranged_failures_come_after_it(void **unused)
{
	struct scene scene;
	struct vsmmu_host *host;

	(void)unused;
	scene_init(&scene);
	host = scene.s->host;
	call_gate_fail(&scene.gate, VSMMU_SIM_CALL_REPLACE, -EBUSY);
	assert_int_equal(vsmmu_sim_fail(host, VSMMU_SIM_FAIL_CALL, 0, ENOMEM), 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_REPLACE), -EBUSY);
	call_gate_fail(&scene.gate, (enum vsmmu_sim_call)0, 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_REPLACE), -ENOMEM);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_REPLACE), 0);
	call_gate_fail(&scene.gate, VSMMU_SIM_CALL_INVALIDATE, -EBUSY);
	assert_int_equal(vsmmu_sim_fail(host, VSMMU_SIM_FAIL_INVALIDATE, 0, ETIMEDOUT), 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_INVALIDATE), -EBUSY);
	call_gate_fail(&scene.gate, (enum vsmmu_sim_call)0, 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_INVALIDATE), -ETIMEDOUT);
	scene_free(&scene);
}

/* Blocking */

static int invalidate_aside(void *opaque)
{
	return run(opaque, VSMMU_SIM_CALL_INVALIDATE);
}

static int replace_aside(void *opaque)
{
	return run(opaque, VSMMU_SIM_CALL_REPLACE);
}

static void a_blocked_call_holds_up_no_other(void **unused)
{
	struct aside aside;
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	call_gate_hold(&scene.gate, VSMMU_SIM_CALL_INVALIDATE);
	aside_start(&aside, invalidate_aside, &scene);
	call_gate_await(&scene.gate);
	for (unsigned int i = 0; i < ALL; i++)
		if (all[i] != VSMMU_SIM_CALL_INVALIDATE)
			assert_int_equal(run(&scene, all[i]), 0);
	raise(scene.s, 1);
	assert_reads(scene.s, ROOM, "0");
	assert_int_equal(stats_of(scene.s).commands, 0);
	call_gate_hold(&scene.gate, (enum vsmmu_sim_call)0);
	assert_int_equal(aside_join(&aside), 0);
	assert_int_equal(stats_of(scene.s).commands, 1);
	scene_clear(&scene);
	scene_free(&scene);
}

/* The kernel holds igroup->lock. */
static void a_blocked_attach_holds_up_its_group(void **unused)
{
	struct aside aside, second;
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	call_gate_hold(&scene.gate, VSMMU_SIM_CALL_REPLACE);
	aside_start(&aside, replace_aside, &scene);
	call_gate_await(&scene.gate);
	aside_start(&second, replace_aside, &scene);
	aside_await_asleep(&second);
	assert_int_equal(call_gate_count(&scene.gate, VSMMU_SIM_CALL_REPLACE), 1);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_FIRST_ATTACH), 0); /* another group */
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_DETACH), 0);
	call_gate_hold(&scene.gate, VSMMU_SIM_CALL_FIRST_ATTACH);
	assert_int_equal(aside_join(&aside), 0);
	assert_int_equal(aside_join(&second), 0);
	assert_int_equal(call_gate_count(&scene.gate, VSMMU_SIM_CALL_REPLACE), 2);
	call_gate_hold(&scene.gate, (enum vsmmu_sim_call)0);
	scene_free(&scene);
}

static int first_attach_aside(void *opaque)
{
	return run(opaque, VSMMU_SIM_CALL_FIRST_ATTACH);
}

static void an_endpoint_that_is_being_attached_stays_in_its_group(void **unused)
{
	struct aside aside;
	struct scene scene;
	struct vsmmu_host *host;

	(void)unused;
	scene_init(&scene);
	host = scene.s->host;
	call_gate_hold(&scene.gate, VSMMU_SIM_CALL_FIRST_ATTACH);
	aside_start(&aside, first_attach_aside, &scene);
	call_gate_await(&scene.gate);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, scene.peer.dev_id, 1), -EBUSY);
	call_gate_fail(&scene.gate, VSMMU_SIM_CALL_FIRST_ATTACH, -EINTR);
	call_gate_hold(&scene.gate, (enum vsmmu_sim_call)0);
	assert_int_equal(aside_join(&aside), -EINTR);
	assert_int_equal(vsmmu_sim_endpoint_set_group(host, scene.peer.dev_id, 1), 0);
	scene_free(&scene);
}

/* iova_rwsem */

static const enum vsmmu_sim_call slow[] = {
	VSMMU_SIM_CALL_PARENT_ALLOC,
	VSMMU_SIM_CALL_PARENT_DESTROY,
	VSMMU_SIM_CALL_FIRST_ATTACH,
	VSMMU_SIM_CALL_DETACH,
};

#define SLOW (sizeof(slow) / sizeof(slow[0]))

/* A kind of call, made by a third endpoint: no group's lock is in the way. */
struct slow_call {
	struct scene scene;
	enum vsmmu_sim_call kind;
};

static int slow_aside(void *opaque)
{
	struct slow_call *call = opaque;

	return run(&call->scene, call->kind);
}

/* What the call needs. */
static void slow_prepare(struct slow_call *call, struct sim_fixture *s, enum vsmmu_sim_call kind)
{
	struct host_endpoint *peer = &call->scene.peer;

	*call = (struct slow_call){.scene.s = s, .kind = kind};
	*peer = (struct host_endpoint){.dev_id = new_endpoint(s, SMMU), .vfio_fd = -1};
	if (kind == VSMMU_SIM_CALL_PARENT_DESTROY)
		assert_int_equal(run(&call->scene, VSMMU_SIM_CALL_PARENT_ALLOC), 0);
	if (kind == VSMMU_SIM_CALL_DETACH)
		assert_int_equal(run(&call->scene, VSMMU_SIM_CALL_FIRST_ATTACH), 0);
}

static void slow_undo(struct slow_call *call)
{
	if (call->kind == VSMMU_SIM_CALL_PARENT_ALLOC)
		assert_int_equal(run(&call->scene, VSMMU_SIM_CALL_PARENT_DESTROY), 0);
	if (call->kind == VSMMU_SIM_CALL_FIRST_ATTACH)
		assert_int_equal(run(&call->scene, VSMMU_SIM_CALL_DETACH), 0);
}

static bool is_slow(enum vsmmu_sim_call call)
{
	for (unsigned int i = 0; i < SLOW; i++)
		if (slow[i] == call)
			return true;
	return false;
}

/* @first is blocked with iova_rwsem: each of the four waits for it, and nothing else does. */
static void expect_only_slow_ones_wait(enum vsmmu_sim_call kind)
{
	struct slow_call first, second[SLOW];
	struct aside aside, waiting[SLOW];
	unsigned int before[SLOW];
	struct scene scene;

	scene_init(&scene);
	slow_prepare(&first, scene.s, kind);
	for (unsigned int i = 0; i < SLOW; i++)
		slow_prepare(&second[i], scene.s, slow[i]);
	call_gate_hold(&scene.gate, kind);
	aside_start(&aside, slow_aside, &first);
	call_gate_await(&scene.gate);
	for (unsigned int i = 0; i < SLOW; i++) {
		before[i] = call_gate_count(&scene.gate, slow[i]);
		aside_start(&waiting[i], slow_aside, &second[i]);
		aside_await_asleep(&waiting[i]);
	}
	for (unsigned int i = 0; i < ALL; i++)
		if (!is_slow(all[i]))
			assert_int_equal(run(&scene, all[i]), 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_DETACH), 0); /* it is not attached */
	raise(scene.s, 1);
	assert_reads(scene.s, ROOM, "0");
	for (unsigned int i = 0; i < SLOW; i++)
		assert_int_equal(call_gate_count(&scene.gate, slow[i]), before[i]);
	call_gate_hold(&scene.gate, (enum vsmmu_sim_call)0);
	assert_int_equal(aside_join(&aside), 0);
	for (unsigned int i = 0; i < SLOW; i++) {
		assert_int_equal(aside_join(&waiting[i]), 0);
		assert_int_equal(call_gate_count(&scene.gate, slow[i]), before[i] + 1);
	}
	for (unsigned int i = 0; i < SLOW; i++)
		slow_undo(&second[i]);
	slow_undo(&first);
	scene_clear(&scene);
	scene_free(&scene);
}

static void only_those_with_iova_rwsem_wait(void **unused)
{
	(void)unused;
	for (unsigned int i = 0; i < SLOW; i++)
		expect_only_slow_ones_wait(slow[i]);
}

/* Taking it back */

struct taker {
	struct scene *scene;
	unsigned int left; /* calls that had left the hook when it was gone */
};

static int take_back(void *opaque)
{
	struct taker *taker = opaque;
	int ret = vsmmu_sim_on_call(taker->scene->s->host, NULL, NULL);

	taker->left = atomic_load(&taker->scene->gate.left);
	return ret;
}

static void nobody_is_inside_a_hook_that_is_gone(void **unused)
{
	struct aside aside, back;
	struct taker taker;
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	taker = (struct taker){.scene = &scene};
	call_gate_hold(&scene.gate, VSMMU_SIM_CALL_INVALIDATE);
	aside_start(&aside, invalidate_aside, &scene);
	call_gate_await(&scene.gate);
	aside_start(&back, take_back, &taker);
	aside_await_asleep(&back);
	/* It is gone for all others already. */
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_INVALIDATE), 0);
	assert_int_equal(call_gate_count(&scene.gate, VSMMU_SIM_CALL_INVALIDATE), 1);
	call_gate_hold(&scene.gate, (enum vsmmu_sim_call)0);
	assert_int_equal(aside_join(&back), 0);
	assert_int_equal(taker.left, 1);
	assert_int_equal(aside_join(&aside), 0);
	scene_free(&scene);
}

static int once(void *opaque, enum vsmmu_sim_call call)
{
	struct scene *scene = opaque;

	(void)call;
	assert_int_equal(vsmmu_sim_on_call(scene->s->host, NULL, NULL), 0);
	return -ENODEV;
}

static void a_hook_can_take_itself_back(void **unused)
{
	struct scene scene;

	(void)unused;
	scene_init(&scene);
	assert_int_equal(vsmmu_sim_on_call(scene.s->host, once, &scene), 0);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_REPLACE), -ENODEV);
	assert_int_equal(run(&scene, VSMMU_SIM_CALL_REPLACE), 0);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(misuse_is_einval),
		UNIT_TEST_PLAIN(every_call_runs_the_hook_once),
		UNIT_TEST_PLAIN(a_call_that_it_fails_does_nothing),
		UNIT_TEST_PLAIN(arranged_failures_come_after_it),
		UNIT_TEST("S9", a_blocked_call_holds_up_no_other),
		UNIT_TEST("S9", a_blocked_attach_holds_up_its_group),
		UNIT_TEST("S9", an_endpoint_that_is_being_attached_stays_in_its_group),
		UNIT_TEST("S9", only_those_with_iova_rwsem_wait),
		UNIT_TEST("S9", nobody_is_inside_a_hook_that_is_gone),
		UNIT_TEST("S9", a_hook_can_take_itself_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
