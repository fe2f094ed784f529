/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Room for 10,000 streams' tables and for the largest queue that Linux makes. */
#define MEMORY_ADDRESS UINT64_C(0x100000000)
#define MEMORY_SIZE    (UINT64_C(16) << 20)

#define RECORD_SIZE UINT64_C(32)
#define QUEUE_INDEX UINT32_C(0x000fffff) /* wrap bit and index, any size */

uint64_t vmm_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bench_check(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(-ret));
	exit(1);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t bench_quantile(uint64_t *values, uint32_t count, unsigned int percent)
{
	qsort(values, count, sizeof(*values), compare);
	return values[(uint64_t)count * percent / 100];
}

void *bench_map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	bench_check(memory == MAP_FAILED ? -errno : 0, "memory");
	return memory;
}

static void *memory_at(const struct vmm *vmm, uint64_t address, size_t length)
{
	const struct driver_memory *memory = &vmm->driver.memory;
	uint64_t offset = address - memory->gpa;

	if (offset >= memory->size || length > memory->size - offset)
		return NULL;
	return memory->base + offset;
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const void *memory = memory_at(opaque, address, length);

	if (!memory)
		return -EFAULT;
	memcpy(bytes, memory, length);
	return 0;
}

/* All at once where it may be an MSI: a vCPU polls for that. */
static void store(void *to, const void *bytes, size_t length)
{
	uint32_t word;

	if (length != sizeof(word) || (uintptr_t)to % sizeof(word)) {
		memcpy(to, bytes, length);
		return;
	}
	memcpy(&word, bytes, sizeof(word));
	__atomic_store_n((uint32_t *)to, word, __ATOMIC_RELEASE);
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	void *memory = memory_at(opaque, address, length);
	struct vmm *vmm = opaque;

	if (!memory)
		return -EFAULT;
	store(memory, bytes, length);
	if (vmm->written)
		vmm->written(vmm);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	static const enum driver_irq irqs[VSMMU_IRQ_CMD_SYNC + 1] = {
		[VSMMU_IRQ_EVENTQ] = DRIVER_IRQ_EVENTQ,
		[VSMMU_IRQ_GERROR] = DRIVER_IRQ_GERROR,
		[VSMMU_IRQ_CMD_SYNC] = DRIVER_IRQ_CMD_SYNC,
	};
	const uint64_t one = 1;
	struct vmm *vmm = opaque;

	vmm->irqs++;
	if (vmm->irq_clock)
		vmm->irq_time = vmm_clock();
	driver_interrupt(&vmm->driver, irqs[irq]);
	if (write(vmm->irq_fd, &one, sizeof(one)) != sizeof(one))
		bench_check(-errno, "the interrupt's eventfd");
}

static const struct vsmmu_ops ops = {
	.size = sizeof(ops),
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
};

static const struct vsmmu_ops whole_ops = {
	.size = sizeof(whole_ops),
	.memory_read = memory_read,
	.memory_write = memory_write,
	.irq_pulse = irq_pulse,
};

static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned int size)
{
	struct vmm *vmm = opaque;
	uint64_t value;

	if (vmm->watch)
		vmm->watch(vmm, offset, false);
	vsmmu_mmio_read(vmm->vsmmu, offset, size, &value);
	if (vmm->watch)
		vmm->watch(vmm, offset, true);
	return value;
}

static void mmio_write(void *opaque, uint64_t offset, unsigned int size, uint64_t value)
{
	struct vmm *vmm = opaque;

	if (vmm->watch)
		vmm->watch(vmm, offset, false);
	vsmmu_mmio_write(vmm->vsmmu, offset, size, value);
	if (vmm->watch)
		vmm->watch(vmm, offset, true);
}

/* Commands that one register write did not consume. */
static void idle(void *opaque)
{
	struct vmm *vmm = opaque;

	vsmmu_run_commands(vmm->vsmmu, 0);
}

static const struct driver_ops driver_ops = {
	.read = mmio_read,
	.write = mmio_write,
	.idle = idle,
};

static void boot(struct vmm *vmm)
{
	bench_check(driver_probe(&vmm->driver), "the guest's probe");
	bench_check(driver_reset(&vmm->driver), "the guest's reset");
	bench_check(driver_domain_init(&vmm->driver, &vmm->domain, NULL), "the guest's domain");
}

/* The other registers, which the driver would want too, are not the library's here. */
static void begin_events(struct vmm *vmm, unsigned int log2)
{
	struct driver *driver = &vmm->driver;
	struct driver_queue *queue = &driver->eventq;
	const uint32_t on = MMIO_CR0_EVENTQEN;
	int ret;

	queue->log2 = log2;
	queue->entries = driver_alloc(driver, RECORD_SIZE << log2, &queue->gpa);
	bench_check(queue->entries ? 0 : -ENOMEM, "the guest's event queue");
	driver_write64(driver, MMIO_EVENTQ_BASE, MMIO_BASE_ALLOCATE | queue->gpa | log2);
	driver_write32(driver, MMIO_EVENTQ_PROD, 0);
	driver_write32(driver, MMIO_EVENTQ_CONS, 0);
	ret = driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, on);
	if (!ret)
		ret = driver_write_acked(driver, MMIO_IRQ_CTRL, MMIO_IRQ_CTRLACK, MMIO_IRQ_EVENTQ);
	if (!ret)
		ret = driver_write_acked(driver, MMIO_CR0, MMIO_CR0ACK, on | MMIO_CR0_SMMUEN);
	bench_check(ret, "enabling the guest's event queue");
}

void vmm_open(struct vmm *vmm, const struct vmm_config *config)
{
	const struct vsmmu_config vsmmu_config = {
		.size = sizeof(vsmmu_config),
		.ops = config->whole ? &whole_ops : &ops,
		.opaque = vmm,
		.host = config->host,
		.veventq_depth = config->depth,
		.isolate = config->isolate,
		.event_path_only = !config->whole,
	};
	const struct driver_options options = {
		.eventq_log2 = (uint8_t)config->log2,
		.cmdq_log2 = (uint8_t)config->cmdq_log2,
		/* The end of a CMD_SYNC is read in CONS, whether or not MSIs are there. */
		.sync = DRIVER_SYNC_CONS,
	};
	struct driver_memory memory = {.gpa = MEMORY_ADDRESS, .size = MEMORY_SIZE};

	*vmm = (struct vmm){.irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	bench_check(vmm->irq_fd < 0 ? -errno : 0, "the interrupt's eventfd");
	if (config->memory)
		memory = *config->memory;
	else
		memory.base = bench_map(MEMORY_SIZE);
	driver_init(&vmm->driver, &driver_ops, vmm, &memory, &options);
	bench_check(vsmmu_new(&vmm->vsmmu, &vsmmu_config), "vSMMU");
	if (config->whole)
		boot(vmm);
	else
		begin_events(vmm, config->log2);
}

void vmm_attach_stream(struct vmm *vmm, uint32_t vsid)
{
	const uint64_t stes = vmm_stats(vmm).stes;

	bench_check(driver_attach(&vmm->driver, vsid, &vmm->domain), "the guest's stream");
	bench_check(vmm_stats(vmm).stes > stes ? 0 : -EPROTO, "installing the guest's STE");
}

bool vmm_readable(const struct vmm *vmm)
{
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void vmm_run_guest(struct vmm *vmm)
{
	driver_run(&vmm->driver);
}

uint32_t vmm_skip_events(struct vmm *vmm)
{
	struct driver_queue *queue = &vmm->driver.eventq;
	/* As Linux reads them: the two registers are neighbours. */
	const uint64_t both = driver_read64(&vmm->driver, MMIO_EVENTQ_PROD);
	const uint32_t before = both >> 32 & QUEUE_INDEX;

	queue->prod = queue->cons = both & QUEUE_INDEX;
	driver_write32(&vmm->driver, MMIO_EVENTQ_CONS, queue->cons);
	return (queue->prod - before) & ((UINT32_C(2) << queue->log2) - 1);
}

void vmm_drain(struct vmm *vmm)
{
	while (vmm_readable(vmm)) {
		vsmmu_dispatch(vmm->vsmmu, 0);
		vmm_run_guest(vmm);
	}
}

struct driver_command vmm_tlbi(const struct vmm *vmm, unsigned int page)
{
	return (struct driver_command){
		{SMMU_CMD_TLBI_NH_VA | SMMU_CMD_ASID(vmm->domain.asid), (uint64_t)page << 12}};
}

void vmm_sync(struct vmm *vmm, const struct driver_command *commands, size_t count)
{
	bench_check(driver_issue_sync(&vmm->driver, commands, count), "CMD_SYNC");
}

struct vsmmu_stats vmm_stats(const struct vmm *vmm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(vmm->vsmmu, &stats);
	return stats;
}
