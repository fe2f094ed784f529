/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vEVENTQ reader over the kernel's fd: the reads, in batches, and the decoding.
 * Usable alone by a VMM that has its own SMMU model; who uses struct vsmmu
 * (<vsmmu/smmu.h>) does not need it.
 */
#ifndef VSMMU_VEVENTQ_H
#define VSMMU_VEVENTQ_H

#include <vsmmu/decoder.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct vsmmu_veventq_config - what to read
 * @size: sizeof(struct vsmmu_veventq_config)
 * @fd: the vEVENTQ's fd; duplicated, so the caller keeps and closes its own.
 *	Note that O_NONBLOCK, which is set, is shared between the two
 * @type: VSMMU_VEVENTQ_*
 * @first_sequence: 0 for a queue that was just allocated and never read, else
 *	VSMMU_SEQUENCE_UNKNOWN
 * @batch: records per read() at most; 0 means 256
 */
struct vsmmu_veventq_config {
	size_t size;
	int fd;
	uint32_t type;
	uint32_t first_sequence;
	uint32_t batch;
};

struct vsmmu_veventq;

/**
 * vsmmu_veventq_new() - take a vEVENTQ over
 * @out: where the reader goes; untouched on failure
 * @config: see there
 *
 * The kernel has no call that tells what an fd is. A file that has a type (a regular file, a
 * socket, a pipe, a device) is refused; of anything else its records tell, as errors.
 *
 * Return: 0; -EINVAL for a bad config; -ENOTTY when the fd surely is no vEVENTQ; -EBADF,
 * -EMFILE and what fcntl() says; -ENOMEM. Nothing is left behind on failure.
 * Threads: a reader belongs to one thread at a time. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_new(
	struct vsmmu_veventq **out, const struct vsmmu_veventq_config *config);

/**
 * vsmmu_veventq_free() - stop reading and close the reader's fd
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
 * Return: an fd that the reader owns: do not close it. Since: 0.1
 */
VSMMU_API int vsmmu_veventq_get_fd(const struct vsmmu_veventq *veventq);

/**
 * vsmmu_veventq_next() - the next item, reading when the last batch is used up
 * @veventq: the reader
 * @item: filled in when 1 is returned; its payload is valid until the next call
 *
 * One read() takes as many records as fit. A read that came back short says that the
 * queue was empty: the call that follows its last item returns 0 without asking again.
 *
 * Return: 1 with an item; 0 when there is nothing now (the kernel answers 0, never
 * EAGAIN, and it is not an end of file); -ENOMEM when the kernel was short of memory:
 * transient, nothing is lost, wait some milliseconds before the next try although poll
 * says readable; any other -errno is the read's own error: stop polling the fd.
 * Since: 0.1
 */
VSMMU_API int vsmmu_veventq_next(struct vsmmu_veventq *veventq, struct vsmmu_item *item);

/**
 * vsmmu_veventq_get_stats() - the decoder's counters
 * @veventq: the reader
 * @stats: with @size set
 *
 * Return: 0 or -EINVAL, see vsmmu_decoder_get_stats(). Since: 0.1
 */
VSMMU_API int vsmmu_veventq_get_stats(
	const struct vsmmu_veventq *veventq, struct vsmmu_decoder_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
