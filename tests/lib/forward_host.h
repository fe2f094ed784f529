/* SPDX-License-Identifier: BSD-2-Clause */
/* A host that hands every call on to another one, if somebody who is told first agrees. */
#ifndef LIB_FORWARD_HOST_H
#define LIB_FORWARD_HOST_H

#include <stdbool.h>

#include "host/host.h"

enum forward_call {
	FORWARD_PARENT_ALLOC,
	FORWARD_VIOMMU_ALLOC,
	FORWARD_VDEVICE_ALLOC,
	FORWARD_NESTED_ALLOC,
	FORWARD_ATTACH,
	FORWARD_DETACH,
	FORWARD_VEVENTQ_ALLOC,
	FORWARD_HW_INFO,
	FORWARD_INVALIDATE,
	FORWARD_DESTROY,
};

/*
 * @inner: its reference is taken over
 * @before: called before each call, by the thread that makes it; @count is the number of
 *	commands of an invalidation. Return: 0, or the -errno with which the call fails
 *
 * Return: NULL without memory; free it with vsmmu_host_unref().
 */
struct vsmmu_host *forward_host_new(struct vsmmu_host *inner,
	int (*before)(void *opaque, enum forward_call call, uint32_t count), void *opaque);

/*
 * Whether an array of commands goes on one by one, each in a call of its own, up to the first
 * that fails. Not while calls are made.
 */
void forward_host_split(struct vsmmu_host *host, bool split);

#endif
