/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A full vSMMU on the simulator with host_interposer.h in between, its stream table and event
 * queue in guest memory, and endpoints.
 */
#ifndef UNIT_INSTALL_FIXTURE_H
#define UNIT_INSTALL_FIXTURE_H

#include "lib/host_interposer.h"
#include "lib/test_vmm.h"
#include "smmu/endpoint.h"

#define FIXTURE_ENDPOINTS   6
#define FIXTURE_VSID(n)	    (0x10u + (n))
#define FIXTURE_STRTAB	    (TEST_VMM_MEMORY + 0x100000)
#define FIXTURE_LOG2	    6 /* StreamIDs of the linear table */
#define FIXTURE_EVENTQ	    (TEST_VMM_MEMORY + 0x200000)
#define FIXTURE_EVENTQ_LOG2 8
#define FIXTURE_CD	    (TEST_VMM_MEMORY + 0x300000)
#define FIXTURE_CMDQ	    (TEST_VMM_MEMORY + 0x400000)
#define FIXTURE_CMDQ_LOG2   7

#define STE_ABORT  UINT64_C(0x1)
#define STE_BYPASS UINT64_C(0x9)
#define STE_S1	   (UINT64_C(0xb) | FIXTURE_CD)

/* What a vSTE is that the simulator's SMMU finds ILLEGAL. */
#define STE_BAD0 UINT64_C(0xf80fffffffffffcb)
#define STE_BAD1 UINT64_C(0x8000000)

struct install_fixture {
	struct test_vmm *vmm;
	struct vsmmu_host *sim;
	struct host_interposer *host; /* in front of it */
	uint32_t dev[FIXTURE_ENDPOINTS];
	struct vsmmu_endpoint *endpoint[FIXTURE_ENDPOINTS]; /* NULL while detached */

	/* With fixture_new_asking(): the StreamIDs that the guest gave, and how often asked. */
	uint64_t number[FIXTURE_ENDPOINTS];
	unsigned int asked[FIXTURE_ENDPOINTS];
};

/* Both may be NULL. No endpoint is attached; endpoint n is behind physical SMMU n % 2. */
struct install_fixture *fixture_new(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config);
/* The same with ops.vsid: no endpoint has a number yet. */
struct install_fixture *fixture_new_asking(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config);
/* Each StreamID has a stage 1 STE, the first @endpoints are attached. */
struct install_fixture *fixture_translating(
	const struct vsmmu_config *config, unsigned int endpoints);
/* Asserts that the host has no object left. */
void fixture_free(struct install_fixture *fixture);
/* The same, after a host that refused to destroy something. */
void fixture_free_with_leaks(struct install_fixture *fixture);

int fixture_attach(struct install_fixture *fixture, unsigned int n);
/* Without a StreamID. */
int fixture_attach_late(struct install_fixture *fixture, unsigned int n);
void fixture_detach(struct install_fixture *fixture, unsigned int n);

/* Linear table, event queue and RECINVSID are set up; SMMUEN and EVENTQEN on. */
void fixture_enable(struct install_fixture *fixture);
void fixture_enable_without_recinvsid(struct install_fixture *fixture);
void fixture_disable(struct install_fixture *fixture);

/* A command queue is set up and enabled; the other bits of CR0 stay. */
void fixture_enable_commands(struct install_fixture *fixture);
/* Puts a command into it, and sees that it is consumed. */
void fixture_command(struct install_fixture *fixture, uint64_t word0, uint64_t word1);

/* The STE of StreamID @vsid in the linear table, all words. */
void fixture_write_ste(
	struct install_fixture *fixture, uint32_t vsid, uint64_t word0, uint64_t word1);

/* As the command queue does at CFGI_STE of one StreamID, and the like. */
int fixture_refresh(struct install_fixture *fixture, uint32_t first, uint64_t count);
int fixture_refresh_all(struct install_fixture *fixture);
/* Both of the above for endpoint @n. */
int fixture_set_ste(
	struct install_fixture *fixture, unsigned int n, uint64_t word0, uint64_t word1);

void fixture_expect_nested(
	struct install_fixture *fixture, unsigned int n, uint64_t word0, uint64_t word1);
void fixture_expect(struct install_fixture *fixture, unsigned int n, enum interposed_kind kind);
/* The endpoint has its abort HWPT on the parking vIOMMU, or its bypass HWPT there. */
void fixture_expect_parked(struct install_fixture *fixture, unsigned int n);
void fixture_expect_bypass(struct install_fixture *fixture, unsigned int n);

/* The hardware records an event of endpoint @n. Return: whether the kernel numbered it. */
bool fixture_event(struct install_fixture *fixture, unsigned int n, uint8_t id, uint64_t word2);
/* Dispatches, then takes the guest's oldest record; false when there is none. */
bool fixture_consume(struct install_fixture *fixture, uint64_t word[4]);

/*
 * Objects in the host: a parent has a parking vIOMMU; a vIOMMU a vEVENTQ; an endpoint two parked
 * HWPTs and a vDEVICE; and with an STE installed there is a nested HWPT.
 */
#define OBJECTS(parents, viommus, endpoints, nested)                                               \
	(2 * (parents) + 2 * (viommus) + 3 * (endpoints) + (nested))
uint64_t fixture_objects(struct install_fixture *fixture);
/* Every event that the simulator numbered is accounted for. */
void fixture_expect_counted(struct install_fixture *fixture);

#endif
