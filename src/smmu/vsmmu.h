/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vSMMU, whole: what its parts share.
 *
 * Locks, taken in this order and no other:
 *
 *   control_lock   endpoints, parents and which vEVENTQs exist; held over host ioctls
 *   dispatch_lock  the list of vEVENTQs, their readers and their state in the poll set
 *   event_lock     registers, the guest's queue, streams, counters; held for one batch
 *   report_lock    rate limits; a leaf
 *
 * So the event path (dispatch, event) never waits for an ioctl, and an MMIO exit never
 * waits for more than one batch. EVENTQ_PROD and _CONS need no lock at all. Callbacks
 * memory_write and irq_pulse run under the event lock, since an interrupt that the guest
 * has disabled and seen acknowledged must not come after; report runs without it.
 */
#ifndef SMMU_VSMMU_H
#define SMMU_VSMMU_H

#include <pthread.h>

#include <vsmmu/smmu.h>

#include "host/host.h"
#include "smmu/eventq.h"
#include "smmu/pollset.h"
#include "smmu/stream.h"
#include "util/ratelimit.h"

struct vqueue;

struct vsmmu {
	struct vsmmu_config config; /* with the defaults filled in; ops points below */
	struct vsmmu_ops ops;
	struct vsmmu_host *host;

	pthread_mutex_t control_lock;
	struct vsmmu_endpoint *endpoints;
	struct parent *parents;

	pthread_mutex_t dispatch_lock;
	struct vqueue *vqueues; /* changed with control_lock held too */
	struct pollset pollset;
	uint32_t turn; /* which of the readable ones is read first */

	pthread_mutex_t event_lock;
	uint32_t cr0;
	uint32_t irq_ctrl;
	uint32_t gerror;
	uint32_t gerrorn;
	struct eventq eventq;
	struct stream_table streams;
	struct vsmmu_stats stats;

	pthread_mutex_t report_lock;
	struct ratelimit report_limit[VSMMU_REPORT_CODE_COUNT];
	uint64_t reports_suppressed;
};

/* Both under the event lock. Pulses the line if the guest has enabled it. */
void irq_eventq(struct vsmmu *vsmmu);
/* Activates GERROR bits that are not active (IHI 0070 7.5), with their interrupt. */
void gerror_raise(struct vsmmu *vsmmu, uint32_t bits);

/* Under the event lock: registers and queue to their reset state. */
void registers_reset(struct vsmmu *vsmmu);

static inline uint32_t gerror_active(const struct vsmmu *vsmmu)
{
	return vsmmu->gerror ^ vsmmu->gerrorn;
}

/* Tells the VMM, within the limits of its rate; never with the event lock held. */
void report(struct vsmmu *vsmmu, enum vsmmu_report_code code, enum vsmmu_severity severity,
	uint64_t vsid, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What rate limiting still holds back, at the end. */
void report_flush(struct vsmmu *vsmmu);

#endif
