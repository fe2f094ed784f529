/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All edu endpoints of the machine behind one guest's SMMU, each with a space of its own,
 * copying a page over and over. A DMA is one instant (edu.h), so it takes a herd of them to
 * look into the midst of what the library does; their instants are spread out evenly.
 *
 *	herd_open(), herd_start(), ... herd_go_on() ..., herd_end()
 */
#ifndef RIG_HERD_H
#define RIG_HERD_H

#include "conformance/smmu_guest.h"
#include "real_machine.h"

struct herd_member {
	struct edu *edu;
	uint32_t vsid;
	struct smmu_guest_space space;
	struct driver_domain twin; /* the same pages at the same places, in other tables */
	uint64_t started;	   /* the last DMA: ns, CLOCK_MONOTONIC */
	bool runs;		   /* it was not yet seen to be over */
	bool writes;		   /* it copies back, or if none runs the next one will */
	unsigned int dmas;	   /* that are over */
	unsigned int replaced;	   /* STEs */
};

struct herd {
	struct smmu_guest *guest;
	unsigned int count;
	struct herd_member member[REAL_ENDPOINTS];
	uint64_t started;    /* the last DMA of any */
	unsigned int dmas;   /* of all */
	unsigned int copies; /* by pairs of them */
	unsigned int wrong;  /* copies that differ from their source */
};

uint64_t herd_now(void);

/* All endpoints but @without of the machine that @guest is on; stage 1 is attached to each. */
void herd_open(struct herd *herd, struct smmu_guest *guest, unsigned int without);

/* The first DMA of each. */
void herd_start(struct herd *herd);

/*
 * Looks at what the DMAs that are over did, and starts another one unless the last began just
 * now: QEMU would do those that are due at once in one go.
 */
void herd_go_on(struct herd *herd);

/* Whose DMA is due next. One always is after herd_go_on(). */
struct herd_member *herd_next(struct herd *herd);

/* The STE of @member's stream becomes one that points to its other space. */
void herd_replace(struct herd *herd, struct herd_member *member);

/* Lets all copies come to an end. None was wrong, and no event came. */
void herd_end(struct herd *herd);

#endif
