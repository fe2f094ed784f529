/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/crowd.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sched.h>
#include <string.h>

#include <vsmmu/access.h>

#include "arch/queue.h"

#define SIZE	   UINT64_C(0x200000)
#define CMDQ	   (CROWD_MEMORY + 0x10000)
#define EVENTQ	   (CROWD_MEMORY + 0x20000)
#define DONE(n)	   (CROWD_MEMORY + 0x30000 + 64 * (uint64_t)(n)) /* a vCPU's MSIs go there */
#define TABLES(n)  (CROWD_MEMORY + 0x40000 + 0x10000 * (uint64_t)(n))
#define CMDQ_LOG2  8
#define EVENT_LOG2 7
#define SIG_IRQ	   (UINT64_C(1) << 12)

#define STE_STAGE1 UINT64_C(0xb)
#define CD_WORD0   (25 | UINT64_C(0x6205) << 32 | UINT64_C(1) << 31 | UINT64_C(1) << 30)
#define PAGE_BITS  UINT64_C(0xc43) /* valid, nG, AF, unprivileged */

struct crowd crowd;

static _Atomic uint64_t memory[SIZE / 8];
static atomic_uint complaints;

/* The guest's: who inserts commands, rings too. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t queue_prod;

void crowd_complain(const char *file, int line)
{
	if (atomic_fetch_add(&complaints, 1) < 10)
		print_message("# %s: line %d\n", file, line);
}

static bool is_memory(uint64_t address, size_t length)
{
	return address >= CROWD_MEMORY && length <= SIZE && address - CROWD_MEMORY <= SIZE - length;
}

/* Words are read and written whole, as buses do; tables change while they are walked. */
int crowd_memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	uint8_t *to = bytes;

	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	for (size_t i = 0, part; i < length; i += part) {
		const uint64_t at = address - CROWD_MEMORY + i;
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
		const uint64_t at = address - CROWD_MEMORY + i;
		uint64_t word = atomic_load(&memory[at / 8]), changed;

		part = 8 - at % 8 < length - i ? 8 - at % 8 : length - i;
		do {
			changed = word;
			memcpy((uint8_t *)&changed + at % 8, from + i, part);
		} while (!atomic_compare_exchange_weak(&memory[at / 8], &word, changed));
	}
	return 0;
}

void crowd_store(uint64_t address, uint64_t value)
{
	atomic_store(&memory[(address - CROWD_MEMORY) / 8], htole64(value));
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

struct vsmmu_stats crowd_stats(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK(vsmmu_get_stats(crowd.vsmmu, &stats) == 0);
	CHECK(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
	return stats;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	unsigned long long left_out;

	(void)opaque;
	if (sscanf(report->text, "taking a snapshot: %llu events", &left_out) == 1)
		atomic_fetch_add(&crowd.left_out, left_out);
	crowd_stats();
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_read = crowd_memory_read,
	.memory_write = copy_in,
	.irq_pulse = irq_pulse,
	.report = report,
};

uint64_t crowd_read(uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	CHECK(vsmmu_mmio_read(crowd.vsmmu, offset, size, &value) == 0);
	return value;
}

void crowd_write(uint64_t offset, uint64_t value, uint32_t size)
{
	CHECK(vsmmu_mmio_write(crowd.vsmmu, offset, size, value) == 0);
}

static void insert(const uint64_t command[2])
{
	const uint64_t at = CMDQ + 16 * (uint64_t)queue_index(queue_prod, CMDQ_LOG2);

	crowd_store(at, command[0]);
	crowd_store(at + 8, command[1]);
	queue_prod = queue_advance(queue_prod, 1, CMDQ_LOG2);
}

/* Under the guest's lock. Return: false when there is no room for all of it. */
static bool insert_all(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	const uint64_t sync[2] = {COMMAND_OP_SYNC | SIG_IRQ | (uint64_t)done << 32, DONE(vcpu)};
	const uint32_t cons = (uint32_t)crowd_read(SMMU_CMDQ_CONS, 4);

	if (queue_free(queue_prod, cons, CMDQ_LOG2) < count + 1)
		return false;
	for (unsigned int i = 0; i < count; i++)
		insert(command[i]);
	insert(sync);
	atomic_fetch_add(&crowd.commands, count + 1);
	atomic_fetch_add(&crowd.syncs, 1);
	crowd_write(SMMU_CMDQ_PROD, queue_prod, 4);
	return true;
}

/* Return: crowd.resets by then; a different one later tells that it came to nothing. */
static unsigned int issue(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	unsigned int resets;
	bool inserted;

	for (;; sched_yield()) {
		pthread_mutex_lock(&queue_lock);
		resets = atomic_load(&crowd.resets);
		inserted = insert_all(vcpu, command, count, done);
		pthread_mutex_unlock(&queue_lock);
		if (inserted)
			return resets;
	}
}

bool crowd_is_done(unsigned int vcpu, uint32_t done)
{
	return (uint32_t)le64toh(atomic_load(&memory[(DONE(vcpu) - CROWD_MEMORY) / 8])) == done;
}

bool crowd_issue_and_wait(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	const unsigned int resets = issue(vcpu, command, count, done);

	for (unsigned int i = 0; !crowd_is_done(vcpu, done); i++) {
		if (atomic_load(&crowd.resets) != resets)
			return false;
		if (i == CROWD_PATIENCE) {
			crowd_complain(__FILE__, __LINE__);
			return false;
		}
		poll(NULL, 0, i ? 1 : 0);
	}
	return true;
}

void crowd_set_page(unsigned int n, uint64_t pa)
{
	crowd_store(TABLES(n) + 0x3000 + 8 * (CROWD_IOVA >> 12), pa ? pa | PAGE_BITS : 0);
}

static void build_tables(unsigned int n)
{
	crowd_store(CROWD_STRTAB + 64 * (uint64_t)n, STE_STAGE1 | TABLES(n));
	crowd_store(TABLES(n), CD_WORD0 | (uint64_t)(n + 1) << 48);
	crowd_store(TABLES(n) + 8, TABLES(n) + 0x1000);
	crowd_store(TABLES(n) + 24, 0xff);
	crowd_store(TABLES(n) + 0x1000, (TABLES(n) + 0x2000) | 3);
	crowd_store(TABLES(n) + 0x2000, (TABLES(n) + 0x3000) | 3);
	crowd_set_page(n, CROWD_PAGES(n));
	for (uint64_t page = 0; page < 2; page++)
		crowd_store(CROWD_PAGES(n) + 0x1000 * page, 0x1000 * n + page + 1);
}

uint64_t crowd_dma_read(unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = address};
	uint64_t value = 0;
	int ret = vsmmu_sim_dma(crowd.sim, crowd.dev_ids[n], &access, &value, sizeof(value));

	CHECK(ret == 0 || ret == -EFAULT);
	return ret ? 0 : le64toh(value);
}

int crowd_attach(unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = crowd.dev_ids[n],
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(crowd.vsmmu, &config, &crowd.endpoints[n]);
}

struct vsmmu_host *crowd_sim_new(uint32_t dev_ids[CROWD_ENDPOINTS])
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.first_sequence = 0x7fffff00,
		.memory_read = crowd_memory_read,
		.memory_write = copy_in,
	};
	struct vsmmu_host *host;

	assert_int_equal(vsmmu_sim_new(&host, &config), 0);
	for (unsigned int n = 0; n < CROWD_ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &dev_ids[n]), 0);
	return host;
}

/* As a driver does that finds the SMMU off. */
static void come_up(void)
{
	queue_prod = 0;
	crowd_write(SMMU_STRTAB_BASE, CROWD_STRTAB, 8);
	crowd_write(SMMU_STRTAB_BASE_CFG, 6, 4);
	crowd_write(SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2, 8);
	crowd_write(SMMU_CMDQ_PROD, 0, 4);
	crowd_write(SMMU_CMDQ_CONS, 0, 4);
	crowd_write(SMMU_EVENTQ_BASE, EVENTQ | EVENT_LOG2, 8);
	crowd_write(SMMU_EVENTQ_PROD, 0, 4);
	crowd_write(SMMU_EVENTQ_CONS, 0, 4);
	crowd_write(SMMU_IRQ_CTRL, CROWD_IRQS, 4);
	crowd_write(SMMU_CR0, CROWD_ON, 4);
	CHECK(crowd_read(SMMU_CR0ACK, 4) == CROWD_ON);
}

void crowd_build(struct vsmmu_host *host, const struct vsmmu_config *given)
{
	struct vsmmu_config config = given ? *given : (struct vsmmu_config){0};

	config.size = sizeof(config);
	config.ops = &ops;
	config.host = host;
	config.veventq_depth = 200;
	config.msi = true;
	config.report_burst = UINT32_MAX; /* report() has to see all */
	assert_int_equal(vsmmu_new(&crowd.vsmmu, &config), 0);
	for (size_t i = 0; i < SIZE / 8; i++)
		atomic_store(&memory[i], 0);
	for (unsigned int n = 0; n < CROWD_ENDPOINTS; n++)
		build_tables(n);
	for (unsigned int n = 0; n < CROWD_PLUGGED; n++)
		assert_int_equal(crowd_attach(n, n), 0);
	atomic_store(&crowd.commands, 0);
	atomic_store(&crowd.syncs, 0);
	atomic_store(&crowd.left_out, 0);
	come_up();
}

void crowd_reset(void)
{
	CHECK(vsmmu_reset(crowd.vsmmu) == 0);
	pthread_mutex_lock(&queue_lock);
	come_up();
	/* What was issued until now is forgotten. */
	atomic_fetch_add(&crowd.resets, 1);
	pthread_mutex_unlock(&queue_lock);
}

void crowd_demolish(struct vsmmu_host *host)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	vsmmu_free(crowd.vsmmu);
	assert_int_equal(vsmmu_sim_get_stats(crowd.sim, &stats), 0);
	assert_int_equal(stats.objects, 0);
	assert_int_equal(stats.commands_refused, 0);
	vsmmu_host_unref(host);
	assert_int_equal(atomic_load(&complaints), 0);
}
