/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CR0 and GBPA decide what endpoints may do: they are acknowledged when the host has done
 * so, and until then their guards hold. Seen from within the host's calls.
 */
#include <errno.h>
#include <poll.h>

#include "smmu/vsmmu.h"
#include "lib/host_interposer.h"
#include "lib/test_vmm.h"

#define VSID   0x42
#define STRTAB (TEST_VMM_MEMORY + 0x10000)
#define CMDQ   (TEST_VMM_MEMORY + 0x20000)
#define EVENTQ (TEST_VMM_MEMORY + 0x30000)
#define CD     (TEST_VMM_MEMORY + 0x40000)
#define SEEN   8

/* The registers while the endpoint is being attached to something else. */
struct seen {
	uint32_t cr0;
	uint32_t cr0ack;
	uint32_t gbpa;
	uint64_t strtab;
};

static struct test_vmm *vmm;
static struct vsmmu_host *sim;
static uint32_t dev_id;
static struct seen seen[SEEN];
static unsigned int attaches;
static int attach_error;
static bool queue_commands; /* as another vCPU does meanwhile */

static int before_call(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	if (call != HOST_CALL_ATTACH)
		return 0;
	if (attaches < SEEN) {
		struct seen *now = &seen[attaches];

		test_vmm_write64(vmm, SMMU_STRTAB_BASE, UINT64_MAX);
		now->cr0 = test_vmm_read(vmm, SMMU_CR0);
		now->cr0ack = test_vmm_read(vmm, SMMU_CR0ACK);
		now->gbpa = test_vmm_read(vmm, SMMU_GBPA);
		now->strtab = test_vmm_read64(vmm, SMMU_STRTAB_BASE);
	}
	attaches++;
	if (queue_commands)
		test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	return attach_error;
}

static int set_up(void **unused)
{
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_endpoint *handle;
	struct host_interposer *host;

	(void)unused;
	vmm = test_vmm_alloc();
	sim = test_vmm_sim(vmm, NULL);
	host = host_interposer_new(sim, 0);
	assert_int_equal(test_vmm_new(vmm, &host->host, NULL), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &endpoint.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &endpoint, &handle), 0);
	dev_id = endpoint.dev_id;
	host->hook = before_call;
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 8);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | 4);
	attaches = 0;
	attach_error = 0;
	queue_commands = false;
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	attach_error = 0;
	test_vmm_free(vmm);
	return 0;
}

TEST(cr0_is_acknowledged_after_installation)
{
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	assert_true(attaches > 0);
	assert_int_equal(seen[0].cr0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	assert_int_equal(seen[0].cr0ack, 0);
	assert_int_equal(seen[0].strtab, STRTAB);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);

	attaches = 0;
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_EVENTQEN);
	assert_true(attaches > 0);
	assert_int_equal(seen[0].cr0, SMMU_CR0_EVENTQEN);
	assert_int_equal(seen[0].cr0ack, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	/* Not acknowledged, it still guards. */
	assert_int_equal(seen[0].strtab, STRTAB);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), SMMU_CR0_EVENTQEN);
}

TEST(gbpa_reads_update_until_installed)
{
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_true(attaches > 0);
	assert_int_equal(seen[0].gbpa, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT);
	attaches = 0;
	/* What is no change of ABORT concerns no endpoint. */
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT | SMMU_GBPA_INCOMING);
	test_vmm_write(vmm, SMMU_GBPA, 0);
	assert_int_equal(attaches, 0);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE);
	assert_true(attaches > 0);
	assert_int_equal(seen[0].gbpa, SMMU_GBPA_UPDATE);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), 0);
}

TEST(gbpa_matters_while_the_smmu_is_off_alone)
{
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	attaches = 0;
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT);
	assert_int_equal(attaches, 0);
}

/* The guest can do nothing about it, and must not wait for ever: the endpoint is cut off. */
TEST(a_failing_host_is_acknowledged_too)
{
	attach_error = -EIO;
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), SMMU_CR0_SMMUEN);
	assert_true(test_vmm_reported(vmm, VSMMU_REPORT_BLOCKED) > 0);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	test_vmm_write(vmm, SMMU_CR0, 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT);
}

/* What the host has refused is asked for again, though GBPA says nothing new. */
TEST(gbpa_tries_again_what_failed)
{
	attach_error = -EIO;
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_read(vmm, SMMU_GBPA), SMMU_GBPA_ABORT);
	assert_int_equal(test_vmm_stats(vmm).blocked, 1);
	attach_error = 0;
	attaches = 0;
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(attaches, 1);
	assert_int_equal(seen[0].gbpa, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_UPDATE | SMMU_GBPA_ABORT);
	assert_int_equal(attaches, 1);
}

/* Only what changes something may have to wait for the host's ioctls. */
TEST(other_registers_do_not_wait_for_ioctls)
{
	static const uint32_t offsets[] = {SMMU_CR1, SMMU_CR2, SMMU_IRQ_CTRL, SMMU_GERRORN,
		SMMU_STRTAB_BASE, SMMU_EVENTQ_BASE, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS,
		SMMU_CMDQ_PROD, SMMU_CMDQ_CONS, SMMU_EVENTQ_IRQ_CFG0, 0xa8};

	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	fairlock_lock(&vmm->vsmmu->command_lock);
	pthread_mutex_lock(&vmm->vsmmu->control_lock);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		test_vmm_write(vmm, offsets[i], 0);
	for (uint64_t offset = 0; offset < 0x200; offset += 4)
		test_vmm_read(vmm, offset);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write(vmm, SMMU_GBPA, SMMU_GBPA_ABORT);
	pthread_mutex_unlock(&vmm->vsmmu->control_lock);
	fairlock_unlock(&vmm->vsmmu->command_lock);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), SMMU_CR0_SMMUEN);
}

/* A write of CMDQ_PROD that came meanwhile found the queue taken: nothing is forgotten. */
TEST(commands_that_came_meanwhile_are_done)
{
	const uint64_t sync = 0x46;

	for (unsigned int i = 0; i < 4; i++)
		test_vmm_store64(vmm, CMDQ + 16 * i, sync);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	queue_commands = true;
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN | SMMU_CR0_SMMUEN);
	assert_true(attaches > 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 2);
	assert_int_equal(test_vmm_stats(vmm).syncs, 2);
}

/* All that can set a stopped or waiting queue going does. */
TEST(what_makes_commands_available_kicks)
{
	const uint64_t sync = 0x46, illegal = 0xff;

	test_vmm_store64(vmm, CMDQ, sync);
	test_vmm_store64(vmm, CMDQ + 16, illegal);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 2);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS), 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_CMDQEN);
	assert_int_equal(
		test_vmm_read(vmm, SMMU_CMDQ_CONS), SMMU_CERROR_ILL << SMMU_CMDQ_ERR_LOW | 1);
	assert_int_equal(test_vmm_read(vmm, SMMU_GERROR), SMMU_GERROR_CMDQ_ERR);
	/* As Linux does: the command is replaced in place, then the error acknowledged. */
	test_vmm_store64(vmm, CMDQ + 16, sync);
	test_vmm_write(vmm, SMMU_GERRORN, SMMU_GERROR_CMDQ_ERR);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX, 2);
	test_vmm_store64(vmm, CMDQ + 32, sync);
	test_vmm_write(vmm, SMMU_CMDQ_PROD, 3 | ~SMMU_QUEUE_INDEX);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_PROD), 3);
	assert_int_equal(test_vmm_read(vmm, SMMU_CMDQ_CONS) & SMMU_QUEUE_INDEX, 3);
	assert_int_equal(test_vmm_stats(vmm).syncs, 3);
}

static void start_events(void)
{
	test_vmm_store64(vmm, STRTAB + 64 * VSID, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTQ | 3);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
}

static void fault(unsigned int count)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	for (unsigned int n = 0; n < count; n++)
		assert_int_equal(vsmmu_sim_fault(sim, dev_id, &record), 0);
}

static void expect_counts(uint64_t delivered, uint64_t discarded, uint64_t pending)
{
	struct vsmmu_stats stats = test_vmm_stats(vmm);

	assert_int_equal(stats.delivered, delivered);
	assert_int_equal(stats.discarded_by[VSMMU_DISCARD_DISABLED], discarded);
	assert_int_equal(stats.discarded, discarded);
	assert_int_equal(stats.pending, pending);
	assert_int_equal(stats.sequenced, delivered + discarded + pending);
}

/* 7.2.1: a driver that begins anew is not told of what was before. */
TEST(events_from_before_the_queue_was_enabled_are_discarded)
{
	static const uint32_t off[] = {SMMU_CR0_SMMUEN, SMMU_CR0_EVENTQEN, 0};

	start_events();
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		uint32_t prod = test_vmm_read(vmm, SMMU_EVENTQ_PROD);

		fault(3);
		test_vmm_write(vmm, SMMU_CR0, off[i]);
		test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
		expect_counts(i, 3 * (i + 1), 0);
		assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 0);
		assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), prod);
		fault(1);
		assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 1);
		expect_counts(i + 1, 3 * (i + 1), 0);
	}
	/* What leaves both bits on begins nothing. */
	fault(3);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 3);
	expect_counts(6, 9, 0);
}

/* Those that a save has read ahead are as old. */
TEST(pending_events_are_discarded_too)
{
	void *snapshot;
	size_t length;

	start_events();
	fault(11);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 8); /* full */
	assert_int_equal(vsmmu_save(vmm->vsmmu, &snapshot, &length), 0);
	vsmmu_snapshot_free(snapshot);
	expect_counts(8, 0, 3);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN);
	test_vmm_write(vmm, SMMU_EVENTQ_PROD, 0);
	test_vmm_write(vmm, SMMU_EVENTQ_CONS, 0);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN);
	expect_counts(8, 3, 0);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 0);
	assert_int_equal(test_vmm_read(vmm, SMMU_EVENTQ_PROD), 0);
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

/* A pause for want of room ends with these writes, whatever CONS is. */
TEST(cr0_and_gerrorn_end_a_pause)
{
	const uint32_t on = SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN;

	start_events();
	fault(20);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 8);
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 0);
	assert_false(is_readable());
	test_vmm_write(vmm, SMMU_GERRORN, 0);
	assert_true(is_readable());
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 0);
	assert_false(is_readable());
	/* Off: what waits goes nowhere, and has to be read for that. */
	test_vmm_write(vmm, SMMU_CR0, on & ~SMMU_CR0_EVENTQEN);
	assert_true(is_readable());
	assert_int_equal(vsmmu_dispatch(vmm->vsmmu, 0), 12);
	expect_counts(8, 12, 0);
	assert_false(is_readable());
}

int main(void)
{
#define HANDSHAKE_TEST(ids, fn)                                                                    \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn), .setup_func = set_up,                 \
		.teardown_func = tear_down,                                                        \
	}
	const struct CMUnitTest tests[] = {
		HANDSHAKE_TEST("S1", cr0_is_acknowledged_after_installation),
		HANDSHAKE_TEST("S1 P13", gbpa_reads_update_until_installed),
		HANDSHAKE_TEST("S1 P13", gbpa_matters_while_the_smmu_is_off_alone),
		HANDSHAKE_TEST("S1", a_failing_host_is_acknowledged_too),
		HANDSHAKE_TEST("S1 P13 D3", gbpa_tries_again_what_failed),
		HANDSHAKE_TEST("S1 S9", other_registers_do_not_wait_for_ioctls),
		HANDSHAKE_TEST("S2 S9", commands_that_came_meanwhile_are_done),
		HANDSHAKE_TEST("S1 S2", what_makes_commands_available_kicks),
		HANDSHAKE_TEST("S1 E7", events_from_before_the_queue_was_enabled_are_discarded),
		HANDSHAKE_TEST("S1 E7", pending_events_are_discarded_too),
		HANDSHAKE_TEST("S1 E7", cr0_and_gerrorn_end_a_pause),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
