/* SPDX-License-Identifier: BSD-2-Clause */
/* A vEVENTQ that the VMM allocated itself, and a vSMMU reads. */
#ifndef VSMMU_ADOPTED_H
#define VSMMU_ADOPTED_H

#include <stddef.h>
#include <stdint.h>

#include <vsmmu/api.h>
#include <vsmmu/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vsmmu;
struct vsmmu_adopted;

/** enum vsmmu_adopted_flag - how a vEVENTQ is taken over; to be combined with | */
enum vsmmu_adopted_flag {
	VSMMU_ADOPTED_FLAG_OWN_FD = 1 << 0, /* @fd is handed over: the library closes it */
};

/**
 * struct vsmmu_adopted_config - a vEVENTQ that the VMM allocated itself
 * @size: sizeof(struct vsmmu_adopted_config)
 * @flags: enum vsmmu_adopted_flag
 * @fd: the vEVENTQ's fd, of type Arm SMMUv3. It is duplicated, so that the caller keeps and closes
 *	its own; with VSMMU_ADOPTED_FLAG_OWN_FD it is the library's from the moment that
 *	vsmmu_adopted_new() returns 0, and still the caller's if that fails. O_NONBLOCK is set,
 *	which all duplicates share
 * @first_sequence: number of the next event that the queue will give, 0 to INT_MAX: 0 for a queue
 *	that was just allocated and never read; what vsmmu_veventq_get_sequence() said where it was
 *	read before. What was lost before the first record counts then. VSMMU_SEQUENCE_UNKNOWN: the
 *	first record tells, and what was lost before it is not known
 * @reserved: 0
 */
struct vsmmu_adopted_config {
	size_t size;
	uint32_t flags;
	int fd;
	uint32_t first_sequence;
	uint32_t reserved;
};

/**
 * vsmmu_adopted_new() - read a vEVENTQ that the VMM allocated itself
 * @vsmmu: the vSMMU
 * @config: see there
 * @out: handle for struct vsmmu_endpoint_config; untouched on failure
 *
 * For a VMM that keeps its own vIOMMU code. The handle lives until vsmmu_adopted_free() or
 * vsmmu_free().
 *
 * The kernel has no call that tells what an fd is. A file that has a type (a regular file, a
 * socket, a pipe, a device) is refused; of an anonymous inode the name is looked at, which is
 * no ABI: another one than Linux gives today is a report STREAM_ERROR, no more. What then
 * comes out of it is checked like all records.
 *
 * Return: 0; -ENOTTY when it surely is no vEVENTQ; -EBADF, -EMFILE; -ENOMEM; -EINVAL for a config
 * that makes no sense; -E2BIG for a member that this version does not know and that is not 0.
 * Since: 0.1
 */
VSMMU_API int vsmmu_adopted_new(
	struct vsmmu *vsmmu, const struct vsmmu_adopted_config *config, struct vsmmu_adopted **out);

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
