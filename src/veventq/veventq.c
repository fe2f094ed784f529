/* SPDX-License-Identifier: BSD-2-Clause */
/* The vEVENTQ reader for a VMM that has its own SMMU model. */
#include <vsmmu/veventq.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "util/callback.h"
#include "util/fd.h"
#include "util/pollset.h"
#include "util/sized.h"
#include "veventq/fd.h"
#include "veventq/reader.h"

#define BACKOFF_FIRST UINT64_C(1000000) /* nanoseconds */
#define BACKOFF_LAST  UINT64_C(128000000)

#define FLAGS (VSMMU_VEVENTQ_FLAG_OWN_FD | VSMMU_VEVENTQ_FLAG_SOURCE)

enum state {
	ARMED,	  /* it is read, and @fd is in the poll set */
	BACKOFF,  /* not before the timer */
	DISARMED, /* not before vsmmu_veventq_rearm() */
};

struct vsmmu_veventq {
	int fd; /* -1: a source without one */
	enum state state;
	int error;	  /* of DISARMED */
	uint64_t backoff; /* nanoseconds that it waited last; 0 after a read that did not fail */
	uint64_t reads;
	uint64_t backoffs;
	uint64_t failures;
	struct pollset pollset;
	struct veventq_reader reader;
};

/* Return: 0; -EINVAL for a NULL; -EDEADLK inside a source's @read, halfway through a change. */
static int entry(const struct vsmmu_veventq *veventq)
{
	if (!veventq)
		return -EINVAL;
	return callback_is_under_way(veventq, false) ? -EDEADLK : 0;
}

static int check(const struct vsmmu_veventq_config *config)
{
	const bool source = config->flags & VSMMU_VEVENTQ_FLAG_SOURCE;

	if (config->flags & ~(uint32_t)FLAGS)
		return -EINVAL;
	return source == !!config->read ? 0 : -EINVAL;
}

/* Return: 0 or -errno; veventq->fd is -1 for a source without one. */
static int take_fd(struct vsmmu_veventq *veventq, const struct vsmmu_veventq_config *config,
	struct veventq_source *source)
{
	const bool is_source = config->flags & VSMMU_VEVENTQ_FLAG_SOURCE;
	int fd = config->fd, ret;

	source->read = config->read;
	source->ctx = config->opaque;
	veventq->fd = -1;
	if (is_source && fd == -1)
		return 0;
	if (fd < 0)
		return -EBADF;
	if (!(config->flags & VSMMU_VEVENTQ_FLAG_OWN_FD)) {
		fd = fd_dup(fd);
		if (fd < 0)
			return fd;
	}
	veventq->fd = fd;
	if (is_source)
		return 0;
	/* The duplicate is looked at, as nobody else can close it and put another file there. */
	ret = veventq_fd_check(fd);
	return ret ? ret : veventq_fd_open(fd, source);
}

/* Return: 0 or -errno. */
static int start(struct vsmmu_veventq *veventq)
{
	if (veventq->fd >= 0)
		return pollset_add(&veventq->pollset, veventq->fd, veventq);
	pollset_kick(&veventq->pollset);
	return 0;
}

int vsmmu_veventq_new(struct vsmmu_veventq **out, const struct vsmmu_veventq_config *given)
{
	struct vsmmu_veventq_config config;
	struct vsmmu_veventq *veventq;
	struct veventq_source source;
	int ret;

	if (!out)
		return -EINVAL;
	ret = sized_copy_in(&config, given, sizeof(config));
	if (!ret)
		ret = check(&config);
	if (ret)
		return ret;
	veventq = calloc(1, sizeof(*veventq));
	if (!veventq)
		return -ENOMEM;
	ret = take_fd(veventq, &config, &source);
	if (ret)
		goto fail_close;
	ret = veventq_reader_init_sized(&veventq->reader, &source, config.type, config.payload_size,
		config.first_sequence, config.batch);
	if (ret)
		goto fail_close;
	ret = pollset_init(&veventq->pollset);
	if (ret)
		goto fail_reader;
	ret = start(veventq);
	if (ret)
		goto fail_pollset;
	*out = veventq;
	return 0;
fail_pollset:
	pollset_destroy(&veventq->pollset);
fail_reader:
	veventq_reader_destroy(&veventq->reader);
fail_close:
	if (!(config.flags & VSMMU_VEVENTQ_FLAG_OWN_FD))
		fd_close(veventq->fd);
	free(veventq);
	return ret;
}

void vsmmu_veventq_free(struct vsmmu_veventq *veventq)
{
	if (entry(veventq))
		return;
	pollset_destroy(&veventq->pollset);
	veventq_reader_destroy(&veventq->reader);
	fd_close(veventq->fd);
	free(veventq);
}

int vsmmu_veventq_get_fd(const struct vsmmu_veventq *veventq)
{
	return veventq ? veventq->pollset.set : -EINVAL;
}

int vsmmu_veventq_wake(struct vsmmu_veventq *veventq)
{
	if (!veventq)
		return -EINVAL;
	pollset_kick(&veventq->pollset);
	return 0;
}

static void quiet(struct vsmmu_veventq *veventq, enum state state)
{
	if (veventq->state == ARMED && veventq->fd >= 0)
		pollset_remove(&veventq->pollset, veventq->fd);
	veventq->state = state;
}

static void back_off(struct vsmmu_veventq *veventq)
{
	veventq->backoffs++;
	veventq->backoff = veventq->backoff ? 2 * veventq->backoff : BACKOFF_FIRST;
	if (veventq->backoff > BACKOFF_LAST)
		veventq->backoff = BACKOFF_LAST;
	/* When no timer can be set the fd stays readable: spinning beats never reading again. */
	pollset_timer_start(&veventq->pollset, POLLSET_RETRY, pollset_now() + veventq->backoff);
	quiet(veventq, BACKOFF);
}

static int disarm(struct vsmmu_veventq *veventq, int error)
{
	veventq->failures++;
	veventq->error = error;
	veventq->backoff = 0;
	quiet(veventq, DISARMED);
	return error;
}

/* Return: whether it is polled and read again; if not, it is as before. */
static int arm(struct vsmmu_veventq *veventq)
{
	int ret = start(veventq);

	if (!ret)
		veventq->state = ARMED;
	return ret;
}

static ssize_t fill(struct vsmmu_veventq *veventq)
{
	struct callback callback;
	ssize_t got;

	callback_begin(&callback, veventq);
	got = veventq_reader_fill(&veventq->reader, veventq->reader.batch);
	callback_end(&callback);
	veventq->reads++;
	/* Without an fd, nothing says that a source has more: it is asked until it returns 0. */
	if (veventq->fd < 0)
		veventq->reader.drained = false;
	return got;
}

static bool says_empty(ssize_t got)
{
	return got == 0 || got == -EAGAIN;
}

static bool is_readable(const struct vsmmu_veventq *veventq)
{
	struct pollfd fd = {.fd = veventq->fd, .events = POLLIN};

	return veventq->fd >= 0 && poll(&fd, 1, 0) > 0;
}

/* Return: 1 when the decoder has something; 0 for nothing now; a -errno that does not pass. */
static int read_more(struct vsmmu_veventq *veventq)
{
	ssize_t got;

	pollset_unkick(&veventq->pollset);
	if (veventq->state == DISARMED)
		return veventq->error;
	if (veventq->state == BACKOFF) {
		if (!pollset_timer_expired(&veventq->pollset, POLLSET_RETRY))
			return 0;
		if (arm(veventq)) {
			back_off(veventq);
			return 0;
		}
		/* It is about to be read. */
		if (veventq->fd < 0)
			pollset_unkick(&veventq->pollset);
	}
	got = fill(veventq);
	if (says_empty(got) && is_readable(veventq)) {
		/* An event may just have come; else it is want of memory, or a source that lies. */
		got = fill(veventq);
		if (says_empty(got) && is_readable(veventq))
			got = -ENOMEM;
	}
	if (got == -ENOMEM) {
		back_off(veventq);
		return 0;
	}
	if (got < 0 && got != -EAGAIN)
		return disarm(veventq, (int)got);
	veventq->backoff = 0;
	return got > 0;
}

int vsmmu_veventq_next(struct vsmmu_veventq *veventq, struct vsmmu_item *item)
{
	struct veventq_item own = {0};
	struct veventq_reader *reader;
	int ret = entry(veventq);

	/* Looked at first: an item that cannot be handed out must not be taken. */
	if (!ret && !sized_is_valid(item))
		ret = -EINVAL;
	if (ret)
		return ret;
	reader = &veventq->reader;
	while (veventq_decoder_next(&reader->decoder, &own) == VSMMU_ITEM_END) {
		/* The last read already said that there is no more: once is enough. */
		ret = reader->drained ? 0 : read_more(veventq);
		if (ret <= 0) {
			reader->drained = false;
			veventq_item_copy_out(item, &own);
			return ret;
		}
	}
	veventq_item_copy_out(item, &own);
	return 1;
}

int vsmmu_veventq_rearm(struct vsmmu_veventq *veventq)
{
	int ret = entry(veventq);

	if (ret)
		return ret;
	if (veventq->state != DISARMED)
		return 0;
	ret = arm(veventq);
	return ret ? ret : 1;
}

int vsmmu_veventq_get_sequence(const struct vsmmu_veventq *veventq, uint32_t *sequence)
{
	int ret = sequence ? entry(veventq) : -EINVAL;

	if (ret)
		return ret;
	*sequence = veventq_decoder_get_sequence(&veventq->reader.decoder);
	return 0;
}

int vsmmu_veventq_set_sequence(struct vsmmu_veventq *veventq, uint32_t sequence)
{
	int ret = entry(veventq);

	return ret ? ret : veventq_decoder_set_sequence(&veventq->reader.decoder, sequence);
}

int vsmmu_veventq_get_stats(const struct vsmmu_veventq *veventq, struct vsmmu_veventq_stats *stats)
{
	struct vsmmu_veventq_stats now;
	struct vsmmu_decoder_stats decoded;
	int ret = entry(veventq);

	if (ret)
		return ret;
	decoded = veventq_decoder_stats(&veventq->reader.decoder);
	now = (struct vsmmu_veventq_stats){
		.sequenced = decoded.sequenced,
		.events = decoded.events,
		.lost = decoded.lost,
		.errors = decoded.errors,
		.unknown_flags = decoded.unknown_flags,
		.reads = veventq->reads,
		.backoffs = veventq->backoffs,
		.failures = veventq->failures,
	};
	return sized_copy_out(stats, &now, sizeof(now));
}
