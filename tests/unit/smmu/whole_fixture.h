/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine to which anything may happen, and what the rules say of it: see test_whole_random.c. */
#ifndef UNIT_WHOLE_FIXTURE_H
#define UNIT_WHOLE_FIXTURE_H

#include "../endpoints/install_fixture.h"
#include "lib/rng.h"

#define N	 VSMMU_NO_VSID
#define EVENTS	 20000 /* of a seed, at most */
#define NUMBERS	 8u    /* few, so that they collide */
#define VSID(i)	 FIXTURE_VSID(i)
#define OWN	 0x90u /* StreamID of a device that is no endpoint */
#define CFGI_ALL UINT64_C(0x04), 31
#define IRQS	 (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define SMMUS	 2

/* An endpoint, as the rules have it. */
struct told {
	bool attached;
	bool late;
	unsigned int parent; /* 1 + its physical SMMU: its VMM's; 0: the library's */
	bool put_back;
	uint64_t vsid;
	uint64_t before;       /* the number that it had before this step */
	unsigned int attaches; /* so far, modulo 4096 */
	bool counted;	       /* all that its counters count was seen */
	uint64_t taken;	       /* records of it that the guest has taken */
};

struct world {
	struct install_fixture *fixture;
	struct vsmmu_config config;
	struct rng rng;
	struct told told[FIXTURE_ENDPOINTS];
	uint32_t parent[SMMUS]; /* of the VMM's */
	bool smmuen, gbpa_abort;
	bool moved;    /* a snapshot may have streams that wait */
	bool quiet;    /* nothing in this step may discard an event */
	bool was_full; /* events were left to wait: a StreamID may be stale */
	unsigned int serial;
	uint64_t caused[EVENTS]; /* the StreamID that its endpoint had */
	uint64_t past;		 /* events of hosts before this one */
	uint64_t own, own_drops, own_taken;
	struct vsmmu_identity identity;
};

extern unsigned int world_reasons; /* reports that say why a call was refused */

/* Return: @ret, of a call before which there were @before reasons: one if it is refused, else none.
 */
int world_told_once(int ret, unsigned int before);
bool world_chance(struct world *world, unsigned int of);
uint64_t world_any_number(struct world *world);
struct vsmmu *world_vsmmu(struct world *world);
bool world_is_open(struct world *world, unsigned int n);
void world_new(struct world *world);
void world_free(struct world *world);
void world_start_guest(struct world *world);
struct told *world_holder(struct world *world, uint64_t vsid);
void world_look_at_numbers(struct world *world);

/* All were asked: each has its answer, or could not have it; the rest is as it was. */
void world_follow_answers(struct world *world);

/* What each device reaches now. */
void world_expect_access(struct world *world);
void world_cause_events(struct world *world);
int world_record_own(struct world *world);
bool world_queue_is_full(struct world *world);
void world_take_events(struct world *world);

/* Return: what vsmmu_endpoint_attach() said. */
int world_attach(struct world *world, unsigned int n, uint64_t vsid);

#endif
