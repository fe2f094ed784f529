/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim_call.h"

void sim_calls_init(struct sim_calls *calls)
{
	*calls = (struct sim_calls){0};
	atomic_init(&calls->armed, false);
	pthread_mutex_init(&calls->lock, NULL);
	pthread_cond_init(&calls->left, NULL);
}

void sim_calls_destroy(struct sim_calls *calls)
{
	pthread_cond_destroy(&calls->left);
	pthread_mutex_destroy(&calls->lock);
}

/*
 * Whether a call is inside an older hook. A thread that is inside one itself waits for nobody:
 * two such threads would wait for each other.
 */
static bool must_wait(const struct sim_calls *calls, uint64_t generation)
{
	bool older = false;

	for (const struct sim_call_inside *it = calls->inside; it; it = it->next) {
		if (pthread_equal(it->thread, pthread_self()))
			return false;
		older |= it->generation < generation;
	}
	return older;
}

void sim_calls_set_hook(
	struct sim_calls *calls, int (*hook)(void *opaque, enum vsmmu_sim_call call), void *opaque)
{
	uint64_t generation;

	pthread_mutex_lock(&calls->lock);
	generation = ++calls->generation;
	calls->hook = hook;
	calls->opaque = opaque;
	atomic_store_explicit(&calls->armed, hook != NULL, memory_order_release);
	while (must_wait(calls, generation))
		pthread_cond_wait(&calls->left, &calls->lock);
	pthread_mutex_unlock(&calls->lock);
}

static void remove_inside(struct sim_calls *calls, const struct sim_call_inside *inside)
{
	struct sim_call_inside **link = &calls->inside;

	while (*link != inside)
		link = &(*link)->next;
	*link = inside->next;
}

int sim_calls_run_armed(struct sim_calls *calls, enum vsmmu_sim_call call)
{
	struct sim_call_inside inside = {.thread = pthread_self()};
	int (*hook)(void *opaque, enum vsmmu_sim_call call);
	void *opaque;
	int ret = 0;

	pthread_mutex_lock(&calls->lock);
	/* Another thread may have taken it back since the caller looked. */
	if (calls->hook) {
		hook = calls->hook;
		opaque = calls->opaque;
		inside.generation = calls->generation;
		inside.next = calls->inside;
		calls->inside = &inside;
		pthread_mutex_unlock(&calls->lock);

		ret = hook(opaque, call);

		pthread_mutex_lock(&calls->lock);
		remove_inside(calls, &inside);
		pthread_cond_broadcast(&calls->left);
	}
	pthread_mutex_unlock(&calls->lock);
	return ret < 0 ? ret : 0;
}
