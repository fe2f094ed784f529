/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vEVENTQ that the vSMMU reads, with the vIOMMU that it belongs to unless it was
 * adopted. A vSMMU has any number of them.
 */
#ifndef SMMU_VIOMMU_VIOMMU_H
#define SMMU_VIOMMU_VIOMMU_H

#include "smmu/vsmmu.h"

/* A nesting parent HWPT: the guest's memory, behind one physical SMMU. */
struct nesting_parent {
	struct nesting_parent *next;
	uint32_t id;
	unsigned int viommus;
};

enum viommu_state {
	VIOMMU_ARMED,	 /* in the poll set */
	VIOMMU_BACKOFF,	 /* out of it until the timer: reading failed for now */
	VIOMMU_DISARMED, /* out of it until vsmmu_rearm(): reading failed for good */
};

struct backlog;

struct viommu {
	struct viommu *next;
	struct nesting_parent *parent; /* NULL when adopted */
	uint32_t viommu_id;
	struct host_features hardware; /* behind the vIOMMU; all 0 for the event path alone */
	struct host_veventq veventq;
	struct veventq_reader reader;
	struct backlog *backlog; /* what vsmmu_save() read ahead, or NULL */
	/* A snapshot's, with nothing but its backlog: of any stream, and without an fd. */
	bool any_stream;
	unsigned int endpoints;
	unsigned int stale;  /* streams that await that what they caused has been read */
	uint32_t stale_left; /* events, at most, that are in it for that long */
	enum viommu_state state;
	uint64_t backoff; /* nanoseconds, next time; 0 after a good read */

	/* An invalidation failed for good: see viommu_resync(). Under the control lock. */
	bool needs_full_inval;
	/* During a flush: the batch's commands for its streams alone; the next that has some. */
	struct invalidation_chain own;
	struct viommu *flush_next;
};

/* The public handle of an adopted vEVENTQ is its viommu. */
struct vsmmu_veventq_source {
	struct viommu viommu;
};

/*
 * Under the control lock. viommu_new() makes a vIOMMU and vEVENTQ on @parent, and starts
 * reading. Return: 0; -EINVAL when the endpoint is behind another physical SMMU; -errno.
 * Nothing is left on failure.
 */
int viommu_new(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, struct nesting_parent *parent,
	struct viommu **out);

/*
 * Under the control lock, with no endpoint left: stops polling, drains, closes the fd,
 * destroys vEVENTQ and vIOMMU (and frees an adopted one). Return: first -errno.
 */
int viommu_free(struct vsmmu *vsmmu, struct viommu *viommu);

/* Under the dispatch lock: how reading goes on after a read that did not. */
void viommu_backoff(struct vsmmu *vsmmu, struct viommu *viommu);
void viommu_disarm(struct vsmmu *vsmmu, struct viommu *viommu);
int viommu_arm(struct vsmmu *vsmmu, struct viommu *viommu);

/* Under the control lock: NULL when it is another vSMMU's, or was dropped. */
struct viommu *viommu_of_source(
	const struct vsmmu *vsmmu, const struct vsmmu_veventq_source *source);

/* Whether it holds something now. */
bool viommu_readable(const struct viommu *viommu);

/*
 * One that holds a snapshot's events, whose first one should have number 0; read once it is
 * added. A vSMMU has one of them at most. Return: 0 or -errno.
 */
int viommu_new_restored(const void *bytes, size_t length, struct viommu **out);

/* Under the control lock: reads it from now on. Return: 0 or -errno. */
int viommu_add(struct vsmmu *vsmmu, struct viommu *viommu);

/* Under the dispatch lock: whether a snapshot's events wait, which are older than all others. */
bool viommu_restored_waits(const struct vsmmu *vsmmu);

/* Under the control lock: what held them goes when they have gone. */
void viommu_drop_emptied(struct vsmmu *vsmmu);

/* One that was never added. */
void viommu_free_restored(struct viommu *viommu);

#endif
