/* SPDX-License-Identifier: BSD-2-Clause */
#include "host/sim/sim_failure.h"

#include <errno.h>

#define HOOK_BIT 0

/* The largest errno that a system call returns (Linux include/linux/err.h, MAX_ERRNO). */
#define ERROR_MAX 4095

void sim_failures_init(struct sim_failures *failures)
{
	atomic_init(&failures->armed, 0);
	pthread_mutex_init(&failures->lock, NULL);
	failures->hook = NULL;
	failures->hook_opaque = NULL;
}

void sim_failures_destroy(struct sim_failures *failures)
{
	pthread_mutex_destroy(&failures->lock);
}

static void set_armed(struct sim_failures *failures, unsigned int bit, bool armed)
{
	if (armed)
		atomic_fetch_or_explicit(&failures->armed, 1U << bit, memory_order_release);
	else
		atomic_fetch_and_explicit(&failures->armed, ~(1U << bit), memory_order_release);
}

static bool has_error(enum vsmmu_sim_failure failure)
{
	return failure == VSMMU_SIM_FAIL_READ || failure == VSMMU_SIM_FAIL_READ_ALWAYS ||
	       failure == VSMMU_SIM_FAIL_CALL || failure == VSMMU_SIM_FAIL_INVALIDATE;
}

int sim_failures_arm(
	struct sim_failures *failures, enum vsmmu_sim_failure failure, uint32_t after, int error)
{
	bool end = failure == VSMMU_SIM_FAIL_READ_ALWAYS && !after && !error;

	if ((int)failure < VSMMU_SIM_FAIL_EVENT_ALLOC || failure >= SIM_FAILURE_END)
		return -EINVAL;
	if (!has_error(failure))
		error = 1;
	if (error > ERROR_MAX || (error <= 0 && !end))
		return -EINVAL;

	pthread_mutex_lock(&failures->lock);
	failures->entry[failure].after = after;
	failures->entry[failure].error = error;
	set_armed(failures, failure, !end);
	pthread_mutex_unlock(&failures->lock);
	return 0;
}

void sim_failures_set_hook(struct sim_failures *failures, void (*hook)(void *opaque), void *opaque)
{
	pthread_mutex_lock(&failures->lock);
	failures->hook = hook;
	failures->hook_opaque = opaque;
	set_armed(failures, HOOK_BIT, hook != NULL);
	pthread_mutex_unlock(&failures->lock);
}

int sim_failures_take_armed(struct sim_failures *failures, enum vsmmu_sim_failure failure)
{
	int error = 0;

	pthread_mutex_lock(&failures->lock);
	/* Another thread may have had it since the caller looked. */
	if (!sim_failures_are_armed(failures, failure))
		goto out;
	if (failures->entry[failure].after) {
		failures->entry[failure].after--;
		goto out;
	}
	error = failures->entry[failure].error;
	if (failure != VSMMU_SIM_FAIL_READ_ALWAYS)
		set_armed(failures, failure, false);
out:
	pthread_mutex_unlock(&failures->lock);
	return error;
}

void sim_failures_run_armed_hook(struct sim_failures *failures)
{
	void (*hook)(void *opaque);
	void *opaque;

	pthread_mutex_lock(&failures->lock);
	hook = failures->hook;
	opaque = failures->hook_opaque;
	failures->hook = NULL;
	set_armed(failures, HOOK_BIT, false);
	pthread_mutex_unlock(&failures->lock);
	if (hook)
		hook(opaque);
}
