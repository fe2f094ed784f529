/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything at once, for the thread sanitizer and for the sums: storms, a guest that
 * consumes, resizes and resets, another vCPU on the registers, a dispatcher that sleeps
 * in poll(), somebody who reads statistics, and an endpoint that comes and goes.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "arch/queue.h"
#include "arch/regs.h"
#include "lib/rng.h"
#include "lib/unit.h"

#define FAULTS	  100000
#define LAST	  100 /* more, when nothing but the dispatcher is left that reads them */
#define STORMS	  2
#define ENDPOINTS 3
#define QUEUE	  UINT64_C(0x80000000)
#define MEMORY	  (32u << 8)
#define ON	  (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)
#define IRQS	  (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define VSID(n)	  (0x40u + (n))
#define PATIENCE  60000 /* milliseconds */

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			complain(__LINE__);                                                        \
	} while (0)

static struct vsmmu_host *host;
static struct vsmmu *vsmmu;
static uint32_t dev_ids[ENDPOINTS];
static struct vsmmu_endpoint *endpoints[ENDPOINTS];
static uint8_t memory[MEMORY];
static atomic_uint complaints, irqs, reports;
static atomic_bool storms_over, over;
static atomic_uint_fast64_t writes;
static atomic_bool refuse_next; /* looked at when all is over: until then it is every so often */

static void complain(int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		print_message("# line %d\n", line);
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (address < QUEUE || address - QUEUE + length > MEMORY)
		return -1;
	/* Now and then there is no memory. */
	if (atomic_load(&over) ? atomic_exchange(&refuse_next, false)
			       : atomic_fetch_add(&writes, 1) % 89 < 2)
		return -1;
	memcpy(memory + (address - QUEUE), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
	atomic_fetch_add(&irqs, 1);
}

static struct vsmmu_stats stats_now(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK(vsmmu_get_stats(vsmmu, &stats) == 0);
	CHECK(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
	return stats;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	(void)report;
	atomic_fetch_add(&reports, 1);
	stats_now();
}

static uint32_t reg_read(uint64_t offset)
{
	uint64_t value = 0;

	CHECK(vsmmu_mmio_read(vsmmu, offset, 4, &value) == 0);
	return (uint32_t)value;
}

static void reg_write(uint64_t offset, uint64_t value, uint32_t size)
{
	CHECK(vsmmu_mmio_write(vsmmu, offset, size, value) == 0);
}

static void set_ste(unsigned int n)
{
	const uint64_t ste[2] = {0xb, 0};

	CHECK(vsmmu_endpoint_set_ste(endpoints[n], ste) == 0);
}

static int attach(unsigned int n)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = VSID(n),
		.dev_id = dev_ids[n],
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(vsmmu, &config, &endpoints[n]);
}

static void fault(unsigned int n, uint64_t number)
{
	const struct vsmmu_event_record record = {.word = {0x10, 0, number, 0}};

	vsmmu_sim_fault(host, dev_ids[n], &record);
}

static void *storm(void *which)
{
	unsigned int n = (unsigned int)(uintptr_t)which;

	for (uint64_t number = 1; number <= FAULTS; number++) {
		fault(n, number);
		if (number % 500 == 0)
			poll(NULL, 0, 1);
	}
	return NULL;
}

/* Sleeps until it is woken, and does nothing but what wakes it. */
static void *dispatcher(void *unused)
{
	struct rng rng = {3};

	(void)unused;
	while (!atomic_load(&over)) {
		struct pollfd fd = {.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN};

		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_dispatch(vsmmu, (uint32_t)rng_below(&rng, 600)) >= 0);
	}
	return NULL;
}

static unsigned int guest_log2;

static void guest_enable(unsigned int log2)
{
	guest_log2 = log2;
	reg_write(SMMU_CR0, 0, 4);
	reg_write(SMMU_EVENTQ_BASE, QUEUE | log2, 8);
	reg_write(SMMU_EVENTQ_PROD, 0, 8);
	reg_write(SMMU_CR0, ON, 4);
}

/* Takes what is there, in order. */
static unsigned int guest_consume(uint64_t *last)
{
	uint32_t prod = reg_read(SMMU_EVENTQ_PROD), cons = reg_read(SMMU_EVENTQ_CONS);
	unsigned int count = 0;

	for (; !queue_empty(prod, cons, guest_log2); count++) {
		uint64_t word[4];
		uint32_t n;

		memcpy(word, memory + 32 * queue_index(cons, guest_log2), 32);
		n = (uint32_t)(word[0] >> 32) - VSID(0);
		CHECK(n < ENDPOINTS && (word[0] & UINT32_MAX) == 0x10);
		/* None twice, none out of order, none from before what came before. */
		CHECK(n < ENDPOINTS && word[2] > last[n]);
		if (n < ENDPOINTS)
			last[n] = word[2];
		cons = queue_advance(cons, 1, guest_log2);
		reg_write(SMMU_EVENTQ_CONS, cons | (prod & SMMU_EVENTQ_PROD_OVFLG), 4);
	}
	reg_write(SMMU_EVENTQ_CONS, cons | (prod & SMMU_EVENTQ_PROD_OVFLG), 4);
	reg_write(SMMU_GERRORN, reg_read(SMMU_GERROR), 4);
	return count;
}

static void *guest(void *unused)
{
	uint64_t last[ENDPOINTS] = {0};
	struct rng rng = {1};

	(void)unused;
	while (!atomic_load(&over)) {
		guest_consume(last);
		if (atomic_load(&storms_over))
			continue;
		if (rng_below(&rng, 400) == 0)
			guest_enable((unsigned int)rng_below(&rng, 9));
		if (rng_below(&rng, 2000) == 0) {
			CHECK(vsmmu_reset(vsmmu) == 0);
			set_ste(0);
			set_ste(1);
			reg_write(SMMU_IRQ_CTRL, IRQS, 4);
			guest_enable(6);
		}
	}
	return NULL;
}

static void *other_vcpu(void *unused)
{
	static const uint64_t offsets[] = {SMMU_CR0, SMMU_CR0ACK, SMMU_IRQ_CTRL, SMMU_GERROR,
		SMMU_EVENTQ_BASE, SMMU_EVENTQ_PROD, SMMU_EVENTQ_CONS, 0x44};
	struct rng rng = {2};

	(void)unused;
	while (!atomic_load(&over)) {
		reg_read(offsets[rng_below(&rng, 8)]);
		reg_write(SMMU_IRQ_CTRL, rng_next(&rng), 4);
		reg_write(0x44, rng_next(&rng), 4);
	}
	return NULL;
}

static void *statistician(void *unused)
{
	struct vsmmu_stats before = {.size = 0};

	(void)unused;
	while (!atomic_load(&over)) {
		struct vsmmu_endpoint_stats stream = {.size = sizeof(stream)};
		struct vsmmu_stats now = stats_now();
		int ret = vsmmu_endpoint_get_stats(endpoints[0], &stream);

		CHECK(now.sequenced >= before.sequenced && now.delivered >= before.delivered);
		CHECK(now.lost >= before.lost && now.discarded >= before.discarded);
		CHECK(ret == 0 && stream.delivered + stream.discarded <= 2 * FAULTS);
		vsmmu_rearm(vsmmu);
		before = now;
	}
	return NULL;
}

static void *plugger(void *unused)
{
	uint64_t number = 0;

	(void)unused;
	while (!atomic_load(&storms_over)) {
		int ret = attach(2);

		CHECK(ret == 0 || ret == -EAGAIN);
		if (ret)
			continue;
		set_ste(2);
		for (int i = 0; i < 20; i++)
			fault(2, ++number);
		CHECK(vsmmu_endpoint_detach(endpoints[2]) == 0);
	}
	return NULL;
}

static void build(bool isolate)
{
	const struct vsmmu_ops ops = {.size = sizeof(ops),
		.memory_write = memory_write,
		.irq_pulse = irq_pulse,
		.report = report};
	const struct vsmmu_config config = {.size = sizeof(config),
		.ops = &ops,
		.veventq_depth = 200,
		.isolate = isolate,
		.event_path_only = true,
		.report_interval_ns = 1000000};
	const struct vsmmu_sim_config sim = {.size = sizeof(sim), .first_sequence = 0x7fffff00};
	struct vsmmu_config with_host = config;

	assert_int_equal(vsmmu_sim_new(&host, &sim), 0);
	with_host.host = host;
	assert_int_equal(vsmmu_new(&vsmmu, &with_host), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &dev_ids[n]), 0);
	assert_int_equal(attach(0), 0);
	assert_int_equal(attach(1), 0);
	set_ste(0);
	set_ste(1);
	reg_write(SMMU_IRQ_CTRL, IRQS, 4);
	guest_enable(6);
	atomic_store(&storms_over, false);
	atomic_store(&over, false);
}

/* The rest must flow by itself: a lost wake-up would leave it where it is. */
static void run_dry(void)
{
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};

	for (unsigned int i = 1; i <= LAST; i++)
		for (unsigned int n = 0; n < STORMS; n++)
			fault(n, FAULTS + i);
	assert_int_equal(vsmmu_sim_get_stats(host, &sim), 0);
	for (int i = 0; i < PATIENCE && stats_now().sequenced != sim.numbered; i++)
		poll(NULL, 0, 1);
	assert_int_equal(stats_now().sequenced, sim.numbered);
}

/* It is a matter of luck what the threads came to: here is one of each. */
static void deliver_abort_and_discard(uint64_t *last)
{
	struct vsmmu_stats before;

	reg_write(SMMU_IRQ_CTRL, IRQS, 4);
	reg_write(SMMU_GERRORN, reg_read(SMMU_GERROR), 4);
	guest_enable(6);
	before = stats_now();
	fault(0, FAULTS + LAST + 1);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 1);
	assert_int_equal(stats_now().delivered, before.delivered + 1);
	assert_int_equal(guest_consume(last), 1);
	atomic_store(&refuse_next, true);
	fault(0, FAULTS + LAST + 2);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 1);
	assert_int_equal(stats_now().aborts, before.aborts + 1);
	assert_int_equal(stats_now().gerror_irqs, before.gerror_irqs + 1);
	assert_int_equal(stats_now().discarded, before.discarded + 1);
	assert_int_equal(guest_consume(last), 0); /* and acknowledges */
	reg_write(SMMU_CR0, 0, 4);
	fault(0, FAULTS + LAST + 3);
	assert_int_equal(vsmmu_dispatch(vsmmu, 0), 1);
	assert_int_equal(stats_now().discarded, before.discarded + 2);
	assert_int_equal(stats_now().delivered, before.delivered + 1);
}

static void all_at_once(bool isolate)
{
	static void *(*const others[])(void *) = {
		plugger, dispatcher, guest, other_vcpu, statistician};
	struct vsmmu_sim_stats sim = {.size = sizeof(sim)};
	pthread_t storms[STORMS], threads[5];
	uint64_t last[ENDPOINTS] = {0};
	struct vsmmu_stats stats;

	build(isolate);
	for (int i = 0; i < 5; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, others[i], NULL), 0);
	for (uintptr_t i = 0; i < STORMS; i++)
		assert_int_equal(pthread_create(&storms[i], NULL, storm, (void *)i), 0);
	for (int i = 0; i < STORMS; i++)
		pthread_join(storms[i], NULL);
	atomic_store(&storms_over, true);
	pthread_join(threads[0], NULL);
	run_dry();
	atomic_store(&over, true);
	for (int i = 1; i < 5; i++)
		pthread_join(threads[i], NULL);

	deliver_abort_and_discard(last);
	stats = stats_now();
	assert_int_equal(vsmmu_sim_get_stats(host, &sim), 0);
	assert_int_equal(stats.sequenced, sim.numbered);
	assert_int_equal(stats.lost, sim.dropped);
	assert_int_equal(stats.stream_errors, 0);
	assert_int_equal(stats.eventq_irqs + stats.gerror_irqs, atomic_load(&irqs));
	vsmmu_free(vsmmu);
	assert_int_equal(vsmmu_sim_get_stats(host, &sim), 0);
	assert_int_equal(sim.objects, 0);
	vsmmu_host_unref(host);
	assert_int_equal(atomic_load(&complaints), 0);
	atomic_store(&irqs, 0);
}

TEST(everything_at_once_with_one_veventq)
{
	all_at_once(false);
}

TEST(everything_at_once_with_a_veventq_each)
{
	all_at_once(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E6 E7 E10", everything_at_once_with_one_veventq),
		UNIT_TEST("E6 E7 E10", everything_at_once_with_a_veventq_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
