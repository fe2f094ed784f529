/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM with one big lock, which it holds around the guest's register accesses and while it takes
 * interrupts; events and commands come from other threads meanwhile. Its guest does something only
 * when it is interrupted, in the order of Linux' handlers: so an interrupt that is lost stops it.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arch/command.h"
#include "arch/queue.h"
#include "lib/test_vmm.h"
#include "smmu/vsmmu.h"

#define PATIENCE 60000 /* milliseconds, for what must happen */
#define VSID	 0x10u
#define CMDQ	 TEST_VMM_MEMORY
#define EVENTQ	 (TEST_VMM_MEMORY + 0x10000)
#define STRTAB	 (TEST_VMM_MEMORY + 0x20000)
#define STE_S1	 (UINT64_C(0xb) | (TEST_VMM_MEMORY + 0x30000))
#define LOG2	 3
#define ON	 (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define IRQS	 (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define FAULTS	 3000
#define SYNCS	 1500
#define OWN	 1000

static struct {
	struct test_vmm *vmm;
	struct vsmmu *vsmmu;
	struct vsmmu_host *sim;
	uint32_t dev_id;
	pthread_mutex_t big_lock;
	int notice; /* an eventfd */
	atomic_uint notices;
	atomic_bool stop;
	atomic_uint failed;
	atomic_ullong consumed, syncs_seen, own_recorded, own_dropped;
	/* Of the guest, under the big lock. */
	unsigned int interrupts, spurious;
} test;

/* A failed assertion must not jump out of another thread. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			atomic_fetch_add(&test.failed, 1);                                         \
	} while (0)

/* The notice may come while another thread has the big lock and waits for this one's. */
static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
	atomic_fetch_add(&test.notices, 1);
	CHECK(eventfd_write(test.notice, 1) == 0);
}

static uint32_t guest_read(uint64_t offset)
{
	uint64_t value = 0;

	pthread_mutex_lock(&test.big_lock);
	CHECK(vsmmu_mmio_read(test.vsmmu, offset, 4, &value) == 0);
	pthread_mutex_unlock(&test.big_lock);
	return (uint32_t)value;
}

static void guest_write(uint64_t offset, uint32_t value)
{
	pthread_mutex_lock(&test.big_lock);
	CHECK(vsmmu_mmio_write(test.vsmmu, offset, 4, value) == 0);
	pthread_mutex_unlock(&test.big_lock);
}

/* arm_smmu_evtq_thread(): takes all that it knows of, then looks at PROD again, at the end. */
static void guest_event_handler(void)
{
	uint32_t cons = guest_read(SMMU_EVENTQ_CONS), prod = guest_read(SMMU_EVENTQ_PROD);

	test.interrupts++;
	test.spurious += queue_empty(prod, cons, LOG2);
	do {
		while (!queue_empty(prod, cons, LOG2)) {
			cons = queue_advance(cons, 1, LOG2) | (cons & SMMU_EVENTQ_CONS_OVACKFLG);
			guest_write(SMMU_EVENTQ_CONS, cons);
			atomic_fetch_add(&test.consumed, 1);
		}
		prod = guest_read(SMMU_EVENTQ_PROD);
	} while (!queue_empty(prod, cons, LOG2));
	/* queue_sync_cons_ovf() */
	if ((prod ^ cons) & SMMU_EVENTQ_PROD_OVFLG)
		guest_write(SMMU_EVENTQ_CONS, cons ^ SMMU_EVENTQ_CONS_OVACKFLG);
}

/* The VMM's main loop: it sleeps until there is a notice. */
static void *main_loop(void *unused)
{
	struct pollfd fd = {.fd = test.notice, .events = POLLIN};

	(void)unused;
	while (!atomic_load(&test.stop)) {
		uint32_t lines = 0;
		eventfd_t count;

		if (poll(&fd, 1, 1000) <= 0)
			continue;
		eventfd_read(test.notice, &count);
		pthread_mutex_lock(&test.big_lock);
		CHECK(vsmmu_take_irqs(test.vsmmu, &lines) == 0);
		pthread_mutex_unlock(&test.big_lock);
		if (lines & 1U << VSMMU_IRQ_CMD_SYNC)
			atomic_fetch_add(&test.syncs_seen, 1);
		if (lines & 1U << VSMMU_IRQ_EVENTQ)
			guest_event_handler();
		CHECK(!(lines & 1U << VSMMU_IRQ_GERROR));
	}
	return NULL;
}

static void *dispatch(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(test.vsmmu), .events = POLLIN};

	(void)unused;
	while (!atomic_load(&test.stop))
		if (poll(&fd, 1, 10) > 0)
			CHECK(vsmmu_dispatch(test.vsmmu, 0) >= 0);
	return NULL;
}

static void *fault(void *unused)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};

	(void)unused;
	for (unsigned int i = 0; i < FAULTS; i++)
		CHECK(vsmmu_sim_fault(test.sim, test.dev_id, &record) == 0);
	return NULL;
}

/* An emulated device, whose thread has no lock. */
static void *record_own(void *unused)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_ACCESS}};

	(void)unused;
	for (unsigned int i = 0; i < OWN; i++) {
		int ret = vsmmu_record_event(test.vsmmu, &record);

		CHECK(ret == 0 || ret == -ENOBUFS);
		atomic_fetch_add(ret ? &test.own_dropped : &test.own_recorded, 1);
	}
	return NULL;
}

/* Waits until @counter is @wanted at least. Return: whether it came to that. */
static bool wait_for(atomic_ullong *counter, unsigned long long wanted)
{
	for (unsigned int waited = 0; atomic_load(counter) < wanted; waited++) {
		if (waited == 10 * PATIENCE)
			return false;
		usleep(100);
	}
	return true;
}

/* A vCPU that sleeps at each CMD_SYNC until its interrupt comes. */
static void *synchronize(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < SYNCS; i++) {
		test_vmm_store64(
			test.vmm, CMDQ + 16 * (uint64_t)(i % 8), COMMAND_OP_SYNC | 1 << 12);
		guest_write(SMMU_CMDQ_PROD, (i + 1) % 16);
		if (!wait_for(&test.syncs_seen, i + 1)) {
			CHECK(false);
			break;
		}
	}
	return NULL;
}

static void build(void)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_read = test_vmm_memory_read,
		.memory_write = test_vmm_memory_write,
		.irq_pulse = irq_pulse,
	};
	struct vsmmu_config config = {.size = sizeof(config),
		.ops = &ops,
		.defer_irqs = true,
		.loss_policy = VSMMU_LOSS_OVERFLOW};
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_endpoint *handle;

	memset(&test, 0, sizeof(test));
	assert_int_equal(pthread_mutex_init(&test.big_lock, NULL), 0);
	test.notice = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(test.notice >= 0);
	test.vmm = test_vmm_alloc();
	test.sim = test_vmm_sim(test.vmm, NULL);
	config.opaque = test.vmm;
	config.host = test.sim;
	assert_int_equal(vsmmu_new(&test.vsmmu, &config), 0);
	assert_int_equal(vsmmu_sim_endpoint_new(test.sim, 0, &endpoint.dev_id), 0);
	test.dev_id = endpoint.dev_id;
	test_vmm_store64(test.vmm, STRTAB + 64 * (uint64_t)VSID, STE_S1);
	assert_int_equal(vsmmu_endpoint_attach(test.vsmmu, &endpoint, &handle), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_STRTAB_BASE, 8, STRTAB), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_STRTAB_BASE_CFG, 4, 6), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_EVENTQ_BASE, 8, EVENTQ | LOG2), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_CMDQ_BASE, 8, CMDQ | 3), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_IRQ_CTRL, 4, IRQS), 0);
	assert_int_equal(vsmmu_mmio_write(test.vsmmu, SMMU_CR0, 4, ON), 0);
}

static void demolish(void)
{
	vsmmu_free(test.vsmmu);
	vsmmu_host_unref(test.sim);
	test_vmm_free(test.vmm);
	close(test.notice);
	pthread_mutex_destroy(&test.big_lock);
}

static unsigned long long in_the_queue(const struct vsmmu_stats *stats)
{
	return stats->delivered + stats->vmm_events;
}

/* Nothing comes in any more: the guest must come to the end by its interrupts alone. */
static struct vsmmu_stats settle(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	for (unsigned int waited = 0; waited < 10 * PATIENCE; waited++) {
		assert_int_equal(vsmmu_get_stats(test.vsmmu, &stats), 0);
		if (stats.sequenced == FAULTS &&
			atomic_load(&test.consumed) == in_the_queue(&stats))
			break;
		usleep(100);
	}
	return stats;
}

TEST(no_interrupt_is_lost_and_nobody_waits_for_ever)
{
	void *(*const work[])(void *) = {fault, record_own, synchronize};
	pthread_t worker[3], loop, dispatcher;
	struct vsmmu_stats stats;

	build();
	assert_int_equal(pthread_create(&loop, NULL, main_loop, NULL), 0);
	assert_int_equal(pthread_create(&dispatcher, NULL, dispatch, NULL), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&worker[i], NULL, work[i], NULL), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(worker[i], NULL), 0);
	stats = settle();
	atomic_store(&test.stop, true);
	assert_int_equal(eventfd_write(test.notice, 1), 0);
	assert_int_equal(pthread_join(loop, NULL), 0);
	assert_int_equal(pthread_join(dispatcher, NULL), 0);
	assert_int_equal(atomic_load(&test.failed), 0);
	assert_int_equal(stats.sequenced, FAULTS);
	assert_int_equal(atomic_load(&test.consumed), in_the_queue(&stats));
	assert_int_equal(
		stats.sequenced, stats.delivered + stats.lost + stats.discarded + stats.pending);
	assert_int_equal(stats.vmm_events, atomic_load(&test.own_recorded));
	assert_int_equal(stats.vmm_drops, atomic_load(&test.own_dropped));
	assert_int_equal(stats.syncs, SYNCS);
	assert_int_equal(stats.cmd_sync_irqs, SYNCS);
	assert_int_equal(stats.eventq_irqs, test.interrupts);
	/* The call has looked; here nobody else consumes. */
	assert_int_equal(test.spurious, 0);
	demolish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E8 S5 S9 P22", no_interrupt_is_lost_and_nobody_waits_for_ever),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
