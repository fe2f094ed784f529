/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading events on behalf of somebody else than vsmmu_dispatch()'s caller. */
#ifndef SMMU_EVENTS_DISPATCH_H
#define SMMU_EVENTS_DISPATCH_H

#include <stdint.h>

struct vsmmu;

/*
 * Forwards events that are readable now, at most @budget records; never waits for room in
 * the guest's queue. Without the dispatch lock. Return: how many.
 */
uint32_t dispatch_readable(struct vsmmu *vsmmu, uint32_t budget);

#endif
