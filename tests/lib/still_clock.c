/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/still_clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)

static bool still;
static uint64_t now, deadline;
static unsigned int settimes;
static int timer;

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __real_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before);
/* Called by the linker's doing alone. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before);

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	if (!still || clock != CLOCK_MONOTONIC)
		return __real_clock_gettime(clock, time);
	time->tv_sec = (time_t)(now / SECOND);
	time->tv_nsec = (long)(now % SECOND);
	return 0;
}

/* Readable at once, or not before the test says so. */
static void timer_follow(void)
{
	struct itimerspec when = {0};

	if (deadline)
		when.it_value.tv_nsec = deadline <= now;
	if (__real_timerfd_settime(timer, 0, &when, NULL))
		abort();
}

int __wrap_timerfd_settime(
	int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
	if (!still)
		return __real_timerfd_settime(fd, flags, when, before);
	if (flags != TFD_TIMER_ABSTIME)
		abort();
	settimes++;
	timer = fd;
	deadline = (uint64_t)when->it_value.tv_sec * SECOND + (uint64_t)when->it_value.tv_nsec;
	timer_follow();
	return 0;
}

void still_clock_stop(void)
{
	struct timespec time;

	__real_clock_gettime(CLOCK_MONOTONIC, &time);
	now = (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
	deadline = 0;
	settimes = 0;
	still = true;
}

void still_clock_go(void)
{
	still = false;
}

uint64_t still_clock_now(void)
{
	return now;
}

void still_clock_advance(uint64_t nanoseconds)
{
	now += nanoseconds;
	if (deadline)
		timer_follow();
}

unsigned int still_clock_settimes(void)
{
	return settimes;
}

uint64_t still_clock_deadline(void)
{
	return deadline;
}
