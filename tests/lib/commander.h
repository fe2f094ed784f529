/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does nothing but put commands into its queue, on a whole vSMMU in front of a
 * recorder. Its endpoints have stage 1 STEs in a linear stream table.
 */
#ifndef LIB_COMMANDER_H
#define LIB_COMMANDER_H

#include "lib/recorder.h"
#include "lib/whole.h"

#define COMMANDER_QUEUE	 (WHOLE_MEMORY + (UINT64_C(8) << 20)) /* room for 2^19 entries */
#define COMMANDER_STRTAB (WHOLE_MEMORY + (UINT64_C(1) << 20))
#define COMMANDER_CD	 (WHOLE_MEMORY + (UINT64_C(2) << 20))
#define COMMANDER_MAX	 64

/* StreamIDs of endpoint n: two apart, so that those between have no vDEVICE. */
#define COMMANDER_SID(n) (0x20u + 2 * (n))

struct commander {
	struct whole *whole;
	struct vsmmu *vsmmu;
	struct recorder *recorder;
	unsigned int log2;
	uint32_t prod; /* what has been written into the queue, not yet into the register */
	struct vsmmu_endpoint *endpoint[COMMANDER_MAX];
};

struct commander_setup {
	unsigned int log2;	/* of the queue; 0 with @tiny, else 8 */
	bool tiny;		/* one entry */
	unsigned int endpoints; /* 0 means 1 */
	unsigned int smmus;	/* endpoint n is behind n % smmus; 0 means 1 */
	bool no_endpoints;
	bool disabled; /* SMMUEN stays 0 */
	bool stopped;  /* CMDQEN too */
	struct vsmmu_config config;
};

/* @recorder may be NULL. SMMUEN and CMDQEN are set, and nothing recorded yet. */
struct commander *commander_new(const struct commander_setup *setup, struct recorder *recorder);
void commander_free(struct commander *commander);

/* Into the queue, at PROD. */
void commander_push(struct commander *commander, uint64_t word0, uint64_t word1);
/* Writes CMDQ_PROD. */
void commander_ring(struct commander *commander);
/* Both. */
void commander_send(struct commander *commander, uint64_t word0, uint64_t word1);
/* CMD_SYNC without a signal, rung. */
void commander_sync(struct commander *commander);

/* Overwrites a queue entry, by its index. */
void commander_put(struct commander *commander, uint32_t index, uint64_t word0, uint64_t word1);

uint32_t commander_cons(struct commander *commander);
/* Everything was consumed, and there is no error. */
void commander_expect_idle(struct commander *commander);
/* The queue has stopped at entry @index with @error. */
void commander_expect_error(struct commander *commander, uint32_t index, uint32_t error);
void commander_acknowledge(struct commander *commander);
/* Whether the command fd is readable. */
bool commander_is_told(struct commander *commander);

/* Commands, one argument each. */
#define C_SYNC		   UINT64_C(0x46)
#define C_SYNC_IRQ	   (C_SYNC | 1 << 12)
#define C_SYNC_SEV	   (C_SYNC | 2 << 12)
#define C_CFGI_STE(sid)	   (UINT64_C(0x03) | (uint64_t)(sid) << 32)
#define C_CFGI_RANGE(sid)  (UINT64_C(0x04) | (uint64_t)(sid) << 32)
#define C_CFGI_ALL	   UINT64_C(0x04), 31
#define C_CFGI_CD(sid)	   (UINT64_C(0x05) | (uint64_t)(sid) << 32)
#define C_CFGI_CD_ALL(sid) (UINT64_C(0x06) | (uint64_t)(sid) << 32)
#define C_TLBI_ASID(asid)  (UINT64_C(0x11) | (uint64_t)(asid) << 48)
#define C_TLBI_NSNH_ALL	   UINT64_C(0x30)
#define C_ATC_INV(sid)	   (UINT64_C(0x40) | (uint64_t)(sid) << 32)
#define C_ILLEGAL	   UINT64_C(0x00)

#endif
