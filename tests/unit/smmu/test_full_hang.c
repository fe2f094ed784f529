/* SPDX-License-Identifier: BSD-2-Clause */
/* While a call of the host hangs, of a full vSMMU under way, events go on. */
#include <poll.h>
#include <pthread.h>

#include <vsmmu/event.h>

#include "lib/host_interposer.h"
#include "lib/mt_vmm.h"

#define STE_ABORT UINT64_C(1)

static struct {
	struct host_interposer *host; /* holds one of its calls up */
	void (*work)(void);
	pthread_t worker;
	atomic_bool ended;
} hang;

static void *worker(void *unused)
{
	hang.work();
	atomic_store(&hang.ended, true);
	return unused;
}

static void build(const struct vsmmu_config *config)
{
	mt_vmm.sim = mt_vmm_sim_new(mt_vmm.dev_ids);
	/* What comes and goes is behind another SMMU, and takes all objects with it. */
	assert_int_equal(vsmmu_sim_endpoint_new(mt_vmm.sim, 1, &mt_vmm.dev_ids[MT_VMM_PLUGGED]), 0);
	hang.host = host_interposer_new(mt_vmm.sim, 0);
	mt_vmm_create(&hang.host->host, config);
}

/* Another thread does @work, and is in its @n-th such call now. */
static void begin(void (*work)(void), enum host_call call, unsigned int n)
{
	hang.work = work;
	atomic_store(&hang.ended, false);
	host_interposer_block(hang.host, HOST_CALLS_OF(call), n);
	assert_int_equal(pthread_create(&hang.worker, NULL, worker, NULL), 0);
	assert_true(host_interposer_wait_blocked(hang.host));
}

static void end(void)
{
	assert_false(atomic_load(&hang.ended));
	host_interposer_release(hang.host);
	pthread_join(hang.worker, NULL);
}

static void use_registers(uint32_t cr0)
{
	mt_vmm_write(SMMU_GERRORN, mt_vmm_read(SMMU_GERROR, 4), 4);
	mt_vmm_write(SMMU_IRQ_CTRL, 0, 4);
	mt_vmm_write(SMMU_IRQ_CTRL, MT_VMM_IRQS, 4);
	/* Another vCPU's commands do not make it wait, either. */
	mt_vmm_write(SMMU_CMDQ_PROD, mt_vmm_read(SMMU_CMDQ_PROD, 4), 4);
	assert_int_equal(mt_vmm_read(SMMU_CR0ACK, 4), cr0);
}

/* Of the first @endpoints. All of this is done while the other thread is in its call. */
static void deliver_events(unsigned int count, unsigned int endpoints)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct pollfd fd = {.fd = vsmmu_get_event_fd(mt_vmm.vsmmu), .events = POLLIN};
	const uint64_t before = mt_vmm_stats().delivered;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t delivered = mt_vmm_stats().delivered;

		assert_int_equal(
			vsmmu_sim_fault(mt_vmm.sim, mt_vmm.dev_ids[i % endpoints], &record), 0);
		while (mt_vmm_stats().delivered == delivered) {
			assert_int_equal(poll(&fd, 1, MT_VMM_PATIENCE), 1);
			assert_true(vsmmu_dispatch(mt_vmm.vsmmu, 0) >= 0);
		}
		mt_vmm_write(SMMU_EVENTQ_CONS, mt_vmm_read(SMMU_EVENTQ_PROD, 4), 4);
	}
	assert_int_equal(mt_vmm_stats().delivered - before, count);
	use_registers(MT_VMM_ON);
}

static void one_sync(void)
{
	const uint64_t command[2][2] = {
		{COMMAND_OP_CFGI_STE, 1}, {COMMAND_OP_TLBI_NH_ASID | UINT64_C(1) << 48, 0}};

	CHECK(mt_vmm_issue_and_wait(0, command, 2, 1));
}

/* The VMM's thread for the commands that a write of PROD leaves: those behind an STE. */
static void *command_runner(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(mt_vmm.vsmmu), .events = POLLIN};

	while (!atomic_load(&hang.ended))
		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_run_commands(mt_vmm.vsmmu, 0) >= 0);
	return unused;
}

static void events_while_a_sync_hangs(enum host_call call)
{
	pthread_t runner;

	build(NULL);
	/* So that CFGI_STE has something to install. */
	mt_vmm_store(MT_VMM_STRTAB, STE_ABORT);
	atomic_store(&hang.ended, false);
	assert_int_equal(pthread_create(&runner, NULL, command_runner, NULL), 0);
	begin(one_sync, call, 1);
	deliver_events(100, MT_VMM_PLUGGED);
	assert_false(mt_vmm_is_done(0, 1));
	end();
	pthread_join(runner, NULL);
	assert_true(mt_vmm_is_done(0, 1));
	assert_int_equal(mt_vmm_stats().syncs, 1);
	mt_vmm_destroy(&hang.host->host);
}

TEST(events_go_on_while_an_invalidation_hangs)
{
	events_while_a_sync_hangs(HOST_CALL_INVALIDATE);
}

TEST(events_go_on_while_an_installation_hangs)
{
	events_while_a_sync_hangs(HOST_CALL_NESTED_ALLOC);
	events_while_a_sync_hangs(HOST_CALL_ATTACH);
	events_while_a_sync_hangs(HOST_CALL_DESTROY);
}

static void attach(void)
{
	CHECK(mt_vmm_attach(MT_VMM_PLUGGED, MT_VMM_PLUGGED) == 0);
}

static void detach(void)
{
	CHECK(vsmmu_endpoint_detach(mt_vmm.endpoints[MT_VMM_PLUGGED]) == 0);
}

TEST(events_go_on_while_an_attach_hangs)
{
	static const enum host_call calls[] = {HOST_CALL_HW_INFO, HOST_CALL_PARENT_ALLOC,
		HOST_CALL_VIOMMU_ALLOC, HOST_CALL_VEVENTQ_ALLOC, HOST_CALL_VDEVICE_ALLOC,
		HOST_CALL_NESTED_ALLOC, HOST_CALL_DETACH, HOST_CALL_ATTACH};

	build(NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		begin(attach, calls[i], 1);
		deliver_events(20, MT_VMM_PLUGGED);
		end();
		/* And its own come, once it is there. */
		deliver_events(3, MT_VMM_ENDPOINTS);
		detach();
		assert_int_equal(vsmmu_drop_parents(mt_vmm.vsmmu), 0);
	}
	mt_vmm_destroy(&hang.host->host);
}

TEST(events_go_on_while_a_detach_hangs)
{
	build(NULL);
	attach();
	begin(detach, HOST_CALL_DETACH, 1);
	deliver_events(20, MT_VMM_PLUGGED);
	end();
	/* The STE's HWPT, vDEVICE, abort and bypass HWPT, vEVENTQ, vIOMMU. */
	for (unsigned int n = 1; n <= 6; n++) {
		attach();
		begin(detach, HOST_CALL_DESTROY, n);
		deliver_events(20, MT_VMM_PLUGGED);
		end();
	}
	mt_vmm_destroy(&hang.host->host);
}

static void reset(void)
{
	CHECK(vsmmu_reset(mt_vmm.vsmmu) == 0);
}

/* The newest endpoint is cut off first: those before it are as they were. */
TEST(events_go_on_while_a_reset_hangs)
{
	static const enum host_call calls[] = {HOST_CALL_ATTACH, HOST_CALL_DESTROY};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		build(NULL);
		begin(reset, calls[i], 1);
		deliver_events(20, MT_VMM_PLUGGED - 1);
		end();
		mt_vmm_destroy(&hang.host->host);
	}
}

/* Then there are no events, but who asks for them and other registers is answered. */
TEST(nobody_waits_while_the_end_of_a_reset_hangs)
{
	/* Two were parked before. */
	for (unsigned int n = 3; n <= 4; n++) {
		build(NULL);
		begin(reset, HOST_CALL_ATTACH, n);
		assert_int_equal(vsmmu_dispatch(mt_vmm.vsmmu, 0), 0);
		use_registers(0);
		end();
		mt_vmm_destroy(&hang.host->host);
	}
}

static void drop_parents(void)
{
	CHECK(vsmmu_drop_parents(mt_vmm.vsmmu) == 0);
}

TEST(events_go_on_while_a_parent_goes)
{
	build(NULL);
	/* The parking vIOMMU goes, then the parent. */
	for (unsigned int n = 1; n <= 2; n++) {
		attach();
		detach();
		begin(drop_parents, HOST_CALL_DESTROY, n);
		deliver_events(20, MT_VMM_PLUGGED);
		end();
	}
	mt_vmm_destroy(&hang.host->host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S9", events_go_on_while_an_invalidation_hangs),
		UNIT_TEST("S9", events_go_on_while_an_installation_hangs),
		UNIT_TEST("S9 S6", events_go_on_while_an_attach_hangs),
		UNIT_TEST("S9 S6", events_go_on_while_a_detach_hangs),
		UNIT_TEST("S9", events_go_on_while_a_reset_hangs),
		UNIT_TEST("S9", nobody_waits_while_the_end_of_a_reset_hangs),
		UNIT_TEST("S9 D1", events_go_on_while_a_parent_goes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
