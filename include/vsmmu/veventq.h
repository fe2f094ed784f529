/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ reader reads the kernel's fd in batches, decodes what it reads, and decides when to try
 * again after an error. A VMM that has an SMMU model of its own can use it alone; a VMM that uses
 * struct vsmmu (<vsmmu/smmu.h>) does not need it.
 *
 * A program polls the reader's own fd for POLLIN, level-triggered, in any event loop, and when the
 * fd is readable calls vsmmu_veventq_next() until that returns something other than 1.
 *
 * Threads: a reader belongs to one thread at a time, but for vsmmu_veventq_wake(); different
 * readers are independent.
 */
#ifndef VSMMU_VEVENTQ_H
#define VSMMU_VEVENTQ_H

#include <sys/types.h>

#include <vsmmu/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum vsmmu_veventq_flag - how a vEVENTQ is read; to be combined with | */
enum vsmmu_veventq_flag {
	VSMMU_VEVENTQ_FLAG_OWN_FD = 1 << 0, /* @fd is handed over: the reader closes it */
	VSMMU_VEVENTQ_FLAG_SOURCE = 1 << 1, /* @read gives the bytes; @fd is only polled */
};

/**
 * struct vsmmu_veventq_config - a vEVENTQ, or another source of its bytes
 * @size: sizeof(struct vsmmu_veventq_config)
 * @flags: bits of enum vsmmu_veventq_flag
 * @fd: the vEVENTQ's fd. It is duplicated, so that the caller keeps and closes its own; with
 *	VSMMU_VEVENTQ_FLAG_OWN_FD it is the reader's as soon as vsmmu_veventq_new() returns 0,
 *	and still the caller's if that fails. O_NONBLOCK is set, which all duplicates share. With
 *	VSMMU_VEVENTQ_FLAG_SOURCE: an fd of any kind that epoll takes, which is readable while
 *	@read has something to give; or -1 when there is none, see vsmmu_veventq_wake()
 * @type: enum vsmmu_veventq_type, or the number of a type that this version does not know
 * @payload_size: as in struct vsmmu_decoder_config
 * @first_sequence: as in struct vsmmu_decoder_config: 0 for a queue that was just allocated and
 *	never read, the number that vsmmu_veventq_get_sequence() gave where it was read before, or
 *	VSMMU_SEQUENCE_UNKNOWN
 * @batch: records per read() at most, up to 2^19; 0 means 256
 * @read: with VSMMU_VEVENTQ_FLAG_SOURCE, the function that reads as read(2) of a vEVENTQ does; NULL
 *	without. It gives whole records, up to @length bytes of them, and returns how many bytes, 0
 *	when there is nothing now, or a negative errno. Without an fd it is asked until it returns
 *	0. It is only called inside vsmmu_veventq_next(), and must not block. It may call
 *	vsmmu_veventq_wake() and vsmmu_veventq_get_fd() of the reader; the other functions return
 *	-EDEADLK and do nothing, and vsmmu_veventq_free() leaks the reader
 * @opaque: the first argument of @read
 */
struct vsmmu_veventq_config {
	size_t size;
	uint32_t flags;
	int fd;
	uint32_t type;
	uint32_t payload_size;
	uint32_t first_sequence;
	uint32_t batch;
	ssize_t (*read)(void *opaque, void *buffer, size_t length);
	void *opaque;
};

struct vsmmu_veventq;

/**
 * vsmmu_veventq_new() - take a vEVENTQ over
 * @out: where the reader goes; untouched on failure
 * @config: see there
 *
 * The kernel has no call that tells what an fd is. A file that has a type (a regular file, a
 * socket, a pipe, a device) is refused; any other that is no vEVENTQ shows by ERROR items or by
 * errors of read(). Bytes that come from elsewhere are read with VSMMU_VEVENTQ_FLAG_SOURCE.
 *
 * The reader has three fds besides the vEVENTQ's: an epoll set, an eventfd and a timerfd.
 *
 * Return: 0; -EINVAL for a NULL or a config that makes no sense; -E2BIG for a member that this
 * version does not know and that is not 0; -ENOTTY when the fd surely is no vEVENTQ; -EPERM for a
 * source's fd that cannot be polled; -EBADF, -EMFILE and other errors of fcntl(); -ENOMEM. Nothing
 * is left behind on failure, but O_NONBLOCK may be set. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_new(
	struct vsmmu_veventq **out, const struct vsmmu_veventq_config *config);

/**
 * vsmmu_veventq_free() - stop reading and close the reader's fds
 * @veventq: may be NULL
 *
 * The kernel refuses to destroy the vEVENTQ object (EBUSY) until every fd of it is
 * closed: free first, then IOMMU_DESTROY.
 *
 * Since: 0.1
 */
VSMMU_API void vsmmu_veventq_free(struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_get_fd() - the fd to poll for POLLIN
 * @veventq: the reader
 *
 * It is readable while vsmmu_veventq_next() would read something, and quiet while the reader waits
 * to try again and after an error that does not pass: a level-triggered loop never spins. Items
 * that were read but not taken yet do not make it readable: call vsmmu_veventq_next() until it
 * returns something other than 1, or vsmmu_veventq_wake() when stopping earlier.
 *
 * It is an epoll set. An epoll set of the caller's that contains it is the second level of nesting;
 * Linux allows five.
 *
 * Return: an fd that the reader owns: do not close or read it; -EINVAL for a NULL. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_get_fd(const struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_next() - the next item, reading when the last batch is used up
 * @veventq: the reader
 * @item: with @size set; filled in up to that size, also when there is none. Its payload is valid
 *	until the next call
 *
 * A read() takes as many records as fit. A read that came back short says that the
 * queue was empty: the call that follows its last item returns 0 without asking again.
 *
 * When the kernel is short of memory (ENOMEM; kernels before mid-2026 return 0 bytes although
 * poll() says POLLIN) nothing is lost: this returns 0 without asking the kernel until the time to
 * try again has come, 1 ms later at first, doubling to 128 ms; then the reader's fd is readable.
 *
 * Return: 1 with an item; 0 when there is nothing now: poll again (it is no end of file); -EINVAL
 * for a NULL or an @item of a wrong size: then nothing was taken; any other -errno is that of the
 * read, or -EPROTO when a source gave more than it was asked for: then nothing more is read, and
 * the same error is returned, until vsmmu_veventq_rearm(). Since: 0.1
 */
VSMMU_API int vsmmu_veventq_next(struct vsmmu_veventq *veventq, struct vsmmu_item *item);

/**
 * vsmmu_veventq_rearm() - read again after an error that does not pass
 * @veventq: the reader
 *
 * Return: 1 when the reader reads again; 0 when there was no such error; -EINVAL for a NULL;
 * -ENOMEM and -ENOSPC when the fd cannot be polled again: then the reader is as before. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_rearm(struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_wake() - make the reader's fd readable
 * @veventq: the reader
 *
 * The fd stays readable until vsmmu_veventq_next() has given all items that were read, and reads
 * on. Call this when a source without an fd has something to give (a new reader of such a source
 * begins readable), and for any reader when the caller stops taking items before there are none
 * left.
 *
 * Return: 0; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_wake(struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_get_sequence() - where in the sequence the reader is
 * @veventq: the reader
 * @sequence: see vsmmu_decoder_get_sequence()
 *
 * To hand the queue over, take items until there are none left, then call this, then free the
 * reader: the next reader counts a record that was read but not taken as lost.
 *
 * Return: 0; -EINVAL for a NULL. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_get_sequence(const struct vsmmu_veventq *veventq, uint32_t *sequence);

/**
 * vsmmu_veventq_set_sequence() - say where in the sequence the next read begins
 * @veventq: the reader
 * @sequence: see vsmmu_decoder_set_sequence()
 *
 * Return: 0; -EBUSY while there are items that were read and not taken; -EINVAL for a NULL or a
 * sequence above INT_MAX. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_set_sequence(struct vsmmu_veventq *veventq, uint32_t sequence);

/**
 * struct vsmmu_veventq_stats - what a reader has done so far
 * @size: set by the caller to sizeof(struct vsmmu_veventq_stats)
 * @sequenced: as in struct vsmmu_decoder_stats
 * @events: as there
 * @lost: as there
 * @errors: as there
 * @unknown_flags: as there
 * @reads: calls of read() or of the source
 * @backoffs: how often the reader had to wait before it tries again
 * @failures: how often reading ended with an error that does not pass
 */
struct vsmmu_veventq_stats {
	size_t size;
	uint64_t sequenced;
	uint64_t events;
	uint64_t lost;
	uint64_t errors;
	uint64_t unknown_flags;
	uint64_t reads;
	uint64_t backoffs;
	uint64_t failures;
};

/**
 * vsmmu_veventq_get_stats() - counters since the reader was made
 * @veventq: the reader
 * @stats: with @size set; filled in up to that size
 *
 * Return: 0; -EINVAL for a NULL, or when @size is too small to hold anything. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_get_stats(
	const struct vsmmu_veventq *veventq, struct vsmmu_veventq_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
