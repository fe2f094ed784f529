/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vEVENTQ that the vSMMU reads, with the vIOMMU that it belongs to unless it was
 * adopted. A vSMMU has any number of them.
 */
#ifndef SMMU_VQUEUE_H
#define SMMU_VQUEUE_H

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

struct vqueue {
	struct vqueue *next;
	struct parent *parent; /* NULL when adopted */
	uint32_t viommu_id;
	struct host_veventq veventq;
	struct veventq_reader reader;
	unsigned int endpoints;
	unsigned int stale;  /* streams that await that what they caused has been read */
	uint32_t stale_left; /* events, at most, that are in it for that long */
	enum vqueue_state state;
	uint64_t backoff; /* nanoseconds, next time; 0 after a good read */
};

/* The public handle of an adopted vEVENTQ is its vqueue. */
struct vsmmu_veventq_source {
	struct vqueue vqueue;
};

/*
 * Under the control lock. vqueue_new() makes the vIOMMU and vEVENTQ for an endpoint
 * that is attached to @parent, and starts reading. Return: 0 or -errno, nothing left.
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

#endif
