/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole vSMMU in a very small VMM: guest memory, both fds in one epoll loop, MSIs, a snapshot.
 * The host is the simulator, whose endpoint does DMA when it is told to; with vsmmu_iommufd_new()
 * and a VFIO device in its place the rest stays as it is. The guest is in embed_whole_guest.h.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <vsmmu/sim.h>
#include <vsmmu/snapshot.h>

#include "embed_whole_guest.h"

struct vm {
	uint8_t ram[RAM_SIZE];
	unsigned int interrupts; /* that the guest has not handled yet */
	struct vsmmu_config config;
	struct vsmmu_endpoint_config device;
	struct vsmmu *vsmmu;
};

static uint8_t *vm_at(struct vm *vm, uint64_t address, size_t length)
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
	((struct vm *)opaque)->interrupts += irq == VSMMU_IRQ_CMD_SYNC;
}

/* With KVM: KVM_SIGNAL_MSI, if that is where the ITS is. */
static int vm_msi(void *opaque, uint64_t address, uint32_t data)
{
	(void)data;
	((struct vm *)opaque)->interrupts += address == DOORBELL;
	return address == DOORBELL ? 0 : -1;
}

/* Why a call was refused, and what else a person should know. */
static void vm_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	fprintf(stderr, "%s: %s: %s\n", vsmmu_severity_name(report->severity),
		vsmmu_report_name(report->code), report->text);
}

/* The VMM's loop, here until the guest gets an interrupt. Return: whether it did. */
static bool loop(struct vm *vm)
{
	const int fds[2] = {vsmmu_get_event_fd(vm->vsmmu), vsmmu_get_command_fd(vm->vsmmu)};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;

	for (int i = 0; i < 2; i++) {
		event = (struct epoll_event){.events = EPOLLIN, .data.fd = fds[i]};
		epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event);
	}
	while (!vm->interrupts && epoll_wait(epoll, &event, 1, 1000) == 1) {
		if (event.data.fd == fds[0])
			vsmmu_dispatch(vm->vsmmu, 0);
		else
			vsmmu_run_commands(vm->vsmmu, 0);
	}
	close(epoll);
	return vm->interrupts && vm->interrupts--;
}

static bool start(struct vm *vm)
{
	struct vsmmu_endpoint *endpoint;

	return !vsmmu_new(&vm->vsmmu, &vm->config) &&
	       !vsmmu_endpoint_attach(vm->vsmmu, &vm->device, &endpoint);
}

/* To a new vSMMU; in real life on another machine, with the guest's memory moved before. */
static bool move(struct vm *vm)
{
	void *snapshot;
	size_t length;
	bool good;

	if (vsmmu_save(vm->vsmmu, &snapshot, &length))
		return false;
	vsmmu_free(vm->vsmmu);
	vm->vsmmu = NULL;
	good = start(vm) && !vsmmu_restore(vm->vsmmu, snapshot, length);
	vsmmu_snapshot_free(snapshot);
	return good;
}

static int device_writes(const struct vm *vm, uint64_t iova)
{
	struct vsmmu_access access = {
		.size = sizeof(access), .vsid = VSID, .flags = VSMMU_ACCESS_WRITE, .address = iova};

	return vsmmu_sim_dma(vm->config.host, vm->device.dev_id, &access, (char[]){"hello"}, 6);
}

static bool run(struct vm *vm)
{
	if (!start(vm))
		return false;
	guest_boots(vm->ram, vm->vsmmu);
	if (!loop(vm) || device_writes(vm, GOOD_IOVA))
		return false;
	printf("in guest memory: %.6s\n", (const char *)vm->ram + GOOD_IOVA);
	if (device_writes(vm, BAD_IOVA) != -EFAULT || !loop(vm))
		return false;
	guest_takes_event(vm->ram, vm->vsmmu, 0);
	/* The second event is still in the host's kernel when the machine moves. */
	if (device_writes(vm, BAD_IOVA) != -EFAULT || !move(vm) || !loop(vm))
		return false;
	guest_takes_event(vm->ram, vm->vsmmu, 1);
	return !device_writes(vm, GOOD_IOVA);
}

int main(void)
{
	static const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = vm_write,
		.irq_pulse = vm_irq,
		.report = vm_report,
		.memory_read = vm_read,
		.msi = vm_msi,
	};
	static struct vm vm = {.device = {.size = sizeof(vm.device), .vsid = VSID, .vfio_fd = -1}};
	struct vsmmu_sim_config sim = {.size = sizeof(sim),
		.memory_read = vm_read,
		.memory_write = vm_write,
		.memory_opaque = &vm};
	bool good;

	vm.config = (struct vsmmu_config){.size = sizeof(vm.config), .ops = &ops, .opaque = &vm};
	good = !vsmmu_sim_new(&vm.config.host, &sim) &&
	       !vsmmu_sim_endpoint_new(vm.config.host, 0, &vm.device.dev_id);
	good = good && run(&vm);
	if (!good)
		fprintf(stderr, "embed_whole: not all went as it should\n");
	vsmmu_free(vm.vsmmu);
	vsmmu_host_unref(vm.config.host);
	return good ? 0 : 1;
}
