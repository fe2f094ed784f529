/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <vsmmu/sim.h>

struct sim {
	struct vsmmu_host *host;
	uint8_t *memory;
	uint64_t base;
	size_t size;
	uint8_t bytes[MACHINE_DEVICES][MACHINE_ACCESS_MAX]; /* that a device has */
};

static bool no_wide_asids;

static void *at(const struct sim *sim, uint64_t address, size_t length)
{
	const bool there = address >= sim->base && address - sim->base <= sim->size;

	return there && length <= sim->size - (address - sim->base)
		       ? sim->memory + (address - sim->base)
		       : NULL;
}

static int memory_read(void *opaque, uint64_t address, void *bytes, size_t length)
{
	const void *from = at(opaque, address, length);

	return from ? (memcpy(bytes, from, length), 0) : -EFAULT;
}

static int memory_write(void *opaque, uint64_t address, const void *bytes, size_t length)
{
	void *to = at(opaque, address, length);

	return to ? (memcpy(to, bytes, length), 0) : -EFAULT;
}

static int sim_open(struct machine *machine, void *memory, uint64_t base, size_t size)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	struct vsmmu_sim_config config = {
		.size = sizeof(config),
		.memory_read = memory_read,
		.memory_write = memory_write,
		.memory_opaque = sim,
	};
	int ret = sim ? 0 : -ENOMEM;

	/* IDR0: AArch64 tables alone, two-level stream tables, and no ASID16; IDR3: RIL; IDR5: all
	 * granules, 44 bits. */
	if (no_wide_asids) {
		config.idr[0] = 2 << 2 | 1 << 27 | 1 << 26 | 1 << 24 | 1 << 22 | 1 << 19;
		config.idr[1] = 20 << 6 | 32;
		config.idr[3] = 1 << 10;
		config.idr[5] = 7 << 4 | 4;
	}
	if (!ret)
		ret = vsmmu_sim_new(&sim->host, &config);
	if (ret) {
		free(sim);
		return ret;
	}
	sim->memory = memory;
	sim->base = base;
	sim->size = size;
	machine->state = sim;
	return 0;
}

static void sim_close(struct machine *machine)
{
	struct sim *sim = machine->state;

	vsmmu_host_unref(sim->host);
	free(sim);
}

static int sim_plug(struct machine *machine, unsigned int n)
{
	const struct sim *sim = machine->state;

	return vsmmu_sim_endpoint_new(sim->host, 0, &machine->dev_id[n]);
}

/* The simulator's devices stay; this one is merely left alone. */
static void sim_unplug(struct machine *machine, unsigned int n)
{
	const struct sim *sim = machine->state;

	vsmmu_sim_attach(sim->host, machine->dev_id[n], 0);
}

static int sim_host(struct machine *machine, struct vsmmu_host **out)
{
	const struct sim *sim = machine->state;

	*out = vsmmu_host_ref(sim->host);
	return 0;
}

static int sim_parent_new(struct machine *machine, unsigned int n, uint32_t *hwpt_id)
{
	const struct sim *sim = machine->state;

	return vsmmu_sim_parent_new(sim->host, machine->dev_id[n], hwpt_id);
}

static int sim_parent_free(struct machine *machine, uint32_t hwpt_id)
{
	const struct sim *sim = machine->state;

	return vsmmu_sim_parent_free(sim->host, hwpt_id);
}

static int sim_attach(struct machine *machine, unsigned int n, uint32_t pt_id)
{
	const struct sim *sim = machine->state;

	return vsmmu_sim_attach(sim->host, machine->dev_id[n], pt_id);
}

static int sim_access(
	struct machine *machine, unsigned int n, uint64_t iova, uint32_t length, bool write)
{
	struct sim *sim = machine->state;
	const struct vsmmu_access access = {
		.size = sizeof(access),
		.flags = write ? VSMMU_ACCESS_WRITE : 0,
		.address = iova,
	};
	const int ret =
		vsmmu_sim_dma(sim->host, machine->dev_id[n], &access, sim->bytes[n], length);

	return ret == -EFAULT ? 0 : ret;
}

uint64_t machine_sim_objects(const struct machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};
	const struct sim *sim = machine->state;

	if (machine->ops == &machine_sim)
		vsmmu_sim_get_stats(sim->host, &stats);
	return stats.objects;
}

void machine_sim_no_wide_asids(bool yes)
{
	no_wide_asids = yes;
}

const struct machine_ops machine_sim = {
	.name = "simulator",
	.open = sim_open,
	.close = sim_close,
	.plug = sim_plug,
	.unplug = sim_unplug,
	.host = sim_host,
	.parent_new = sim_parent_new,
	.parent_free = sim_parent_free,
	.attach = sim_attach,
	.access = sim_access,
};
