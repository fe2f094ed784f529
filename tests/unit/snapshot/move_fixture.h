/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An install_fixture whose guest goes over from vSMMU to vSMMU while its devices cause events. The
 * fixture's vmm->vsmmu is the one that the guest is behind.
 */
#ifndef UNIT_MOVE_FIXTURE_H
#define UNIT_MOVE_FIXTURE_H

#include "../endpoints/install_fixture.h"

struct move_fixture {
	struct install_fixture *install;
	unsigned int count;		    /* of endpoints, those from 0 on, which cause events */
	bool storm;			    /* each of them, before each call of the host */
	struct vsmmu *dispatched[2];	    /* NULL, or they are dispatched in each call */
	uint64_t caused[FIXTURE_ENDPOINTS]; /* events */
	uint64_t unnumbered[FIXTURE_ENDPOINTS]; /* of these, those that nobody heard of */
	uint64_t seen[FIXTURE_ENDPOINTS];	/* by the guest, in their order */
	uint64_t gaps;				/* events that are missing between those */
};

/* Takes the endpoints over that are attached already, @count from 0 on. */
struct move_fixture *move_fixture_of(struct install_fixture *install, unsigned int count);
/* @count endpoints that translate, with the event queue on. */
struct move_fixture *move_fixture_new(const struct vsmmu_config *config, unsigned int count);
/* The guest takes all events, each was seen and nothing is left in the host. */
void move_fixture_free(struct move_fixture *fixture);
/* The same, where some events may be missing, and the host may have objects. */
void move_fixture_free_roughly(struct move_fixture *fixture);

/* Another vSMMU with the same host. The fixture's stays what it was. */
struct vsmmu *move_fixture_another(struct move_fixture *fixture, const struct vsmmu_config *config);

/* Return: what vsmmu_move() said. If it is 0, the guest is behind @to, and the old one is freed. */
int move_fixture_move_to(struct move_fixture *fixture, struct vsmmu *to);
/* The same with another one, which is freed if that fails. */
int move_fixture_move(struct move_fixture *fixture);

/* Whether the event fd is. */
bool move_fixture_readable(struct vsmmu *vsmmu);

/* An event of each endpoint. */
void move_fixture_faults(struct move_fixture *fixture, unsigned int times);
/* The guest takes all that there is, and checks the order. */
void move_fixture_consume(struct move_fixture *fixture);
/* It has seen all, and they have been accounted for. */
void move_fixture_expect_all(struct move_fixture *fixture);

#endif
