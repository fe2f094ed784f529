/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vSMMU, whole: what its parts share.
 *
 * Locks, taken in this order and no other:
 *
 *   command_lock   the consumer of the command queue and the batch of invalidations; held
 *                  over all that a command does, and over a write of CR0
 *   control_lock   endpoints, parents and which vEVENTQs exist; held over host ioctls
 *   dispatch_lock  the list of vEVENTQs, their readers and their state in the poll set
 *   event_lock     registers, the guest's queue, streams, counters; held for one batch
 *   report_lock    rate limits; a leaf
 *
 * So the event path (dispatch, event) never waits for an ioctl, and an MMIO exit waits for
 * no more than one batch, unless it writes CR0 or GBPA or makes commands available.
 * EVENTQ_PROD and _CONS, and CMDQ_CONS, need no lock at all. Callbacks memory_write, msi and
 * irq_pulse run under the event lock, since an interrupt that the guest has disabled and
 * seen acknowledged must not come after; report runs without it. Who lets the command lock go
 * kicks: see cmdq.h. The lock of the command fd (cmdq.h) is a leaf.
 */
#ifndef SMMU_VSMMU_H
#define SMMU_VSMMU_H

#include <pthread.h>

#include <vsmmu/smmu.h>

#include "arch/features.h"
#include "arch/idr.h"
#include "host/host.h"
#include "smmu/commands/cmdq.h"
#include "smmu/commands/invalidation.h"
#include "smmu/events/eventq.h"
#include "smmu/events/pollset.h"
#include "smmu/registers/registers.h"
#include "smmu/stream.h"
#include "util/fairlock.h"
#include "util/ratelimit.h"

struct viommu;

/* What a physical SMMU can do, of what concerns the guest. */
struct host_features {
	struct arch_features arch;
	bool repeat_commands;
};

struct vsmmu {
	struct vsmmu_config config; /* with the defaults filled in; ops points below */
	struct vsmmu_ops ops;
	struct vsmmu_host *host;
	struct idr_registers id;       /* as the guest reads them */
	struct arch_features features; /* the same, taken apart */
	struct idr_registers own_id;   /* before a snapshot brought others: as config asks */

	struct fairlock command_lock;
	struct cmdq cmdq;
	struct invalidation invalidation;

	pthread_mutex_t control_lock;
	struct vsmmu_endpoint *endpoints;
	struct nesting_parent *parents;
	uint32_t forwarded; /* events, by installing STEs; for who wants to know */

	struct fairlock dispatch_lock;
	struct viommu *viommus;	 /* changed with control_lock held too */
	struct viommu *restored; /* the one of them that a snapshot brought, or NULL; the same */
	struct pollset pollset;
	uint32_t turn; /* which of the readable ones is read first */

	struct fairlock event_lock;
	struct registers registers;
	struct eventq eventq;
	struct stream_table streams;
	struct vsmmu_stats stats;

	pthread_mutex_t report_lock;
	struct ratelimit report_limit[VSMMU_REPORT_CODE_COUNT];
	uint64_t reports_suppressed;
};

/* All under the event lock. Pulses the line if the guest has enabled it. */
void irq_eventq(struct vsmmu *vsmmu);
void irq_gerror(struct vsmmu *vsmmu);
/* Activates GERROR bits that are not active (IHI 0070 7.5), with their interrupt. */
void gerror_raise(struct vsmmu *vsmmu, uint32_t bits);

/* CMD_SYNC's completion signal by interrupt: the wired line, and an MSI unless @address is 0. */
void irq_cmd_sync(struct vsmmu *vsmmu, uint64_t address, uint32_t data);

/* Under the event lock: registers and queue to their reset state. */
void registers_reset(struct vsmmu *vsmmu);

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
	return vsmmu->ops.memory_read != NULL;
}

/* Tells the VMM, within the limits of its rate; never with the event lock held. */
void report(struct vsmmu *vsmmu, enum vsmmu_report_code code, enum vsmmu_severity severity,
	uint64_t vsid, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What rate limiting still holds back, at the end. */
void report_flush(struct vsmmu *vsmmu);

#endif
