/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program outside of the tree, against the installed package: an endpoint of the simulator
 * faults, and the event arrives in the guest's queue. Compiled as C and as C++.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <vsmmu/registers.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#define RAM_BASE UINT64_C(0x40000000)
#define VSID	 0x42

static uint8_t ram[VSMMU_EVENT_RECORD_SIZE << 4];
static int interrupts;

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (address < RAM_BASE || address - RAM_BASE > sizeof(ram) ||
		length > sizeof(ram) - (address - RAM_BASE))
		return -1;
	memcpy(ram + (address - RAM_BASE), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque;
	interrupts += irq == VSMMU_IRQ_EVENTQ;
}

static int fault(struct vsmmu_host *sim, uint32_t dev_id)
{
	struct vsmmu_event_record record;
	struct vsmmu_event event;

	memset(&event, 0, sizeof(event));
	event.size = sizeof(event);
	event.id = VSMMU_EVENT_F_TRANSLATION;
	event.class_ = VSMMU_EVENT_CLASS_IN;
	event.rnw = true;
	event.input_addr = 0x100000;
	return vsmmu_event_encode(&event, &record) || vsmmu_sim_fault(sim, dev_id, &record);
}

/* Return: whether the guest has the event that was made, and an interrupt. */
static bool received(struct vsmmu *vsmmu)
{
	struct pollfd fd = {vsmmu_get_event_fd(vsmmu), POLLIN, 0};
	struct vsmmu_event_record record;
	struct vsmmu_event event;

	if (poll(&fd, 1, 1000) != 1 || vsmmu_dispatch(vsmmu, 0) != 1)
		return false;
	event.size = sizeof(event);
	vsmmu_event_record_load(ram, &record);
	vsmmu_event_decode(&record, &event);
	printf("%s: stream 0x%" PRIx32 ", address 0x%" PRIx64 "\n", vsmmu_event_name(event.id),
		event.sid, event.input_addr);
	return event.id == VSMMU_EVENT_F_TRANSLATION && event.sid == VSID &&
	       event.input_addr == 0x100000 && interrupts == 1;
}

int main(void)
{
	const uint64_t ste[2] = {1 | 5 << 1 | RAM_BASE, 0}; /* V = 1, Config: stage 1 */
	struct vsmmu_endpoint_config device;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu_config config;
	struct vsmmu *vsmmu = NULL;
	struct vsmmu_ops ops;
	bool good;

	memset(&ops, 0, sizeof(ops));
	ops.size = sizeof(ops);
	ops.memory_write = memory_write;
	ops.irq_pulse = irq_pulse;
	memset(&config, 0, sizeof(config));
	config.size = sizeof(config);
	config.ops = &ops;
	config.event_path_only = true;
	memset(&device, 0, sizeof(device));
	device.size = sizeof(device);
	device.vsid = VSID;
	device.vfio_fd = -1;

	good = !vsmmu_sim_new(&config.host, NULL) &&
	       !vsmmu_sim_endpoint_new(config.host, 0, &device.dev_id) &&
	       !vsmmu_new(&vsmmu, &config) && !vsmmu_endpoint_attach(vsmmu, &device, &endpoint) &&
	       !vsmmu_endpoint_set_ste(endpoint, ste) &&
	       !vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_BASE, 8, RAM_BASE | 4) &&
	       !vsmmu_mmio_write(vsmmu, VSMMU_REG_IRQ_CTRL, 4, 1 << 2) &&
	       !vsmmu_mmio_write(vsmmu, VSMMU_REG_CR0, 4, 1 << 2 | 1 << 0) &&
	       !fault(config.host, device.dev_id) && received(vsmmu);
	vsmmu_free(vsmmu);
	vsmmu_host_unref(config.host);
	if (!good)
		fprintf(stderr, "outside: the event did not arrive\n");
	return good ? 0 : 1;
}
