/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pollable fd for a VMM: one epoll set with vEVENTQs, an eventfd and a timerfd in it. The
 * eventfd lets any thread make the fd readable (kick); the timerfd does so later.
 */
#ifndef UTIL_POLLSET_H
#define UTIL_POLLSET_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Independent deadlines that share the timerfd. */
enum pollset_timer {
	POLLSET_RETRY = 0, /* after a failure */
	POLLSET_OVERFLOW,  /* an overflow may be told then */
	POLLSET_TIMERS,
};

struct pollset {
	int set;
	int kick;
	int timer;
	pthread_mutex_t lock; /* a leaf, of all below */
	bool kicked;	      /* @kick is readable */
	uint64_t armed;	      /* the deadline that @timer is set to; 0 for none */
	uint64_t deadline[POLLSET_TIMERS];
};

/* Return: 0 or -errno, with nothing left open. */
int pollset_init(struct pollset *pollset);
void pollset_destroy(struct pollset *pollset);

/* pollset_wait() gives @item while @fd is readable. Return: 0 or -errno. */
int pollset_add(struct pollset *pollset, int fd, void *item);
void pollset_remove(struct pollset *pollset, int fd);

#define POLLSET_OWN 2 /* the eventfd and the timerfd */

/*
 * Return: how many of @items are readable now, in turns if there are more; never waits. There
 * may be more unless they are fewer than @count - POLLSET_OWN.
 */
int pollset_wait(struct pollset *pollset, void **items, int count);

/* Makes the fd readable until pollset_unkick(). Any thread. */
void pollset_kick(struct pollset *pollset);
/* Return: whether it had been kicked. */
bool pollset_unkick(struct pollset *pollset);

/* Return: nanoseconds of CLOCK_MONOTONIC. */
uint64_t pollset_now(void);

/*
 * Makes the fd readable at @deadline, of pollset_now(), or at an earlier one that was asked for
 * before. Any thread.
 */
void pollset_timer_start(struct pollset *pollset, enum pollset_timer timer, uint64_t deadline);
/* Return: whether @timer has run out since it was started; says so once. */
bool pollset_timer_expired(struct pollset *pollset, enum pollset_timer timer);

#endif
