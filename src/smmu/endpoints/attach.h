/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SMMU_ENDPOINTS_ATTACH_H
#define SMMU_ENDPOINTS_ATTACH_H

#include "smmu/endpoint.h"

/*
 * Takes an endpoint away. Under the attach lock. Return: 0 or the first -errno; it is gone all the
 * same. @left gets the same, but 0 if only putting it back failed, which is reported here.
 */
int endpoint_remove(struct vsmmu_endpoint *endpoint, int *left);

#endif
