/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event path alone in an epoll loop, for a VMM that has a command queue and stream tables
 * of its own, as event_path_only says. The host is the simulator, so this runs anywhere;
 * with vsmmu_iommufd_new() in its place the rest stays as it is. One endpoint faults once; the
 * event takes its way into the guest's queue, and the program fails if the guest finds another.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vsmmu/registers.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#define RAM_BASE   UINT64_C(0x40000000)
#define QUEUE_LOG2 7
#define VSID	   0x42
#define IOVA	   UINT64_C(0x100000) /* that the endpoint reads */

struct vm {
	uint8_t ram[VSMMU_EVENT_RECORD_SIZE << QUEUE_LOG2];
	int irq; /* an eventfd: in a VMM with KVM, an irqfd */
};

static int vm_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	struct vm *vm = opaque;

	if (address < RAM_BASE || length > sizeof(vm->ram) ||
		address - RAM_BASE > sizeof(vm->ram) - length)
		return -1;
	memcpy(vm->ram + (address - RAM_BASE), bytes, length);
	return 0;
}

static void vm_irq(void *opaque, enum vsmmu_irq irq)
{
	struct vm *vm = opaque;

	if (irq == VSMMU_IRQ_EVENTQ)
		(void)eventfd_write(vm->irq, 1);
}

/* Why a call was refused, and what else a person should know. */
static void vm_report(void *opaque, const struct vsmmu_report *report)
{
	(void)opaque;
	fprintf(stderr, "%s: %s: %s\n", vsmmu_severity_name(report->severity),
		vsmmu_report_name(report->code), report->text);
}

/* What a guest's driver does when it starts: its writes come from vCPU exits. */
static void guest_enables_queue(struct vsmmu *vsmmu)
{
	vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_BASE, 8, RAM_BASE | QUEUE_LOG2);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_IRQ_CTRL, 4, 1 << 2);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_CR0, 4, 1 << 2 | 1 << 0);
}

/* And when its interrupt comes. Return: whether it is told of the fault. */
static bool guest_consumes(struct vsmmu *vsmmu, const struct vm *vm)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event = {.size = sizeof(event)};

	vsmmu_event_record_load(vm->ram, &record);
	vsmmu_event_decode(&record, &event);
	printf("%s: stream 0x%" PRIx32 ", address 0x%" PRIx64 "\n", vsmmu_event_name(event.id),
		event.sid, event.input_addr);
	vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_CONS, 4, 1);
	return event.id == VSMMU_EVENT_F_TRANSLATION && event.sid == VSID &&
	       event.input_addr == IOVA;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* The VMM's loop, here until the guest gets an interrupt. Return: whether it did. */
static bool loop(struct vsmmu *vsmmu, struct vm *vm)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event;
	eventfd_t count = 0;

	watch(epoll, vsmmu_get_event_fd(vsmmu));
	watch(epoll, vsmmu_get_command_fd(vsmmu));
	watch(epoll, vm->irq);
	while (!count && epoll_wait(epoll, &event, 1, 1000) == 1) {
		if (event.data.fd == vm->irq)
			(void)eventfd_read(vm->irq, &count);
		else if (event.data.fd == vsmmu_get_event_fd(vsmmu))
			vsmmu_dispatch(vsmmu, 0);
		else
			vsmmu_run_commands(vsmmu, 0); /* tries again what a failing host refused */
	}
	close(epoll);
	return count == 1;
}

/* All counters that are not 0, those of later versions too. */
static void print_counters(struct vsmmu *vsmmu)
{
	struct vsmmu_stats stats = {.size = sizeof(stats)};

	vsmmu_get_stats(vsmmu, &stats);
	for (unsigned int n = 0; vsmmu_stats_name(n); n++)
		if (vsmmu_stats_value(&stats, n))
			printf("%s %" PRIu64 "\n", vsmmu_stats_name(n),
				vsmmu_stats_value(&stats, n));
}

int main(void)
{
	const struct vsmmu_event fault = {
		.size = sizeof(fault),
		.id = VSMMU_EVENT_F_TRANSLATION,
		.class_ = VSMMU_EVENT_CLASS_IN,
		.rnw = true,
		.input_addr = IOVA,
	};
	/* V = 1, Config: stage 1 */
	const uint64_t ste[2] = {1 | 5 << 1 | RAM_BASE, 0};
	static struct vm vm;
	const struct vsmmu_ops ops = {
		.size = sizeof(ops),
		.memory_write = vm_write,
		.irq_pulse = vm_irq,
		.report = vm_report,
	};
	struct vsmmu_config config = {
		.size = sizeof(config), .ops = &ops, .opaque = &vm, .event_path_only = true};
	struct vsmmu_endpoint_config device = {.size = sizeof(device), .vsid = VSID, .vfio_fd = -1};
	struct vsmmu_event_record record;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu *vsmmu = NULL;
	int ret = 1;

	vm.irq = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (vsmmu_sim_new(&config.host, NULL) ||
		vsmmu_sim_endpoint_new(config.host, 0, &device.dev_id) ||
		vsmmu_new(&vsmmu, &config) || vsmmu_endpoint_attach(vsmmu, &device, &endpoint) ||
		vsmmu_endpoint_set_ste(endpoint, ste) || vsmmu_event_encode(&fault, &record))
		goto out;
	guest_enables_queue(vsmmu);
	if (vsmmu_sim_fault(config.host, device.dev_id, &record))
		goto out;
	if (loop(vsmmu, &vm) && guest_consumes(vsmmu, &vm))
		ret = 0;
	print_counters(vsmmu);
out:
	if (ret)
		fprintf(stderr, "embed_epoll: not all went as it should\n");
	vsmmu_free(vsmmu);
	vsmmu_host_unref(config.host);
	close(vm.irq);
	return ret;
}
