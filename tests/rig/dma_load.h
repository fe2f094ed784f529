/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All edu endpoints of the machine behind one guest's SMMU, each with a space of its own,
 * copying a page over and over. A DMA is one instant (edu.h), so it takes many of them to
 * look into the midst of what the library does; their instants are spread out evenly.
 *
 *	dma_load_open(), dma_load_start(), ... dma_load_go_on() ..., dma_load_end()
 */
#ifndef RIG_DMA_LOAD_H
#define RIG_DMA_LOAD_H

#include "conformance/smmu_guest.h"
#include "real_machine.h"

struct dma_load_member {
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

struct dma_load {
	struct smmu_guest *guest;
	unsigned int count;
	struct dma_load_member member[REAL_ENDPOINTS];
	uint64_t started;    /* the last DMA of any */
	unsigned int dmas;   /* of all */
	unsigned int copies; /* by pairs of them */
	unsigned int wrong;  /* copies that differ from their source */
};

uint64_t dma_load_now(void);

/* All endpoints but @without of the machine that @guest is on; stage 1 is attached to each. */
void dma_load_open(struct dma_load *load, struct smmu_guest *guest, unsigned int without);

/* The first DMA of each. */
void dma_load_start(struct dma_load *load);

/*
 * Looks at what the DMAs that are over did, and starts another one unless the last began just
 * now: QEMU would do those that are due at once in one go.
 */
void dma_load_go_on(struct dma_load *load);

/* Whose DMA is due next. One always is after dma_load_go_on(). */
struct dma_load_member *dma_load_next(struct dma_load *load);

/* The STE of @member's stream becomes one that points to its other space. */
void dma_load_replace(struct dma_load *load, struct dma_load_member *member);

/* Lets all copies come to an end. None was wrong, and no event came. */
void dma_load_end(struct dma_load *load);

#endif
