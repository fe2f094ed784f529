/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for a fuzzer: a vSMMU on the simulator, a guest's memory, and what must hold
 * whatever a guest, a VMM and a host do. Every call that may write to the guest's memory
 * is put between stand_enter() and stand_leave(), which check it.
 */
#ifndef FUZZ_STAND_H
#define FUZZ_STAND_H

#include <stdbool.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "fuzz.h"

#define STAND_ENDPOINTS 4
#define STAND_LOG2_MAX	9
#define STAND_MEMORY	UINT64_C(0x90000000)
#define STAND_SIZE	UINT64_C(0x20000)

/* The guest's event queue as a call finds it. */
struct stand_queue {
	bool enabled;
	bool smmu_enabled;
	uint64_t address;
	unsigned int log2;
	uint32_t prod, cons;
	uint32_t used; /* more than the size when PROD and CONS make no sense */
	uint32_t irq_ctrl;
	uint64_t delivered;
};

struct stand {
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	unsigned int log2_max;
	uint32_t dev_id[STAND_ENDPOINTS];
	uint32_t vsid[STAND_ENDPOINTS];
	struct vsmmu_endpoint *endpoint[STAND_ENDPOINTS]; /* NULL while detached */
	uint8_t memory[STAND_SIZE];
	uint64_t gone, gone_size; /* a part of the memory that is none, as an offset */

	bool may_write; /* inside a call that delivers */
	struct stand_queue before;
	uint32_t written; /* records, since stand_enter() */
	unsigned int pulses[VSMMU_IRQ_COUNT];

	uint64_t produced;   /* faults that the simulator numbered */
	bool reads_may_fail; /* a failing read has been arranged */
	bool uncounted;	     /* a vEVENTQ was taken down while its reads might fail */
	struct vsmmu_stats stats;
};

struct stand_options {
	struct vsmmu_sim_config sim;
	struct vsmmu_config config;
	bool two_smmus; /* half of the endpoints sit behind another physical SMMU */
};

void stand_open(struct stand *stand, const struct stand_options *options);
/* Everything is taken down; nothing may be left in the host. */
void stand_close(struct stand *stand);

void stand_enter(struct stand *stand);
void stand_leave(struct stand *stand);
/* The same after a reset. */
void stand_leave_reset(struct stand *stand);

bool stand_readable(const struct stand *stand);
/* Dispatches while the fd is readable, which must end. */
void stand_run(struct stand *stand, uint32_t budget);

void stand_fault(struct stand *stand, unsigned int n, const struct vsmmu_event_record *record);
/* So many events find no memory. */
void stand_drop(struct stand *stand, unsigned int n, uint32_t count);
void stand_attach(struct stand *stand, unsigned int n, uint32_t vsid);
void stand_detach(struct stand *stand, unsigned int n);

uint32_t stand_read(struct stand *stand, uint64_t offset);
/* The accesses are checked too: none of them may deliver. */
void stand_write(struct stand *stand, uint64_t offset, uint32_t size, uint64_t value);
/* As a driver does it, at @page of the memory. */
void stand_enable(struct stand *stand, unsigned int log2, unsigned int page);
void stand_consume(struct stand *stand, uint32_t records);

/* No failure is arranged any more. */
void stand_heal(struct stand *stand);
/* Heals, lets the guest take everything, and compares with what was produced. */
void stand_settle(struct stand *stand);

/* stand_timer.c: the time that backoff waits for passes only when this is called. */
void stand_timer_reset(void);
void stand_timer_expire(void);

#endif
