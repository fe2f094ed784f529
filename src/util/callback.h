/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * These are the callbacks that are under way in a thread. An object that calls one holds locks
 * meanwhile, or is halfway through a change: calls that come back to it in the same thread are
 * refused. Calls to another object are not, so a thread can have a list of callbacks under way.
 */
#ifndef UTIL_CALLBACK_H
#define UTIL_CALLBACK_H

#include <stdbool.h>

/* Lives in the frame of the function that calls back. */
struct callback {
	const struct callback *outer;
	const void *owner; /* the object that calls back */
	bool looks;	   /* it may look at the owner's counters */
};

/* The thread's innermost one, or NULL. No TLS model is asked for: the library may be dlopen'ed. */
extern _Thread_local const struct callback *callback_innermost;

static inline void callback_begin(struct callback *callback, const void *owner)
{
	callback->outer = callback_innermost;
	callback->owner = owner;
	callback->looks = false;
	callback_innermost = callback;
}

static inline void callback_end(const struct callback *callback)
{
	callback_innermost = callback->outer;
}

/* Whether a callback of the owner is under way; with @looks, other than those that may look. */
static inline bool callback_is_under_way(const void *owner, bool looks)
{
	for (const struct callback *callback = callback_innermost; callback;
		callback = callback->outer)
		if (callback->owner == owner && !(looks && callback->looks))
			return true;
	return false;
}

#endif
