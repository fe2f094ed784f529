/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invalidations on their way to the host: collected up to a CMD_SYNC, then sent with one
 * call for each vIOMMU. Under the command lock.
 *
 * What fails is never the guest's fault, as each command was made fit for its host, and it
 * is never skipped: the kernel's count of what it handled can be too high. So the whole
 * array is re-issued, then everything is invalidated that the vIOMMU's guest can have
 * cached; if the host refuses that too, the endpoints behind it lose their access.
 */
#ifndef SMMU_COMMANDS_INVALIDATION_H
#define SMMU_COMMANDS_INVALIDATION_H

#include <stdbool.h>
#include <stdint.h>

struct viommu;
struct vsmmu;

#define INVALIDATION_MAX 1024 /* commands; then they are sent without waiting for a SYNC */

/* Entries of a batch in their order: the first's and last's index plus one; 0 for none. */
struct invalidation_chain {
	uint16_t first;
	uint16_t last;
};

/* What the guest asked for, as it asked; each host gets what suits its SMMU. */
struct invalidation {
	uint32_t count;
	uint32_t calls; /* host calls that were needed, for who wants to know */
	bool atc_lost;	/* an ATC_INV since the last SYNC may not have been carried out */
	uint64_t command[INVALIDATION_MAX][2];

	/* During a flush: how the entries are chained, and one vIOMMU's array. */
	uint16_t next[INVALIDATION_MAX];
	uint64_t fit[INVALIDATION_MAX][2];
};

/* Forgets the batch: after a reset nothing that the guest asked for matters. */
void invalidation_reset(struct invalidation *batch);

/* A command of kind COMMAND_FORWARD. Sends the batch first if it is full. */
void invalidation_add(struct vsmmu *vsmmu, const uint64_t command[2]);

/* CFGI_CD_ALL of a StreamID: after an STE was read anew. */
void invalidation_add_cd_all(struct vsmmu *vsmmu, uint32_t vsid);

/*
 * The same for each endpoint with a StreamID in a range, with the control lock held as well.
 * Return: how many there are; @looked: how many it took to find them.
 */
uint32_t invalidation_add_cd_all_range(
	struct vsmmu *vsmmu, uint32_t first, uint64_t count, uint32_t *looked);

/*
 * Sends the batch. Not with the control lock held. Return: 0; -EIO when an ATC_INV may not
 * have been carried out, for CERROR_ATC_INV_SYNC. Of all else that fails the guest sees
 * nothing: it is re-issued, then everything is invalidated, then the endpoints are blocked.
 */
int invalidation_flush(struct vsmmu *vsmmu);

/*
 * Before an endpoint behind @viommu is given access again, under the control lock: what the
 * hardware has cached may be what the guest has long invalidated. Return: 0 when it is not;
 * -errno: the endpoint must stay blocked.
 */
int viommu_resync(struct vsmmu *vsmmu, struct viommu *viommu);

#endif
