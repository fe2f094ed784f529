/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A very small VMM for the examples: guest memory, interrupts, and an endpoint of the simulator,
 * which does DMA when it is told to. With vsmmu_iommufd_new() and a VFIO device in its place the
 * rest stays as it is: embed_iommufd.c.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vsmmu/sim.h>

#include "embed_guest.h"

struct vm {
	uint8_t ram[RAM_SIZE];
	int interrupt; /* semaphore of those that the guest has not handled yet */
	struct vsmmu_config config;
	struct vsmmu_endpoint_config device;
	struct vsmmu *vsmmu;
};

static inline uint8_t *vm_at(struct vm *vm, uint64_t address, size_t length)
{
	const bool there = address >= RAM && address - RAM <= RAM_SIZE;

	return there && length <= RAM_SIZE - (address - RAM) ? vm->ram + (address - RAM) : NULL;
}

static int vm_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint8_t *at = vm_at(opaque, address, length);

	return at ? (memcpy(bytes, at, length), 0) : -1;
}

static int vm_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	uint8_t *at = vm_at(opaque, address, length);

	return at ? (memcpy(at, bytes, length), 0) : -1;
}

/* With KVM: an irqfd for each line. This guest wants its events' interrupts as MSIs. */
static void vm_irq(void *opaque, enum vsmmu_irq irq)
{
	const struct vm *vm = opaque;

	if (irq == VSMMU_IRQ_CMD_SYNC)
		(void)eventfd_write(vm->interrupt, 1);
}

/* With KVM: KVM_SIGNAL_MSI, if that is where the ITS is. */
static int vm_msi(void *opaque, uint64_t address, uint32_t data)
{
	const struct vm *vm = opaque;

	(void)data;
	return address == DOORBELL ? eventfd_write(vm->interrupt, 1) : -1;
}

/* Why a call was refused, and what else a person should know. */
static void vm_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	fprintf(stderr, "%s: %s: %s\n", vsmmu_severity_name(report->severity),
		vsmmu_report_name(report->code), report->text);
}

static inline bool vm_start(struct vm *vm)
{
	struct vsmmu_endpoint *endpoint;

	return !vsmmu_new(&vm->vsmmu, &vm->config) &&
	       !vsmmu_endpoint_attach(vm->vsmmu, &vm->device, &endpoint);
}

static inline bool vm_open(struct vm *vm)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = vm_write,
		.irq_pulse = vm_irq,
		.report = vm_report,
		.memory_read = vm_read,
		.msi = vm_msi,
	};
	const struct vsmmu_sim_config sim = {.size = sizeof(sim),
		.memory_read = vm_read,
		.memory_write = vm_write,
		.memory_opaque = vm};

	vm->interrupt = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
	vm->config = (struct vsmmu_config){.size = sizeof(vm->config), .ops = &ops, .opaque = vm};
	vm->device = (struct vsmmu_endpoint_config){
		.size = sizeof(vm->device), .vsid = VSID, .vfio_fd = -1};
	return vm->interrupt >= 0 && !vsmmu_sim_new(&vm->config.host, &sim) &&
	       !vsmmu_sim_endpoint_new(vm->config.host, 0, &vm->device.dev_id) && vm_start(vm);
}

/* No call of the vSMMU is under way in any thread by then. */
static inline void vm_close(struct vm *vm)
{
	vsmmu_free(vm->vsmmu);
	vsmmu_host_unref(vm->config.host);
	close(vm->interrupt);
}

/* As a vCPU's thread would, for a second at most. Return: whether there was one. */
static inline bool vm_wait_interrupt(struct vm *vm)
{
	struct pollfd fd = {.fd = vm->interrupt, .events = POLLIN};
	eventfd_t one;

	return poll(&fd, 1, 1000) == 1 && !eventfd_read(vm->interrupt, &one);
}

/* Return: 0; -EFAULT for an address that the guest has not mapped, of which it is told. */
static inline int vm_device_writes(const struct vm *vm, uint64_t iova)
{
	struct vsmmu_access access = {
		.size = sizeof(access), .vsid = VSID, .flags = VSMMU_ACCESS_WRITE, .address = iova};

	return vsmmu_sim_dma(vm->config.host, vm->device.dev_id, &access, (char[]){"hello"}, 6);
}
