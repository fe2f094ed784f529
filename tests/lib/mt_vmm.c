/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/mt_vmm.h"

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
#define CMDQ	   (MT_VMM_MEMORY + 0x10000)
#define EVENTQ	   (MT_VMM_MEMORY + 0x20000)
#define DONE(n)	   (MT_VMM_MEMORY + 0x30000 + 64 * (uint64_t)(n)) /* a vCPU's MSIs go there */
#define TABLES(n)  (MT_VMM_MEMORY + 0x40000 + 0x10000 * (uint64_t)(n))
#define CMDQ_LOG2  8
#define EVENT_LOG2 7
#define SIG_IRQ	   (UINT64_C(1) << 12)

#define STE_STAGE1 UINT64_C(0xb)
#define CD_WORD0   (25 | UINT64_C(0x6205) << 32 | UINT64_C(1) << 31 | UINT64_C(1) << 30)
#define PAGE_BITS  UINT64_C(0xc43) /* valid, nG, AF, unprivileged */

struct mt_vmm mt_vmm;

static _Atomic uint64_t memory[SIZE / 8];
static atomic_uint failed_checks;

/* The guest's: who inserts commands, rings too. */
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t queue_prod;

void mt_check_failed(const char *file, int line)
{
	if (atomic_fetch_add(&failed_checks, 1) < 10)
		print_message("# %s: line %d\n", file, line);
}

static bool is_memory(uint64_t address, size_t length)
{
	return address >= MT_VMM_MEMORY && length <= SIZE &&
	       address - MT_VMM_MEMORY <= SIZE - length;
}

/* Words are read and written whole, as buses do; tables change while they are walked. */
int mt_vmm_memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	uint8_t *to = bytes;

	(void)opaque;
	if (!is_memory(address, length))
		return -1;
	for (size_t i = 0, part; i < length; i += part) {
		const uint64_t at = address - MT_VMM_MEMORY + i;
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
		const uint64_t at = address - MT_VMM_MEMORY + i;
		uint64_t word = atomic_load(&memory[at / 8]), changed;

		part = 8 - at % 8 < length - i ? 8 - at % 8 : length - i;
		do {
			changed = word;
			memcpy((uint8_t *)&changed + at % 8, from + i, part);
		} while (!atomic_compare_exchange_weak(&memory[at / 8], &word, changed));
	}
	return 0;
}

void mt_vmm_store(uint64_t address, uint64_t value)
{
	atomic_store(&memory[(address - MT_VMM_MEMORY) / 8], htole64(value));
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	(void)irq;
}

struct vsmmu_stats mt_vmm_stats(void)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	CHECK(vsmmu_get_stats(mt_vmm.vsmmu, &stats) == 0);
	CHECK(stats.sequenced == stats.delivered + stats.lost + stats.discarded + stats.pending);
	return stats;
}

static void report(void *opaque, const struct vsmmu_report *report)
{
	unsigned long long left_out;

	(void)opaque;
	if (sscanf(report->text, "taking a snapshot: %llu events", &left_out) == 1)
		atomic_fetch_add(&mt_vmm.left_out, left_out);
	mt_vmm_stats();
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_read = mt_vmm_memory_read,
	.memory_write = copy_in,
	.irq_pulse = irq_pulse,
	.report = report,
};

uint64_t mt_vmm_read(uint64_t offset, uint32_t size)
{
	uint64_t value = 0;

	CHECK(vsmmu_mmio_read(mt_vmm.vsmmu, offset, size, &value) == 0);
	return value;
}

void mt_vmm_write(uint64_t offset, uint64_t value, uint32_t size)
{
	CHECK(vsmmu_mmio_write(mt_vmm.vsmmu, offset, size, value) == 0);
}

static void insert(const uint64_t command[2])
{
	const uint64_t at = CMDQ + 16 * (uint64_t)queue_index(queue_prod, CMDQ_LOG2);

	mt_vmm_store(at, command[0]);
	mt_vmm_store(at + 8, command[1]);
	queue_prod = queue_advance(queue_prod, 1, CMDQ_LOG2);
}

/* Under the guest's lock. Return: false when there is no room for all of it. */
static bool insert_all(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	const uint64_t sync[2] = {COMMAND_OP_SYNC | SIG_IRQ | (uint64_t)done << 32, DONE(vcpu)};
	const uint32_t cons = (uint32_t)mt_vmm_read(SMMU_CMDQ_CONS, 4);

	if (queue_free(queue_prod, cons, CMDQ_LOG2) < count + 1)
		return false;
	for (unsigned int i = 0; i < count; i++)
		insert(command[i]);
	insert(sync);
	atomic_fetch_add(&mt_vmm.commands, count + 1);
	atomic_fetch_add(&mt_vmm.syncs, 1);
	mt_vmm_write(SMMU_CMDQ_PROD, queue_prod, 4);
	return true;
}

/* Return: mt_vmm.resets by then; a different one later tells that it came to nothing. */
static unsigned int issue(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	unsigned int resets;
	bool inserted;

	for (;; sched_yield()) {
		pthread_mutex_lock(&queue_lock);
		resets = atomic_load(&mt_vmm.resets);
		inserted = insert_all(vcpu, command, count, done);
		pthread_mutex_unlock(&queue_lock);
		if (inserted)
			return resets;
	}
}

bool mt_vmm_is_done(unsigned int vcpu, uint32_t done)
{
	return (uint32_t)le64toh(atomic_load(&memory[(DONE(vcpu) - MT_VMM_MEMORY) / 8])) == done;
}

bool mt_vmm_issue_and_wait(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done)
{
	const unsigned int resets = issue(vcpu, command, count, done);

	for (unsigned int i = 0; !mt_vmm_is_done(vcpu, done); i++) {
		if (atomic_load(&mt_vmm.resets) != resets)
			return false;
		if (i == MT_VMM_PATIENCE) {
			mt_check_failed(__FILE__, __LINE__);
			return false;
		}
		poll(NULL, 0, i ? 1 : 0);
	}
	return true;
}

void mt_vmm_set_page(unsigned int n, uint64_t pa)
{
	mt_vmm_store(TABLES(n) + 0x3000 + 8 * (MT_VMM_IOVA >> 12), pa ? pa | PAGE_BITS : 0);
}

static void build_tables(unsigned int n)
{
	mt_vmm_store(MT_VMM_STRTAB + 64 * (uint64_t)n, STE_STAGE1 | TABLES(n));
	mt_vmm_store(TABLES(n), CD_WORD0 | (uint64_t)(n + 1) << 48);
	mt_vmm_store(TABLES(n) + 8, TABLES(n) + 0x1000);
	mt_vmm_store(TABLES(n) + 24, 0xff);
	mt_vmm_store(TABLES(n) + 0x1000, (TABLES(n) + 0x2000) | 3);
	mt_vmm_store(TABLES(n) + 0x2000, (TABLES(n) + 0x3000) | 3);
	mt_vmm_set_page(n, MT_VMM_PAGES(n));
	for (uint64_t page = 0; page < 2; page++)
		mt_vmm_store(MT_VMM_PAGES(n) + 0x1000 * page, 0x1000 * n + page + 1);
}

uint64_t mt_vmm_dma_read(unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {.size = sizeof(access), .address = address};
	uint64_t value = 0;
	int ret = vsmmu_sim_dma(mt_vmm.sim, mt_vmm.dev_ids[n], &access, &value, sizeof(value));

	CHECK(ret == 0 || ret == -EFAULT);
	return ret ? 0 : le64toh(value);
}

int mt_vmm_attach(unsigned int n, uint32_t vsid)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = vsid,
		.dev_id = mt_vmm.dev_ids[n],
		.vfio_fd = -1,
	};

	return vsmmu_endpoint_attach(mt_vmm.vsmmu, &config, &mt_vmm.endpoints[n]);
}

struct vsmmu_host *mt_vmm_sim_new(uint32_t dev_ids[MT_VMM_ENDPOINTS])
{
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.first_sequence = 0x7fffff00,
		.memory_read = mt_vmm_memory_read,
		.memory_write = copy_in,
	};
	struct vsmmu_host *host;

	assert_int_equal(vsmmu_sim_new(&host, &config), 0);
	for (unsigned int n = 0; n < MT_VMM_ENDPOINTS; n++)
		assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &dev_ids[n]), 0);
	return host;
}

/* As a driver does that finds the SMMU off. */
static void come_up(void)
{
	queue_prod = 0;
	mt_vmm_write(SMMU_STRTAB_BASE, MT_VMM_STRTAB, 8);
	mt_vmm_write(SMMU_STRTAB_BASE_CFG, 6, 4);
	mt_vmm_write(SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2, 8);
	mt_vmm_write(SMMU_CMDQ_PROD, 0, 4);
	mt_vmm_write(SMMU_CMDQ_CONS, 0, 4);
	mt_vmm_write(SMMU_EVENTQ_BASE, EVENTQ | EVENT_LOG2, 8);
	mt_vmm_write(SMMU_EVENTQ_PROD, 0, 4);
	mt_vmm_write(SMMU_EVENTQ_CONS, 0, 4);
	mt_vmm_write(SMMU_IRQ_CTRL, MT_VMM_IRQS, 4);
	mt_vmm_write(SMMU_CR0, MT_VMM_ON, 4);
	CHECK(mt_vmm_read(SMMU_CR0ACK, 4) == MT_VMM_ON);
}

struct vsmmu *mt_vmm_new(struct vsmmu_host *host, const struct vsmmu_config *given)
{
	struct vsmmu_config config = given ? *given : (struct vsmmu_config){0};
	struct vsmmu *vsmmu;

	config.size = sizeof(config);
	config.ops = &ops;
	config.host = host;
	config.veventq_depth = 200;
	config.report_burst = UINT32_MAX; /* report() has to see all */
	assert_int_equal(vsmmu_new(&vsmmu, &config), 0);
	return vsmmu;
}

void mt_vmm_create(struct vsmmu_host *host, const struct vsmmu_config *config)
{
	mt_vmm.vsmmu = mt_vmm_new(host, config);
	for (size_t i = 0; i < SIZE / 8; i++)
		atomic_store(&memory[i], 0);
	for (unsigned int n = 0; n < MT_VMM_ENDPOINTS; n++)
		build_tables(n);
	for (unsigned int n = 0; n < MT_VMM_PLUGGED; n++)
		assert_int_equal(mt_vmm_attach(n, n), 0);
	atomic_store(&mt_vmm.commands, 0);
	atomic_store(&mt_vmm.syncs, 0);
	atomic_store(&mt_vmm.left_out, 0);
	come_up();
}

void mt_vmm_reset(void)
{
	CHECK(vsmmu_reset(mt_vmm.vsmmu) == 0);
	pthread_mutex_lock(&queue_lock);
	come_up();
	/* What was issued until now is forgotten. */
	atomic_fetch_add(&mt_vmm.resets, 1);
	pthread_mutex_unlock(&queue_lock);
}

void mt_vmm_destroy(struct vsmmu_host *host)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	vsmmu_free(mt_vmm.vsmmu);
	assert_int_equal(vsmmu_sim_get_stats(mt_vmm.sim, &stats), 0);
	assert_int_equal(stats.objects, 0);
	assert_int_equal(stats.commands_refused, 0);
	vsmmu_host_unref(host);
	assert_int_equal(atomic_load(&failed_checks), 0);
}
