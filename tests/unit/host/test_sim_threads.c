/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated host's calls from many threads, while the hook on them comes and goes. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "sim_fixture.h"

#define SMMU	7U /* that of the stand's endpoint */
#define GROUP	3U
#define ROUNDS	10000
#define CALLERS 3

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition) atomic_fetch_add(&crew->complaints, !(condition))

struct crew {
	struct sim_fixture *s;
	struct host_endpoint peer[CALLERS];
	atomic_uint complaints;
	atomic_uint running; /* callers */
};

struct caller {
	struct crew *crew;
	unsigned int n;
	pthread_t thread;
};

/* What a hook needs, which is freed as soon as it is gone. */
struct counter {
	atomic_uint calls;
};

static int count_call(void *opaque, enum vsmmu_sim_call call)
{
	struct counter *counter = opaque;

	(void)call;
	atomic_fetch_add(&counter->calls, 1);
	return 0;
}

/* All peers are of one group, and share the parent: first attaches, replaces, detaches. */
static void move(struct crew *crew, const struct host_endpoint *peer, uint32_t bypass)
{
	struct vsmmu_host *host = crew->s->host;
	const int ret = host->ops->attach(host, peer, crew->s->parent, VSMMU_ATTACH_PUT_BACK);

	/* Another one had replaced what the group has. */
	CHECK(ret == 0 || ret == -EINVAL);
	if (ret)
		return;
	CHECK(host->ops->attach(host, peer, bypass, VSMMU_ATTACH_BYPASS) == 0);
	CHECK(host->ops->attach(host, peer, crew->s->parent, VSMMU_ATTACH_PUT_BACK) == 0);
	CHECK(host->ops->detach(host, peer) == 0);
}

static void *caller_run(void *opaque)
{
	const struct caller *caller = opaque;
	struct crew *crew = caller->crew;
	struct vsmmu_host *host = crew->s->host;
	const struct host_endpoint *peer = &crew->peer[caller->n];
	const uint64_t ste[2] = {STE_BYPASS, 0}, command[1][2] = {{0x30, 0}};
	uint32_t parent, bypass, handled;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		CHECK(host->ops->parent_alloc(host, peer, &parent) == 0);
		CHECK(host->ops->nested_alloc(host, peer, crew->s->viommu, ste, &bypass) == 0);
		move(crew, peer, bypass);
		CHECK(host->ops->invalidate(host, crew->s->viommu, command, 1, &handled) == 0);
		CHECK(vsmmu_sim_endpoint_set_group(host, peer->dev_id, GROUP) == 0);
		CHECK(host->ops->destroy(host, bypass) == 0);
		CHECK(host->ops->destroy(host, parent) == 0);
	}
	atomic_fetch_sub(&crew->running, 1);
	return NULL;
}

/* Return: calls that the hooks saw. */
static uint64_t change_hooks(struct crew *crew)
{
	struct counter *now = NULL, *next;
	uint64_t calls = 0;

	while (atomic_load(&crew->running)) {
		next = calloc(1, sizeof(*next));
		assert_non_null(next);
		atomic_init(&next->calls, 0);
		assert_int_equal(vsmmu_sim_on_call(crew->s->host, count_call, next), 0);
		if (now)
			calls += atomic_load(&now->calls);
		free(now);
		now = next;
	}
	assert_int_equal(vsmmu_sim_on_call(crew->s->host, NULL, NULL), 0);
	if (now)
		calls += atomic_load(&now->calls);
	free(now);
	return calls;
}

/* From the first call to the last there is a hook, so that each call is seen by one of them. */
static void hooks_change_under_way(void **unused)
{
	struct caller callers[CALLERS];
	struct vsmmu_sim_stats stats;
	struct counter first;
	struct crew crew = {0};
	uint64_t calls, attaches;

	(void)unused;
	crew.s = build_depth(1);
	atomic_init(&crew.complaints, 0);
	atomic_init(&crew.running, CALLERS);
	atomic_init(&first.calls, 0);
	assert_int_equal(vsmmu_sim_on_call(crew.s->host, count_call, &first), 0);
	for (unsigned int i = 0; i < CALLERS; i++) {
		crew.peer[i] =
			(struct host_endpoint){.dev_id = new_endpoint(crew.s, SMMU), .vfio_fd = -1};
		assert_int_equal(
			vsmmu_sim_endpoint_set_group(crew.s->host, crew.peer[i].dev_id, GROUP), 0);
	}
	for (unsigned int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){.crew = &crew, .n = i};
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, caller_run, &callers[i]), 0);
	}
	calls = change_hooks(&crew) + atomic_load(&first.calls);
	for (unsigned int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
	assert_int_equal(atomic_load(&crew.complaints), 0);
	stats = stats_of(crew.s);
	assert_int_equal(stats.parents, 1 + CALLERS * ROUNDS);
	assert_int_equal(stats.detaches + 1, stats.first_attaches); /* the stand's is attached */
	attaches = stats.first_attaches - 1;
	assert_in_range(attaches, 1, CALLERS * ROUNDS);
	assert_int_equal(stats.replaces, 1 + 2 * attaches);
	assert_int_equal(stats.commands, CALLERS * ROUNDS);
	/* Refused attaches are calls too; there is one for each move that did not come about. */
	assert_int_equal(calls, CALLERS * ROUNDS * 6 + 3 * attaches);
	tear_down(crew.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9", hooks_change_under_way),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
