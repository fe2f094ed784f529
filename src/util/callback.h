/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Callbacks that are under way in this thread. An object that calls one holds locks meanwhile, or
 * is halfway through a change: a call that comes back to it in the same thread is to be refused.
 * One that goes on to another object is not, so a thread can have a list of them.
 */
#ifndef UTIL_CALLBACK_H
#define UTIL_CALLBACK_H

#include <stdbool.h>

/* Lives in the frame of the function that calls back. */
struct callback {
	const struct callback *outer;
	const void *owner; /* who calls back */
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

/* Whether the owner's callback is under way; with @looks none counts that may look. */
static inline bool callback_is_under_way(const void *owner, bool looks)
{
	for (const struct callback *callback = callback_innermost; callback;
		callback = callback->outer)
		if (callback->owner == owner && !(looks && callback->looks))
			return true;
	return false;
}

#endif
