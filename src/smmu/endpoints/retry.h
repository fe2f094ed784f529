/* SPDX-License-Identifier: BSD-2-Clause */
/* When a host call that failed is made again, and objects that wait for that. */
#ifndef SMMU_ENDPOINTS_RETRY_H
#define SMMU_ENDPOINTS_RETRY_H

#include "smmu/vsmmu.h"

/* Whether an error passes by itself: ETIMEDOUT, EBUSY, ENOMEM, EAGAIN, EINTR. */
bool retry_is_worth(int error);

/*
 * Something waits for the host to work again: the command fd tells when to try, first after
 * 100 ms, each time twice as long up to 10 s. An error that does not pass by itself starts
 * nothing. Under the control lock.
 */
void retry_later(struct vsmmu *vsmmu, int error);

/* The same after a try that failed: the next one comes twice as late. */
void retry_again(struct vsmmu *vsmmu, int error);

/*
 * Destroys a host object. If that fails it is kept as an orphan, to be destroyed later. Under
 * the control lock. Return: 0 or -errno.
 */
int object_destroy(struct vsmmu *vsmmu, uint32_t id);

/* Does the same without the control lock, which nobody then waits for. */
int object_destroy_unlocked(struct vsmmu *vsmmu, uint32_t id);

/*
 * Tries the oldest orphan again that was not tried in this round yet, and with @all also if its
 * error does not pass by itself. Under the control lock. Return: whether there was one, and
 * *error.
 */
bool orphan_try(struct vsmmu *vsmmu, uint32_t round, bool all, int *error);

/* Tries all orphans again. Without the control lock. Return: first -errno. */
int orphans_destroy(struct vsmmu *vsmmu);

/* Forgets the orphans, at the end. */
void orphans_forget(struct vsmmu *vsmmu);

#endif
