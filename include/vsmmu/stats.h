/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters of a vSMMU, and where its events went. */
#ifndef VSMMU_STATS_H
#define VSMMU_STATS_H

#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;

/** enum vsmmu_discard - reasons why an event that the kernel gave never reached the guest */
enum vsmmu_discard {
	VSMMU_DISCARD_DISABLED = 0,   /* EVENTQEN or SMMUEN was 0 */
	VSMMU_DISCARD_ABORT,	      /* EVENTQ_ABT_ERR active, or this write aborted */
	VSMMU_DISCARD_STALE,	      /* its endpoint was detached, or got another StreamID */
	VSMMU_DISCARD_RESET,	      /* read while the vSMMU was being reset */
	VSMMU_DISCARD_TEARDOWN,	      /* read while the vEVENTQ was being taken down */
	VSMMU_DISCARD_UNKNOWN_STREAM, /* no endpoint of that vEVENTQ has this StreamID */
	VSMMU_DISCARD_UNKNOWN_ID,     /* an event that the kernel never forwards */
	VSMMU_DISCARD_STALL,	      /* Stall = 1: cannot be resumed through a vEVENTQ */
	VSMMU_DISCARD_STAGE2,	      /* S2 = 1: the host's own business */
	VSMMU_DISCARD_SUBSTREAM,      /* a SubstreamID that the guest's SMMU does not have */
};

/** VSMMU_DISCARD_SLOTS - reasons that struct vsmmu_stats has room for, in all later versions too */
#define VSMMU_DISCARD_SLOTS 32

/**
 * struct vsmmu_stats - counters since vsmmu_new(); none ever goes back
 * @size: set by the caller to sizeof(struct vsmmu_stats)
 * @sequenced: how far the kernel's sequence numbers advanced, widened to 64 bits
 * @delivered: events written into the guest's queue
 * @lost: events that the kernel dropped
 * @discarded: events that were read but not delivered; the sum of @discarded_by
 * @pending: events that vsmmu_save() read ahead, or a snapshot brought, and that the guest's
 *	queue has not taken yet
 * @discarded_by: @discarded, by reason: index is enum vsmmu_discard; all other slots are 0
 * @stream_errors: ERROR items of the vEVENTQs
 * @reads: read() calls; @empty_reads gave 0; @memory_reads gave ENOMEM; @failed_reads
 *	gave another error and disarmed the queue
 * @eventq_irqs: pulses of VSMMU_IRQ_EVENTQ; @gerror_irqs of VSMMU_IRQ_GERROR; with
 *	config.defer_irqs, how often vsmmu_take_irqs() gave them
 * @overflows: times that OVFLG was toggled
 * @aborts: times that EVENTQ_ABT_ERR was raised
 * @pauses: dispatches that stopped because the guest's queue was full, or held a vEVENTQ's
 *	share of it
 * @reports_suppressed: reports that rate limiting held back
 * @commands: commands consumed from the guest's queue
 * @syncs: commands that were CMD_SYNCs
 * @command_errors: times that CMDQ_ERR was raised
 * @cmd_sync_irqs: pulses of VSMMU_IRQ_CMD_SYNC: none for a CMD_SYNC that asks for an MSI
 * @msis: MSIs sent
 * @msi_aborts: MSIs whose address was neither memory nor a doorbell
 * @invalidations: commands given to the host
 * @invalidation_calls: host calls that this took
 * @invalidation_failures: such calls that failed
 * @stes: STEs installed
 * @blocked: times that an endpoint was cut off because the host failed
 * @translation_events: events of vsmmu_translate() in the guest's queue, which are not in
 *	@delivered
 * @translation_drops: such events that found no room
 * @vmm_events: events of vsmmu_record_event() in the guest's queue, which are not in @delivered
 * @vmm_drops: such events that found no room
 *
 * At any time sequenced == delivered + lost + discarded + pending. Losses in the physical SMMU's
 * own queue and merged events (STE.MEV) are in none of these, as nobody numbers them.
 */
struct vsmmu_stats {
	size_t size;
	uint64_t sequenced;
	uint64_t delivered;
	uint64_t lost;
	uint64_t discarded;
	uint64_t pending;
	uint64_t discarded_by[VSMMU_DISCARD_SLOTS];
	uint64_t stream_errors;
	uint64_t reads;
	uint64_t empty_reads;
	uint64_t memory_reads;
	uint64_t failed_reads;
	uint64_t eventq_irqs;
	uint64_t gerror_irqs;
	uint64_t overflows;
	uint64_t aborts;
	uint64_t pauses;
	uint64_t reports_suppressed;
	uint64_t commands;
	uint64_t syncs;
	uint64_t command_errors;
	uint64_t cmd_sync_irqs;
	uint64_t msis;
	uint64_t msi_aborts;
	uint64_t invalidations;
	uint64_t invalidation_calls;
	uint64_t invalidation_failures;
	uint64_t stes;
	uint64_t blocked;
	uint64_t translation_events;
	uint64_t translation_drops;
	uint64_t vmm_events;
	uint64_t vmm_drops;
};

/**
 * vsmmu_get_stats() - the vSMMU's counters, one consistent set
 * @vsmmu: the vSMMU
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -EINVAL for a NULL or a wrong size. Threads: any, at any time, also inside the report
 * op. Since: 0.1
 */
VSMMU_API int vsmmu_get_stats(struct vsmmu *vsmmu, struct vsmmu_stats *stats);

/**
 * vsmmu_stats_name() - name of a counter, for a program that shows all of them
 * @n: counted from 0
 *
 * Counters that a later version adds come last, and need no change in such a program:
 *
 *	for (unsigned int n = 0; vsmmu_stats_name(n); n++)
 *		printf("%s %" PRIu64 "\n", vsmmu_stats_name(n), vsmmu_stats_value(&stats, n));
 *
 * Return: the member's name, e.g. "delivered"; for those of @discarded_by one each, e.g.
 * "discarded_stale"; a constant string; NULL after the last one. Threads: any. Since: 0.1
 */
VSMMU_API const char *vsmmu_stats_name(unsigned int n);

/**
 * vsmmu_stats_value() - value of a counter
 * @stats: counters of vsmmu_get_stats()
 * @n: as for vsmmu_stats_name()
 *
 * Return: the value; 0 for a counter that @stats has no room for or that does not exist, and for
 * a NULL. Threads: any. Since: 0.1
 */
VSMMU_API uint64_t vsmmu_stats_value(const struct vsmmu_stats *stats, unsigned int n);

/**
 * vsmmu_discard_name() - short lower-case name of a discard reason
 * @reason: e.g. VSMMU_DISCARD_STALE
 *
 * Return: e.g. "stale"; "unknown" for a number that this version does not know. Threads: any.
 * Since: 0.1
 */
VSMMU_API const char *vsmmu_discard_name(enum vsmmu_discard reason);

#ifdef __cplusplus
}
#endif

#endif
