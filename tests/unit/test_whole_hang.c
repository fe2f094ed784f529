/* SPDX-License-Identifier: BSD-2-Clause */
/* While a call of the host hangs, of a whole vSMMU under way, events go on. */
#include <poll.h>
#include <pthread.h>

#include <vsmmu/event.h>

#include "../forward_host.h"
#include "crowd.h"

#define STE_ABORT UINT64_C(1)

/* A host one of whose calls does not return until it is let go. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	enum forward_call call;
	bool armed, hangs;
} hang = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int before_call(void *opaque, enum forward_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	pthread_mutex_lock(&hang.lock);
	if (hang.armed && call == hang.call) {
		hang.armed = false;
		hang.hangs = true;
		pthread_cond_broadcast(&hang.changed);
		while (hang.hangs)
			pthread_cond_wait(&hang.changed, &hang.lock);
	}
	pthread_mutex_unlock(&hang.lock);
	return 0;
}

static void *one_sync(void *unused)
{
	const uint64_t command[2][2] = {
		{COMMAND_OP_CFGI_STE, 1}, {COMMAND_OP_TLBI_NH_ASID | UINT64_C(1) << 48, 0}};

	(void)unused;
	crowd_issue_and_wait(0, command, 2, 1);
	return NULL;
}

/* All of this thread's work is done while the other one's write of PROD has not returned. */
static void deliver_events(unsigned int count)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct pollfd fd = {.fd = vsmmu_get_fd(crowd.vsmmu), .events = POLLIN};
	const uint64_t before = crowd_stats().delivered;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t delivered = crowd_stats().delivered;

		assert_int_equal(
			vsmmu_sim_fault(crowd.sim, crowd.dev_ids[i % CROWD_PLUGGED], &record), 0);
		while (crowd_stats().delivered == delivered) {
			assert_int_equal(poll(&fd, 1, CROWD_PATIENCE), 1);
			assert_true(vsmmu_dispatch(crowd.vsmmu, 0) >= 0);
		}
		crowd_write(SMMU_EVENTQ_CONS, crowd_read(SMMU_EVENTQ_PROD, 4), 4);
	}
	assert_int_equal(crowd_stats().delivered - before, count);
	crowd_write(SMMU_GERRORN, crowd_read(SMMU_GERROR, 4), 4);
	crowd_write(SMMU_IRQ_CTRL, 0, 4);
	crowd_write(SMMU_IRQ_CTRL, CROWD_IRQS, 4);
	/* Another vCPU's commands do not make it wait, either. */
	crowd_write(SMMU_CMDQ_PROD, crowd_read(SMMU_CMDQ_PROD, 4), 4);
	assert_int_equal(crowd_read(SMMU_CR0ACK, 4), CROWD_ON);
}

static void events_while_a_call_hangs(enum forward_call call)
{
	struct vsmmu_host *host;
	pthread_t thread;

	crowd.sim = crowd_sim_new(crowd.dev_ids);
	host = forward_host_new(crowd.sim, before_call, NULL);
	assert_non_null(host);
	crowd_build(host, NULL);
	/* So that CFGI_STE has something to install. */
	crowd_store(CROWD_STRTAB, STE_ABORT);
	hang.call = call;
	hang.armed = true;
	assert_int_equal(pthread_create(&thread, NULL, one_sync, NULL), 0);
	pthread_mutex_lock(&hang.lock);
	while (!hang.hangs)
		pthread_cond_wait(&hang.changed, &hang.lock);
	pthread_mutex_unlock(&hang.lock);

	deliver_events(100);
	assert_false(crowd_is_done(0, 1));

	pthread_mutex_lock(&hang.lock);
	hang.hangs = false;
	pthread_cond_broadcast(&hang.changed);
	pthread_mutex_unlock(&hang.lock);
	pthread_join(thread, NULL);
	assert_true(crowd_is_done(0, 1));
	assert_int_equal(crowd_stats().syncs, 1);
	crowd_demolish(host);
}

static void events_go_on_while_an_invalidation_hangs(void **unused)
{
	(void)unused;
	events_while_a_call_hangs(FORWARD_INVALIDATE);
}

static void events_go_on_while_an_installation_hangs(void **unused)
{
	(void)unused;
	events_while_a_call_hangs(FORWARD_NESTED_ALLOC);
	events_while_a_call_hangs(FORWARD_ATTACH);
	events_while_a_call_hangs(FORWARD_DESTROY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9", events_go_on_while_an_invalidation_hangs),
		UNIT_TEST("S9", events_go_on_while_an_installation_hangs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
