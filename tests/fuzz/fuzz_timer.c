/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time for the fuzzer: the same input must do the same, so the clock stands still, and timers run
 * out, when the input says so. Linked with
 * --wrap=timerfd_settime,--wrap=clock_gettime,--wrap=close: a vSMMU that goes takes its timers with
 * it.
 */
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "fuzz_timer.h"

#define SECOND	    UINT64_C(1000000000)
#define LONGEST	    (10 * SECOND) /* that anything waits for */
#define TIMERS	    4
#define TIME_AT_ALL (100 * SECOND)

int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value);
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static uint64_t now = TIME_AT_ALL;
static struct timer {
	int fd;
	uint64_t deadline; /* 0: free */
} timers[TIMERS];

/* libFuzzer looks at another clock. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, time);
	time->tv_sec = (time_t)(now / SECOND);
	time->tv_nsec = (long)(now % SECOND);
	return 0;
}

uint64_t fuzz_timer_now(void)
{
	return now;
}

static void run_out(int timer)
{
	static const struct itimerspec past = {.it_value.tv_nsec = 1};
	struct pollfd fd = {.fd = timer, .events = POLLIN};

	FUZZ_CHECK(!__real_timerfd_settime(timer, TFD_TIMER_ABSTIME, &past, NULL));
	FUZZ_CHECK(poll(&fd, 1, 10000) == 1);
}

static void forget(int fd)
{
	for (unsigned int i = 0; i < TIMERS; i++)
		if (timers[i].fd == fd)
			timers[i].deadline = 0;
}

int __wrap_close(int fd)
{
	forget(fd);
	return __real_close(fd);
}

static void remember(int fd, uint64_t deadline)
{
	unsigned int i = 0;

	while (i < TIMERS && timers[i].deadline)
		i++;
	FUZZ_CHECK(i < TIMERS);
	timers[i] = (struct timer){fd, deadline};
}

int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *new_value, struct itimerspec *old_value)
{
	static const struct itimerspec never;
	const uint64_t deadline = (uint64_t)new_value->it_value.tv_sec * SECOND +
				  (uint64_t)new_value->it_value.tv_nsec;
	int ret = __real_timerfd_settime(fd, 0, &never, old_value);

	FUZZ_CHECK(flags == TFD_TIMER_ABSTIME && !new_value->it_interval.tv_sec &&
		   !new_value->it_interval.tv_nsec);
	forget(fd);
	if (!deadline)
		return ret;
	FUZZ_CHECK(deadline <= now + LONGEST);
	if (deadline <= now)
		run_out(fd);
	else
		remember(fd, deadline);
	return ret;
}

void fuzz_timer_reset(void)
{
	for (unsigned int i = 0; i < TIMERS; i++)
		timers[i].deadline = 0;
	now = TIME_AT_ALL;
}

void fuzz_timer_expire(void)
{
	for (unsigned int i = 0; i < TIMERS; i++)
		if (timers[i].deadline > now)
			now = timers[i].deadline;
	for (unsigned int i = 0; i < TIMERS; i++) {
		if (timers[i].deadline)
			run_out(timers[i].fd);
		timers[i].deadline = 0;
	}
}
