/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole vSMMU from all sides at once, for the thread sanitizer and for the sums: vCPUs that
 * share a command queue as Linux' do, one on the registers, one that takes events, devices
 * that do DMA, a dispatcher, a thread for commands left over, hotplug, a saver. And with a
 * host that hangs: events go on.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "../forward_host.h"
#include "arch/command.h"
#include "arch/queue.h"
#include "arch/regs.h"
#include "rng.h"
#include "unit.h"

#define MEMORY	   UINT64_C(0x80000000)
#define SIZE	   UINT64_C(0x200000)
#define STRTAB	   MEMORY
#define CMDQ	   (MEMORY + 0x10000)
#define EVENTQ	   (MEMORY + 0x20000)
#define DONE(n)	   (MEMORY + 0x30000 + 64 * (uint64_t)(n)) /* a vCPU's MSIs go there */
#define TABLES(n)  (MEMORY + 0x40000 + 0x10000 * (uint64_t)(n))
#define PAGES(n)   (MEMORY + 0x100000 + 0x10000 * (uint64_t)(n))
#define CMDQ_LOG2  8
#define EVENT_LOG2 7
#define VCPUS	   3
#define ENDPOINTS  3
#define PLUGGED	   2 /* the one that comes and goes */
#define ROUNDS	   250
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define IRQS	   (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define SIG_IRQ	   (UINT64_C(1) << 12)
#define PATIENCE   60000 /* ms, for what must happen */

#define STE_STAGE1 UINT64_C(0xb)
#define STE_ABORT  UINT64_C(1)
#define CD_WORD0   (25 | UINT64_C(0x6205) << 32 | UINT64_C(1) << 31 | UINT64_C(1) << 30)
#define PAGE_BITS  UINT64_C(0xc43) /* valid, nG, AF, unprivileged */
#define IOVA	   UINT64_C(0x10000)

/* A failed assertion must not jump out of another thread: counted, looked at by main. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			complain(__LINE__);                                                        \
	} while (0)

static struct vsmmu_host *sim;
static struct vsmmu *vsmmu;
static uint32_t dev_ids[ENDPOINTS];
static struct vsmmu_endpoint *endpoints[ENDPOINTS];
static _Atomic uint64_t memory[SIZE / 8];
static atomic_uint complaints;
static atomic_bool over, toggling;

/* The guest's: who inserts commands, rings too. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t queue_prod;
static atomic_uint_fast64_t commands_issued, syncs_issued;

static void complain(int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		print_message("# line %d\n", line);
}

static bool is_memory(uint64_t address, size_t length)
{
	return address >= MEMORY && length <= SIZE && address - MEMORY <= SIZE - length;
}

/* Words are read and written whole, as buses do; tables change while they are walked. */
static int copy_out(void *opaque, uint64_t address, void *bytes, size_t length)
{
	uint8_t *to = bytes;

	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	for (size_t i = 0, part; i < length; i += part) {
		const uint64_t at = address - MEMORY + i;
		const uint64_t word = atomic_load(&memory[at / 8]);

		part = 8 - at % 8 < length - i ? 8 - at % 8 : length - i;
		memcpy(to + i, (const uint8_t *)&word + at % 8, part);
	}
	return 0;
}

static int copy_in(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	for (size_t i = 0, part; i < length; i += part) {
		const uint64_t at = address - MEMORY + i;
		uint64_t word = atomic_load(&memory[at / 8]), changed;

		part = 8 - at % 8 < length - i ? 8 - at % 8 : length - i;
		do {
			changed = word;
			memcpy((uint8_t *)&changed + at % 8, from + i, part);
		} while (!atomic_compare_exchange_weak(&memory[at / 8], &word, changed));
	}
	return 0;
}

static void store(uint64_t address, uint64_t value)
{
	atomic_store(&memory[(address - MEMORY) / 8], htole64(value));
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
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
	stats_now();
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_read = copy_out,
	.memory_write = copy_in,
	.irq_pulse = irq_pulse,
	.report = report,
};

static uint64_t reg_read(uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	CHECK(vsmmu_mmio_read(vsmmu, offset, size, &value) == 0);
	return value;
}

static void reg_write(uint64_t offset, uint64_t value, uint32_t size)
{
	CHECK(vsmmu_mmio_write(vsmmu, offset, size, value) == 0);
}

/* Commands and a CMD_SYNC whose MSI tells that it is complete; @done changes each time. */
static void issue(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	const uint64_t sync[2] = {COMMAND_OP_SYNC | SIG_IRQ | (uint64_t)done << 32, DONE(vcpu)};
	uint32_t cons;

	pthread_mutex_lock(&queue_lock);
	do {
		cons = (uint32_t)reg_read(SMMU_CMDQ_CONS, 4);
	} while (queue_free(queue_prod, cons, CMDQ_LOG2) < count + 1);
	for (unsigned int i = 0; i <= count; i++) {
		const uint64_t *word = i < count ? command[i] : sync;
		uint64_t at = CMDQ + 16 * (uint64_t)queue_index(queue_prod, CMDQ_LOG2);

		store(at, word[0]);
		store(at + 8, word[1]);
		queue_prod = queue_advance(queue_prod, 1, CMDQ_LOG2);
	}
	atomic_fetch_add(&commands_issued, count + 1);
	atomic_fetch_add(&syncs_issued, 1);
	reg_write(SMMU_CMDQ_PROD, queue_prod, 4);
	pthread_mutex_unlock(&queue_lock);
}

static bool is_done(unsigned int vcpu, uint32_t done)
{
	return (uint32_t)le64toh(atomic_load(&memory[(DONE(vcpu) - MEMORY) / 8])) == done;
}

static void issue_and_wait(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	issue(vcpu, command, count, done);
	for (unsigned int i = 0; !is_done(vcpu, done); i++) {
		if (i == PATIENCE) {
			complain(__LINE__);
			return;
		}
		poll(NULL, 0, i ? 1 : 0);
	}
}

static void set_page(unsigned int n, uint64_t pa)
{
	store(TABLES(n) + 0x3000 + 8 * (IOVA >> 12), pa ? pa | PAGE_BITS : 0);
}

static void build_tables(unsigned int n)
{
	store(STRTAB + 64 * (uint64_t)n, STE_STAGE1 | TABLES(n));
	store(TABLES(n), CD_WORD0 | (uint64_t)(n + 1) << 48);
	store(TABLES(n) + 8, TABLES(n) + 0x1000);
	store(TABLES(n) + 24, 0xff);
	store(TABLES(n) + 0x1000, (TABLES(n) + 0x2000) | 3);
	store(TABLES(n) + 0x2000, (TABLES(n) + 0x3000) | 3);
	set_page(n, PAGES(n));
	for (uint64_t page = 0; page < 2; page++)
		store(PAGES(n) + 0x1000 * page, 0x1000 * n + page + 1);
}

/* Return: what the endpoint read, 0 if it saw an abort. */
static uint64_t dma_read(unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = address};
	uint64_t value = 0;
	int ret = vsmmu_sim_dma(sim, dev_ids[n], &access, &value, sizeof(value));

	CHECK(ret == 0 || ret == -EFAULT);
	return ret ? 0 : le64toh(value);
}

/*
 * vCPU n has endpoint n: it moves its page, invalidates, and what the endpoint then reads
 * must be the new page. That holds as long as nobody turns translation off.
 */
static void *vcpu(void *which)
{
	const unsigned int n = (unsigned int)(uintptr_t)which;
	struct rng rng = {10 + n};
	uint64_t command[120][2];

	for (uint32_t round = 1; round <= ROUNDS; round++) {
		const uint64_t page = rng_below(&rng, 3);
		unsigned int count = (unsigned int)rng_below(&rng, round % 16 ? 8 : 118);

		set_page(n, page == 2 ? 0 : PAGES(n) + 0x1000 * page);
		for (unsigned int i = 0; i < count; i++) {
			command[i][0] = COMMAND_OP_TLBI_NH_VA | (uint64_t)(n + 1) << 48;
			command[i][1] = IOVA + 0x1000 * (uint64_t)i;
		}
		if (!count || round % 4 == 0) {
			command[count][0] = COMMAND_OP_CFGI_STE | (uint64_t)n << 32;
			command[count++][1] = 1;
			command[count][0] = COMMAND_OP_TLBI_NSNH_ALL;
			command[count++][1] = 0;
		}
		issue_and_wait(n, (const uint64_t(*)[2])command, count, round);
		if (!atomic_load(&toggling) && n < PLUGGED)
			CHECK(dma_read(n, IOVA) == (page == 2 ? 0 : 0x1000 * n + page + 1));
	}
	return NULL;
}

/* Good and bad accesses, of all endpoints whether they are plugged or not. */
static void *devices(void *unused)
{
	struct rng rng = {4};

	(void)unused;
	while (!atomic_load(&over))
		dma_read((unsigned int)rng_below(&rng, ENDPOINTS),
			rng_below(&rng, 2) ? IOVA : 0x1000 * rng_below(&rng, 256));
	return NULL;
}

static void *emulated_device(void *unused)
{
	struct rng rng = {5};

	(void)unused;
	while (!atomic_load(&over)) {
		struct vsmmu_translation translation = {.size = sizeof(translation)};
		struct vsmmu_access access = {
			.size = sizeof(access),
			.vsid = (uint32_t)rng_below(&rng, 70),
			.flags = (uint32_t)rng_below(&rng, 2),
			.address = rng_below(&rng, 2) ? IOVA : rng_next(&rng),
		};
		int ret = vsmmu_translate(vsmmu, &access, &translation);

		CHECK(ret == 0 || ret == -EFAULT);
		poll(NULL, 0, 1);
	}
	return NULL;
}

/* Both sleep until they are woken, and do nothing but what wakes them. */
static void *dispatcher(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(vsmmu), .events = POLLIN};
	struct rng rng = {3};

	(void)unused;
	while (!atomic_load(&over))
		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_dispatch(vsmmu, (uint32_t)rng_below(&rng, 300)) >= 0);
	return NULL;
}

static void *commander(void *unused)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(vsmmu), .events = POLLIN};
	struct rng rng = {6};

	(void)unused;
	while (!atomic_load(&over))
		if (poll(&fd, 1, 20) == 1)
			CHECK(vsmmu_run_commands(vsmmu, (uint32_t)rng_below(&rng, 40)) >= 0);
	return NULL;
}

/* Where the queue is turned off meanwhile, what it held is none of the guest's any more. */
static void *consumer(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		uint64_t both = reg_read(SMMU_EVENTQ_PROD, 8);

		if ((uint32_t)both != both >> 32)
			reg_write(SMMU_EVENTQ_CONS, (uint32_t)both, 4);
		reg_write(SMMU_GERRORN, reg_read(SMMU_GERROR, 4), 4);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void *registers(void *unused)
{
	static const uint64_t offsets[] = {SMMU_IDR0, SMMU_CR0, SMMU_CR0ACK, SMMU_GBPA, SMMU_GERROR,
		SMMU_STRTAB_BASE, SMMU_CMDQ_BASE, SMMU_CMDQ_PROD, SMMU_EVENTQ_BASE,
		SMMU_EVENTQ_PROD};
	struct rng rng = {2};

	(void)unused;
	while (!atomic_load(&over)) {
		reg_read(offsets[rng_below(&rng, 10)], 4);
		reg_write(SMMU_IRQ_CTRL, rng_next(&rng) & IRQS, 4);
		reg_write(SMMU_STRTAB_BASE_CFG, 0x3f, 4);
		if (!atomic_load(&toggling)) {
			reg_write(SMMU_CR0, ON, 4);
			continue;
		}
		reg_write(SMMU_GBPA, SMMU_GBPA_UPDATE | (rng_below(&rng, 2) ? SMMU_GBPA_ABORT : 0),
			4);
		reg_write(SMMU_CR0, SMMU_CR0_CMDQEN | (rng_next(&rng) & ON), 4);
		/* The table is not moved while it may be in use. */
		if (!(reg_read(SMMU_CR0ACK, 4) & SMMU_CR0_SMMUEN))
			reg_write(SMMU_STRTAB_BASE, STRTAB, 8);
		reg_write(SMMU_STRTAB_BASE_CFG, 6, 4);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static int attach(unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = dev_ids[n],
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(vsmmu, &config, &endpoints[n]);
}

static void *plugger(void *unused)
{
	struct rng rng = {7};

	(void)unused;
	while (!atomic_load(&over)) {
		int ret = attach(PLUGGED, PLUGGED);

		CHECK(ret == 0 || ret == -EAGAIN);
		if (ret)
			continue;
		for (int i = 0; i < 5; i++) {
			ret = vsmmu_endpoint_set_vsid(
				endpoints[PLUGGED], PLUGGED + (uint32_t)rng_below(&rng, 3));
			CHECK(ret == 0 || ret == -EAGAIN);
		}
		CHECK(vsmmu_endpoint_detach(endpoints[PLUGGED]) == 0);
		poll(NULL, 0, 1);
	}
	return NULL;
}

static void *saver(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		size_t length = 0;
		void *bytes = NULL;

		CHECK(vsmmu_save(vsmmu, &bytes, &length) == 0);
		vsmmu_snapshot_free(bytes);
		stats_now();
		poll(NULL, 0, 5);
	}
	return NULL;
}

static struct vsmmu_host *new_sim(void)
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.first_sequence = 0x7fffff00,
		.memory_read = copy_out,
		.memory_write = copy_in,
	};
	struct vsmmu_host *host;

	assert_int_equal(vsmmu_sim_new(&host, &config), 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &dev_ids[n]), 0);
	return host;
}

/* Takes over what it needs; the guest's driver comes up. */
static void build(struct vsmmu_host *host, bool isolate)
{
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = &ops,
		.host = host,
		.veventq_depth = 200,
		.isolate = isolate,
		.msi = true,
		.report_interval_ns = 1000000,
	};

	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	for (size_t i = 0; i < SIZE / 8; i++)
		atomic_store(&memory[i], 0);
	for (unsigned int n = 0; n < ENDPOINTS; n++)
		build_tables(n);
	for (unsigned int n = 0; n < PLUGGED; n++)
		assert_int_equal(attach(n, n), 0);
	queue_prod = 0;
	atomic_store(&commands_issued, 0);
	atomic_store(&syncs_issued, 0);
	atomic_store(&over, false);
	reg_write(SMMU_STRTAB_BASE, STRTAB, 8);
	reg_write(SMMU_STRTAB_BASE_CFG, 6, 4);
	reg_write(SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2, 8);
	reg_write(SMMU_EVENTQ_BASE, EVENTQ | EVENT_LOG2, 8);
	reg_write(SMMU_IRQ_CTRL, IRQS, 4);
	reg_write(SMMU_CR0, ON, 4);
	assert_int_equal(reg_read(SMMU_CR0ACK, 4), ON);
}

static void demolish(struct vsmmu_host *host)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	vsmmu_free(vsmmu);
	assert_int_equal(vsmmu_sim_get_stats(sim, &stats), 0);
	assert_int_equal(stats.objects, 0);
	assert_int_equal(stats.commands_refused, 0);
	vsmmu_host_unref(host);
	assert_int_equal(atomic_load(&complaints), 0);
}

/* All that was asked for has been done, and every event is accounted for. */
static void check_sums(void)
{
	struct vsmmu_sim_stats host = {.size = sizeof(host)};
	struct vsmmu_stats stats;

	reg_write(SMMU_CR0, SMMU_CR0_CMDQEN, 4);
	while (vsmmu_dispatch(vsmmu, 0) > 0)
		;
	stats = stats_now();
	assert_int_equal(vsmmu_sim_get_stats(sim, &host), 0);
	assert_int_equal(stats.sequenced, host.numbered);
	assert_int_equal(stats.lost, host.dropped);
	assert_int_equal(stats.stream_errors, 0);
	assert_int_equal(stats.commands, atomic_load(&commands_issued));
	assert_int_equal(stats.syncs, atomic_load(&syncs_issued));
	assert_int_equal(stats.command_errors, 0);
	assert_int_equal(stats.invalidation_failures, 0);
	assert_int_equal(stats.blocked, 0);
	assert_true(stats.delivered > 0 && stats.discarded > 0 && stats.stes > 0);
	/* How many of them were let through is a matter of who came first. */
	assert_true(host.transactions > 0);
}

static void all_at_once(bool isolate, bool toggle)
{
	static void *(*const others[])(void *) = {devices, emulated_device, dispatcher, commander,
		consumer, registers, plugger, saver};
	enum { OTHERS = sizeof(others) / sizeof(others[0]) };
	pthread_t vcpus[VCPUS], threads[OTHERS];

	sim = new_sim();
	build(sim, isolate);
	atomic_store(&toggling, toggle);
	for (int i = 0; i < OTHERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, others[i], NULL), 0);
	for (uintptr_t i = 0; i < VCPUS; i++)
		assert_int_equal(pthread_create(&vcpus[i], NULL, vcpu, (void *)i), 0);
	for (int i = 0; i < VCPUS; i++)
		pthread_join(vcpus[i], NULL);
	atomic_store(&over, true);
	for (int i = 0; i < OTHERS; i++)
		pthread_join(threads[i], NULL);
	check_sums();
	demolish(sim);
}

static void everything_at_once_and_invalidations_work(void **unused)
{
	(void)unused;
	all_at_once(false, false);
}

static void everything_at_once_while_cr0_and_gbpa_change(void **unused)
{
	(void)unused;
	all_at_once(false, true);
}

static void everything_at_once_with_a_veventq_each(void **unused)
{
	(void)unused;
	all_at_once(true, true);
}

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
	issue_and_wait(0, command, 2, 1);
	return NULL;
}

/* All of this thread's work is done while the other one's write of PROD has not returned. */
static void deliver_events(unsigned int count)
{
	const struct vsmmu_event_record record = {.word = {VSMMU_EVENT_F_TRANSLATION}};
	struct pollfd fd = {.fd = vsmmu_get_fd(vsmmu), .events = POLLIN};
	const uint64_t before = stats_now().delivered;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t delivered = stats_now().delivered;

		assert_int_equal(vsmmu_sim_fault(sim, dev_ids[i % PLUGGED], &record), 0);
		while (stats_now().delivered == delivered) {
			assert_int_equal(poll(&fd, 1, PATIENCE), 1);
			assert_true(vsmmu_dispatch(vsmmu, 0) >= 0);
		}
		reg_write(SMMU_EVENTQ_CONS, reg_read(SMMU_EVENTQ_PROD, 4), 4);
	}
	assert_int_equal(stats_now().delivered - before, count);
	reg_write(SMMU_GERRORN, reg_read(SMMU_GERROR, 4), 4);
	reg_write(SMMU_IRQ_CTRL, 0, 4);
	reg_write(SMMU_IRQ_CTRL, IRQS, 4);
	/* Another vCPU's commands do not make it wait, either. */
	reg_write(SMMU_CMDQ_PROD, reg_read(SMMU_CMDQ_PROD, 4), 4);
	assert_int_equal(reg_read(SMMU_CR0ACK, 4), ON);
}

static void events_while_a_call_hangs(enum forward_call call)
{
	struct vsmmu_host *host;
	pthread_t thread;

	sim = new_sim();
	host = forward_host_new(sim, before_call, NULL);
	assert_non_null(host);
	build(host, false);
	/* So that CFGI_STE has something to install. */
	store(STRTAB, STE_ABORT);
	hang.call = call;
	hang.armed = true;
	assert_int_equal(pthread_create(&thread, NULL, one_sync, NULL), 0);
	pthread_mutex_lock(&hang.lock);
	while (!hang.hangs)
		pthread_cond_wait(&hang.changed, &hang.lock);
	pthread_mutex_unlock(&hang.lock);

	deliver_events(100);
	assert_false(is_done(0, 1));

	pthread_mutex_lock(&hang.lock);
	hang.hangs = false;
	pthread_cond_broadcast(&hang.changed);
	pthread_mutex_unlock(&hang.lock);
	pthread_join(thread, NULL);
	assert_true(is_done(0, 1));
	assert_int_equal(stats_now().syncs, 1);
	demolish(host);
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
		UNIT_TEST("S9 S2 S3 E6", everything_at_once_and_invalidations_work),
		UNIT_TEST("S9 S2 S4 S6 P13", everything_at_once_while_cr0_and_gbpa_change),
		UNIT_TEST("S9 S2 S6", everything_at_once_with_a_veventq_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
