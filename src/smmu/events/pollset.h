/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one pollable fd of a vSMMU. An inner epoll set holds the vEVENTQs, an outer one
 * holds the inner and a timer: so pausing all of them is one system call, however many
 * there are, and the MMIO write that makes room can undo it from any thread.
 */
#ifndef SMMU_EVENTS_POLLSET_H
#define SMMU_EVENTS_POLLSET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pollset {
	int outer;
	int inner;
	int timer;
	atomic_bool paused;
};

/* Return: 0 or -errno, with nothing left open. */
int pollset_init(struct pollset *pollset);
void pollset_destroy(struct pollset *pollset);

/* @item comes back from pollset_wait() while @fd is readable. Return: 0 or -errno. */
int pollset_add(struct pollset *pollset, int fd, void *item);
void pollset_remove(struct pollset *pollset, int fd);

/* Return: how many of @items are readable now; never waits. */
int pollset_wait(struct pollset *pollset, void **items, int count);

/* The vEVENTQs stop making the outer fd readable, until resumed. */
void pollset_pause(struct pollset *pollset);
/* Any thread, no lock. */
void pollset_resume(struct pollset *pollset);

/* Makes the outer fd readable in so many nanoseconds. Return: 0 or -errno. */
int pollset_timer_start(struct pollset *pollset, uint64_t nanoseconds);
/* Return: whether it has run out since the last call. */
bool pollset_timer_expired(struct pollset *pollset);

#endif
