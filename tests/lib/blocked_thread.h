/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether another thread of this process sleeps in the kernel: a test that waits for that knows
 * that the thread was kept from going on, which no time that passes could tell.
 */
#ifndef LIB_BLOCKED_THREAD_H
#define LIB_BLOCKED_THREAD_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* @thread: what gettid() returned in it. */
static inline bool thread_is_blocked(pid_t thread)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)thread);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'S';
}

#endif
