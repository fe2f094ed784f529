/* SPDX-License-Identifier: BSD-2-Clause */
/* Nesting parents, with their parking vIOMMUs. Under the attach lock alone. */
#ifndef SMMU_ENDPOINTS_PARENTS_H
#define SMMU_ENDPOINTS_PARENTS_H

#include "smmu/endpoint.h"

/*
 * Puts an endpoint on the nesting parent that its VMM named, or on the library's of its physical
 * SMMU, which is made if there is none yet; and makes its two parked HWPTs. Return: 0; -errno,
 * and what was made is to be freed: reported if it is the VMM's parent that does not fit.
 */
int parent_get(struct vsmmu_endpoint *endpoint);

/*
 * Takes the endpoint off again, once its own objects are gone. With the last one the library
 * forgets a VMM's parent, and destroys what it had on it. Return: 0 or -errno: it is an orphan now.
 */
int parent_put(struct vsmmu_endpoint *endpoint);

/*
 * Destroys the orphans, and the library's parents that no endpoint is on. A parent that cannot be
 * destroyed is kept for another time, or with @last forgotten. Return: first -errno.
 */
int parents_drop(struct vsmmu *vsmmu, bool last);

#endif
