/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This is the whole state of one vSMMU.
 *
 * Locks, taken in this order and no other:
 *
 *   attach_lock    attach, detach, renumbering and restore; held over host calls that map or
 *                  pin the guest's memory or wait for that. No register write takes it
 *   command_lock   the consumer of the command queue and the batch of invalidations; held
 *                  over all that a command does, and over a write of CR0 or GBPA
 *   control_lock   endpoints, nesting parents, vIOMMUs; held over host calls, but never over
 *                  one that maps or pins memory or waits for that
 *   dispatch_lock  the vEVENTQs, their readers, which of them are polled, and @pending
 *   event_lock     registers, the guest's queues, streams, counters; held for one batch
 *   report_lock    rate limits; a leaf, as are the locks within a pollset
 *
 * A move (snapshot/move.c) takes the first three of two vSMMUs, level by level, and of each level
 * first the lock of the vSMMU with the lower address.
 *
 * So the event path (dispatch, event) never waits for an ioctl, and an MMIO exit waits for
 * one batch at most, unless it writes CR0 or GBPA or makes commands available. EVENTQ_PROD
 * and _CONS, and CMDQ_CONS, need no lock at all. Callbacks memory_write, delivered, msi and
 * irq_pulse run under the event lock, since an interrupt that the guest has disabled and seen
 * acknowledged must not come after (with defer_irqs it is only noted there, and the VMM takes care
 * of that); report runs without it, and vsid under the command and control locks. A thread that
 * unlocks the command lock then rings the doorbell: see commands/cmdq.h.
 */
#ifndef SMMU_VSMMU_H
#define SMMU_VSMMU_H

#include <pthread.h>
#include <stdatomic.h>

#include <vsmmu/smmu.h>

#include "arch/features.h"
#include "arch/guest_queue.h"
#include "arch/idr.h"
#include "host/host.h"
#include "smmu/counts.h"
#include "smmu/events/eventq.h"
#include "smmu/events/state.h"
#include "smmu/stream.h"
#include "util/fairlock.h"
#include "util/list.h"
#include "util/pollset.h"
#include "util/ratelimit.h"

struct nesting_parent;
struct orphan;
struct viommu;

#define INVALIDATION_MAX 512 /* commands; then they are sent without waiting for a SYNC */

/* Address, data and attributes of an MSI (IHI 0070 6.3.21 and the like). */
struct msi_config {
	uint64_t address;
	uint32_t data;
	uint32_t attributes;
};

/* The registers but those of the queues, and the ID registers. Under the event lock. */
struct registers {
	uint32_t cr0;
	uint32_t cr0ack; /* follows cr0 once its effect is complete */
	uint32_t cr1;
	uint32_t cr2;
	uint32_t gbpa; /* with Update while an update is not complete */
	uint32_t irq_ctrl;
	uint32_t gerror;
	uint32_t gerrorn;
	struct msi_config gerror_msi;
	struct msi_config eventq_msi;
	uint64_t strtab_base;
	uint32_t strtab_cfg;
};

/* The command queue. Enabled, and taken apart, under the command and event locks. */
struct cmdq {
	struct guest_queue queue;
	struct pollset pollset; /* readable: vsmmu_run_commands() has something to do */
	atomic_bool rung;	/* a doorbell rang while the command lock was taken */
};

/* Invalidations that no CMD_SYNC has sent yet, as the guest wrote them. Under the command lock. */
struct invalidation {
	uint32_t count;
	bool names_streams; /* there are others among them than TLB invalidations */
	bool atc_lost;	    /* an ATC_INV since the last SYNC may not have been carried out */
	uint64_t command[INVALIDATION_MAX][2];
	/* During a flush: whom each is for, NULL for every TLB; the array for one host call. */
	const struct viommu *target[INVALIDATION_MAX];
	uint64_t fit[INVALIDATION_MAX][2];
};

/* Host calls that failed and may succeed later. Under the control lock. */
struct recovery {
	uint64_t backoff; /* nanoseconds to the next try; 0 while nothing is due */
	uint32_t round;
	struct orphan *orphans; /* objects that could not be destroyed, oldest first */
};

struct vsmmu {
	struct vsmmu_config config; /* with the defaults filled in; ops points below */
	struct vsmmu_ops ops;
	struct vsmmu_host *host;
	struct idr_registers id;       /* as the guest reads them; see identity.h */
	struct arch_features features; /* the same, taken apart */
	atomic_bool identity_is_frozen;

	pthread_mutex_t attach_lock;

	struct fairlock command_lock;
	struct cmdq cmdq;
	struct invalidation invalidation;

	pthread_mutex_t control_lock;
	struct vsmmu_endpoint *endpoints;
	atomic_uint asked; /* endpoints whose StreamID the VMM is asked for; read by anyone */
	struct nesting_parent *parents;
	struct recovery recovery;

	struct fairlock dispatch_lock;
	struct sources sources;
	struct pending pending;
	struct pollset pollset;
	struct event_pause pause;

	pthread_mutex_t event_lock;
	struct registers registers;
	uint32_t irqs_noted; /* 1 << enum vsmmu_irq, with defer_irqs, until they are taken */
	struct eventq eventq;
	struct stream_table streams;
	struct vsmmu_stats stats;

	pthread_mutex_t report_lock;
	struct ratelimit report_limit[REPORT_CODE_COUNT];
	uint64_t reports_suppressed;
};

static inline uint32_t gerror_active(const struct vsmmu *vsmmu)
{
	return vsmmu->registers.gerror ^ vsmmu->registers.gerrorn;
}

static inline unsigned int vsmmu_cmdq_log2_max(const struct vsmmu *vsmmu)
{
	return vsmmu->id.idr[1] >> 21 & 0x1f;
}

/* Whether the vSMMU reads the guest's tables and commands, or its VMM does. */
static inline bool vsmmu_is_whole(const struct vsmmu *vsmmu)
{
	return !vsmmu->config.event_path_only;
}

#endif
