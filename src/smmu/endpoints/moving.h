/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An endpoint goes over to another vSMMU, to host objects of its own there, on the same nesting
 * parent. It is attached to something all the time: there is one replace of what is attached by its
 * like. Linux lets the old vDEVICE go before, while its stage 1 stays, and makes no second one for
 * a device (iommufd_vdevice_alloc_ioctl()).
 */
#ifndef SMMU_ENDPOINTS_MOVING_H
#define SMMU_ENDPOINTS_MOVING_H

#include "smmu/endpoint.h"

struct moving {
	struct vsmmu_endpoint *endpoint;
	/* The objects that it does not have: the new ones, once it has moved the old ones. */
	struct vsmmu_endpoint other;
	enum installed target;
	bool had_vdevice; /* and lost it */
};

/* Makes what it will share at @to, and its parked HWPTs. Under the attach locks alone. */
int moving_make(struct moving *moving, struct vsmmu_endpoint *endpoint, struct vsmmu *to);

/* Makes the nested HWPT, and reserves the StreamID. Under the control locks, as the rest is. */
int moving_prepare(struct moving *moving);

/* Return: 0; -errno: moving_undo() is to be called. */
int moving_switch(struct moving *moving);

/*
 * Brings it back, from wherever it has come to. If the host fails, it is blocked, which is
 * reported.
 */
void moving_undo(struct moving *moving);

/*
 * After moving_undo() of all @count: the events of the time at the new place go to the old vSMMU's
 * @pending. The new sources are the old vSMMU's by now. Under its dispatch lock too.
 */
void moving_read_ahead(struct moving *moving, uint32_t count, uint64_t *lost);

/* It belongs to the other vSMMU. Cannot fail. */
void moving_commit(struct moving *moving);

/* Destroys the objects that it does not have; @owner has them. Under the attach locks alone. */
void moving_free(struct moving *moving, struct vsmmu *owner);

#endif
