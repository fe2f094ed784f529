/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vEVENTQ that the vSMMU reads, with the vIOMMU that it belongs to unless it was
 * adopted. A vSMMU has any number of them.
 */
#ifndef SMMU_VIOMMU_VIOMMU_H
#define SMMU_VIOMMU_VIOMMU_H

#include "smmu/vsmmu.h"

/* A nesting parent HWPT: the guest's memory, behind one physical SMMU. */
struct parent {
	struct parent *next;
	uint32_t id;
	unsigned int vqueues;
};

enum vqueue_state {
	VQUEUE_ARMED,	 /* in the poll set */
	VQUEUE_BACKOFF,	 /* out of it until the timer: reading failed for now */
	VQUEUE_DISARMED, /* out of it until vsmmu_rearm(): reading failed for good */
};

struct backlog;

struct vqueue {
	struct vqueue *next;
	struct parent *parent; /* NULL when adopted */
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
	enum vqueue_state state;
	uint64_t backoff; /* nanoseconds, next time; 0 after a good read */

	/* An invalidation failed for good: see invalidation_settle(). Under the control lock. */
	bool owes;
	/* During a flush: the batch's commands for its streams alone; the next that has some. */
	struct invalidation_chain own;
	struct vqueue *flush_next;
};

/* The public handle of an adopted vEVENTQ is its vqueue. */
struct vsmmu_veventq_source {
	struct vqueue vqueue;
};

/*
 * Under the control lock. vqueue_new() makes a vIOMMU and vEVENTQ on @parent, and starts
 * reading. Return: 0; -EINVAL when the endpoint is behind another physical SMMU; -errno.
 * Nothing is left on failure.
 */
int vqueue_new(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, struct parent *parent,
	struct vqueue **out);

/*
 * Under the control lock, with no endpoint left: stops polling, drains, closes the fd,
 * destroys vEVENTQ and vIOMMU (and frees an adopted one). Return: first -errno.
 */
int vqueue_free(struct vsmmu *vsmmu, struct vqueue *vqueue);

/* Under the dispatch lock: how reading goes on after a read that did not. */
void vqueue_backoff(struct vsmmu *vsmmu, struct vqueue *vqueue);
void vqueue_disarm(struct vsmmu *vsmmu, struct vqueue *vqueue);
int vqueue_arm(struct vsmmu *vsmmu, struct vqueue *vqueue);

/* Under the control lock: NULL when it is another vSMMU's, or was dropped. */
struct vqueue *vqueue_of_source(
	const struct vsmmu *vsmmu, const struct vsmmu_veventq_source *source);

/* Whether it holds something now. */
bool vqueue_readable(const struct vqueue *vqueue);

/*
 * One that holds a snapshot's events, whose first one should have number 0; read once it is
 * added. A vSMMU has one of them at most. Return: 0 or -errno.
 */
int vqueue_new_restored(const void *bytes, size_t length, struct vqueue **out);

/* Under the control lock: reads it from now on. Return: 0 or -errno. */
int vqueue_add(struct vsmmu *vsmmu, struct vqueue *vqueue);

/* Under the dispatch lock: whether a snapshot's events wait, which are older than all others. */
bool vqueue_restored_waits(const struct vsmmu *vsmmu);

/* Under the control lock: what held them goes when they have gone. */
void vqueue_drop_emptied(struct vsmmu *vsmmu);

/* One that was never added. */
void vqueue_free_restored(struct vqueue *vqueue);

#endif
