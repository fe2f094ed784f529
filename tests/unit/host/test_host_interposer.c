/* SPDX-License-Identifier: BSD-2-Clause */
/* The interposer that other tests rely on, in front of the simulator and of nothing. */
#include <errno.h>
#include <pthread.h>

#include <vsmmu/sim.h>

#include "lib/host_interposer.h"
#include "lib/unit.h"

static const uint64_t tlbi[2] = {0x30, 0};
static struct host_interposer *interposer;
static struct host_endpoint endpoint;
static uint32_t parent, viommu, nested;

/* With @sim an endpoint of the simulator's, else one that is made up. */
static void open_host(bool sim, unsigned int flags)
{
	struct vsmmu_host *inner = NULL;

	endpoint = (struct host_endpoint){.dev_id = HOST_INTERPOSER_DEV(0, 1), .vfio_fd = -1};
	if (sim) {
		assert_int_equal(vsmmu_sim_new(&inner, NULL), 0);
		assert_int_equal(vsmmu_sim_endpoint_new(inner, 0, &endpoint.dev_id), 0);
	}
	interposer = host_interposer_new(inner, flags);
}

static int make_nested(void)
{
	const uint64_t ste[2] = {1, 0};

	return interposer->ops.nested_alloc(&interposer->host, &endpoint, viommu, ste, &nested);
}

static void make_all(void)
{
	struct vsmmu_host *host = &interposer->host;

	assert_int_equal(host->ops->parent_alloc(host, &endpoint, &parent), 0);
	assert_int_equal(host->ops->attach(host, &endpoint, parent, VSMMU_ATTACH_PUT_BACK), 0);
	assert_int_equal(host->ops->viommu_alloc(host, &endpoint, parent, &viommu), 0);
	assert_int_equal(make_nested(), 0);
	assert_int_equal(host->ops->attach(host, &endpoint, nested, VSMMU_ATTACH_STAGE1), 0);
}

static int invalidate(void)
{
	uint32_t handled;

	return interposer->ops.invalidate(&interposer->host, viommu, &tlbi, 1, &handled);
}

static void close_host(void)
{
	struct vsmmu_host *host = &interposer->host;

	assert_int_equal(host->ops->detach(host, &endpoint), 0);
	assert_int_equal(host->ops->destroy(host, nested), 0);
	assert_int_equal(host->ops->destroy(host, viommu), 0);
	assert_int_equal(host->ops->destroy(host, parent), 0);
	vsmmu_host_unref(host);
}

TEST(calls_are_traced)
{
	for (int sim = 0; sim < 2; sim++) {
		open_host(sim, HOST_INTERPOSER_TRACE);
		make_all();
		assert_string_equal(host_interposer_text(interposer),
			"parent\nattach parent\nviommu\nnested 1 0\nattach nested\n");
		assert_int_equal(host_interposer_count(interposer, "attach"), 2);
		assert_int_equal(host_interposer_attached(interposer, endpoint.dev_id).kind,
			INTERPOSED_NESTED);
		assert_true(host_interposer_opened(interposer, endpoint.dev_id));
		host_interposer_clear(interposer);
		assert_string_equal(host_interposer_text(interposer), "");
		assert_false(host_interposer_opened(interposer, endpoint.dev_id));
		close_host();
	}
}

TEST(calls_fail_for_a_while)
{
	open_host(true, HOST_INTERPOSER_TRACE);
	make_all();
	host_interposer_clear(interposer);
	host_interposer_fail(interposer, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 2, 2, ETIMEDOUT);
	host_interposer_fail(interposer, HOST_CALLS_UNDO, 1, 1, EBUSY);
	assert_int_equal(invalidate(), 0);
	assert_false(host_interposer_failed(interposer));
	assert_int_equal(invalidate(), -ETIMEDOUT);
	assert_true(host_interposer_failed(interposer));
	assert_int_equal(invalidate(), -ETIMEDOUT);
	assert_int_equal(invalidate(), 0);
	assert_int_equal(interposer->ops.destroy(&interposer->host, nested), -EBUSY);
	assert_string_equal(host_interposer_text(interposer),
		"invalidate 1\ninvalidate 1 = -110\ninvalidate 1 = -110\ninvalidate 1\n"
		"destroy nested = -16\n");
	host_interposer_fail(interposer, HOST_CALLS_ANY, 1, UINT32_MAX, EIO);
	assert_int_equal(invalidate(), -EIO);
	host_interposer_heal(interposer);
	close_host();
}

TEST(invalidations_are_recorded)
{
	open_host(false, HOST_INTERPOSER_RECORD);
	make_all();
	assert_int_equal(invalidate(), 0);
	host_interposer_fail(interposer, HOST_CALLS_DO, 1, 1, EIO);
	assert_int_equal(invalidate(), -EIO);
	assert_int_equal(interposer->invalidations, 2);
	assert_int_equal(interposer->invalidation[1].viommu, viommu);
	assert_int_equal(host_interposer_command(interposer, 1, 0)[0], tlbi[0]);
	assert_int_equal(interposer->refused, 0);
	close_host();
}

static void *invalidate_there(void *ret)
{
	*(int *)ret = invalidate();
	return NULL;
}

TEST(a_call_is_held_up)
{
	pthread_t thread;
	int ret = 1;

	open_host(true, 0);
	make_all();
	host_interposer_block(interposer, HOST_CALLS_OF(HOST_CALL_INVALIDATE), 1);
	assert_int_equal(pthread_create(&thread, NULL, invalidate_there, &ret), 0);
	assert_true(host_interposer_wait_blocked(interposer));
	/* Others are not. */
	assert_int_equal(invalidate(), 0);
	assert_int_equal(ret, 1);
	host_interposer_release(interposer);
	pthread_join(thread, NULL);
	assert_int_equal(ret, 0);
	close_host();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST_PLAIN(calls_are_traced),
		UNIT_TEST_PLAIN(calls_fail_for_a_while),
		UNIT_TEST_PLAIN(invalidations_are_recorded),
		UNIT_TEST_PLAIN(a_call_is_held_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
