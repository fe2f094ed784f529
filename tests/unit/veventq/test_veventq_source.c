/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader over a source of the caller's: when its own fd is readable, and when it is quiet. */
#include <errno.h>
#include <fcntl.h>
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

static ssize_t source_read(void *opaque, void *buffer, size_t length)
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

static void source_says(ssize_t answer, uint32_t times)
{
	source.answer = answer;
	source.answers = times;
}

static void source_has(const char *records)
{
	source.stream.payload = 32;
	stream_put_text(&source.stream, records);
}

static struct vsmmu_veventq_config config_of(int fd)
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

/* Its fd is readable from the beginning to the end: the source decides what there is. */
static void begin(void)
{
	const struct vsmmu_veventq_config config = config_of(eventfd(1, EFD_CLOEXEC));

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
}

static void begin_without_fd(void)
{
	const struct vsmmu_veventq_config config = config_of(-1);

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
}

static void end(void)
{
	vsmmu_veventq_free(veventq);
	if (source.fd >= 0)
		close(source.fd);
}

static bool readable_within(int milliseconds)
{
	struct pollfd fd = {.fd = vsmmu_veventq_get_fd(veventq), .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static void expect_quiet(void)
{
	assert_false(readable_within(0));
}

static void expect_readable(void)
{
	assert_true(readable_within(60000));
}

static int next(struct vsmmu_item *item)
{
	*item = (struct vsmmu_item){.size = sizeof(*item), .kind = VSMMU_ITEM_ERROR};
	return vsmmu_veventq_next(veventq, item);
}

static void expect_return(int should)
{
	struct vsmmu_item item;

	assert_int_equal(next(&item), should);
	assert_int_equal(item.kind, VSMMU_ITEM_END);
}

static void expect_event(uint32_t sequence)
{
	struct vsmmu_item item;

	assert_int_equal(next(&item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_EVENT);
	assert_int_equal(item.sequence, sequence);
}

static struct vsmmu_veventq_stats stats_of(void)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};

	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), 0);
	return stats;
}

/* One wake-up, one attempt, and then at least @nanoseconds of quiet. */
static void expect_attempt(uint64_t nanoseconds)
{
	const uint64_t before = pollset_now();

	expect_return(0);
	/* Who is slow may find the time over already, but not sooner. */
	if (readable_within(0))
		assert_true(pollset_now() - before >= nanoseconds);
	expect_readable();
	assert_true(pollset_now() - before >= nanoseconds);
}

TEST(enomem_backs_off_and_doubles)
{
	begin();
	source_has("E0");
	source_says(-ENOMEM, ALWAYS);
	expect_readable();
	for (uint32_t n = 0; n < 9; n++) {
		expect_attempt((n < 7 ? UINT64_C(1) << n : 128) * MILLISECOND);
		assert_int_equal(source.reads, n + 1);
	}
	assert_int_equal(stats_of().backoffs, 9);
	assert_int_equal(stats_of().reads, 9);
	/* Nothing was lost, and the next time it begins at the beginning. */
	source_says(0, 0);
	expect_event(0);
	expect_return(0);
	source_says(-ENOMEM, 1);
	source_has("E1");
	expect_readable();
	expect_attempt(MILLISECOND);
	expect_event(1);
	assert_int_equal(stats_of().lost, 0);
	assert_int_equal(stats_of().failures, 0);
	end();
}

TEST(a_success_makes_the_next_wait_short)
{
	uint64_t before;

	begin();
	source_says(-ENOMEM, 8);
	for (int n = 0; n < 8; n++)
		expect_attempt(MILLISECOND << n);
	before = pollset_now();
	for (uint32_t n = 0; n < 100; n++) {
		source.stream.payload = 32;
		stream_put(&source.stream, 0, n);
		expect_event(n);
		expect_return(0);
		source_says(-ENOMEM, 1);
		expect_attempt(MILLISECOND);
	}
	/* Hardly more than 100 ms, but for a slow machine; 128 ms each would be 12.8 s. */
	assert_true(pollset_now() - before < 10000 * MILLISECOND);
	end();
}

/* Who does not poll but asks again and again costs no reads either. */
TEST(asking_does_not_shorten_the_wait)
{
	uint64_t before;

	begin();
	source_says(-ENOMEM, 8);
	source_has("E0");
	for (int n = 0; n < 8; n++)
		expect_attempt(MILLISECOND << n);
	assert_int_equal(source.reads, 8);
	source_says(-ENOMEM, ALWAYS);
	before = pollset_now();
	expect_return(0);
	/* It waits for 128 ms now. */
	for (int n = 0; n < 1000 && pollset_now() - before < 100 * MILLISECOND; n++) {
		expect_return(0);
		if (pollset_now() - before < 128 * MILLISECOND)
			assert_int_equal(source.reads, 9);
	}
	end();
}

/* Kernels before mid-2026 say 0 for want of memory. */
TEST(nothing_to_read_although_poll_says_so_backs_off)
{
	static const ssize_t answers[] = {0, -EAGAIN, -EINTR};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		begin();
		source_has("E0");
		source_says(answers[i], ALWAYS);
		for (uint32_t n = 0; n < 4; n++) {
			expect_attempt(MILLISECOND << n);
			/* Asked twice: something could have come just then. */
			assert_int_equal(source.reads, 2 * n + 2);
		}
		source_says(answers[i], 1);
		expect_event(0);
		assert_int_equal(stats_of().backoffs, 4);
		end();
	}
}

TEST(what_comes_between_read_and_poll_is_not_delayed)
{
	begin();
	source_has("E0");
	source_says(0, 1);
	expect_event(0);
	assert_int_equal(stats_of().backoffs, 0);
	end();
}

TEST(a_final_error_is_told_until_it_is_rearmed)
{
	static const int errors[] = {EIO, EBADF, EFAULT, EINVAL, ENODEV};

	begin();
	for (uint32_t n = 0; n < sizeof(errors) / sizeof(errors[0]); n++) {
		source_says(-errors[n], ALWAYS);
		expect_readable();
		for (int again = 0; again < 3; again++) {
			expect_return(-errors[n]);
			expect_quiet();
		}
		/* It says so once more when somebody wakes it, and is quiet again. */
		assert_int_equal(vsmmu_veventq_wake(veventq), 0);
		expect_readable();
		expect_return(-errors[n]);
		expect_quiet();
		assert_int_equal(source.reads, n + 1);
		assert_int_equal(stats_of().failures, n + 1);
		assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
		assert_int_equal(vsmmu_veventq_rearm(veventq), 0);
	}
	source_says(0, 0);
	source_has("E0");
	expect_readable();
	expect_event(0);
	end();
}

TEST(more_bytes_than_asked_for_are_final)
{
	begin();
	source_says(256 * 40 + 1, 1);
	expect_return(-EPROTO);
	expect_quiet();
	end();
}

TEST(a_source_without_an_fd_is_woken)
{
	begin_without_fd();
	/* It may have something from the beginning. */
	expect_readable();
	source_has("E0");
	expect_event(0);
	expect_return(0);
	expect_quiet();
	source_has("E1");
	expect_quiet();
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_readable();
	expect_event(1);
	expect_return(0);
	expect_quiet();
	/* A timer, and an error, need no fd. */
	source_says(-ENOMEM, 3);
	source_has("E2");
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	for (int n = 0; n < 3; n++)
		expect_attempt(MILLISECOND << n);
	expect_event(2);
	expect_return(0);
	expect_quiet();
	source_says(-EIO, 1);
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_return(-EIO);
	expect_quiet();
	assert_int_equal(vsmmu_veventq_rearm(veventq), 1);
	source_has("E3");
	expect_readable();
	expect_event(3);
	end();
}

/* What is left in the buffer does not show in the source's fd. */
TEST(who_stops_early_wakes_it)
{
	begin_without_fd();
	source_has("E0 E1 E2");
	expect_event(0);
	expect_quiet();
	assert_int_equal(vsmmu_veventq_wake(veventq), 0);
	expect_readable();
	expect_event(1);
	expect_event(2);
	expect_return(0);
	expect_readable();
	expect_return(0);
	expect_quiet();
	end();
}

TEST(the_place_is_handed_over)
{
	uint32_t sequence = 1;

	begin();
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, &sequence), 0);
	assert_int_equal(sequence, 0);
	source_has("E0 E1");
	expect_event(0);
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, &sequence), 0);
	assert_int_equal(sequence, 1);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, 7), -EBUSY);
	expect_event(1);
	expect_return(0);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, 7), 0);
	source_has("E7");
	expect_event(7);
	expect_return(0);
	assert_int_equal(vsmmu_veventq_set_sequence(veventq, UINT32_C(1) << 31), -EINVAL);
	assert_int_equal(stats_of().lost, 0);
	assert_int_equal(stats_of().errors, 0);
	end();
}

TEST(a_later_kernels_type_is_read)
{
	struct vsmmu_veventq_config config = config_of(-1);
	struct vsmmu_item item;

	config.type = 3;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	config.payload_size = 48;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	source.stream.payload = 48;
	stream_put_text(&source.stream, "E0 L1 E2");
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.payload_size, 48);
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.kind, VSMMU_ITEM_LOST);
	assert_int_equal(next(&item), 1);
	assert_int_equal(item.sequence, 2);
	expect_return(0);
	end();
}

TEST(a_sources_fd_is_duplicated_or_handed_over)
{
	struct vsmmu_veventq_config config = config_of(eventfd(1, EFD_CLOEXEC));

	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fcntl(source.fd, F_GETFD), FD_CLOEXEC);
	/* A failure leaves it the caller's. */
	config.flags |= VSMMU_VEVENTQ_FLAG_OWN_FD;
	config.type = 0;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), -EINVAL);
	assert_int_equal(fcntl(source.fd, F_GETFD), FD_CLOEXEC);
	config.type = VSMMU_VEVENTQ_ARM_SMMUV3;
	assert_int_equal(vsmmu_veventq_new(&veventq, &config), 0);
	vsmmu_veventq_free(veventq);
	assert_int_equal(fcntl(source.fd, F_GETFD), -1);
}

TEST(misuse_is_refused)
{
	struct vsmmu_veventq_config config = config_of(-1), bad;
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats.size)};
	struct vsmmu_item item = {.size = sizeof(item)};
	uint32_t sequence;

	bad = config;
	bad.flags |= 1 << 2;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.read = NULL;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.flags = 0;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EINVAL);
	bad = config;
	bad.fd = -2;
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EBADF);
	/* epoll does not take files that are always readable. */
	bad.fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(vsmmu_veventq_new(&veventq, &bad), -EPERM);
	close(bad.fd);
	assert_int_equal(vsmmu_veventq_new(NULL, &config), -EINVAL);
	assert_int_equal(vsmmu_veventq_new(&veventq, NULL), -EINVAL);

	assert_int_equal(vsmmu_veventq_next(NULL, &item), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_fd(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_rearm(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_wake(NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_sequence(NULL, &sequence), -EINVAL);
	assert_int_equal(vsmmu_veventq_set_sequence(NULL, 0), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(NULL, &stats), -EINVAL);
	vsmmu_veventq_free(NULL);

	begin_without_fd();
	source_has("E0");
	assert_int_equal(vsmmu_veventq_get_sequence(veventq, NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, NULL), -EINVAL);
	assert_int_equal(vsmmu_veventq_get_stats(veventq, &stats), -EINVAL);
	/* What cannot be filled takes no item away. */
	assert_int_equal(vsmmu_veventq_next(veventq, NULL), -EINVAL);
	item.size = sizeof(item.size);
	assert_int_equal(vsmmu_veventq_next(veventq, &item), -EINVAL);
	assert_int_equal(source.reads, 0);
	expect_event(0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST("E3 P8", enomem_backs_off_and_doubles),
		UNIT_TEST("E3 P8", a_success_makes_the_next_wait_short),
		UNIT_TEST("E3 P8", asking_does_not_shorten_the_wait),
		UNIT_TEST("E3 P8", nothing_to_read_although_poll_says_so_backs_off),
		UNIT_TEST("E3", what_comes_between_read_and_poll_is_not_delayed),
		UNIT_TEST("E3", a_final_error_is_told_until_it_is_rearmed),
		UNIT_TEST("E3", more_bytes_than_asked_for_are_final),
		UNIT_TEST("E3", a_source_without_an_fd_is_woken),
		UNIT_TEST_PLAIN(who_stops_early_wakes_it),
		UNIT_TEST("E5", the_place_is_handed_over),
		UNIT_TEST("E4", a_later_kernels_type_is_read),
		UNIT_TEST_PLAIN(a_sources_fd_is_duplicated_or_handed_over),
		UNIT_TEST_PLAIN(misuse_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
