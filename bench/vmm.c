/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "arch/queue.h"
#include "arch/regs.h"

#define RECORD_SIZE   UINT64_C(32)
#define QUEUE_ADDRESS UINT64_C(0x100000000)

/* Of a whole vSMMU's guest. */
#define COMMAND_SIZE	 UINT64_C(16)
#define COMMANDS_ADDRESS UINT64_C(0x200000000)
#define STRTAB_ADDRESS	 UINT64_C(0x300000000)
#define STRTAB_LOG2	 16
#define STE_SIZE	 UINT64_C(64)
#define STE_STAGE1	 UINT64_C(0xb)

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

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct vmm *vmm = opaque;
	uint64_t offset = address - QUEUE_ADDRESS;

	if (offset >= vmm->size || length > vmm->size - offset)
		return -EFAULT;
	memcpy(vmm->memory + offset, bytes, length);
	return 0;
}

/* Every STE is the same, so there need not be memory for the table. */
static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint64_t commands = COMMAND_SIZE << VMM_COMMANDS_LOG2;
	const uint64_t ste[STE_SIZE / sizeof(uint64_t)] = {htole64(STE_STAGE1)};
	const struct vmm *vmm = opaque;
	uint64_t offset = address - COMMANDS_ADDRESS;

	if (offset < commands && length <= commands - offset) {
		memcpy(bytes, (const uint8_t *)vmm->commands + offset, length);
		return 0;
	}
	if (address - STRTAB_ADDRESS >= STE_SIZE << STRTAB_LOG2 || length != STE_SIZE)
		return -EFAULT;
	memcpy(bytes, ste, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	const uint64_t one = 1;
	struct vmm *vmm = opaque;

	(void)irq;
	vmm->irqs++;
	if (vmm->irq_clock)
		vmm->irq_time = vmm_clock();
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

static void enable(struct vmm *vmm)
{
	const uint32_t on = SMMU_CR0_EVENTQEN | (vmm->commands ? SMMU_CR0_CMDQEN : 0);

	vsmmu_mmio_write(vmm->vsmmu, SMMU_STRTAB_BASE, 8, STRTAB_ADDRESS);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_STRTAB_BASE_CFG, 4, STRTAB_LOG2);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_CMDQ_BASE, 8, COMMANDS_ADDRESS | VMM_COMMANDS_LOG2);
	vsmmu_mmio_write(
		vmm->vsmmu, SMMU_EVENTQ_BASE, 8, QUEUE_ADDRESS | SMMU_QUEUE_BASE_HINT | vmm->log2);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_EVENTQ_PROD, 4, 0);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_EVENTQ_CONS, 4, 0);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_CR0, 4, on);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_IRQ_CTRL, 4, SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_CR0, 4, on | SMMU_CR0_SMMUEN);
}

static int open_vmm(
	struct vmm *vmm, struct vsmmu_host *host, unsigned int log2, uint32_t depth, bool whole)
{
	const struct vsmmu_config config = {
		.size = sizeof(config),
		.ops = whole ? &whole_ops : &ops,
		.opaque = vmm,
		.host = host,
		.veventq_depth = depth,
	};
	int ret;

	memset(vmm, 0, sizeof(*vmm));
	vmm->log2 = log2;
	vmm->size = RECORD_SIZE << log2;
	vmm->memory = malloc(vmm->size);
	if (!vmm->memory)
		return -ENOMEM;
	memset(vmm->memory, 0xff, vmm->size);
	if (whole) {
		vmm->commands = calloc(1U << VMM_COMMANDS_LOG2, COMMAND_SIZE);
		if (!vmm->commands)
			return -ENOMEM;
	}
	vmm->irq_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = vmm->irq_fd < 0 ? -errno : vsmmu_new(&vmm->vsmmu, &config);
	if (!ret)
		enable(vmm);
	return ret;
}

int vmm_open(struct vmm *vmm, struct vsmmu_host *host, unsigned int log2, uint32_t depth)
{
	return open_vmm(vmm, host, log2, depth, false);
}

int vmm_open_whole(struct vmm *vmm, struct vsmmu_host *host, unsigned int log2, uint32_t depth)
{
	return open_vmm(vmm, host, log2, depth, true);
}

void vmm_close(struct vmm *vmm)
{
	vsmmu_free(vmm->vsmmu);
	close(vmm->irq_fd);
	free(vmm->commands);
	free(vmm->memory);
	memset(vmm, 0, sizeof(*vmm));
}

bool vmm_readable(const struct vmm *vmm)
{
	struct pollfd fd = {.fd = vsmmu_get_fd(vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void vmm_consume(struct vmm *vmm)
{
	uint64_t both, prod, cons;

	/* As Linux reads them: the two registers are neighbours. */
	vsmmu_mmio_read(vmm->vsmmu, SMMU_EVENTQ_PROD, 8, &both);
	prod = both & SMMU_QUEUE_INDEX;
	cons = both >> 32 & SMMU_QUEUE_INDEX;
	vmm->consumed += queue_distance((uint32_t)prod, (uint32_t)cons, vmm->log2);
	vsmmu_mmio_write(vmm->vsmmu, SMMU_EVENTQ_CONS, 4, (uint32_t)prod);
}

void vmm_drain(struct vmm *vmm)
{
	while (vmm_readable(vmm)) {
		vsmmu_dispatch(vmm->vsmmu, 0);
		vmm_consume(vmm);
	}
}

void vmm_command(struct vmm *vmm, uint64_t word0, uint64_t word1)
{
	uint64_t *command = vmm->commands[queue_index(vmm->commands_prod, VMM_COMMANDS_LOG2)];

	command[0] = htole64(word0);
	command[1] = htole64(word1);
	vmm->commands_prod = queue_advance(vmm->commands_prod, 1, VMM_COMMANDS_LOG2);
}

void vmm_ring(struct vmm *vmm)
{
	uint64_t cons;

	vsmmu_mmio_write(vmm->vsmmu, SMMU_CMDQ_PROD, 4, vmm->commands_prod);
	for (;;) {
		vsmmu_mmio_read(vmm->vsmmu, SMMU_CMDQ_CONS, 4, &cons);
		if (cons == vmm->commands_prod)
			return;
		if (!vsmmu_run_commands(vmm->vsmmu, 0))
			bench_check(-EIO, "the command queue");
	}
}

struct vsmmu_stats vmm_stats(const struct vmm *vmm)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(vmm->vsmmu, &stats);
	return stats;
}
