/* SPDX-License-Identifier: BSD-2-Clause */
/* A vEVENTQ of a fake kernel, and a reader of it. */
#ifndef UNIT_VEVENTQ_KERNEL_H
#define UNIT_VEVENTQ_KERNEL_H

#include <poll.h>

#include <vsmmu/event.h>
#include <vsmmu/veventq.h>

#include "lib/fake_kernel.h"
#include "lib/unit.h"

#define DEPTH 16

static unsigned int fds_before;
static uint32_t queue;
static int queue_fd;

static inline int set_up(void **unused)
{
	(void)unused;
	fds_before = fake_kernel_open_fds();
	fake_kernel_start();
	queue = fake_veventq_new(DEPTH, &queue_fd);
	return 0;
}

/* Each test frees its reader: then only what the fake gave is open. */
static inline int tear_down(void **unused)
{
	(void)unused;
	fake_kernel_stop();
	return fake_kernel_open_fds() == fds_before ? 0 : -1;
}

static inline int reader_new(struct vsmmu_veventq **out, uint32_t first_sequence, uint32_t batch)
{
	const struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.fd = queue_fd,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.first_sequence = first_sequence,
		.batch = batch,
	};

	return vsmmu_veventq_new(out, &config);
}

static inline struct vsmmu_veventq *reader(uint32_t first_sequence, uint32_t batch)
{
	struct vsmmu_veventq *veventq = NULL;

	assert_int_equal(reader_new(&veventq, first_sequence, batch), 0);
	return veventq;
}

static inline void report(unsigned int count)
{
	static const uint8_t record[VSMMU_EVENT_RECORD_SIZE] = {VSMMU_EVENT_F_TRANSLATION};

	while (count--)
		fake_veventq_report(queue, record, sizeof(record));
}

static inline void expect_event(struct vsmmu_veventq *veventq, uint32_t sequence)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, sequence);
	assert_int_equal(item.payload_size, VSMMU_EVENT_RECORD_SIZE);
	assert_int_equal(*(const uint8_t *)item.payload, VSMMU_EVENT_F_TRANSLATION);
}

static inline void expect_return(struct vsmmu_veventq *veventq, int should)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), should);
}

static inline bool readable_within(const struct vsmmu_veventq *veventq, int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static inline bool readable(const struct vsmmu_veventq *veventq)
{
	return readable_within(veventq, 0);
}

/* The reader tries again by itself. */
static inline void wait_for(const struct vsmmu_veventq *veventq)
{
	assert_true(readable_within(veventq, 60000));
}

#define KERNEL_TEST(ids, fn)                                                                       \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn), .setup_func = set_up,                 \
		.teardown_func = tear_down                                                         \
	}
#define TEST_PLAIN(fn)                                                                             \
	{                                                                                          \
		.name = #fn, .test_func = (fn), .setup_func = set_up, .teardown_func = tear_down   \
	}

#endif
