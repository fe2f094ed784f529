/* SPDX-License-Identifier: BSD-2-Clause */
/* A burst of so many per interval; what is held back is counted. */
#ifndef UTIL_RATELIMIT_H
#define UTIL_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	uint64_t begin; /* of the interval under way */
	uint32_t used;
	bool started;
	uint64_t suppressed; /* since the last one that passed */
};

/* Return: whether one may pass now. Times in nanoseconds, any epoch. */
static inline bool ratelimit_pass(
	struct ratelimit *limit, uint64_t now, uint32_t burst, uint64_t interval)
{
	if (!limit->started || now - limit->begin >= interval) {
		limit->started = true;
		limit->begin = now;
		limit->used = 0;
	}
	if (limit->used >= burst) {
		limit->suppressed++;
		return false;
	}
	limit->used++;
	return true;
}

#endif
