/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulator as a machine of the full SMMU's suite. */
#include "conformance/smmu_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/sim.h>

#include "tap.h"

#define MEMORY	    UINT64_C(0x80000000)
#define MEMORY_SIZE ((size_t)8 << 20)
#define SSID_BITS   16
#define GROUP	    7

struct sim_machine {
	struct vsmmu_host *host; /* machine->host, but for what a test puts in front of it */
	uint8_t memory[MEMORY_SIZE];
	uint8_t buffer[SMMU_MACHINE_ENDPOINTS][SMMU_MACHINE_BUFFER];
};

static uint8_t *at(struct sim_machine *sim, uint64_t address, size_t length)
{
	if (address < MEMORY || length > MEMORY_SIZE || address - MEMORY > MEMORY_SIZE - length)
		return NULL;
	return sim->memory + (address - MEMORY);
}

static int read_memory(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const uint8_t *memory = at(opaque, address, length);

	if (!memory)
		return -EFAULT;
	memcpy(bytes, memory, length);
	return 0;
}

static int write_memory(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	uint8_t *memory = at(opaque, address, length);

	if (!memory)
		return -EFAULT;
	memcpy(memory, bytes, length);
	return 0;
}

static int open_with(struct smmu_machine *machine, bool group)
{
	struct sim_machine *sim = calloc(1, sizeof(*sim));
	const struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.memory_read = read_memory,
		.memory_write = write_memory,
		.memory_opaque = sim,
	};
	int ret;

	if (!sim)
		return -ENOMEM;
	ret = vsmmu_sim_new(&machine->host, &config);
	for (unsigned int n = 0; !ret && n < SMMU_MACHINE_ENDPOINTS; n++) {
		machine->endpoint[n].vfio_fd = -1;
		ret = vsmmu_sim_endpoint_new(machine->host, 0, &machine->endpoint[n].dev_id);
		if (!ret && group)
			ret = vsmmu_sim_endpoint_set_group(
				machine->host, machine->endpoint[n].dev_id, GROUP);
	}
	if (ret) {
		vsmmu_host_unref(machine->host);
		free(sim);
		return ret;
	}
	sim->host = machine->host;
	machine->state = sim;
	machine->memory = sim->memory;
	machine->memory_gpa = MEMORY;
	machine->memory_size = MEMORY_SIZE;
	machine->ssid_bits = SSID_BITS;
	machine->sees_aborts = true;
	return 0;
}

static int smmu_machine_sim_open(struct smmu_machine *machine)
{
	return open_with(machine, false);
}

static int smmu_machine_sim_group_open(struct smmu_machine *machine)
{
	return open_with(machine, true);
}

static void smmu_machine_sim_close(struct smmu_machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};
	const struct sim_machine *sim = machine->state;

	vsmmu_sim_get_stats(sim->host, &stats);
	vsmmu_host_unref(machine->host);
	free(machine->state);
	TAP_EQ(stats.objects, 0);
	/* What a guest does never makes the kernel refuse a batch. */
	TAP_EQ(stats.commands_refused, 0);
}

static int smmu_machine_sim_dma(struct smmu_machine *machine, unsigned int n,
	const struct vsmmu_access *access, size_t length)
{
	struct sim_machine *sim = machine->state;

	return vsmmu_sim_dma(
		sim->host, machine->endpoint[n].dev_id, access, sim->buffer[n], length);
}

static int smmu_machine_sim_write_canary(
	struct smmu_machine *machine, unsigned int n, const struct vsmmu_access *access)
{
	const struct sim_machine *sim = machine->state;

	return vsmmu_sim_dma(sim->host, machine->endpoint[n].dev_id, access, machine->canary[n],
		SMMU_MACHINE_CANARY);
}

static int smmu_machine_sim_settle(struct smmu_machine *machine)
{
	(void)machine;
	return 0;
}

static int smmu_machine_sim_fail_invalidation(struct smmu_machine *machine, int error)
{
	const struct sim_machine *sim = machine->state;

	return vsmmu_sim_fail(sim->host, VSMMU_SIM_FAIL_INVALIDATE, 0, error);
}

const struct smmu_machine_ops smmu_machine_sim = {
	.lane = "sim",
	.open = smmu_machine_sim_open,
	.close = smmu_machine_sim_close,
	.dma = smmu_machine_sim_dma,
	.write_canary = smmu_machine_sim_write_canary,
	.settle = smmu_machine_sim_settle,
	.fail_invalidation = smmu_machine_sim_fail_invalidation,
};

const struct smmu_machine_ops smmu_machine_sim_group = {
	.lane = "sim",
	.open = smmu_machine_sim_group_open,
	.close = smmu_machine_sim_close,
	.dma = smmu_machine_sim_dma,
	.write_canary = smmu_machine_sim_write_canary,
	.settle = smmu_machine_sim_settle,
	.fail_invalidation = smmu_machine_sim_fail_invalidation,
};
