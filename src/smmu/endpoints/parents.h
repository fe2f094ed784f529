/* SPDX-License-Identifier: BSD-2-Clause */
/* Nesting parents, with their parking vIOMMUs. Under the attach lock alone. */
#ifndef SMMU_ENDPOINTS_PARENTS_H
#define SMMU_ENDPOINTS_PARENTS_H

#include "smmu/endpoint.h"

/*
 * Puts an endpoint on the nesting parent that its VMM named, or on the library's one of its
 * physical SMMU, which is made if there is none yet; and makes its abort and bypass HWPTs. Return:
 * 0; -errno, and the caller frees what was made. A VMM's parent that does not fit is reported.
 */
int parent_get(struct vsmmu_endpoint *endpoint);

/*
 * Takes an endpoint off its parent, once its own objects are gone. With the last endpoint the
 * library forgets a VMM's parent, and destroys its parking vIOMMU there. Return: 0; -errno, and the
 * parking vIOMMU is an orphan.
 */
int parent_put(struct vsmmu_endpoint *endpoint);

/*
 * Destroys the orphans, and the library's parents that no endpoint is on. A parent that cannot be
 * destroyed is kept for another time, or with @last forgotten. Return: first -errno.
 */
int parents_drop(struct vsmmu *vsmmu, bool last);

#endif
