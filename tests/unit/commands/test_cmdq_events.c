/* SPDX-License-Identifier: BSD-2-Clause */
/* A CMD_SYNC and the events of what came before it (IHI 0070 4.7.3), on the simulator. */
#include <poll.h>

#include "arch/queue.h"
#include "smmu/commands/cmdq.h"
#include "lib/test_vmm.h"

#define QUEUE  (TEST_VMM_MEMORY + 0x100000)
#define EVENTS (TEST_VMM_MEMORY + 0x200000)
#define STRTAB (TEST_VMM_MEMORY + 0x300000)
#define CD     (TEST_VMM_MEMORY + 0x400000)
#define VSID   0x42
#define SYNC   (UINT64_C(0x46) | 1 << 12)
#define ON     (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)

#define CMDQ_LOG2 4

struct events_fixture {
	struct test_vmm *vmm;
	struct vsmmu_endpoint *endpoint;
	uint32_t dev_id;
	uint32_t prod;
};

static void fixture_new(struct events_fixture *fixture, unsigned int eventq_log2, uint32_t cr0)
{
	const struct vsmmu_config config = {0};
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *sim = test_vmm_sim(vmm, NULL);

	*fixture = (struct events_fixture){.vmm = vmm};
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &fixture->dev_id), 0);
	assert_int_equal(test_vmm_new(vmm, sim, &config), 0);
	endpoint.dev_id = fixture->dev_id;
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &endpoint, &fixture->endpoint), 0);
	test_vmm_store64(vmm, STRTAB + 64 * VSID, 1 | 5 << 1 | CD);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 8);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, QUEUE | CMDQ_LOG2);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTS | eventq_log2);
	test_vmm_write(vmm, SMMU_CR0, cr0);
}

static void fixture_fault(const struct events_fixture *fixture, unsigned int count)
{
	/* F_TRANSLATION, of an input address */
	const struct vsmmu_event_record record = {.word = {0x10, UINT64_C(2) << 40, 0x1000, 0}};

	for (unsigned int n = 0; n < count; n++)
		assert_int_equal(vsmmu_sim_fault(fixture->vmm->host, fixture->dev_id, &record), 0);
}

static void fixture_sync(struct events_fixture *fixture)
{
	uint64_t entry = QUEUE + 16 * (uint64_t)queue_index(fixture->prod, CMDQ_LOG2);

	test_vmm_store64(fixture->vmm, entry, SYNC);
	test_vmm_store64(fixture->vmm, entry + 8, 0);
	fixture->prod = queue_advance(fixture->prod, 1, CMDQ_LOG2);
	test_vmm_write(fixture->vmm, SMMU_CMDQ_PROD, fixture->prod);
	assert_int_equal(test_vmm_read(fixture->vmm, SMMU_CMDQ_CONS), fixture->prod);
}

static bool is_readable(const struct events_fixture *fixture)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(fixture->vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static uint32_t eventq_prod_at_irq;

static void note_eventq_prod(struct test_vmm *vmm, enum vsmmu_irq irq)
{
	if (irq == VSMMU_IRQ_CMD_SYNC)
		eventq_prod_at_irq = atomic_load(&vmm->vsmmu->eventq.queue.prod);
}

TEST(a_sync_shows_the_events_before_it)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 8, ON);
	fixture.vmm->on_irq = note_eventq_prod;
	fixture_fault(&fixture, 5);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 0);
	fixture_sync(&fixture);
	assert_int_equal(eventq_prod_at_irq, 5);
	assert_int_equal(test_vmm_load64(fixture.vmm, EVENTS), (uint64_t)VSID << 32 | 0x10);
	assert_int_equal(test_vmm_stats(fixture.vmm).delivered, 5);
	assert_false(is_readable(&fixture));
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 5);
	test_vmm_free(fixture.vmm);
}

TEST(it_reads_no_more_than_1024)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 12, ON);
	fixture_fault(&fixture, 2500);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), CMDQ_SYNC_RECORDS);
	assert_true(is_readable(&fixture));
	fixture_sync(&fixture);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 2500);
	assert_false(is_readable(&fixture));
	test_vmm_free(fixture.vmm);
}

/* SYNCs that complete together look once at what was there before them. */
TEST(a_group_of_syncs_forwards_1024_once)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 12, ON);
	fixture.vmm->on_irq = note_eventq_prod;
	fixture_fault(&fixture, 2500);
	for (unsigned int n = 0; n < 8; n++)
		test_vmm_store64(fixture.vmm, QUEUE + 16 * n, SYNC);
	test_vmm_write(fixture.vmm, SMMU_CMDQ_PROD, 8);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_CMDQ_CONS), 8);
	assert_int_equal(fixture.vmm->irqs[VSMMU_IRQ_CMD_SYNC], 8);
	assert_int_equal(eventq_prod_at_irq, CMDQ_SYNC_RECORDS);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), CMDQ_SYNC_RECORDS);
	/* The rest comes as it would without a SYNC. */
	assert_true(is_readable(&fixture));
	assert_int_equal(vsmmu_dispatch(fixture.vmm->vsmmu, 0), 1024);
	assert_int_equal(vsmmu_dispatch(fixture.vmm->vsmmu, 0), 2500 - 2048);
	assert_false(is_readable(&fixture));
	test_vmm_free(fixture.vmm);
}

/* They have to be out of the way before an STE can mean something else. */
TEST(events_come_before_a_change_of_their_ste)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 12, ON);
	fixture_fault(&fixture, 2500);
	test_vmm_store64(fixture.vmm, QUEUE, (uint64_t)VSID << 32 | 0x03); /* CFGI_STE */
	for (unsigned int n = 1; n < 8; n++)
		test_vmm_store64(fixture.vmm, QUEUE + 16 * n, SYNC);
	fixture.vmm->bad_begin = STRTAB + 64 * VSID;
	fixture.vmm->bad_end = fixture.vmm->bad_begin + 64;
	test_vmm_write(fixture.vmm, SMMU_CMDQ_PROD, 8);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 2500);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_CMDQ_CONS), 1);
	assert_int_equal(vsmmu_run_commands(fixture.vmm->vsmmu, 0), 7);
	test_vmm_free(fixture.vmm);
}

TEST(it_does_not_wait_for_room)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 2, ON);
	fixture_fault(&fixture, 10);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 4);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_stats(fixture.vmm).delivered, 4);
	assert_int_equal(test_vmm_stats(fixture.vmm).discarded, 0);
	/* The dispatcher finds the queue full, and then is left alone until there is room. */
	assert_true(is_readable(&fixture));
	assert_int_equal(vsmmu_dispatch(fixture.vmm->vsmmu, 0), 0);
	assert_false(is_readable(&fixture));
	test_vmm_write(fixture.vmm, SMMU_EVENTQ_CONS, 3);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 7);
	assert_int_equal(test_vmm_stats(fixture.vmm).delivered, 7);
	test_vmm_free(fixture.vmm);
}

/* While the guest's queue is off events go nowhere: no SYNC brings them back. */
TEST(events_of_a_disabled_queue_are_dropped)
{
	struct events_fixture fixture;

	fixture_new(&fixture, 4, ON & ~SMMU_CR0_EVENTQEN);
	fixture_fault(&fixture, 3);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_stats(fixture.vmm).discarded_by[VSMMU_DISCARD_DISABLED], 3);
	test_vmm_write(fixture.vmm, SMMU_CR0, ON);
	fixture_sync(&fixture);
	assert_int_equal(test_vmm_read(fixture.vmm, SMMU_EVENTQ_PROD), 0);
	test_vmm_free(fixture.vmm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2", a_sync_shows_the_events_before_it),
		UNIT_TEST("S2", it_reads_no_more_than_1024),
		UNIT_TEST("S2", a_group_of_syncs_forwards_1024_once),
		UNIT_TEST("S2 S4", events_come_before_a_change_of_their_ste),
		UNIT_TEST("S2", it_does_not_wait_for_room),
		UNIT_TEST("S2", events_of_a_disabled_queue_are_dropped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
