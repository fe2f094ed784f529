/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SMMU_ENDPOINTS_ATTACH_H
#define SMMU_ENDPOINTS_ATTACH_H

#include "smmu/endpoint.h"

/*
 * Takes an endpoint away. Under the attach lock. Return: first -errno; it is gone all the same.
 * @left gets that, or 0 if all that failed was to put it back, which is reported.
 */
int endpoint_remove(struct vsmmu_endpoint *endpoint, int *left);

#endif
