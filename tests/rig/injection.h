/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test can do to a kernel built with CONFIG_FAULT_INJECTION and FAILSLAB: make a
 * thread's n-th next allocation fail (/proc/.../fail-nth, Linux lib/fault-inject.c), and
 * hold a read() in the middle of its copy to user memory (userfaultfd).
 */
#ifndef RIG_INJECTION_H
#define RIG_INJECTION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "veventq/reader.h"

/* The calling thread's allocations. Return: fd or -errno; -ENOENT: not that kernel. */
int injection_open_self(void);

/* Those of another thread, a kernel's too. */
int injection_open(pid_t thread);

/*
 * The thread's @nth allocation from now on fails; 0 takes it back. What comes first after
 * this call counts: nothing may be printed or touched for the first time in between.
 */
int injection_arm(int fd, unsigned int nth);

/* The same for the calling thread, without an fd to keep. */
int injection_arm_self(unsigned int nth);

/* How many are left: 0 when it has failed. Or -errno. */
int injection_left(int fd);

/* A thread whose name contains @name. Return: its id, or -ENOENT. */
pid_t injection_find_thread(const char *name);

/* 'S' sleeping, 'R' running and so on, 0 when it is gone. */
char injection_thread_state(pid_t thread);

/*
 * Reads from @source, and calls @meanwhile (in another thread) when the kernel is about
 * to write the first byte of its answer to user memory: what was at the queue's head has
 * left it then, and the queue is not locked. @length is at most a page.
 *
 * Return: what the read returned; or -errno of what made it impossible, or of @meanwhile.
 */
ssize_t injection_held_read(const struct veventq_source *source, void *buffer, size_t length,
	int (*meanwhile)(void *opaque), void *opaque);

#endif
