/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SMMU_ENDPOINTS_ATTACH_H
#define SMMU_ENDPOINTS_ATTACH_H

#include "smmu/endpoint.h"

/* Takes an endpoint away. Under the attach lock. Return: first -errno; it is gone all the same. */
int endpoint_remove(struct vsmmu_endpoint *endpoint);

#endif
