/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells that another thread has come to where it has to wait: what it then has not done, it
 * was kept from. No time that passes without it doing so can tell that.
 */
#ifndef LIB_ASLEEP_H
#define LIB_ASLEEP_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* @thread: gettid() of one of this process. */
static inline bool is_asleep(pid_t thread)
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
