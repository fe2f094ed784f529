/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU with endpoints on the simulator, started by a guest: to be saved. */
#ifndef UNIT_SNAPSHOT_MACHINE_H
#define UNIT_SNAPSHOT_MACHINE_H

#include "arch/command.h"
#include "lib/host_interposer.h"
#include "lib/test_vmm.h"

#define VSID	    0x10
#define ENDPOINTS   3
#define CMDQ	    TEST_VMM_MEMORY
#define CMDQ_LOG2   8
#define EVENTQ	    (TEST_VMM_MEMORY + 0x10000)
#define STRTAB	    (TEST_VMM_MEMORY + 0x20000)
#define STRTAB_LOG2 6
#define DATA	    (TEST_VMM_MEMORY + 0x40000)
#define STE_BYPASS  (UINT64_C(4) << 1 | 1)

struct machine {
	struct test_vmm *vmm;
	struct vsmmu_host *sim;
	struct host_interposer *host; /* in front of it */
	uint32_t dev_id[ENDPOINTS];
	struct vsmmu_endpoint *endpoint[ENDPOINTS];
	uint32_t prod; /* of the command queue */
};

int machine_attach(struct machine *machine, unsigned int n);
/* @host, @config: NULL for the defaults. */
void machine_new(struct machine *machine, const struct vsmmu_sim_config *host,
	const struct vsmmu_config *config, unsigned int endpoints);
void machine_free(struct machine *machine);
/* As a driver would: tables, queues, interrupts; stream 0 aborts, the others are bypassed. */
void machine_start(struct machine *machine);
/* Something of each kind is to be installed: stream 0 aborts, 1 is stage 1, 2 bypasses. */
void machine_start_mixed(struct machine *machine);
/* The CD of stream 1 is a bad one: an event. */
void machine_start_with_event(struct machine *machine);
void machine_queue(struct machine *machine, uint64_t word0, uint64_t word1);
void machine_kick(struct machine *machine);
int machine_dma(struct machine *machine, unsigned int n, uint64_t address);
struct vsmmu_sim_stats machine_sim(struct machine *machine);
/* Return: what vsmmu_restore() says. The guest's memory goes along. */
int machine_move(struct machine *from, struct machine *to);
/* Whether the command fd is readable. */
bool machine_waits(struct machine *machine);

#endif
