/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot_machine.h"

#include <poll.h>
#include <string.h>

int machine_attach(struct machine *machine, unsigned int n)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VSID + n, .vfio_fd = -1};

	assert_int_equal(
		vsmmu_sim_endpoint_new(machine->whole->host, n % 2, &machine->dev_id[n]), 0);
	config.dev_id = machine->dev_id[n];
	return vsmmu_endpoint_attach(machine->whole->vsmmu, &config, &machine->endpoint[n]);
}

void machine_new(struct machine *machine, const struct vsmmu_sim_config *host,
	const struct vsmmu_config *config, unsigned int endpoints)
{
	memset(machine, 0, sizeof(*machine));
	machine->whole = whole_alloc();
	assert_int_equal(whole_new(machine->whole, whole_sim(machine->whole, host), config), 0);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(machine_attach(machine, n), 0);
}

void machine_free(struct machine *machine)
{
	whole_free(machine->whole);
}

void machine_start(struct machine *machine)
{
	struct whole *whole = machine->whole;

	for (unsigned int n = 1; n < ENDPOINTS; n++)
		whole_store64(whole, STRTAB + (VSID + n) * 64, STE_BYPASS);
	whole_store64(whole, STRTAB + VSID * 64, 1);
	whole_write64(whole, SMMU_STRTAB_BASE, STRTAB);
	whole_write(whole, SMMU_STRTAB_BASE_CFG, STRTAB_LOG2);
	whole_write64(whole, SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2);
	whole_write64(whole, SMMU_EVENTQ_BASE, EVENTQ | 5);
	whole_write(whole, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	whole_write(whole, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	assert_int_equal(whole_read(whole, SMMU_CR0ACK), whole_read(whole, SMMU_CR0));
}

void machine_queue(struct machine *machine, uint64_t word0, uint64_t word1)
{
	uint64_t at = CMDQ + (machine->prod++ & ((1 << CMDQ_LOG2) - 1)) * 16;

	whole_store64(machine->whole, at, word0);
	whole_store64(machine->whole, at + 8, word1);
}

void machine_kick(struct machine *machine)
{
	whole_write(machine->whole, SMMU_CMDQ_PROD, machine->prod & ((2 << CMDQ_LOG2) - 1));
}

int machine_dma(struct machine *machine, unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .address = address, .flags = VSMMU_ACCESS_WRITE};
	uint64_t bytes = 0x5a5a;

	return vsmmu_sim_dma(
		machine->whole->host, machine->dev_id[n], &access, &bytes, sizeof(bytes));
}

struct vsmmu_sim_stats machine_sim(struct machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(machine->whole->host, &stats), 0);
	return stats;
}

int machine_move(struct machine *from, struct machine *to)
{
	size_t length;
	void *bytes;
	int ret;

	assert_int_equal(vsmmu_save(from->whole->vsmmu, &bytes, &length), 0);
	memcpy(to->whole->memory, from->whole->memory, WHOLE_SIZE);
	to->prod = from->prod;
	ret = vsmmu_restore(to->whole->vsmmu, bytes, length);
	vsmmu_snapshot_free(bytes);
	return ret;
}

bool machine_waits(struct machine *machine)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(machine->whole->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}
