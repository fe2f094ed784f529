/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a lock keeps somebody waiting while another thread has it again and again: in turns of
 * that thread, which a busy machine does not make more of, as it does of microseconds. The two
 * locks that an event loop takes are modelled by how long they are held and free, with a mutex and
 * with a fair lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stage.h"
#include "util/fairlock.h"

#define PAUSE_US 50 /* of who waits, between two times */

/* What a batch of 256 events takes, and its read(2); and what lies between two dispatches. */
#define BATCH_NS UINT64_C(3000)
#define READ_NS	 UINT64_C(10000)
#define LOOP_NS	 UINT64_C(1000)

struct pattern {
	const char *name;
	uint64_t held_ns, free_ns;
};

static const struct pattern patterns[] = {
	{"event_read_inside", BATCH_NS + READ_NS, 0},
	{"event_read_outside", BATCH_NS, READ_NS},
	{"dispatch", 4 * (BATCH_NS + READ_NS), LOOP_NS},
};

struct locks {
	const struct pattern *pattern;
	bool fair;
	pthread_mutex_t mutex;
	struct fairlock fairlock;
	atomic_ulong turns;
	atomic_bool stop;
};

static void take(struct locks *locks)
{
	if (locks->fair)
		fairlock_lock(&locks->fairlock);
	else
		pthread_mutex_lock(&locks->mutex);
}

static void give(struct locks *locks)
{
	if (locks->fair)
		fairlock_unlock(&locks->fairlock);
	else
		pthread_mutex_unlock(&locks->mutex);
}

static void work(uint64_t ns)
{
	const uint64_t end = vmm_clock() + ns;

	while (ns && vmm_clock() < end)
		;
}

static void *take_again_and_again(void *opaque)
{
	struct locks *locks = opaque;

	while (!atomic_load(&locks->stop)) {
		take(locks);
		work(locks->pattern->held_ns);
		atomic_fetch_add(&locks->turns, 1);
		give(locks);
		work(locks->pattern->free_ns);
	}
	return NULL;
}

static void measure(const struct pattern *pattern, bool fair, unsigned int times)
{
	struct locks locks = {.pattern = pattern, .fair = fair};
	uint64_t *waited = calloc(times, sizeof(*waited));
	pthread_t thread;

	if (!waited)
		bench_check(-ENOMEM, "memory");
	pthread_mutex_init(&locks.mutex, NULL);
	fairlock_init(&locks.fairlock);
	bench_check(-pthread_create(&thread, NULL, take_again_and_again, &locks), "a thread");
	while (!atomic_load(&locks.turns))
		;
	for (unsigned int i = 0; i < times; i++) {
		const unsigned long before = atomic_load(&locks.turns);

		take(&locks);
		waited[i] = atomic_load(&locks.turns) - before;
		give(&locks);
		usleep(PAUSE_US);
	}
	atomic_store(&locks.stop, true);
	pthread_join(thread, NULL);
	printf("%s_%s_p50=%llu\n%s_%s_p99=%llu\n", pattern->name, fair ? "fair" : "mutex",
		(unsigned long long)bench_quantile(waited, times, 50), pattern->name,
		fair ? "fair" : "mutex", (unsigned long long)bench_quantile(waited, times, 99));
	fairlock_destroy(&locks.fairlock);
	pthread_mutex_destroy(&locks.mutex);
	free(waited);
}

void measure_locks(unsigned int times)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		for (int fair = 0; fair < 2; fair++)
			measure(&patterns[i], fair, times);
}
