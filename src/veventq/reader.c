/* SPDX-License-Identifier: BSD-2-Clause */
#include "veventq/reader.h"

#include <errno.h>
#include <stdlib.h>

#define BATCH_DEFAULT 256

/* 32-bit kernels before mid-2026 could write this much past the end. */
#define BUFFER_SLACK 8

int veventq_reader_init(struct veventq_reader *reader, const struct veventq_source *source,
	uint32_t type, uint32_t first_sequence, size_t batch)
{
	return veventq_reader_init_sized(reader, source, type, 0, first_sequence, batch);
}

int veventq_reader_init_sized(struct veventq_reader *reader, const struct veventq_source *source,
	uint32_t type, uint32_t payload_size, uint32_t first_sequence, size_t batch)
{
	int ret = veventq_decoder_init(&reader->decoder, type, payload_size, first_sequence);

	if (ret)
		return ret;
	reader->source = *source;
	reader->batch = batch ? batch : BATCH_DEFAULT;
	reader->drained = false;
	if (reader->batch > VEVENTQ_DEPTH_MAX)
		return -EINVAL;
	reader->buffer = malloc(reader->batch * reader->decoder.record_size + BUFFER_SLACK);
	return reader->buffer ? 0 : -ENOMEM;
}

void veventq_reader_destroy(struct veventq_reader *reader)
{
	free(reader->buffer);
	reader->buffer = NULL;
}

ssize_t veventq_reader_fill(struct veventq_reader *reader, size_t records)
{
	size_t length;
	ssize_t got;

	if (records > reader->batch)
		records = reader->batch;
	length = records * reader->decoder.record_size;
	got = reader->source.read(reader->source.ctx, reader->buffer, length);
	reader->drained = false;
	if (got == -EINTR || got == -EAGAIN)
		return -EAGAIN;
	if (got < 0)
		return got;
	if ((size_t)got > length)
		return -EPROTO;
	/* The kernel goes on while a record may fit: it stopped early as it had no more. */
	reader->drained = (size_t)got + reader->decoder.record_size <= length;
	veventq_decoder_feed(&reader->decoder, reader->buffer, (size_t)got);
	return got;
}
