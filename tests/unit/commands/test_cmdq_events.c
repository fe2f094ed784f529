/* SPDX-License-Identifier: BSD-2-Clause */
/* A CMD_SYNC and the events of what came before it (IHI 0070 4.7.3), on the simulator. */
#include <poll.h>

#include "arch/queue.h"
#include "smmu/vsmmu.h"
#include "lib/whole.h"

#define QUEUE  (WHOLE_MEMORY + 0x100000)
#define EVENTS (WHOLE_MEMORY + 0x200000)
#define STRTAB (WHOLE_MEMORY + 0x300000)
#define CD     (WHOLE_MEMORY + 0x400000)
#define VSID   0x42
#define SYNC   (UINT64_C(0x46) | 1 << 12)
#define ON     (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)

#define CMDQ_LOG2 4

struct stand {
	struct whole *whole;
	struct vsmmu_endpoint *endpoint;
	uint32_t dev_id;
	uint32_t prod;
};

static void stand_new(struct stand *stand, unsigned int eventq_log2, uint32_t cr0)
{
	const struct vsmmu_config config = {.no_fair_share = true};
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct whole *whole = whole_alloc();
	struct vsmmu_host *sim = whole_sim(whole, NULL);

	*stand = (struct stand){.whole = whole};
	assert_int_equal(vsmmu_sim_endpoint_new(sim, 0, &stand->dev_id), 0);
	assert_int_equal(whole_new(whole, sim, &config), 0);
	endpoint.dev_id = stand->dev_id;
	assert_int_equal(vsmmu_endpoint_attach(whole->vsmmu, &endpoint, &stand->endpoint), 0);
	whole_store64(whole, STRTAB + 64 * VSID, 1 | 5 << 1 | CD);
	whole_write64(whole, SMMU_STRTAB_BASE, STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, 8);
	whole_write64(whole, SMMU_CMDQ_BASE, QUEUE | CMDQ_LOG2);
	whole_write64(whole, SMMU_EVENTQ_BASE, EVENTS | eventq_log2);
	whole_write(whole, SMMU_CR0, cr0);
}

static void stand_fault(const struct stand *stand, unsigned int count)
{
	/* F_TRANSLATION, of an input address */
	const struct vsmmu_event_record record = {.word = {0x10, UINT64_C(2) << 40, 0x1000, 0}};

	for (unsigned int n = 0; n < count; n++)
		assert_int_equal(vsmmu_sim_fault(stand->whole->host, stand->dev_id, &record), 0);
}

static void stand_sync(struct stand *stand)
{
	uint64_t entry = QUEUE + 16 * (uint64_t)queue_index(stand->prod, CMDQ_LOG2);

	whole_store64(stand->whole, entry, SYNC);
	whole_store64(stand->whole, entry + 8, 0);
	stand->prod = queue_advance(stand->prod, 1, CMDQ_LOG2);
	whole_write(stand->whole, SMMU_CMDQ_PROD, stand->prod);
	assert_int_equal(whole_read(stand->whole, SMMU_CMDQ_CONS), stand->prod);
}

static bool is_readable(const struct stand *stand)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(stand->whole->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static uint32_t eventq_prod_at_irq;

static void note_eventq_prod(struct whole *whole, enum vsmmu_irq irq)
{
	if (irq == VSMMU_IRQ_CMD_SYNC)
		eventq_prod_at_irq = atomic_load(&whole->vsmmu->eventq.prod);
}

static void a_sync_shows_the_events_before_it(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 8, ON);
	stand.whole->on_irq = note_eventq_prod;
	stand_fault(&stand, 5);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 0);
	stand_sync(&stand);
	assert_int_equal(eventq_prod_at_irq, 5);
	assert_int_equal(whole_load64(stand.whole, EVENTS), (uint64_t)VSID << 32 | 0x10);
	assert_int_equal(whole_stats(stand.whole).delivered, 5);
	assert_false(is_readable(&stand));
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 5);
	whole_free(stand.whole);
}

static void it_reads_no_more_than_1024(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 12, ON);
	stand_fault(&stand, 2500);
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), CMDQ_SYNC_RECORDS);
	assert_true(is_readable(&stand));
	stand_sync(&stand);
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 2500);
	assert_false(is_readable(&stand));
	whole_free(stand.whole);
}

/* Events are work as well: what a register write has brought is enough for it. */
static void events_count_against_a_register_write(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 12, ON);
	stand_fault(&stand, 2500);
	for (unsigned int n = 0; n < 8; n++)
		whole_store64(stand.whole, QUEUE + 16 * n, SYNC);
	whole_write(stand.whole, SMMU_CMDQ_PROD, 8);
	assert_int_equal(whole_read(stand.whole, SMMU_CMDQ_CONS), 1);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), CMDQ_SYNC_RECORDS);
	assert_int_equal(vsmmu_run_commands(stand.whole->vsmmu, 0), 7);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 2500);
	whole_free(stand.whole);
}

/* So are those that have to be out of the way before an STE can mean something else. */
static void events_count_against_a_change_of_an_ste(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 12, ON);
	stand_fault(&stand, 2500);
	whole_store64(stand.whole, QUEUE, (uint64_t)VSID << 32 | 0x03); /* CFGI_STE */
	for (unsigned int n = 1; n < 8; n++)
		whole_store64(stand.whole, QUEUE + 16 * n, SYNC);
	stand.whole->bad_begin = STRTAB + 64 * VSID;
	stand.whole->bad_end = stand.whole->bad_begin + 64;
	whole_write(stand.whole, SMMU_CMDQ_PROD, 8);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 2500);
	assert_int_equal(whole_read(stand.whole, SMMU_CMDQ_CONS), 1);
	assert_int_equal(vsmmu_run_commands(stand.whole->vsmmu, 0), 7);
	whole_free(stand.whole);
}

static void it_does_not_wait_for_room(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 2, ON);
	stand_fault(&stand, 10);
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 4);
	stand_sync(&stand);
	assert_int_equal(whole_stats(stand.whole).delivered, 4);
	assert_int_equal(whole_stats(stand.whole).discarded, 0);
	/* The dispatcher finds the queue full, and then is left alone until there is room. */
	assert_true(is_readable(&stand));
	assert_int_equal(vsmmu_dispatch(stand.whole->vsmmu, 0), 0);
	assert_false(is_readable(&stand));
	whole_write(stand.whole, SMMU_EVENTQ_CONS, 3);
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 7);
	assert_int_equal(whole_stats(stand.whole).delivered, 7);
	whole_free(stand.whole);
}

/* While the guest's queue is off events go nowhere: no SYNC brings them back. */
static void events_of_a_disabled_queue_are_dropped(void **unused)
{
	struct stand stand;

	(void)unused;
	stand_new(&stand, 4, ON & ~SMMU_CR0_EVENTQEN);
	stand_fault(&stand, 3);
	stand_sync(&stand);
	assert_int_equal(whole_stats(stand.whole).discarded_by[VSMMU_DISCARD_DISABLED], 3);
	whole_write(stand.whole, SMMU_CR0, ON);
	stand_sync(&stand);
	assert_int_equal(whole_read(stand.whole, SMMU_EVENTQ_PROD), 0);
	whole_free(stand.whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("S2", a_sync_shows_the_events_before_it),
		UNIT_TEST("S2", it_reads_no_more_than_1024),
		UNIT_TEST("S2", events_count_against_a_register_write),
		UNIT_TEST("S2 S4", events_count_against_a_change_of_an_ste),
		UNIT_TEST("S2", it_does_not_wait_for_room),
		UNIT_TEST("S2", events_of_a_disabled_queue_are_dropped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
