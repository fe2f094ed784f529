/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cmdq_guest.h"

#include <poll.h>
#include <stdlib.h>

#include "arch/queue.h"

#define STE_S1	     (UINT64_C(1) | 5 << 1 | CMDQ_GUEST_CD)
#define STE_EATS     (UINT64_C(1) << 28)
#define STRTAB_LOG2  8
#define LOG2_DEFAULT 8

static void attach(struct cmdq_guest *guest, unsigned int n, unsigned int smmu)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = CMDQ_GUEST_SID(n),
		.dev_id = HOST_INTERPOSER_DEV(smmu, n),
		.vfio_fd = -1,
	};
	uint64_t ste = CMDQ_GUEST_STRTAB + 64 * CMDQ_GUEST_SID(n);

	test_vmm_store64(guest->vmm, ste, STE_S1);
	test_vmm_store64(guest->vmm, ste + 8, STE_EATS);
	assert_int_equal(vsmmu_endpoint_attach(guest->vsmmu, &config, &guest->endpoint[n]), 0);
}

struct cmdq_guest *cmdq_guest_new(
	const struct cmdq_guest_setup *setup, struct host_interposer *host)
{
	struct cmdq_guest *guest = calloc(1, sizeof(*guest));
	unsigned int endpoints = setup->endpoints ? setup->endpoints : 1;
	uint32_t cr0 = SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN;

	assert_non_null(guest);
	guest->vmm = test_vmm_alloc();
	guest->host = host ? host : host_interposer_new(NULL, HOST_INTERPOSER_RECORD);
	assert_int_equal(test_vmm_new(guest->vmm, &guest->host->host, &setup->config), 0);
	guest->vsmmu = guest->vmm->vsmmu;
	guest->log2 = setup->tiny ? 0 : setup->log2 ? setup->log2 : LOG2_DEFAULT;
	for (unsigned int n = 0; n < endpoints && !setup->no_endpoints; n++)
		attach(guest, n, setup->smmus ? n % setup->smmus : 0);
	test_vmm_write64(guest->vmm, SMMU_STRTAB_BASE, CMDQ_GUEST_STRTAB);
	test_vmm_write(guest->vmm, SMMU_STRTAB_BASE_CFG, STRTAB_LOG2);
	test_vmm_write64(guest->vmm, SMMU_CMDQ_BASE, CMDQ_GUEST_QUEUE | guest->log2);
	if (setup->disabled || setup->stopped)
		cr0 &= ~SMMU_CR0_SMMUEN;
	if (setup->stopped)
		cr0 = 0;
	test_vmm_write(guest->vmm, SMMU_CR0, cr0);
	assert_int_equal(test_vmm_read(guest->vmm, SMMU_CR0ACK), cr0);
	host_interposer_clear(guest->host);
	return guest;
}

void cmdq_guest_free(struct cmdq_guest *guest)
{
	test_vmm_free(guest->vmm);
	free(guest);
}

void cmdq_guest_put(struct cmdq_guest *guest, uint32_t index, uint64_t word0, uint64_t word1)
{
	test_vmm_store64(guest->vmm, CMDQ_GUEST_QUEUE + 16 * (uint64_t)index, word0);
	test_vmm_store64(guest->vmm, CMDQ_GUEST_QUEUE + 16 * (uint64_t)index + 8, word1);
}

void cmdq_guest_push(struct cmdq_guest *guest, uint64_t word0, uint64_t word1)
{
	cmdq_guest_put(guest, queue_index(guest->prod, guest->log2), word0, word1);
	guest->prod = queue_advance(guest->prod, 1, guest->log2);
}

void cmdq_guest_ring(struct cmdq_guest *guest)
{
	test_vmm_write(guest->vmm, SMMU_CMDQ_PROD, guest->prod);
}

void cmdq_guest_send(struct cmdq_guest *guest, uint64_t word0, uint64_t word1)
{
	cmdq_guest_push(guest, word0, word1);
	cmdq_guest_ring(guest);
}

void cmdq_guest_sync(struct cmdq_guest *guest)
{
	cmdq_guest_send(guest, C_SYNC, 0);
}

uint32_t cmdq_guest_cons(struct cmdq_guest *guest)
{
	return test_vmm_read(guest->vmm, SMMU_CMDQ_CONS);
}

static uint32_t active(struct cmdq_guest *guest)
{
	return test_vmm_read(guest->vmm, SMMU_GERROR) ^ test_vmm_read(guest->vmm, SMMU_GERRORN);
}

void cmdq_guest_expect_idle(struct cmdq_guest *guest)
{
	assert_int_equal(cmdq_guest_cons(guest) & SMMU_QUEUE_INDEX, guest->prod);
	assert_int_equal(active(guest), 0);
	assert_false(cmdq_guest_is_signalled(guest));
}

void cmdq_guest_expect_error(struct cmdq_guest *guest, uint32_t index, uint32_t error)
{
	uint32_t cons = cmdq_guest_cons(guest);

	assert_int_equal(queue_index(cons, guest->log2), index);
	assert_int_equal((cons & SMMU_CMDQ_CONS_ERR) >> SMMU_CMDQ_ERR_LOW, error);
	assert_int_equal(active(guest), SMMU_GERROR_CMDQ_ERR);
	/* Stopped: there is nothing for vsmmu_run_commands() to do. */
	assert_false(cmdq_guest_is_signalled(guest));
	assert_int_equal(vsmmu_run_commands(guest->vsmmu, 0), 0);
	assert_int_equal(cmdq_guest_cons(guest), cons);
}

void cmdq_guest_acknowledge(struct cmdq_guest *guest)
{
	test_vmm_write(guest->vmm, SMMU_GERRORN, test_vmm_read(guest->vmm, SMMU_GERROR));
}

bool cmdq_guest_is_signalled(struct cmdq_guest *guest)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(guest->vsmmu), .events = POLLIN};
	int ready = poll(&fd, 1, 0);

	assert_true(ready >= 0);
	return ready;
}
