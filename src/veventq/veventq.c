/* SPDX-License-Identifier: BSD-2-Clause */
/* The vEVENTQ reader for a VMM that has its own SMMU model. */
#include <vsmmu/veventq.h>

#include <errno.h>
#include <stdlib.h>

#include "util/fd.h"
#include "util/sized.h"
#include "veventq/fd.h"
#include "veventq/reader.h"

struct vsmmu_veventq {
	int fd;
	struct veventq_reader reader;
};

int vsmmu_veventq_new(struct vsmmu_veventq **out, const struct vsmmu_veventq_config *given)
{
	char name[VEVENTQ_FD_NAME_SIZE]; /* is not looked at: bad records tell more */
	struct vsmmu_veventq_config config;
	struct veventq_source source;
	struct vsmmu_veventq *veventq;
	int ret;

	ret = sized_copy_in(&config, given, sizeof(config));
	if (ret)
		return ret;
	veventq = calloc(1, sizeof(*veventq));
	if (!veventq)
		return -ENOMEM;
	veventq->fd = veventq_fd_adopt(config.fd, &source, name);
	if (veventq->fd < 0) {
		ret = veventq->fd;
		goto fail_free;
	}
	ret = veventq_reader_init(
		&veventq->reader, &source, config.type, config.first_sequence, config.batch);
	if (ret)
		goto fail_close;
	*out = veventq;
	return 0;
fail_close:
	fd_close(veventq->fd);
fail_free:
	free(veventq);
	return ret;
}

void vsmmu_veventq_free(struct vsmmu_veventq *veventq)
{
	if (!veventq)
		return;
	veventq_reader_destroy(&veventq->reader);
	fd_close(veventq->fd);
	free(veventq);
}

int vsmmu_veventq_get_fd(const struct vsmmu_veventq *veventq)
{
	return veventq->fd;
}

int vsmmu_veventq_next(struct vsmmu_veventq *veventq, struct vsmmu_item *item)
{
	struct veventq_reader *reader = &veventq->reader;
	struct veventq_item own = {0};
	ssize_t got;

	if (!veventq_item_is_usable(item))
		return -EINVAL;
	for (;;) {
		if (veventq_decoder_next(&reader->decoder, &own) != VSMMU_ITEM_END) {
			veventq_item_copy_out(item, &own);
			return 1;
		}
		/* The last read already said that there is no more: once is enough. */
		if (reader->drained) {
			reader->drained = false;
			return 0;
		}
		got = veventq_reader_fill(reader, reader->batch);
		if (got <= 0) {
			reader->drained = false;
			return got == -EAGAIN ? 0 : (int)got;
		}
	}
}

int vsmmu_veventq_get_stats(const struct vsmmu_veventq *veventq, struct vsmmu_decoder_stats *stats)
{
	const struct vsmmu_decoder_stats now = veventq_decoder_stats(&veventq->reader.decoder);

	return sized_copy_out(stats, &now, sizeof(now));
}
