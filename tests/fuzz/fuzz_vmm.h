/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for the fuzzer of a full vSMMU: guest memory with tables and queues in it,
 * endpoints on the simulator that do DMA, and what must hold whatever a guest, a VMM and a
 * host do. Every call of the library is put between fuzz_vmm_enter() and fuzz_vmm_leave().
 *
 * fuzz_vmm.c has the machine, fuzz_vmm_memory.c the guest's memory and what the VMM supplies,
 * fuzz_vmm_guest.c is what a driver does, fuzz_vmm_snapshot.c saves and restores, fuzz_vmm_oracle.c
 * knows where DMA may go.
 */
#ifndef FUZZ_VMM_H
#define FUZZ_VMM_H

#include <stdbool.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "arch/regs.h"
#include "arch/strtab.h"
#include "fuzz_timer.h"
#include "smmu/commands/cmdq.h"
#include "smmu/counts.h"

#define FUZZ_VMM_ENDPOINTS   4
#define FUZZ_VMM_VSIDS	     6
#define FUZZ_VMM_MEMORY	     UINT64_C(0x80000000)
#define FUZZ_VMM_SIZE	     UINT64_C(0x40000)
#define FUZZ_VMM_PAGE	     UINT64_C(4096)
#define FUZZ_VMM_PAGES	     (FUZZ_VMM_SIZE / FUZZ_VMM_PAGE)
#define FUZZ_VMM_CMDQ_LOG2   8
#define FUZZ_VMM_EVENTQ_LOG2 9
#define FUZZ_VMM_JOURNAL     96
#define FUZZ_VMM_STRTABS     16
#define FUZZ_VMM_RESUMES     20 /* counters double each time */
#define FUZZ_VMM_ANY	     UINT32_MAX
#define FUZZ_VMM_DATA_MAX    7 /* bytes of DMA: no table is read by so few */
#define FUZZ_VMM_DATAS	     4
#define FUZZ_VMM_OVERFLOW    100000000 /* nanoseconds between two changes of OVFLG */

extern const uint32_t fuzz_vmm_vsids[FUZZ_VMM_VSIDS];
#define FUZZ_VMM_NO_VSID UINT32_MAX /* a host that failed has left an endpoint without one */

/* What a register write may cost (src/smmu/commands/cmdq.h, docs/architecture.md). */
#define FUZZ_VMM_COMMANDS	     (CMDQ_WRITE_MAX + FUZZ_VMM_ENDPOINTS)
#define FUZZ_VMM_READS_MAX	     (3 * FUZZ_VMM_COMMANDS + 2 * FUZZ_VMM_ENDPOINTS)
#define FUZZ_VMM_CALLS_MAX	     (16 * FUZZ_VMM_COMMANDS)
#define FUZZ_VMM_TRANSLATE_READS_MAX 9

/* The guest's registers as a call finds them. */
struct fuzz_vmm_registers {
	uint32_t cr0;
	uint32_t gbpa;
	uint32_t irq_ctrl;
	uint32_t gerror;
	uint32_t gerrorn;
	struct arch_strtab strtab;
	uint64_t eventq_base;
	uint32_t eventq_prod, eventq_cons;
	uint64_t cmdq_base;
	uint32_t cmdq_prod, cmdq_cons;
	uint64_t gerror_msi, eventq_msi;
};

/* A part of the memory as it was before a write. */
struct fuzz_vmm_change {
	uint32_t offset;
	uint8_t length;
	uint8_t old[ARCH_ENTRY_SIZE];
};

struct fuzz_vmm_data {
	uint64_t address;
	size_t length;
};

struct fuzz_vmm_options {
	struct vsmmu_sim_config sim;
	struct vsmmu_config config;
	bool two_smmus; /* half of the endpoints sit behind another physical SMMU */
	bool probe;
};

struct fuzz_vmm {
	struct fuzz_vmm_options options;
	struct vsmmu_host *sim;
	struct vsmmu_host *host; /* in front of it */
	struct vsmmu *vsmmu;
	struct arch_features guest;    /* of the vSMMU */
	struct arch_features hardware; /* of the simulator */
	uint32_t dev_id[FUZZ_VMM_ENDPOINTS];
	uint32_t vsid[FUZZ_VMM_ENDPOINTS];
	uint64_t number[FUZZ_VMM_ENDPOINTS]; /* what the VMM answers for those that it is asked for
					      */
	uint32_t parent[2];		     /* of the VMM's, by physical SMMU */
	struct vsmmu_endpoint *endpoint[FUZZ_VMM_ENDPOINTS]; /* NULL while detached */
	uint8_t memory[FUZZ_VMM_SIZE];
	uint64_t hole, hole_size; /* a part of the memory that is none, as an offset */

	/* Of the call under way. */
	bool inside;
	bool anything; /* it may have changed all registers: a snapshot that was tampered with */
	struct fuzz_vmm_registers before;
	struct vsmmu_stats stats_before;
	uint32_t cr0_written; /* ORed to cr0: what a write of CR0 enables may have effects in it */
	uint32_t translate_sid;
	bool translating, recording;
	unsigned int reads, calls, written;
	unsigned int foreign_writes; /* MSIs that no IRQ_CFG0 names */
	unsigned int pulses[IRQ_COUNT];
	unsigned int reports;
	bool at_large; /* the host refused even to cut an endpoint off, as was reported */

	/* OVFLG changed last: of fuzz_timer_now(), 0 for not since a reset. */
	uint64_t overflow_at;

	/* What the hardware may still have cached: since everything was invalidated. */
	struct fuzz_vmm_change journal[FUZZ_VMM_JOURNAL];
	unsigned int changes;
	struct arch_strtab strtab[FUZZ_VMM_STRTABS];
	unsigned int strtabs;
	bool forgotten;		  /* more changed than what is kept */
	uint64_t changed;	  /* counts changes of the memory, */
	uint64_t changed_at_ring; /* also when CMDQ_PROD was written last */
	unsigned int rings;	  /* writes of it */

	struct fuzz_vmm_data data[FUZZ_VMM_DATAS]; /* that the last DMA accessed */
	unsigned int datas;

	uint64_t produced;   /* events that simulators numbered, all that there were */
	uint64_t past;	     /* of them, by simulators that are gone */
	bool reads_may_fail; /* a failing read has been arranged, or a failing call */
	bool calls_may_fail;
	unsigned int refusals; /* so many calls fail with this -errno, */
	int refusal;
	bool refuses_invalidations; /* of these alone */
	bool recounted;		    /* a snapshot's counters came on top of its own */
	unsigned int resumes_left;
};

extern struct fuzz_vmm fuzz_vmm;

void fuzz_vmm_open(const struct fuzz_vmm_options *options);
/* Everything is taken down; nothing may be left in the host. */
void fuzz_vmm_close(void);

/* A second machine with the same memory and StreamIDs, all else fresh; the first is gone. */
void fuzz_vmm_replace(void);

/* Another vSMMU of the same config on the same host. */
struct vsmmu *fuzz_vmm_another(void);

void fuzz_vmm_enter(void);
/* @reads, @calls: what the call may have cost at most. */
void fuzz_vmm_leave(unsigned int reads, unsigned int calls);

void fuzz_vmm_write(uint64_t offset, uint32_t size, uint64_t value);
uint64_t fuzz_vmm_read(uint64_t offset, uint32_t size);
struct fuzz_vmm_registers fuzz_vmm_registers(void);
bool fuzz_vmm_error(void); /* the command queue has stopped */

/* Dispatches, and consumes commands, while the fds are readable, which must end. */
void fuzz_vmm_run(uint32_t budget);
void fuzz_vmm_run_commands(uint32_t budget);

bool fuzz_vmm_is_live(uint32_t vsid);
/* Without a StreamID, or on the VMM's parent, to which it may be put back. */
enum fuzz_vmm_how {
	FUZZ_VMM_LATE = 1,
	FUZZ_VMM_ON_PARENT = 2,
	FUZZ_VMM_PUT_BACK = 4,
};

void fuzz_vmm_attach(unsigned int n, uint32_t vsid, unsigned int how);
void fuzz_vmm_detach(unsigned int n);

/* No failure is arranged any more, and all memory is there. */
void fuzz_vmm_heal(void);

/* Guest memory, as the guest writes it. Outside of it nothing happens. */
void fuzz_vmm_poke(uint64_t address, const void *bytes, size_t length);
void fuzz_vmm_store(uint64_t address, uint64_t value);
bool fuzz_vmm_has(uint64_t address, size_t length);
/* As it was when @change had not happened; all of it with @change = fuzz_vmm.changes. */
void fuzz_vmm_peek(unsigned int change, uint64_t address, void *bytes, size_t length);

/* fuzz_vmm_memory.c */
extern const struct vsmmu_ops fuzz_vmm_ops;
int fuzz_vmm_stage2_read(void *opaque, uint64_t address, void *bytes, size_t length);
int fuzz_vmm_stage2_write(void *opaque, uint64_t address, const void *bytes, size_t length);

static inline unsigned int fuzz_vmm_eventq_log2(uint64_t base)
{
	unsigned int log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;

	return log2 < FUZZ_VMM_EVENTQ_LOG2 ? log2 : FUZZ_VMM_EVENTQ_LOG2;
}

static inline unsigned int fuzz_vmm_cmdq_log2(uint64_t base)
{
	unsigned int log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;

	return log2 < FUZZ_VMM_CMDQ_LOG2 ? log2 : FUZZ_VMM_CMDQ_LOG2;
}

/* fuzz_vmm_guest.c */

/* As a driver brings it up, with queues and table at pages of the memory. */
void fuzz_vmm_enable(unsigned int cmdq_page, unsigned int eventq_page, unsigned int strtab_page,
	unsigned int shape, uint32_t cr0);
/* One command, whatever it is, and tells the vSMMU. */
void fuzz_vmm_put_command(const uint64_t word[2]);
/* Takes what is in the event queue. */
void fuzz_vmm_consume(uint32_t records);
/* Writes commands and waits for a CMD_SYNC behind them. Return: whether it could, and did. */
bool fuzz_vmm_submit(const uint64_t (*command)[2], unsigned int count);
/* Invalidates everything: hardware then goes by what memory says now. Return: as above. */
bool fuzz_vmm_invalidate_all(void);
/* The same for the configuration of one StreamID alone. */
bool fuzz_vmm_invalidate_stream(uint32_t vsid);
/* Where the STE of a StreamID is. */
bool fuzz_vmm_find_ste(uint32_t vsid, uint64_t *address);
/* Makes the STE abort, and waits. Return: whether it could. */
bool fuzz_vmm_stop_stream(uint32_t vsid, bool valid);
/* STE, CD and tables at a page, with @va leading to @pa. */
void fuzz_vmm_map(uint32_t vsid, unsigned int page, uint64_t va, uint64_t pa, uint64_t attributes,
	uint64_t asid);

/* fuzz_vmm_snapshot.c; moves, though the input says nothing more */

void fuzz_vmm_reset(struct fuzz_input *input);
/* Into another vSMMU on another host. */
void fuzz_vmm_migrate(struct fuzz_input *input);
/* Into another vSMMU on the same host, with the endpoints. */
void fuzz_vmm_move(struct fuzz_input *input);
/* Into the same one, after a reset. */
void fuzz_vmm_resume(struct fuzz_input *input);
/* Into another one, but first a snapshot that was tampered with, as the input says. */
void fuzz_vmm_corrupt(struct fuzz_input *input);

/* fuzz_vmm_oracle.c */

/* An endpoint's DMA, which must not get where nothing let it. @length <= FUZZ_VMM_DATA_MAX. */
int fuzz_vmm_dma(unsigned int n, const struct vsmmu_access *access, void *bytes, size_t length);
/* Invalidates everything, or what concerns the endpoint, then does DMA: it must end as the
 * tables say, and the guest must be told so. */
void fuzz_vmm_compare(unsigned int n, const struct vsmmu_access *access, bool stream);
/* vsmmu_translate(), which must say what the tables say. */
void fuzz_vmm_translate(const struct vsmmu_access *access);

#endif
