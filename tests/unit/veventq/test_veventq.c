/* SPDX-License-Identifier: BSD-2-Clause */
/* The vEVENTQ reader, over a fake kernel whose reads are scripted to the byte. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <vsmmu/event.h>
#include <vsmmu/veventq.h>

#include "lib/fail_nth.h"
#include "lib/fake_kernel.h"
#include "uapi/iommufd.h"
#include "lib/unit.h"

#define DEPTH  16
#define RECORD 40

static unsigned int fds_before;
static uint32_t queue;
static int queue_fd;

static int set_up(void **unused)
{
	(void)unused;
	fds_before = fake_kernel_open_fds();
	fake_kernel_start();
	queue = fake_veventq_new(DEPTH, &queue_fd);
	return 0;
}

/* Each test frees its reader: then only what the fake gave is open. */
static int tear_down(void **unused)
{
	(void)unused;
	fake_kernel_stop();
	return fake_kernel_open_fds() == fds_before ? 0 : -1;
}

static int reader_new(struct vsmmu_veventq **out, uint32_t first_sequence, uint32_t batch)
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

static struct vsmmu_veventq *reader(uint32_t first_sequence, uint32_t batch)
{
	struct vsmmu_veventq *veventq = NULL;

	assert_int_equal(reader_new(&veventq, first_sequence, batch), 0);
	return veventq;
}

static void report(unsigned int count)
{
	static const uint8_t record[VSMMU_EVENT_RECORD_SIZE] = {VSMMU_EVENT_F_TRANSLATION};

	while (count--)
		fake_veventq_report(queue, record, sizeof(record));
}

static void expect_event(struct vsmmu_veventq *veventq, uint32_t sequence)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, sequence);
	assert_int_equal(item.payload_size, VSMMU_EVENT_RECORD_SIZE);
	assert_int_equal(*(const uint8_t *)item.payload, VSMMU_EVENT_F_TRANSLATION);
}

static void expect_lost(struct vsmmu_veventq *veventq, uint32_t sequence, uint64_t lost)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_LOST);
	assert_int_equal(item.sequence, sequence);
	assert_int_equal(item.lost, lost);
}

static void expect_error(struct vsmmu_veventq *veventq, enum vsmmu_item_error error)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_ERROR);
	assert_int_equal(item.error, error);
}

static void expect_return(struct vsmmu_veventq *veventq, int should)
{
	struct vsmmu_item item = {.size = sizeof(item)};

	assert_int_equal(vsmmu_veventq_next(veventq, &item), should);
}

static bool readable_within(const struct vsmmu_veventq *veventq, int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static bool readable(const struct vsmmu_veventq *veventq)
{
	return readable_within(veventq, 0);
}

/* The reader tries again by itself. */
static void wait_for(const struct vsmmu_veventq *veventq)
{
	assert_true(readable_within(veventq, 60000));
}

TEST(one_read_takes_a_batch)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	assert_false(readable(veventq));
	report(DEPTH);
	assert_true(readable(veventq));
	for (uint32_t n = 0; n < DEPTH; n++)
		expect_event(veventq, n);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 1);
	/* The short read said that there is no more; the next call asks anew. */
	report(1);
	expect_event(veventq, DEPTH);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	assert_false(readable(veventq));
	vsmmu_veventq_free(veventq);
}

TEST(batch_is_limited)
{
	struct vsmmu_veventq *veventq = reader(0, 4);

	report(9);
	for (uint32_t n = 0; n < 9; n++)
		expect_event(veventq, n);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 3);
	vsmmu_veventq_free(veventq);
}

/* The fake leaves nonsense in errno after each success, as any library call may. */
TEST(zero_is_empty_whatever_errno_says)
{
	static const int stale[] = {EAGAIN, EINTR, ENOMEM, EBADF, EIO};
	struct vsmmu_veventq *veventq = reader(0, 0);

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
		errno = stale[i];
		expect_return(veventq, 0);
	}
	report(1);
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(later_is_not_an_error)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script_error(queue, EAGAIN);
	fake_veventq_script_error(queue, EINTR);
	report(1);
	/* Twice nothing although there is something: no third time at once. */
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	wait_for(veventq);
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(reading_goes_on_after_enomem)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script_error(queue, ENOMEM);
	fake_veventq_script_error(queue, ENOMEM);
	report(2);
	expect_return(veventq, 0);
	wait_for(veventq);
	expect_return(veventq, 0);
	wait_for(veventq);
	expect_event(veventq, 0);
	expect_event(veventq, 1);
	expect_return(veventq, 0);
	vsmmu_veventq_free(veventq);
}

TEST(other_errors_are_told_as_they_are)
{
	static const int errors[] = {EBADF, EINVAL, EFAULT, EIO, ENODEV};
	struct vsmmu_veventq *veventq = reader(0, 0);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_veventq_script_error(queue, errors[i]);
		expect_return(veventq, -errors[i]);
		report(1);
		expect_return(veventq, -errors[i]);
		assert_false(readable(veventq));
		assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
		assert_true(readable(veventq));
		expect_event(veventq, (uint32_t)i);
		expect_return(veventq, 0);
	}
	vsmmu_veventq_free(veventq);
}

/* A race in the kernel's read can give two in one go: 16 bytes that are no record. */
TEST(two_lost_headers_in_16_bytes)
{
	static const struct uapi_iommufd_vevent_header headers[] = {
		{UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 2},
		{UAPI_IOMMU_VEVENTQ_FLAG_LOST_EVENTS, 5},
	};
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_script(queue, headers, sizeof(headers));
	fake_veventq_set_sequence(queue, 6);
	expect_lost(veventq, 2, 3);
	expect_lost(veventq, 5, 3);
	expect_return(veventq, 0);
	report(1);
	expect_event(veventq, 6);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	assert_int_equal(stats.sequenced, 7);
	assert_int_equal(stats.lost, 6);
	assert_int_equal(stats.events, 1);
	vsmmu_veventq_free(veventq);
}

TEST(partial_record_ends_what_came_before)
{
	uint8_t bytes[RECORD + 8 + 20] = {0};
	const struct uapi_iommufd_vevent_header second = {0, 1};
	struct vsmmu_veventq *veventq = reader(0, 0);

	bytes[8] = VSMMU_EVENT_F_TRANSLATION;
	memcpy(bytes + RECORD, &second, sizeof(second));
	fake_veventq_script(queue, bytes, sizeof(bytes));
	fake_veventq_set_sequence(queue, 1);
	report(1);
	expect_event(veventq, 0);
	expect_error(veventq, VSMMU_ITEM_TRUNCATED);
	expect_return(veventq, 0);
	/* The kernel queues such an event again: its number is not used up. */
	expect_event(veventq, 1);
	vsmmu_veventq_free(veventq);
}

TEST(loss_is_counted_from_the_first_event_on)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	fake_veventq_drop(queue);
	fake_veventq_drop(queue);
	expect_lost(veventq, 1, 2);
	expect_return(veventq, 0);
	report(DEPTH + 3);
	for (uint32_t n = 0; n < DEPTH; n++)
		expect_event(veventq, 2 + n);
	expect_lost(veventq, DEPTH + 4, 3);
	expect_return(veventq, 0);
	assert_int_equal(fake_kernel_reads(), 2);
	vsmmu_veventq_free(veventq);
}

TEST(numbers_wrap)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};
	struct vsmmu_veventq *veventq = reader(INT32_MAX - 1, 0);

	fake_veventq_set_sequence(queue, INT32_MAX - 1);
	report(3);
	expect_event(veventq, INT32_MAX - 1);
	expect_event(veventq, INT32_MAX);
	expect_event(veventq, 0);
	expect_return(veventq, 0);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	assert_int_equal(stats.sequenced, 3);
	assert_int_equal(stats.lost, 0);
	vsmmu_veventq_free(veventq);
}

TEST(adopted_queue_starts_anywhere)
{
	struct vsmmu_veventq *veventq = reader(VSMMU_SEQUENCE_UNKNOWN, 0);

	fake_veventq_set_sequence(queue, 1000);
	report(1);
	expect_event(veventq, 1000);
	expect_return(veventq, 0);
	fake_veventq_set_sequence(queue, 1003);
	report(1);
	expect_lost(veventq, 1002, 2);
	expect_event(veventq, 1003);
	vsmmu_veventq_free(veventq);
}

TEST(callers_fd_stays_its_own)
{
	struct vsmmu_veventq *veventq = reader(0, 0);

	assert_int_not_equal(vsmmu_veventq_get_fd(veventq), queue_fd);
	vsmmu_veventq_free(veventq);
	report(1);
	veventq = reader(0, 0);
	close(queue_fd);
	assert_true(readable(veventq));
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
	vsmmu_veventq_free(NULL);
}

TEST(a_reader_may_own_its_fd)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.flags = VSMMU_VEVENTQ_FLAG_OWN_FD,
		.fd = queue_fd,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.batch = UINT32_MAX,
	};
	unsigned int open = fake_kernel_open_fds();
	struct vsmmu_veventq *veventq = NULL;
	int fds[2];

	/* After a failure it is the caller's as before. */
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_int_equal(pipe(fds), 0);
	config.batch = 0;
	config.fd = fds[0];
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -ENOTTY);
	close(fds[1]);
	assert_int_equal(close(fds[0]), 0);
	config.fd = queue_fd;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	report(1);
	assert_true(readable(veventq));
	expect_event(veventq, 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fake_kernel_open_fds(), open - 1);
}

/* Without a timer, and without memory to poll again, reading goes on all the same. */
TEST(backing_off_may_fail)
{
	struct vsmmu_veventq *veventq = reader(0, 0);
	struct vsmmu_item item = {.size = sizeof(item)};

	fake_veventq_script_error(queue, ENOMEM);
	report(2);
	fail_nth_arm(2); /* read, timerfd_settime */
	expect_return(veventq, 0);
	assert_string_equal(fail_nth_what(), "timerfd_settime");
	fail_nth_arm(0);
	/* The fd is readable, and each call tries to set the timer, until the wait is over. */
	assert_true(readable(veventq));
	while (vsmmu_veventq_next(veventq, &item) == 0)
		wait_for(veventq);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, 0);
	expect_event(veventq, 1);
	expect_return(veventq, 0);

	fake_veventq_script_error(queue, ENOMEM);
	report(1);
	expect_return(veventq, 0);
	wait_for(veventq);
	fail_nth_arm(2); /* timerfd_settime, EPOLL_CTL_ADD */
	expect_return(veventq, 0);
	assert_string_equal(fail_nth_what(), "epoll_ctl");
	fail_nth_arm(0);
	wait_for(veventq);
	expect_event(veventq, 2);
	expect_return(veventq, 0);
	report(1);
	assert_true(readable(veventq));

	fake_veventq_script_error(queue, EIO);
	expect_event(veventq, 3);
	expect_return(veventq, 0);
	expect_return(veventq, -EIO);
	fail_nth_arm(1);
	assert_true(vsmmu_veventq_rearm(veventq) < 0);
	fail_nth_arm(0);
	expect_return(veventq, -EIO);
	assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
	vsmmu_veventq_free(veventq);
}

TEST(bad_configs_are_refused)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.fd = queue_fd,
		.type = 77,
	};
	unsigned int open = fake_kernel_open_fds();
	struct vsmmu_veventq *veventq = NULL;
	int fds[2];

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	config.first_sequence = UINT32_C(0x80000000);
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.first_sequence = 0;
	config.batch = UINT32_MAX;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.batch = 0;
	config.size = 4;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.size = sizeof(config);
	config.fd = -1;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EBADF);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_int_equal(pipe(fds), 0);
	config.fd = fds[0];
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -ENOTTY);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fake_kernel_open_fds(), open);
	assert_null(veventq);
}

TEST(every_call_may_fail)
{
	unsigned int open = fake_kernel_open_fds(), n = 0;

	report(1);
	do {
		struct vsmmu_veventq *veventq = NULL;
		struct vsmmu_item item = {.size = sizeof(item)};
		int ret;

		fail_nth_arm(++n);
		ret = reader_new(&veventq, VSMMU_SEQUENCE_UNKNOWN, 0);
		if (!ret) {
			ret = vsmmu_veventq_next(veventq, &item);
			assert_int_equal(ret, n == 12 ? -EIO : 1);
		} else {
			assert_null(veventq);
		}
		fail_nth_arm(0);
		vsmmu_veventq_free(veventq);
		assert_int_equal(fake_kernel_open_fds(), open);
		if (ret == 1)
			report(1);
	} while (fail_nth_fired());
	/*
	 * calloc, dup, F_GETFL, F_SETFL, malloc, epoll_create1, eventfd, timerfd_create, three
	 * times EPOLL_CTL_ADD, read
	 */
	assert_int_equal(n - 1, 12);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST("E2", one_read_takes_a_batch),
		KERNEL_TEST("E2", batch_is_limited),
		KERNEL_TEST("E3 P2", zero_is_empty_whatever_errno_says),
		KERNEL_TEST("E3", later_is_not_an_error),
		KERNEL_TEST("E3 P8", reading_goes_on_after_enomem),
		KERNEL_TEST("E3", other_errors_are_told_as_they_are),
		KERNEL_TEST("E4 P4", two_lost_headers_in_16_bytes),
		KERNEL_TEST("E4", partial_record_ends_what_came_before),
		KERNEL_TEST("E5", loss_is_counted_from_the_first_event_on),
		KERNEL_TEST("E5 P1", numbers_wrap),
		KERNEL_TEST("E5", adopted_queue_starts_anywhere),
		TEST_PLAIN(callers_fd_stays_its_own),
		TEST_PLAIN(a_reader_may_own_its_fd),
		KERNEL_TEST("E3 P8", backing_off_may_fail),
		TEST_PLAIN(bad_configs_are_refused),
		KERNEL_TEST("E1 P18", every_call_may_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
