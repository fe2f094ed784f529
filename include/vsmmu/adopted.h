/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An adopted vEVENTQ is one that the VMM allocated itself and a vSMMU reads. <vsmmu/smmu.h>
 * includes this header; what it says of waiting and of -EDEADLK holds here too.
 */
#ifndef VSMMU_ADOPTED_H
#define VSMMU_ADOPTED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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
	VSMMU_ADOPTED_FLAG_SOURCE = 1 << 1, /* @read gives the bytes; @fd is only polled */
};

/**
 * struct vsmmu_adopted_config - a vEVENTQ that the VMM allocated itself
 * @size: sizeof(struct vsmmu_adopted_config)
 * @flags: bits of enum vsmmu_adopted_flag
 * @fd: the fd of a vEVENTQ of type Arm SMMUv3. It is duplicated, so that the caller keeps and
 *	closes its own; with VSMMU_ADOPTED_FLAG_OWN_FD it is the library's as soon as
 *	vsmmu_adopted_new() returns 0, and still the caller's if that fails. O_NONBLOCK is set,
 *	which all duplicates share. With VSMMU_ADOPTED_FLAG_SOURCE: an fd of any kind that epoll
 *	takes, which is readable while @read has something to give
 * @first_sequence: number of the next event that the queue will give, 0 to INT_MAX: 0 for a queue
 *	that was just allocated and never read, or the number that vsmmu_veventq_get_sequence()
 *	gave where it was read before; then events that were lost before the first record are
 *	counted. With VSMMU_SEQUENCE_UNKNOWN the first record tells the number, and how many events
 *	were lost before it is not known
 * @reserved: 0
 * @read: with VSMMU_ADOPTED_FLAG_SOURCE, the function that reads as read(2) of a vEVENTQ does: see
 *	struct vsmmu_veventq_config; NULL without. vsmmu_sim_veventq_read() is one. It is called
 *	where the vEVENTQ would be read, in vsmmu_dispatch(), for a CMD_SYNC, in a reset, a detach
 *	or a save for instance, one call at a time, with the vSMMU's locks held. It must not block,
 *	nor call back into the vSMMU
 * @opaque: the first argument of @read
 */
struct vsmmu_adopted_config {
	size_t size;
	uint32_t flags;
	int fd;
	uint32_t first_sequence;
	uint32_t reserved;
	ssize_t (*read)(void *opaque, void *buffer, size_t length);
	void *opaque;
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
 * socket, a pipe, a device) is refused. An anonymous inode has no type, but a name, which is no
 * ABI: if that is not the one that Linux gives today, there is a report VSMMU_REPORT_STREAM_ERROR,
 * and the fd is taken all the same. Its records are checked like all others.
 *
 * Return: 0; -ENOTTY when the fd surely is no vEVENTQ; -EPERM for a source's fd that cannot be
 * polled; -EBADF, -EMFILE; -ENOMEM; -EINVAL for a NULL or a config that makes no sense; -E2BIG for
 * a member that this version does not know and that is not 0. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_adopted_new(
	struct vsmmu *vsmmu, const struct vsmmu_adopted_config *config, struct vsmmu_adopted **out);

/**
 * vsmmu_adopted_free() - stop reading an adopted vEVENTQ, and close the library's fd of it
 * @vsmmu: the vSMMU
 * @adopted: dead afterwards
 *
 * Events that it still held are read and counted as discarded.
 *
 * Return: 0; -EBUSY while an endpoint uses it; -EINVAL for a NULL, or when it is another vSMMU's.
 * Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_adopted_free(struct vsmmu *vsmmu, struct vsmmu_adopted *adopted);

#ifdef __cplusplus
}
#endif

#endif
