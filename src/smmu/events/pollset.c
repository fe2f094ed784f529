/* SPDX-License-Identifier: BSD-2-Clause */
#include "smmu/events/pollset.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define WAIT_MAX 64

static int pollset_ctl(int set, int operation, int fd, uint32_t events, void *item)
{
	struct epoll_event event = {.events = events, .data.ptr = item};

	return epoll_ctl(set, operation, fd, &event) ? -errno : 0;
}

static void pollset_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

void pollset_destroy(struct pollset *pollset)
{
	pollset_close(pollset->timer);
	pollset_close(pollset->inner);
	pollset_close(pollset->outer);
}

int pollset_init(struct pollset *pollset)
{
	int ret;

	pollset->inner = -1;
	pollset->timer = -1;
	atomic_init(&pollset->paused, false);
	pollset->outer = epoll_create1(EPOLL_CLOEXEC);
	if (pollset->outer < 0)
		return -errno;
	pollset->inner = epoll_create1(EPOLL_CLOEXEC);
	if (pollset->inner < 0)
		goto fail_errno;
	pollset->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pollset->timer < 0)
		goto fail_errno;
	ret = pollset_ctl(pollset->outer, EPOLL_CTL_ADD, pollset->inner, EPOLLIN, NULL);
	if (!ret)
		ret = pollset_ctl(pollset->outer, EPOLL_CTL_ADD, pollset->timer, EPOLLIN, NULL);
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
	return pollset_ctl(pollset->inner, EPOLL_CTL_ADD, fd, EPOLLIN, item);
}

void pollset_remove(struct pollset *pollset, int fd)
{
	/* Deleted, not masked: EPOLLERR and EPOLLHUP cannot be masked and would spin. */
	pollset_ctl(pollset->inner, EPOLL_CTL_DEL, fd, 0, NULL);
}

int pollset_wait(struct pollset *pollset, void **items, int count)
{
	struct epoll_event events[WAIT_MAX];
	int ready;

	ready = epoll_wait(pollset->inner, events, count < WAIT_MAX ? count : WAIT_MAX, 0);
	for (int i = 0; i < ready; i++)
		items[i] = events[i].data.ptr;
	return ready < 0 ? 0 : ready;
}

void pollset_pause(struct pollset *pollset)
{
	pollset_ctl(pollset->outer, EPOLL_CTL_MOD, pollset->inner, 0, NULL);
	/* In this order: who sees the flag undoes what was done before it was set. */
	atomic_store(&pollset->paused, true);
}

void pollset_resume(struct pollset *pollset)
{
	if (atomic_exchange(&pollset->paused, false))
		pollset_ctl(pollset->outer, EPOLL_CTL_MOD, pollset->inner, EPOLLIN, NULL);
}

int pollset_timer_start(struct pollset *pollset, uint64_t nanoseconds)
{
	const struct itimerspec when = {
		.it_value.tv_sec = (time_t)(nanoseconds / 1000000000),
		.it_value.tv_nsec = (long)(nanoseconds % 1000000000),
	};

	return timerfd_settime(pollset->timer, 0, &when, NULL) ? -errno : 0;
}

bool pollset_timer_expired(struct pollset *pollset)
{
	uint64_t times;

	return read(pollset->timer, &times, sizeof(times)) == sizeof(times);
}
