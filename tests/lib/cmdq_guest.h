/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that does nothing but put commands into its queue, on a full vSMMU in front of a
 * host interposer that answers by itself and records. Its endpoints have stage 1 STEs in a
 * linear stream table.
 */
#ifndef LIB_CMDQ_GUEST_H
#define LIB_CMDQ_GUEST_H

#include "lib/host_interposer.h"
#include "lib/test_vmm.h"

#define CMDQ_GUEST_QUEUE  (TEST_VMM_MEMORY + (UINT64_C(8) << 20)) /* room for 2^19 entries */
#define CMDQ_GUEST_STRTAB (TEST_VMM_MEMORY + (UINT64_C(1) << 20))
#define CMDQ_GUEST_CD	  (TEST_VMM_MEMORY + (UINT64_C(2) << 20))
#define CMDQ_GUEST_MAX	  64

/* StreamIDs of endpoint n: two apart, so that those between have no vDEVICE. */
#define CMDQ_GUEST_SID(n) (0x20u + 2 * (n))

struct cmdq_guest {
	struct test_vmm *vmm;
	struct vsmmu *vsmmu;
	struct host_interposer *host;
	unsigned int log2;
	uint32_t prod; /* what has been written into the queue, not yet into the register */
	struct vsmmu_endpoint *endpoint[CMDQ_GUEST_MAX];
};

struct cmdq_guest_setup {
	unsigned int log2;	/* of the queue; 0 with @tiny, else 8 */
	bool tiny;		/* one entry */
	unsigned int endpoints; /* 0 means 1 */
	unsigned int smmus;	/* endpoint n is behind n % smmus; 0 means 1 */
	bool no_endpoints;
	bool disabled; /* SMMUEN stays 0 */
	bool stopped;  /* CMDQEN too */
	struct vsmmu_config config;
};

/* @host: NULL for one of its own. SMMUEN and CMDQEN are set, and nothing recorded yet. */
struct cmdq_guest *cmdq_guest_new(
	const struct cmdq_guest_setup *setup, struct host_interposer *host);
void cmdq_guest_free(struct cmdq_guest *guest);

/* Into the queue, at PROD. */
void cmdq_guest_push(struct cmdq_guest *guest, uint64_t word0, uint64_t word1);
/* Writes CMDQ_PROD. */
void cmdq_guest_ring(struct cmdq_guest *guest);
/* Both. */
void cmdq_guest_send(struct cmdq_guest *guest, uint64_t word0, uint64_t word1);
/* CMD_SYNC without a signal, rung. */
void cmdq_guest_sync(struct cmdq_guest *guest);

/* Overwrites a queue entry, by its index. */
void cmdq_guest_put(struct cmdq_guest *guest, uint32_t index, uint64_t word0, uint64_t word1);

uint32_t cmdq_guest_cons(struct cmdq_guest *guest);
/* Everything was consumed, and there is no error. */
void cmdq_guest_expect_idle(struct cmdq_guest *guest);
/* The queue has stopped at entry @index with @error. */
void cmdq_guest_expect_error(struct cmdq_guest *guest, uint32_t index, uint32_t error);
void cmdq_guest_acknowledge(struct cmdq_guest *guest);
/* Whether the command fd is readable. */
bool cmdq_guest_is_signalled(struct cmdq_guest *guest);

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
