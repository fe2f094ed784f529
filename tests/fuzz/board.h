/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for the fuzzer of the whole vSMMU: guest memory with tables and queues in it,
 * endpoints on the simulator that do DMA, and what must hold whatever a guest, a VMM and a
 * host do. Every call of the library is put between board_enter() and board_leave().
 *
 * board.c has the machine, board_memory.c the guest's memory and what the VMM supplies,
 * board_guest.c is what a driver does, board_snapshot.c saves and restores, board_oracle.c
 * knows where DMA may go.
 */
#ifndef FUZZ_BOARD_H
#define FUZZ_BOARD_H

#include <stdbool.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "arch/regs.h"
#include "arch/strtab.h"
#include "fuzz.h"
#include "smmu/commands/cmdq.h"

#define BOARD_ENDPOINTS	  4
#define BOARD_VSIDS	  6
#define BOARD_MEMORY	  UINT64_C(0x80000000)
#define BOARD_SIZE	  UINT64_C(0x40000)
#define BOARD_PAGE	  UINT64_C(4096)
#define BOARD_PAGES	  (BOARD_SIZE / BOARD_PAGE)
#define BOARD_CMDQ_LOG2	  8
#define BOARD_EVENTQ_LOG2 9
#define BOARD_JOURNAL	  96
#define BOARD_STRTABS	  16
#define BOARD_RESUMES	  20 /* counters double each time */
#define BOARD_ANY	  UINT32_MAX
#define BOARD_DATA_MAX	  7 /* bytes of DMA: no table is read by so few */
#define BOARD_DATAS	  4

extern const uint32_t board_vsids[BOARD_VSIDS];
#define BOARD_NO_VSID UINT32_MAX /* a host that failed has left an endpoint without one */

/* What a register write may cost (src/smmu/commands/cmdq.h, docs/architecture.md). */
#define BOARD_COMMANDS		  (CMDQ_KICK_MAX + BOARD_ENDPOINTS)
#define BOARD_READS_MAX		  (3 * BOARD_COMMANDS + 2 * BOARD_ENDPOINTS)
#define BOARD_CALLS_MAX		  (16 * BOARD_COMMANDS)
#define BOARD_TRANSLATE_READS_MAX 9

/* The guest's registers as a call finds them. */
struct board_registers {
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
struct board_change {
	uint32_t offset;
	uint8_t length;
	uint8_t old[ARCH_ENTRY_SIZE];
};

struct board_data {
	uint64_t address;
	size_t length;
};

struct board_options {
	struct vsmmu_sim_config sim;
	struct vsmmu_config config;
	bool two_smmus; /* half of the endpoints sit behind another physical SMMU */
	bool probe;
};

struct board {
	struct board_options options;
	struct vsmmu_host *sim;
	struct vsmmu_host *host; /* in front of it */
	struct vsmmu *vsmmu;
	struct arch_features guest;    /* of the vSMMU */
	struct arch_features hardware; /* of the simulator */
	uint32_t dev_id[BOARD_ENDPOINTS];
	uint32_t vsid[BOARD_ENDPOINTS];
	struct vsmmu_endpoint *endpoint[BOARD_ENDPOINTS]; /* NULL while detached */
	uint8_t memory[BOARD_SIZE];
	uint64_t hole, hole_size; /* a part of the memory that is none, as an offset */

	/* Of the call under way. */
	bool inside;
	bool anything; /* it may have changed all registers: a snapshot that was tampered with */
	struct board_registers before;
	struct vsmmu_stats stats_before;
	uint32_t cr0_written; /* ORed to cr0: what a write of CR0 enables may have effects in it */
	uint32_t translate_sid;
	bool translating;
	unsigned int reads, calls, written;
	unsigned int foreign_writes; /* MSIs that no IRQ_CFG0 names */
	unsigned int pulses[VSMMU_IRQ_COUNT];
	unsigned int reports;

	/* What the hardware may still have cached: since everything was invalidated. */
	struct board_change journal[BOARD_JOURNAL];
	unsigned int changes;
	struct arch_strtab strtab[BOARD_STRTABS];
	unsigned int strtabs;
	bool forgotten;		  /* more changed than what is kept */
	uint64_t changed;	  /* counts changes of the memory, */
	uint64_t changed_at_ring; /* also when CMDQ_PROD was written last */
	unsigned int rings;	  /* writes of it */

	struct board_data data[BOARD_DATAS]; /* that the last DMA accessed */
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

extern struct board board;

/* stand_timer.c */
void stand_timer_reset(void);
void stand_timer_expire(void);

void board_open(const struct board_options *options);
/* Everything is taken down; nothing may be left in the host. */
void board_close(void);

/* A second machine with the same memory and StreamIDs, all else fresh; the first is gone. */
void board_replace(void);

void board_enter(void);
/* @reads, @calls: what the call may have cost at most. */
void board_leave(unsigned int reads, unsigned int calls);

void board_write(uint64_t offset, uint32_t size, uint64_t value);
uint64_t board_read(uint64_t offset, uint32_t size);
struct board_registers board_registers(void);
bool board_error(void); /* the command queue has stopped */

/* Dispatches, and consumes commands, while the fds are readable, which must end. */
void board_run(uint32_t budget);
void board_run_commands(uint32_t budget);

bool board_is_live(uint32_t vsid);
void board_attach(unsigned int n, uint32_t vsid);
void board_detach(unsigned int n);

/* No failure is arranged any more, and all memory is there. */
void board_heal(void);

/* Guest memory, as the guest writes it. Outside of it nothing happens. */
void board_poke(uint64_t address, const void *bytes, size_t length);
void board_store(uint64_t address, uint64_t value);
bool board_has(uint64_t address, size_t length);
/* As it was when @change had not happened; all of it with @change = board.changes. */
void board_peek(unsigned int change, uint64_t address, void *bytes, size_t length);

/* board_memory.c */
extern const struct vsmmu_ops board_ops;
int board_stage2_read(void *opaque, uint64_t address, void *bytes, size_t length);
int board_stage2_write(void *opaque, uint64_t address, const void *bytes, size_t length);

static inline unsigned int board_eventq_log2(uint64_t base)
{
	unsigned int log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;

	return log2 < BOARD_EVENTQ_LOG2 ? log2 : BOARD_EVENTQ_LOG2;
}

static inline unsigned int board_cmdq_log2(uint64_t base)
{
	unsigned int log2 = base & SMMU_QUEUE_BASE_LOG2SIZE;

	return log2 < BOARD_CMDQ_LOG2 ? log2 : BOARD_CMDQ_LOG2;
}

/* board_guest.c */

/* As a driver brings it up, with queues and table at pages of the memory. */
void board_enable(unsigned int cmdq_page, unsigned int eventq_page, unsigned int strtab_page,
	unsigned int shape, uint32_t cr0);
/* One command, whatever it is, and tells the vSMMU. */
void board_put_command(const uint64_t word[2]);
/* Takes what is in the event queue. */
void board_consume(uint32_t records);
/* Writes commands and waits for a CMD_SYNC behind them. Return: whether it could, and did. */
bool board_submit(const uint64_t (*command)[2], unsigned int count);
/* Invalidates everything: hardware then goes by what memory says now. Return: as above. */
bool board_invalidate_all(void);
/* The same for the configuration of one StreamID alone. */
bool board_invalidate_stream(uint32_t vsid);
/* Where the STE of a StreamID is. */
bool board_find_ste(uint32_t vsid, uint64_t *address);
/* Makes the STE abort, and waits. Return: whether it could. */
bool board_stop_stream(uint32_t vsid, bool valid);
/* STE, CD and tables at a page, with @va leading to @pa. */
void board_map(uint32_t vsid, unsigned int page, uint64_t va, uint64_t pa, uint64_t attributes,
	uint64_t asid);

/* board_snapshot.c; moves, though the input says nothing more */

void board_reset(struct fuzz_input *input);
/* Into another vSMMU on another host. */
void board_migrate(struct fuzz_input *input);
/* Into the same one, after a reset. */
void board_resume(struct fuzz_input *input);
/* Into another one, but first a snapshot that was tampered with, as the input says. */
void board_corrupt(struct fuzz_input *input);

/* board_oracle.c */

/* An endpoint's DMA, which must not get where nothing let it. @length <= BOARD_DATA_MAX. */
int board_dma(unsigned int n, const struct vsmmu_access *access, void *bytes, size_t length);
/* Invalidates everything, or what concerns the endpoint, then does DMA: it must end as the
 * tables say, and the guest must be told so. */
void board_compare(unsigned int n, const struct vsmmu_access *access, bool stream);
/* vsmmu_translate(), which must say what the tables say. */
void board_translate(const struct vsmmu_access *access);

#endif
