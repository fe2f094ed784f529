/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time for the fuzzer: the same input must do the same, so timers run out when the input
 * says so. Linked with --wrap=timerfd_settime; one vSMMU, and so one timer, at a time.
 */
#include <poll.h>
#include <sys/timerfd.h>

#include "fuzz_events.h"

int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value);
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value);

static int pending = -1;

int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value)
{
	static const struct itimerspec never;

	(void)flags;
	/* No more than what the longest backoff is said to be, and never at once. */
	FUZZ_CHECK(!new_value->it_value.tv_sec && new_value->it_value.tv_nsec > 0);
	FUZZ_CHECK(new_value->it_value.tv_nsec <= 128000000);
	pending = fd;
	return __real_timerfd_settime(fd, 0, &never, old_value);
}

void fuzz_timer_reset(void)
{
	pending = -1;
}

void fuzz_timer_expire(void)
{
	static const struct itimerspec past = {.it_value.tv_nsec = 1};
	struct pollfd fd = {.fd = pending, .events = POLLIN};

	if (pending < 0)
		return;
	FUZZ_CHECK(!__real_timerfd_settime(pending, TFD_TIMER_ABSTIME, &past, NULL));
	FUZZ_CHECK(poll(&fd, 1, 10000) == 1);
	pending = -1;
}
