/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/pollset.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MAX 64
#define SECOND	 UINT64_C(1000000000)

static void pollset_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void pollset_destroy(struct pollset *pollset)
{
	pollset_close(pollset->timer);
	pollset_close(pollset->kick);
	pollset_close(pollset->set);
	pthread_mutex_destroy(&pollset->lock);
}

int pollset_init(struct pollset *pollset)
{
	int ret;

	*pollset = (struct pollset){.kick = -1, .timer = -1};
	pthread_mutex_init(&pollset->lock, NULL);
	pollset->set = epoll_create1(EPOLL_CLOEXEC);
	if (pollset->set < 0)
		goto fail_errno;
	pollset->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pollset->kick < 0)
		goto fail_errno;
	pollset->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pollset->timer < 0)
		goto fail_errno;
	ret = pollset_add(pollset, pollset->kick, NULL);
	if (!ret)
		ret = pollset_add(pollset, pollset->timer, NULL);
	if (!ret)
		return 0;
	goto fail;
fail_errno:
	ret = -errno;
fail:
	pollset_destroy(pollset);
	return ret;
}

int pollset_add(struct pollset *pollset, int fd, void *item)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = item};

	return epoll_ctl(pollset->set, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void pollset_remove(struct pollset *pollset, int fd)
{
	struct epoll_event unused = {0};

	/* The fd is deleted, not masked: EPOLLERR and EPOLLHUP cannot be masked and would spin. */
	epoll_ctl(pollset->set, EPOLL_CTL_DEL, fd, &unused);
}

int pollset_wait(struct pollset *pollset, void **items, int count)
{
	struct epoll_event events[WAIT_MAX];
	int ready = epoll_wait(pollset->set, events, count < WAIT_MAX ? count : WAIT_MAX, 0);
	int found = 0;

	/* The own fds may take two places: then it is readable still. */
	for (int i = 0; i < ready; i++)
		if (events[i].data.ptr)
			items[found++] = events[i].data.ptr;
	return found;
}

uint64_t pollset_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* Under the lock. */
static void kick(struct pollset *pollset)
{
	uint64_t one = 1;

	if (!pollset->kicked)
		pollset->kicked = write(pollset->kick, &one, sizeof(one)) == sizeof(one);
}

/*
 * Sets the timerfd to the earliest deadline, unless it is set so. When that fails the fd is
 * readable until it works: spinning beats never. Under the lock.
 */
static void timer_set(struct pollset *pollset)
{
	struct itimerspec when = {0};
	uint64_t first = 0;

	for (int i = 0; i < POLLSET_TIMERS; i++)
		if (pollset->deadline[i] && (!first || pollset->deadline[i] < first))
			first = pollset->deadline[i];
	if (first == pollset->armed)
		return;
	when.it_value.tv_sec = (time_t)(first / SECOND);
	when.it_value.tv_nsec = (long)(first % SECOND);
	if (timerfd_settime(pollset->timer, TFD_TIMER_ABSTIME, &when, NULL))
		kick(pollset);
	else
		pollset->armed = first;
}

void pollset_kick(struct pollset *pollset)
{
	pthread_mutex_lock(&pollset->lock);
	kick(pollset);
	pthread_mutex_unlock(&pollset->lock);
}

bool pollset_unkick(struct pollset *pollset)
{
	uint64_t count;
	bool kicked;

	pthread_mutex_lock(&pollset->lock);
	kicked = pollset->kicked;
	/* When the read fails the fd stays readable: a later call tries again. */
	if (kicked)
		pollset->kicked = read(pollset->kick, &count, sizeof(count)) < 0 && errno != EAGAIN;
	timer_set(pollset);
	pthread_mutex_unlock(&pollset->lock);
	return kicked;
}

void pollset_timer_start(struct pollset *pollset, enum pollset_timer timer, uint64_t deadline)
{
	uint64_t *place = &pollset->deadline[timer];

	pthread_mutex_lock(&pollset->lock);
	if (!*place || deadline < *place)
		*place = deadline;
	timer_set(pollset);
	pthread_mutex_unlock(&pollset->lock);
}

bool pollset_timer_expired(struct pollset *pollset, enum pollset_timer timer)
{
	bool expired;

	pthread_mutex_lock(&pollset->lock);
	/* Nobody asks the clock, nor the timerfd, while nothing is due. */
	expired = pollset->deadline[timer] && pollset->deadline[timer] <= pollset_now();
	if (expired) {
		pollset->deadline[timer] = 0;
		/* Setting it anew also makes the timerfd unreadable. */
		timer_set(pollset);
	}
	pthread_mutex_unlock(&pollset->lock);
	return expired;
}
