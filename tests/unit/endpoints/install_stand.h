/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole vSMMU on the simulator with log_host.h in between, its stream table and event
 * queue in guest memory, and endpoints.
 */
#ifndef UNIT_INSTALL_STAND_H
#define UNIT_INSTALL_STAND_H

#include "lib/log_host.h"
#include "lib/whole.h"

#define STAND_ENDPOINTS	  6
#define STAND_VSID(n)	  (0x10u + (n))
#define STAND_STRTAB	  (WHOLE_MEMORY + 0x100000)
#define STAND_LOG2	  6 /* StreamIDs of the linear table */
#define STAND_EVENTQ	  (WHOLE_MEMORY + 0x200000)
#define STAND_EVENTQ_LOG2 8
#define STAND_CD	  (WHOLE_MEMORY + 0x300000)

#define STE_ABORT  UINT64_C(0x1)
#define STE_BYPASS UINT64_C(0x9)
#define STE_S1	   (UINT64_C(0xb) | STAND_CD)

/* What a vSTE is that the simulator's SMMU finds ILLEGAL. */
#define STE_BAD0 UINT64_C(0xf80fffffffffffcb)
#define STE_BAD1 UINT64_C(0x8000000)

struct stand {
	struct whole *whole;
	struct vsmmu_host *sim;
	struct vsmmu_host *log;
	uint32_t dev[STAND_ENDPOINTS];
	struct vsmmu_endpoint *endpoint[STAND_ENDPOINTS]; /* NULL while detached */
};

/* Both may be NULL. No endpoint is attached; endpoint n is behind physical SMMU n % 2. */
struct stand *stand_new(
	const struct vsmmu_config *config, const struct vsmmu_sim_config *sim_config);
/* Each StreamID has a stage 1 STE, the first @endpoints are attached. */
struct stand *stand_translating(const struct vsmmu_config *config, unsigned int endpoints);
/* Asserts that the host has no object left. */
void stand_free(struct stand *stand);
/* The same, after a host that refused to destroy something. */
void stand_free_with_leaks(struct stand *stand);

int stand_attach(struct stand *stand, unsigned int n);
void stand_detach(struct stand *stand, unsigned int n);

/* Linear table, event queue and RECINVSID are set up; SMMUEN and EVENTQEN on. */
void stand_enable(struct stand *stand);
void stand_enable_without_recinvsid(struct stand *stand);
void stand_disable(struct stand *stand);

/* The STE of StreamID @vsid in the linear table, all words. */
void stand_write_ste(struct stand *stand, uint32_t vsid, uint64_t word0, uint64_t word1);

/* As the command queue does at CFGI_STE of one StreamID, and the like. */
int stand_refresh(struct stand *stand, uint32_t first, uint64_t count);
int stand_refresh_all(struct stand *stand);
/* Both of the above for endpoint @n. */
int stand_set_ste(struct stand *stand, unsigned int n, uint64_t word0, uint64_t word1);

void stand_expect_nested(struct stand *stand, unsigned int n, uint64_t word0, uint64_t word1);
void stand_expect(struct stand *stand, unsigned int n, enum log_host_kind kind);

/* The hardware records an event of endpoint @n. Return: whether the kernel numbered it. */
bool stand_event(struct stand *stand, unsigned int n, uint8_t id, uint64_t word2);
/* Dispatches, then takes the guest's oldest record; false when there is none. */
bool stand_consume(struct stand *stand, uint64_t word[4]);

uint64_t stand_objects(struct stand *stand);
/* Every event that the simulator numbered is accounted for. */
void stand_expect_counted(struct stand *stand);

#endif
