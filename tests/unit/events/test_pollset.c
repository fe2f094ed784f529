/* SPDX-License-Identifier: BSD-2-Clause */
/* The one pollable fd: what makes it readable, what does not, and what each of that costs. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "util/pollset.h"
#include "lib/unit.h"

#define QUEUES 100
#define HOUR   UINT64_C(3600000000000)

static struct pollset pollset;
static int fds[QUEUES];

/* Calls of the functions that the linker leads here, and the errno of the next of each. */
static unsigned int settimes, reads, writes;
static int fail_settime, fail_read, fail_write, fail_create, fail_eventfd, fail_timer, fail_add;

int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *old);
ssize_t __real_read(int fd, void *buffer, size_t length);
ssize_t __real_write(int fd, const void *buffer, size_t length);
int __real_epoll_create1(int flags);
int __real_eventfd(unsigned int value, int flags);
int __real_timerfd_create(int clock, int flags);
int __real_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);
/* Called by the linker's doing alone. */
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *old);
ssize_t __wrap_read(int fd, void *buffer, size_t length);
ssize_t __wrap_write(int fd, const void *buffer, size_t length);
int __wrap_epoll_create1(int flags);
int __wrap_eventfd(unsigned int value, int flags);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event);

/* The n-th call fails when *error is n; -errno of it is always ENOMEM. */
static bool fails(int *error)
{
	if (!*error || --*error)
		return false;
	errno = ENOMEM;
	return true;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
	settimes++;
	return fails(&fail_settime) ? -1 : __real_timerfd_settime(fd, flags, when, old);
}

ssize_t __wrap_read(int fd, void *buffer, size_t length)
{
	reads++;
	return fails(&fail_read) ? -1 : __real_read(fd, buffer, length);
}

ssize_t __wrap_write(int fd, const void *buffer, size_t length)
{
	if (fd != pollset.kick)
		return __real_write(fd, buffer, length);
	writes++;
	return fails(&fail_write) ? -1 : __real_write(fd, buffer, length);
}

int __wrap_epoll_create1(int flags)
{
	return fails(&fail_create) ? -1 : __real_epoll_create1(flags);
}

int __wrap_eventfd(unsigned int value, int flags)
{
	return fails(&fail_eventfd) ? -1 : __real_eventfd(value, flags);
}

int __wrap_timerfd_create(int clock, int flags)
{
	return fails(&fail_timer) ? -1 : __real_timerfd_create(clock, flags);
}

int __wrap_epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	return fails(&fail_add) ? -1 : __real_epoll_ctl(set, operation, fd, event);
}

static int set_up(void **unused)
{
	(void)unused;
	assert_int_equal(pollset_init(&pollset), 0);
	for (int i = 0; i < QUEUES; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK);
		assert_true(fds[i] >= 0);
	}
	settimes = reads = writes = 0;
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	for (int i = 0; i < QUEUES; i++)
		close(fds[i]);
	pollset_destroy(&pollset);
	return 0;
}

static bool readable_within(int milliseconds)
{
	struct pollfd fd = {.fd = pollset.set, .events = POLLIN};

	return poll(&fd, 1, milliseconds) == 1;
}

static bool readable(void)
{
	return readable_within(0);
}

static void fill(int i)
{
	assert_int_equal(eventfd_write(fds[i], 1), 0);
}

static void drain(int i)
{
	eventfd_t value;

	assert_int_equal(eventfd_read(fds[i], &value), 0);
}

TEST(it_is_readable_while_a_member_is)
{
	void *items[8];

	assert_false(readable());
	assert_int_equal(pollset_wait(&pollset, items, 8), 0);
	assert_int_equal(pollset_add(&pollset, fds[0], &fds[0]), 0);
	assert_int_equal(pollset_add(&pollset, fds[1], &fds[1]), 0);
	assert_false(readable());
	fill(1);
	assert_true(readable());
	assert_true(readable()); /* level, not edge */
	assert_int_equal(pollset_wait(&pollset, items, 8), 1);
	assert_ptr_equal(items[0], &fds[1]);
	drain(1);
	assert_false(readable());
	/* An fd that was readable before it came in counts as well. */
	fill(2);
	assert_int_equal(pollset_add(&pollset, fds[2], &fds[2]), 0);
	assert_true(readable());
	pollset_remove(&pollset, fds[2]);
	assert_false(readable());
	pollset_remove(&pollset, fds[2]); /* harmless */
	assert_true(pollset_add(&pollset, -1, NULL) < 0);
}

TEST(waiting_turns_round)
{
	unsigned int seen[QUEUES] = {0};
	void *items[64];

	for (int i = 0; i < QUEUES; i++) {
		assert_int_equal(pollset_add(&pollset, fds[i], &fds[i]), 0);
		fill(i);
	}
	/* Members that are not among the first 64 are so next time. */
	pollset_kick(&pollset);
	pollset_timer_start(&pollset, POLLSET_RETRY, 1);
	assert_true(readable());
	for (int round = 0; round < 2; round++) {
		int count = pollset_wait(&pollset, items, 64);

		assert_in_range(count, 62, 64);
		for (int i = 0; i < count; i++)
			seen[(int *)items[i] - fds]++;
	}
	for (int i = 0; i < QUEUES; i++)
		assert_in_range(seen[i], 1, 2);
}

TEST(a_kick_lasts_until_it_is_taken_back)
{
	void *items[8];

	pollset_kick(&pollset);
	pollset_kick(&pollset);
	assert_int_equal(writes, 1);
	assert_true(readable());
	assert_int_equal(pollset_wait(&pollset, items, 8), 0); /* it is no member */
	assert_true(pollset_unkick(&pollset));
	assert_false(readable());
	assert_false(pollset_unkick(&pollset));
	/* Nobody reads what nobody wrote. */
	assert_int_equal(reads, 1);
	pollset_kick(&pollset);
	assert_true(readable());
}

TEST(a_kick_that_cannot_be_taken_back_stays)
{
	pollset_kick(&pollset);
	fail_read = 1;
	assert_true(pollset_unkick(&pollset));
	assert_true(readable());
	assert_true(pollset_unkick(&pollset));
	assert_false(readable());
	/* A kick that failed does not hide the next. */
	fail_write = 1;
	pollset_kick(&pollset);
	assert_false(readable());
	pollset_kick(&pollset);
	assert_true(readable());
}

TEST(a_timer_runs_out_once)
{
	const uint64_t begin = pollset_now(), deadline = begin + 20000000;

	assert_false(pollset_timer_expired(&pollset, POLLSET_RETRY));
	pollset_timer_start(&pollset, POLLSET_RETRY, deadline);
	assert_true(readable_within(10000));
	assert_true(pollset_now() >= deadline);
	assert_false(pollset_timer_expired(&pollset, POLLSET_OVERFLOW));
	assert_true(pollset_timer_expired(&pollset, POLLSET_RETRY));
	assert_false(readable());
	assert_false(pollset_timer_expired(&pollset, POLLSET_RETRY));
	assert_int_equal(reads, 0);
	assert_int_equal(settimes, 2);
}

TEST(the_earliest_deadline_wins)
{
	const uint64_t now = pollset_now();

	pollset_timer_start(&pollset, POLLSET_RETRY, now + 2 * HOUR);
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now + 3 * HOUR); /* later: nothing to do */
	assert_int_equal(settimes, 1);
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now + HOUR);
	assert_int_equal(settimes, 2);
	assert_true(pollset.armed == now + HOUR);
	/* The earlier deadline of the two stands. */
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now + 4 * HOUR);
	assert_int_equal(settimes, 2);
	assert_false(readable());
	assert_false(pollset_timer_expired(&pollset, POLLSET_RETRY));
	assert_false(pollset_timer_expired(&pollset, POLLSET_OVERFLOW));
	assert_int_equal(settimes, 2);
}

/* Both have run out; each is told of its own, and the fd is readable until both have been. */
TEST(two_timers_share_the_timerfd)
{
	const uint64_t now = pollset_now();

	pollset_timer_start(&pollset, POLLSET_RETRY, now);
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now - 1);
	assert_true(readable_within(10000));
	assert_true(pollset_timer_expired(&pollset, POLLSET_OVERFLOW));
	assert_true(readable_within(10000));
	assert_true(pollset_timer_expired(&pollset, POLLSET_RETRY));
	assert_false(readable());
	/* The later one of two is still to come. */
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now);
	pollset_timer_start(&pollset, POLLSET_RETRY, now + HOUR);
	assert_true(pollset_timer_expired(&pollset, POLLSET_OVERFLOW));
	assert_false(readable());
	assert_true(pollset.armed == now + HOUR);
}

/* Spinning beats never: the fd is readable until the timer can be set. */
TEST(a_timer_that_cannot_be_set_is_a_kick)
{
	const uint64_t now = pollset_now();

	fail_settime = 1;
	pollset_timer_start(&pollset, POLLSET_RETRY, now + HOUR);
	assert_true(readable());
	fail_settime = 1;
	assert_true(pollset_unkick(&pollset));
	assert_true(readable());
	assert_true(pollset_unkick(&pollset));
	assert_false(readable());
	assert_true(pollset.armed == now + HOUR);

	/* Nor is one lost that cannot be put off. */
	pollset_timer_start(&pollset, POLLSET_OVERFLOW, now);
	assert_true(readable_within(10000));
	fail_settime = 1;
	assert_true(pollset_timer_expired(&pollset, POLLSET_OVERFLOW));
	assert_true(readable());
	assert_true(pollset_unkick(&pollset));
	assert_false(readable());
	assert_int_equal(settimes, 6);
}

static unsigned int open_fds(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return (unsigned int)fd;
}

TEST(a_failing_call_leaves_nothing)
{
	int *const calls[] = {&fail_create, &fail_eventfd, &fail_timer, &fail_add, &fail_add};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		unsigned int before = open_fds();
		struct pollset other;

		*calls[i] = i == 4 ? 2 : 1;
		assert_int_equal(pollset_init(&other), -ENOMEM);
		assert_int_equal(*calls[i], 0);
		assert_int_equal(open_fds(), before);
	}
}

static atomic_uint kicks, taken;
static atomic_bool done;

static void *kicker(void *unused)
{
	(void)unused;
	for (int i = 0; i < 20000; i++) {
		atomic_fetch_add(&kicks, 1);
		pollset_kick(&pollset);
	}
	return NULL;
}

static void *taker(void *unused)
{
	(void)unused;
	while (!atomic_load(&done) || readable()) {
		if (!readable_within(10))
			continue;
		pollset_unkick(&pollset);
		atomic_store(&taken, atomic_load(&kicks));
	}
	return NULL;
}

/* After the last kick somebody looks. */
TEST(no_kick_is_lost)
{
	pthread_t threads[3];

	atomic_store(&kicks, 0);
	atomic_store(&done, false);
	assert_int_equal(pthread_create(&threads[0], NULL, taker, NULL), 0);
	for (int i = 1; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, kicker, NULL), 0);
	for (int i = 1; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	atomic_store(&done, true);
	assert_int_equal(pthread_join(threads[0], NULL), 0);
	assert_int_equal(atomic_load(&taken), 40000);
	assert_false(readable());
}

#define POLLSET_TEST(ids, fn)                                                                      \
	{                                                                                          \
		.name = #fn " [" ids "]", .test_func = (fn), .setup_func = set_up,                 \
		.teardown_func = tear_down                                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		POLLSET_TEST("E9", it_is_readable_while_a_member_is),
		POLLSET_TEST("E9", waiting_turns_round),
		POLLSET_TEST("E7 A1", a_kick_lasts_until_it_is_taken_back),
		POLLSET_TEST("E7", a_kick_that_cannot_be_taken_back_stays),
		POLLSET_TEST("E3 A7", a_timer_runs_out_once),
		POLLSET_TEST("E3 A6", the_earliest_deadline_wins),
		POLLSET_TEST("E3 A6", two_timers_share_the_timerfd),
		POLLSET_TEST("E3", a_timer_that_cannot_be_set_is_a_kick),
		POLLSET_TEST("E11", a_failing_call_leaves_nothing),
		POLLSET_TEST("E7", no_kick_is_lost),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
