/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/commander.h"

#include <poll.h>
#include <stdlib.h>

#include "arch/queue.h"

#define STE_S1	     (UINT64_C(1) | 5 << 1 | COMMANDER_CD)
#define STE_EATS     (UINT64_C(1) << 28)
#define STRTAB_LOG2  8
#define LOG2_DEFAULT 8

static void attach(struct commander *commander, unsigned int n, unsigned int smmu)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = COMMANDER_SID(n),
		.dev_id = RECORDER_DEV(smmu, n),
		.vfio_fd = -1,
	};
	uint64_t ste = COMMANDER_STRTAB + 64 * COMMANDER_SID(n);

	whole_store64(commander->whole, ste, STE_S1);
	whole_store64(commander->whole, ste + 8, STE_EATS);
	assert_int_equal(
		vsmmu_endpoint_attach(commander->vsmmu, &config, &commander->endpoint[n]), 0);
}

struct commander *commander_new(const struct commander_setup *setup, struct recorder *recorder)
{
	struct commander *commander = calloc(1, sizeof(*commander));
	unsigned int endpoints = setup->endpoints ? setup->endpoints : 1;
	uint32_t cr0 = SMMU_CR0_SMMUEN | SMMU_CR0_CMDQEN;

	assert_non_null(commander);
	commander->whole = whole_alloc();
	commander->recorder = recorder ? recorder : recorder_new();
	assert_int_equal(
		whole_new(commander->whole, &commander->recorder->host, &setup->config), 0);
	commander->vsmmu = commander->whole->vsmmu;
	commander->log2 = setup->tiny ? 0 : setup->log2 ? setup->log2 : LOG2_DEFAULT;
	for (unsigned int n = 0; n < endpoints && !setup->no_endpoints; n++)
		attach(commander, n, setup->smmus ? n % setup->smmus : 0);
	whole_write64(commander->whole, SMMU_STRTAB_BASE, COMMANDER_STRTAB);
	whole_write(commander->whole, SMMU_STRTAB_BASE_CFG, STRTAB_LOG2);
	whole_write64(commander->whole, SMMU_CMDQ_BASE, COMMANDER_QUEUE | commander->log2);
	if (setup->disabled || setup->stopped)
		cr0 &= ~SMMU_CR0_SMMUEN;
	if (setup->stopped)
		cr0 = 0;
	whole_write(commander->whole, SMMU_CR0, cr0);
	assert_int_equal(whole_read(commander->whole, SMMU_CR0ACK), cr0);
	recorder_clear(commander->recorder);
	return commander;
}

void commander_free(struct commander *commander)
{
	whole_free(commander->whole);
	free(commander);
}

void commander_put(struct commander *commander, uint32_t index, uint64_t word0, uint64_t word1)
{
	whole_store64(commander->whole, COMMANDER_QUEUE + 16 * (uint64_t)index, word0);
	whole_store64(commander->whole, COMMANDER_QUEUE + 16 * (uint64_t)index + 8, word1);
}

void commander_push(struct commander *commander, uint64_t word0, uint64_t word1)
{
	commander_put(commander, queue_index(commander->prod, commander->log2), word0, word1);
	commander->prod = queue_advance(commander->prod, 1, commander->log2);
}

void commander_ring(struct commander *commander)
{
	whole_write(commander->whole, SMMU_CMDQ_PROD, commander->prod);
}

void commander_send(struct commander *commander, uint64_t word0, uint64_t word1)
{
	commander_push(commander, word0, word1);
	commander_ring(commander);
}

void commander_sync(struct commander *commander)
{
	commander_send(commander, C_SYNC, 0);
}

uint32_t commander_cons(struct commander *commander)
{
	return whole_read(commander->whole, SMMU_CMDQ_CONS);
}

static uint32_t active(struct commander *commander)
{
	return whole_read(commander->whole, SMMU_GERROR) ^
	       whole_read(commander->whole, SMMU_GERRORN);
}

void commander_expect_idle(struct commander *commander)
{
	assert_int_equal(commander_cons(commander) & SMMU_QUEUE_INDEX, commander->prod);
	assert_int_equal(active(commander), 0);
	assert_false(commander_is_told(commander));
}

void commander_expect_error(struct commander *commander, uint32_t index, uint32_t error)
{
	uint32_t cons = commander_cons(commander);

	assert_int_equal(queue_index(cons, commander->log2), index);
	assert_int_equal((cons & SMMU_CMDQ_CONS_ERR) >> SMMU_CMDQ_ERR_LOW, error);
	assert_int_equal(active(commander), SMMU_GERROR_CMDQ_ERR);
	/* Stopped: there is nothing for vsmmu_run_commands() to do. */
	assert_false(commander_is_told(commander));
	assert_int_equal(vsmmu_run_commands(commander->vsmmu, 0), 0);
	assert_int_equal(commander_cons(commander), cons);
}

void commander_acknowledge(struct commander *commander)
{
	whole_write(commander->whole, SMMU_GERRORN, whole_read(commander->whole, SMMU_GERROR));
}

bool commander_is_told(struct commander *commander)
{
	struct pollfd fd = {.fd = vsmmu_get_command_fd(commander->vsmmu), .events = POLLIN};
	int ready = poll(&fd, 1, 0);

	assert_true(ready >= 0);
	return ready;
}
