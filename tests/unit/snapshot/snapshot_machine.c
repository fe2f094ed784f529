/* SPDX-License-Identifier: BSD-2-Clause */
#include "snapshot_machine.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "smmu/endpoints/ste_install.h"

int machine_attach(struct machine *machine, unsigned int n)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config), .vsid = VSID + n, .vfio_fd = -1};

	assert_int_equal(vsmmu_sim_endpoint_new(machine->sim, n % 2, &machine->dev_id[n]), 0);
	config.dev_id = machine->dev_id[n];
	return vsmmu_endpoint_attach(machine->vmm->vsmmu, &config, &machine->endpoint[n]);
}

void machine_new(struct machine *machine, const struct vsmmu_sim_config *host,
	const struct vsmmu_config *config, unsigned int endpoints)
{
	memset(machine, 0, sizeof(*machine));
	machine->vmm = test_vmm_alloc();
	machine->sim = test_vmm_sim(machine->vmm, host);
	machine->host = host_interposer_new(machine->sim, 0);
	assert_int_equal(test_vmm_new(machine->vmm, &machine->host->host, config), 0);
	for (unsigned int n = 0; n < endpoints; n++)
		assert_int_equal(machine_attach(machine, n), 0);
}

void machine_free(struct machine *machine)
{
	test_vmm_free(machine->vmm);
}

void machine_start(struct machine *machine)
{
	struct test_vmm *vmm = machine->vmm;

	for (unsigned int n = 1; n < ENDPOINTS; n++)
		test_vmm_store64(vmm, STRTAB + (VSID + n) * 64, STE_BYPASS);
	test_vmm_store64(vmm, STRTAB + VSID * 64, 1);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, STRTAB_LOG2);
	test_vmm_write64(vmm, SMMU_CMDQ_BASE, CMDQ | CMDQ_LOG2);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, EVENTQ | 5);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN);
	test_vmm_write(vmm, SMMU_CR0, SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN);
	assert_int_equal(test_vmm_read(vmm, SMMU_CR0ACK), test_vmm_read(vmm, SMMU_CR0));
}

void machine_queue(struct machine *machine, uint64_t word0, uint64_t word1)
{
	uint64_t at = CMDQ + (machine->prod++ & ((1 << CMDQ_LOG2) - 1)) * 16;

	test_vmm_store64(machine->vmm, at, word0);
	test_vmm_store64(machine->vmm, at + 8, word1);
}

void machine_kick(struct machine *machine)
{
	test_vmm_write(machine->vmm, SMMU_CMDQ_PROD, machine->prod & ((2 << CMDQ_LOG2) - 1));
}

int machine_dma(struct machine *machine, unsigned int n, uint64_t address)
{
	const struct vsmmu_access access = {
		.size = sizeof(access), .address = address, .flags = VSMMU_ACCESS_WRITE};
	uint64_t bytes = 0x5a5a;

	return vsmmu_sim_dma(machine->sim, machine->dev_id[n], &access, &bytes, sizeof(bytes));
}

struct vsmmu_sim_stats machine_sim(struct machine *machine)
{
	struct vsmmu_sim_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_sim_get_stats(machine->sim, &stats), 0);
	return stats;
}

int machine_move(struct machine *from, struct machine *to)
{
	size_t length;
	void *bytes;
	int ret;

	assert_int_equal(vsmmu_save(from->vmm->vsmmu, &bytes, &length), 0);
	memcpy(to->vmm->memory, from->vmm->memory, TEST_VMM_SIZE);
	to->prod = from->prod;
	ret = vsmmu_restore(to->vmm->vsmmu, bytes, length);
	vsmmu_snapshot_free(bytes);
	return ret;
}

bool machine_waits(struct machine *machine)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(machine->vmm->vsmmu), .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

void machine_start_mixed(struct machine *machine)
{
	machine_start(machine);
	test_vmm_store64(machine->vmm, STRTAB + (VSID + 1) * 64, 0xb | (TEST_VMM_MEMORY + 0x30000));
	machine_queue(machine, COMMAND_OP_CFGI_STE | (uint64_t)(VSID + 1) << 32, 0);
	machine_kick(machine);
	assert_int_equal(machine->endpoint[1]->installed, INSTALLED_NESTED);
}

void machine_start_with_event(struct machine *machine)
{
	machine_start_mixed(machine);
	assert_int_equal(machine_dma(machine, 1, DATA), -EFAULT);
}
