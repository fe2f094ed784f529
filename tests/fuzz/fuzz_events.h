/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for a fuzzer: a vSMMU on the simulator, a guest's memory, and what must hold
 * whatever a guest, a VMM and a host do. Every call that may write to the guest's memory
 * is put between fuzz_events_enter() and fuzz_events_leave(), which check it.
 */
#ifndef FUZZ_EVENTS_H
#define FUZZ_EVENTS_H

#include <stdbool.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "fuzz_timer.h"
#include "smmu/counts.h"

#define FUZZ_EVENTS_ENDPOINTS 4
#define FUZZ_EVENTS_LOG2_MAX  9
#define FUZZ_EVENTS_MEMORY    UINT64_C(0x90000000)
#define FUZZ_EVENTS_SIZE      UINT64_C(0x20000)

/* The guest's event queue as a call finds it. */
struct fuzz_events_queue {
	bool enabled;
	bool smmu_enabled;
	uint64_t address;
	unsigned int log2;
	uint32_t prod, cons;
	uint32_t used; /* more than the size when PROD and CONS make no sense */
	uint32_t irq_ctrl;
	uint64_t delivered;
};

struct fuzz_events {
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	unsigned int log2_max;
	uint32_t dev_id[FUZZ_EVENTS_ENDPOINTS];
	uint32_t vsid[FUZZ_EVENTS_ENDPOINTS];
	struct vsmmu_endpoint *endpoint[FUZZ_EVENTS_ENDPOINTS]; /* NULL while detached */
	uint8_t memory[FUZZ_EVENTS_SIZE];
	uint64_t gone, gone_size; /* a part of the memory that is none, as an offset */

	bool may_write; /* inside a call that delivers */
	struct fuzz_events_queue before;
	uint32_t written; /* records, since fuzz_events_enter() */
	unsigned int pulses[IRQ_COUNT];

	uint64_t produced;   /* faults that the simulator numbered */
	bool reads_may_fail; /* a failing read has been arranged */
	bool uncounted;	     /* a vEVENTQ was taken down while its reads might fail */
	struct vsmmu_stats stats;
};

struct fuzz_events_options {
	struct vsmmu_sim_config sim;
	struct vsmmu_config config;
	bool two_smmus; /* half of the endpoints sit behind another physical SMMU */
};

void fuzz_events_open(struct fuzz_events *fuzz, const struct fuzz_events_options *options);
/* Everything is taken down; nothing may be left in the host. */
void fuzz_events_close(struct fuzz_events *fuzz);

void fuzz_events_enter(struct fuzz_events *fuzz);
void fuzz_events_leave(struct fuzz_events *fuzz);
/* Does so after a reset. */
void fuzz_events_leave_reset(struct fuzz_events *fuzz);

bool fuzz_events_readable(const struct fuzz_events *fuzz);
/* Dispatches while the fd is readable, which must end. */
void fuzz_events_run(struct fuzz_events *fuzz, uint32_t budget);

void fuzz_events_fault(
	struct fuzz_events *fuzz, unsigned int n, const struct vsmmu_event_record *record);
/* So many events find no memory. */
void fuzz_events_drop(struct fuzz_events *fuzz, unsigned int n, uint32_t count);
void fuzz_events_attach(struct fuzz_events *fuzz, unsigned int n, uint32_t vsid);
void fuzz_events_detach(struct fuzz_events *fuzz, unsigned int n);

uint32_t fuzz_events_read(struct fuzz_events *fuzz, uint64_t offset);
/* The accesses are checked too: none of them may deliver. */
void fuzz_events_write(struct fuzz_events *fuzz, uint64_t offset, uint32_t size, uint64_t value);
/* Enables the queue as a driver does, at @page of the memory. */
void fuzz_events_enable(struct fuzz_events *fuzz, unsigned int log2, unsigned int page);
void fuzz_events_consume(struct fuzz_events *fuzz, uint32_t records);

/* No failure is arranged any more. */
void fuzz_events_heal(struct fuzz_events *fuzz);
/* Heals, lets the guest take everything, and compares with what was produced. */
void fuzz_events_settle(struct fuzz_events *fuzz);

#endif
