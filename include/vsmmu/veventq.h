/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ reader over the kernel's fd: the reads, in batches, the decoding, and when to try
 * again. Usable alone by a VMM that has its own SMMU model; who uses struct vsmmu
 * (<vsmmu/smmu.h>) does not need it.
 *
 * A program polls the reader's own fd for POLLIN, in any event loop, level-triggered, and when it
 * is readable calls vsmmu_veventq_next() until that returns something else than 1.
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
	VSMMU_VEVENTQ_FLAG_SOURCE = 1 << 1, /* @read gives the bytes; @fd is polled at most */
};

/**
 * struct vsmmu_veventq_config - what to read
 * @size: sizeof(struct vsmmu_veventq_config)
 * @flags: enum vsmmu_veventq_flag
 * @fd: the vEVENTQ's fd. It is duplicated, so that the caller keeps and closes its own; with
 *	VSMMU_VEVENTQ_FLAG_OWN_FD it is the reader's from the moment that vsmmu_veventq_new()
 *	returns 0, and still the caller's if that fails. O_NONBLOCK is set, which all
 *	duplicates share. With VSMMU_VEVENTQ_FLAG_SOURCE: an fd that poll() says POLLIN of while
 *	@read has something to give, of any kind that epoll takes, or -1 when there is none, see
 *	vsmmu_veventq_wake()
 * @type: enum vsmmu_veventq_type, or the number of a type that this version does not know
 * @payload_size: as in struct vsmmu_decoder_config
 * @first_sequence: as in struct vsmmu_decoder_config: 0 for a queue that was just allocated and
 *	never read; what vsmmu_veventq_get_sequence() said where it was read before;
 *	VSMMU_SEQUENCE_UNKNOWN
 * @batch: records per read() at most, up to 2^19; 0 means 256
 * @read: with VSMMU_VEVENTQ_FLAG_SOURCE: reads as read(2) of a vEVENTQ does, and must be NULL
 *	without: whole records, up to @length bytes of them; 0 when there is nothing now; a negative
 *	errno. Without an fd it is asked until it says 0. Called within vsmmu_veventq_next() alone,
 *	must not block. Of the reader it may call vsmmu_veventq_wake() and vsmmu_veventq_get_fd();
 *	the others return -EDEADLK and do nothing, and vsmmu_veventq_free() leaks the reader
 * @opaque: for @read
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
 * socket, a pipe, a device) is refused; of anything else its records tell, as errors. Bytes that
 * come from elsewhere are read with VSMMU_VEVENTQ_FLAG_SOURCE.
 *
 * The reader has three fds besides the vEVENTQ's: an epoll set, an eventfd and a timerfd.
 *
 * Return: 0; -EINVAL for a bad config; -E2BIG for a member that this version does not know and that
 * is not 0; -ENOTTY when the fd surely is no vEVENTQ; -EPERM for a source's fd that cannot be
 * polled; -EBADF, -EMFILE and what fcntl() says; -ENOMEM. Nothing is left behind on failure, but
 * O_NONBLOCK may be set.
 * Threads: a reader belongs to one thread at a time. Since: 0.1
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
 * to try again and after an error that does not pass: a level-triggered loop never spins. What was
 * read already and not taken yet does not show: call vsmmu_veventq_next() until it returns
 * something else than 1, or vsmmu_veventq_wake() when stopping earlier.
 *
 * It is an epoll set, so that an epoll set of the caller's with it is the second level of at most
 * five that Linux allows.
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
 * When the kernel is short of memory (ENOMEM; kernels before mid-2026 say 0 bytes though poll says
 * that there is something) nothing is lost: the reader tries again by itself after 1 ms, doubling
 * to 128 ms, and returns 0 until then without asking the kernel.
 *
 * Return: 1 with an item; 0 when there is nothing now: poll (the kernel answers 0, never
 * EAGAIN, and it is not an end of file); -EINVAL for a NULL or an @item of a wrong size: then
 * nothing was taken; any other -errno is the read's own error, -EPROTO when a source gave more than
 * it was asked for: nothing is read any more, and the same is returned, until
 * vsmmu_veventq_rearm(). Since: 0.1
 */
VSMMU_API int vsmmu_veventq_next(struct vsmmu_veventq *veventq, struct vsmmu_item *item);

/**
 * vsmmu_veventq_rearm() - read again after an error that does not pass
 * @veventq: the reader
 *
 * Return: 1 when it is read again; 0 when there was no such error; -EINVAL for a NULL; -ENOMEM and
 * -ENOSPC when it cannot be polled again: then it is as before. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_rearm(struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_wake() - make the reader's fd readable
 * @veventq: the reader
 *
 * Until vsmmu_veventq_next() has used up what was read and reads on. For a source without an fd,
 * when it has something to give; a new reader of one is awake. For any reader when the caller stops
 * taking items before there are none left.
 *
 * Return: 0; -EINVAL for a NULL. Threads: any. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_wake(struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_get_sequence() - where in the sequence the reader is
 * @veventq: the reader
 * @sequence: see vsmmu_decoder_get_sequence()
 *
 * To hand the queue over, take items until there are none left, then ask, then free the reader: a
 * record that was read and not taken is one that the next reader counts as lost.
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
