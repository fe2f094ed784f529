/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batched reads of one vEVENTQ into a buffer of its own, and the decoder over them.
 * Where the bytes come from is the source's business; the kernel's read() rules
 * (Linux drivers/iommu/iommufd/eventq.c, iommufd_veventq_fops_read()) are kept here.
 */
#ifndef VEVENTQ_READER_H
#define VEVENTQ_READER_H

#include <sys/types.h>

#include "veventq/decoder.h"

/* read() returns bytes, 0 when the queue is empty, or -errno. */
struct veventq_source {
	ssize_t (*read)(void *ctx, void *buffer, size_t length);
	void *ctx;
};

struct veventq_reader {
	struct veventq_source source;
	struct veventq_decoder decoder;
	uint8_t *buffer;
	size_t batch; /* records per read */
	bool drained; /* the last read came back short: the queue was empty then */
};

/* Return: 0, -EINVAL or -ENOMEM. batch 0 means the default of 256. */
int veventq_reader_init(struct veventq_reader *reader, const struct veventq_source *source,
	uint32_t type, uint32_t first_sequence, size_t batch);

/* With a config's payload_size, or 0. */
int veventq_reader_init_sized(struct veventq_reader *reader, const struct veventq_source *source,
	uint32_t type, uint32_t payload_size, uint32_t first_sequence, size_t batch);

void veventq_reader_destroy(struct veventq_reader *reader);

/*
 * Does one read of at most @records records (at most the batch) into the decoder, which must
 * be at its end.
 *
 * Return: bytes read; 0 when the queue is empty; -EAGAIN to try later (EAGAIN, EINTR);
 * -ENOMEM when the kernel was short of memory, which passes; any other -errno is final
 * for this fd; -EPROTO when the source returned more than it was asked for.
 */
ssize_t veventq_reader_fill(struct veventq_reader *reader, size_t records);

#endif
