/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A clock that stands still until the test moves it, and a timerfd that follows it: both by the
 * linker's --wrap of clock_gettime and timerfd_settime. Until it is stopped the real ones are
 * used. It knows one timerfd, the one that was set last.
 */
#ifndef LIB_STILL_CLOCK_H
#define LIB_STILL_CLOCK_H

#include <stdint.h>

/* The clock stands still from now on, and no timer is set. */
void still_clock_stop(void);
void still_clock_go(void);

/* Return: nanoseconds of CLOCK_MONOTONIC. */
uint64_t still_clock_now(void);
/* A timer that has run out then is readable. */
void still_clock_advance(uint64_t nanoseconds);

/* Return: calls of timerfd_settime() since the clock was stopped. */
unsigned int still_clock_settimes(void);
/* Return: when the timer is to run out; 0 if it is not set. */
uint64_t still_clock_deadline(void);

#endif
