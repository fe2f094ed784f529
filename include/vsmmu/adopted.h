/* SPDX-License-Identifier: BSD-2-Clause */
/* A vEVENTQ that the VMM allocated itself, and a vSMMU reads. */
#ifndef VSMMU_ADOPTED_H
#define VSMMU_ADOPTED_H

#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_adopted;

/**
 * vsmmu_adopted_new() - read a vEVENTQ that the VMM allocated itself
 * @vsmmu: the vSMMU
 * @fd: the vEVENTQ's fd, of type Arm SMMUv3; duplicated. Note that O_NONBLOCK, which is set,
 *	is shared between the two
 * @out: handle for struct vsmmu_endpoint_config
 *
 * For a VMM that keeps its own vIOMMU code. Sequence numbers start unknown: loss before
 * the first record that we read cannot be seen. The handle lives until
 * vsmmu_adopted_free() or vsmmu_free().
 *
 * The kernel has no call that tells what an fd is. A file that has a type (a regular file, a
 * socket, a pipe, a device) is refused; of an anonymous inode the name is looked at, which is
 * no ABI: another one than Linux gives today is a report STREAM_ERROR, no more. What then
 * comes out of it is checked like all records.
 *
 * Return: 0; -ENOTTY when it surely is no vEVENTQ; -EBADF, -EMFILE; -ENOMEM; -EINVAL without
 * @out. Since: 0.1
 */
VSMMU_API int vsmmu_adopted_new(struct vsmmu *vsmmu, int fd, struct vsmmu_adopted **out);

/**
 * vsmmu_adopted_free() - stop reading an adopted vEVENTQ and close our fd of it
 * @vsmmu: the vSMMU
 * @adopted: dead afterwards
 *
 * Events that it held are drained and counted as discarded.
 *
 * Return: 0; -EBUSY while an endpoint uses it; -EINVAL when it is another vSMMU's.
 * Since: 0.1
 */
VSMMU_API int vsmmu_adopted_free(struct vsmmu *vsmmu, struct vsmmu_adopted *adopted);

#ifdef __cplusplus
}
#endif

#endif
