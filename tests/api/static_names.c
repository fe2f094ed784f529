/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A VMM that is linked with the static libraries and has functions of its own that are called as
 * some inside of them are. It links, and the libraries call their own.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/registers.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#define MINE(name)                                                                                 \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		printf("Bail out! a library called the program's " #name "()\n");                  \
		exit(1);                                                                           \
	}

MINE(report)
MINE(host_invalidate)
MINE(fd_dup)
MINE(crc32_of)
MINE(iommufd_ioctl)
MINE(command_execute)
MINE(registers_read)
MINE(pollset_init)
MINE(arch_walk)
MINE(arch_idr_host_features)
MINE(sim_fault)

#define RAM_BASE UINT64_C(0x40000000)
#define VSID	 0x42

static uint8_t ram[VSMMU_EVENT_RECORD_SIZE << 4];

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	(void)opaque;
	if (address < RAM_BASE || address - RAM_BASE > sizeof(ram) - length)
		return -1;
	memcpy(ram + (address - RAM_BASE), bytes, length);
	return 0;
}

static void irq_pulse(void *opaque, enum vsmmu_irq irq)
{
	(void)opaque, (void)irq;
}

/* Return: whether an event of the simulator's endpoint arrives in the guest's queue. */
static bool event_arrives(struct vsmmu *vsmmu, struct vsmmu_host *host, uint32_t dev_id)
{
	const struct vsmmu_event event = {.size = sizeof(event),
		.id = VSMMU_EVENT_F_TRANSLATION,
		.class_ = VSMMU_EVENT_CLASS_IN,
		.rnw = true};
	const uint64_t ste[2] = {1 | 5 << 1 | RAM_BASE, 0}; /* V = 1, Config: stage 1 */
	const struct vsmmu_endpoint_config device = {
		.size = sizeof(device), .vsid = VSID, .vfio_fd = -1, .dev_id = dev_id};
	struct vsmmu_event_record record;
	struct vsmmu_endpoint *endpoint;
	struct vsmmu_event found = {.size = sizeof(found)};
	struct pollfd fd;

	if (vsmmu_endpoint_attach(vsmmu, &device, &endpoint) ||
		vsmmu_endpoint_set_ste(endpoint, ste) ||
		vsmmu_mmio_write(vsmmu, VSMMU_REG_EVENTQ_BASE, 8, RAM_BASE | 4) ||
		vsmmu_mmio_write(vsmmu, VSMMU_REG_CR0, 4, 1 << 2 | 1) ||
		vsmmu_event_encode(&event, &record) || vsmmu_sim_fault(host, dev_id, &record))
		return false;
	fd = (struct pollfd){.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN};
	if (poll(&fd, 1, 10000) != 1 || vsmmu_dispatch(vsmmu, 0) != 1)
		return false;
	vsmmu_event_record_load(ram, &record);
	vsmmu_event_decode(&record, &found);
	return found.id == VSMMU_EVENT_F_TRANSLATION && found.sid == VSID;
}

int main(void)
{
	const struct vsmmu_ops ops = {
		.size = sizeof(ops), .memory_write = memory_write, .irq_pulse = irq_pulse};
	struct vsmmu_config config = {.size = sizeof(config), .ops = &ops, .event_path_only = true};
	struct vsmmu *vsmmu = NULL;
	uint32_t dev_id;
	bool passed;

	printf("1..2\nok 1 - a program with functions of these names links\n");
	passed = !vsmmu_sim_new(&config.host, NULL) &&
		 !vsmmu_sim_endpoint_new(config.host, 0, &dev_id) && !vsmmu_new(&vsmmu, &config) &&
		 event_arrives(vsmmu, config.host, dev_id);
	vsmmu_free(vsmmu);
	vsmmu_host_unref(config.host);
	printf("%sok 2 - the libraries call their own functions\n", passed ? "" : "not ");
	return !passed;
}
