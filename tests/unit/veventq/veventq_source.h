/* SPDX-License-Identifier: BSD-2-Clause */
/* A source for the reader, whose answers the test decides. */
#ifndef UNIT_VEVENTQ_SOURCE_H
#define UNIT_VEVENTQ_SOURCE_H

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <vsmmu/veventq.h>

#include "stream_text.h"
#include "util/pollset.h"

#define MILLISECOND UINT64_C(1000000)
#define ALWAYS	    UINT32_MAX

/* A source that says @answer to so many reads, then gives what is in @stream, then 0. */
static struct {
	int fd; /* an eventfd, or -1 */
	ssize_t answer;
	uint32_t answers;
	uint32_t reads;
	struct stream stream;
} source;

static struct vsmmu_veventq *veventq;

static inline ssize_t source_read(void *opaque, void *buffer, size_t length)
{
	ssize_t got = (ssize_t)source.stream.length;

	assert_ptr_equal(opaque, &source);
	source.reads++;
	if (source.answers) {
		source.answers -= source.answers != ALWAYS;
		return source.answer;
	}
	assert_true((size_t)got <= length);
	memcpy(buffer, source.stream.bytes, (size_t)got);
	source.stream.length = 0;
	return got;
}

static inline void source_says(ssize_t answer, uint32_t times)
{
	source.answer = answer;
	source.answers = times;
}

static inline void source_has(const char *records)
{
	source.stream.payload = 32;
	stream_put_text(&source.stream, records);
}

static inline struct vsmmu_veventq_config config_of(int fd)
{
	source.fd = fd;
	source.reads = source.answers = 0;
	source.stream.length = 0;
	return (struct vsmmu_veventq_config){
		.size = sizeof(struct vsmmu_veventq_config),
		.flags = VSMMU_VEVENTQ_FLAG_SOURCE,
		.fd = fd,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.read = source_read,
		.opaque = &source,
	};
}

/* The fd is readable from the beginning to the end: the source decides what there is. */
static inline void begin(void)
{
	const struct vsmmu_veventq_config config = config_of(eventfd(1, EFD_CLOEXEC));

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
}

static inline void begin_without_fd(void)
{
	const struct vsmmu_veventq_config config = config_of(-1);

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
}

static inline void end(void)
{
	vsmmu_veventq_free(veventq);
	if (source.fd >= 0)
		close(source.fd);
}

static inline bool readable_within(int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static inline void expect_quiet(void)
{
	assert_false(readable_within(0));
}

static inline void expect_readable(void)
{
	assert_true(readable_within(60000));
}

static inline int next(struct vsmmu_item *item)
{
	*item = (struct vsmmu_item){.size = sizeof(*item), .kind = VSMMU_ITEM_ERROR};
	return vsmmu_veventq_next(veventq, item);
}

static inline void expect_return(int should)
{
	struct vsmmu_item item;

	assert_int_equal(next(&item), should);
	assert_int_equal(item.kind, VSMMU_ITEM_END);
}

static inline void expect_event(uint32_t sequence)
{
	struct vsmmu_item item;

	assert_int_equal(next(&item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, sequence);
}

static inline struct vsmmu_veventq_stats stats_of(void)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	return stats;
}

/* A wake-up is one attempt, and at least @nanoseconds of quiet follow. */
static inline void expect_attempt(uint64_t nanoseconds)
{
	const uint64_t before = pollset_now();

	expect_return(0);
	/* A slow machine may find the time over already, but not sooner. */
	if (readable_within(0))
		assert_true(pollset_now() - before >= nanoseconds);
	expect_readable();
	assert_true(pollset_now() - before >= nanoseconds);
}

#endif
