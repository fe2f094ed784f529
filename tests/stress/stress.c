/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole library on the simulator under a flood of events and misfortunes, with each
 * event accounted for. tests/stress/run and the tests start it; see usage().
 */
#include "check.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "stress_vm.h"

#define WORKERS_MAX	  64
#define PROGRESS_S	  10
#define STRESS_VM_AT_MOST 20000000

struct worker {
	pthread_t thread;
	struct rng rng;
	uint64_t events;
	atomic_bool done;
	struct stress_vm_sums sums;
	struct dispatcher dispatcher;
	struct stress_vm vm;
	uint8_t *memory;
};

static struct {
	uint64_t events;
	unsigned int workers;
	bool tap;
} options = {.events = 1000000000, .workers = 2};

uint64_t check_seed;

void check_fail(const char *file, int line, const char *condition, const char *format, ...)
{
	va_list values;

	fflush(stdout);
	fprintf(stderr, "%s:%d: %s does not hold: ", file, line, condition);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fprintf(stderr, "\nseed %" PRIu64 ", %u workers, %" PRIu64 " events\n", check_seed,
		options.workers, options.events);
	/* At once: the other threads are still at work. */
	_exit(1);
}

/* Lives as one virtual machine after the other until it has had its events. */
static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct stress_vm_sums *sums = &worker->sums;

	while (atomic_load(&sums->produced) < worker->events) {
		struct stress_vm *vm = &worker->vm;
		uint64_t life = worker->events / 4 < STRESS_VM_AT_MOST ? worker->events / 4
								       : STRESS_VM_AT_MOST;

		life = 1 + rng_below(&worker->rng, life + 1);
		*vm = (struct stress_vm){
			.rng = &worker->rng, .sums = sums, .dispatcher = &worker->dispatcher};
		stress_vm_open(vm, worker->memory);
		alloc_forbid(true);
		while (vm->produced < life)
			stress_vm_act(vm);
		if (vm->racing)
			dispatcher_stop(vm);
		alloc_forbid(false);
		stress_vm_close(vm);
	}
	atomic_store(&worker->done, true);
	return NULL;
}

static void workers_start(struct worker *workers)
{
	struct rng seeds = {check_seed};

	for (unsigned int i = 0; i < options.workers; i++) {
		struct worker *worker = &workers[i];

		worker->rng.state = rng_next(&seeds);
		worker->events = (options.events + options.workers - 1) / options.workers;
		worker->memory = calloc(1, GUEST_SIZE);
		CHECK(worker->memory, "no memory");
		dispatcher_open(&worker->dispatcher);
		CHECK_EQ(pthread_create(&worker->thread, NULL, worker_main, worker), 0);
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_with_progress(const struct worker *workers, double start)
{
	double said = start;

	for (;;) {
		uint64_t produced = 0;
		unsigned int done = 0;

		for (unsigned int i = 0; i < options.workers; i++) {
			produced += atomic_load(&workers[i].sums.produced);
			done += atomic_load(&workers[i].done);
		}
		if (done == options.workers)
			return;
		usleep(20000);
		if (now() - said < PROGRESS_S)
			continue;
		said = now();
		printf("# %3.0f s: %" PRIu64 " events, %.1f million per second\n", said - start,
			produced, (double)produced / (said - start) / 1e6);
	}
}

static struct stress_vm_sums workers_end(struct worker *workers)
{
	struct stress_vm_sums all = {0};

	for (unsigned int i = 0; i < options.workers; i++) {
		struct stress_vm_sums *one = &workers[i].sums;

		pthread_join(workers[i].thread, NULL);
		dispatcher_close(&workers[i].dispatcher);
		free(workers[i].memory);
		all.produced += one->produced;
		all.sequenced += one->sequenced;
		all.delivered += one->delivered;
		all.lost += one->lost;
		all.discarded += one->discarded;
		all.consumed += one->consumed;
		all.abandoned += one->abandoned;
		all.dropped += one->dropped;
		all.vms += one->vms;
		all.wraps += one->wraps;
		all.resets += one->resets;
		all.attaches += one->attaches;
		all.aborts += one->aborts;
		all.enables += one->enables;
		all.failures += one->failures;
		all.races += one->races;
		all.checks += one->checks;
	}
	return all;
}

static bool tell(unsigned int number, bool good, const char *name)
{
	if (options.tap || !good)
		printf("%sok %u - %s\n", good ? "" : "not ", number, name);
	return good;
}

/* Return: the exit status. */
static int verdict(struct stress_vm_sums *sums, double seconds)
{
	uint64_t forbidden = alloc_forbidden_count();
	bool accounted = sums->sequenced == sums->produced &&
			 sums->sequenced == sums->delivered + sums->lost + sums->discarded;
	bool good = true;

	printf("# %" PRIu64 " vSMMUs, %" PRIu64 " attaches, %" PRIu64 " resets, %" PRIu64
	       " enables, %" PRIu64 " aborts, %" PRIu64 " failures, %" PRIu64
	       " wraps at INT_MAX, %" PRIu64 " races\n",
		sums->vms, sums->attaches, sums->resets, sums->enables, sums->aborts,
		sums->failures, sums->wraps, sums->races);
	printf("# %" PRIu64 " checks; allocations: %" PRIu64 " in new, attach, set_ste and detach, "
	       "%" PRIu64 " elsewhere after start; %.1f s\n",
		sums->checks, alloc_allowed_count(), forbidden, seconds);
	good &= tell(1, accounted, "each event is accounted for [E6]");
	good &= tell(2, sums->lost == sums->dropped, "each loss is one of the host's [E5 E6]");
	good &= tell(3, sums->delivered == sums->consumed + sums->abandoned,
		"the guest was told what was delivered, once and in order [E6 E10 P20]");
	good &= tell(4, !forbidden, "the event path allocates nothing");
	good &= tell(5, sums->wraps > 0, "sequence numbers wrap at INT_MAX [E5 P1]");
	printf("%sstress: sequenced=%" PRIu64 " produced=%" PRIu64 " delivered=%" PRIu64
	       " lost=%" PRIu64 " discarded=%" PRIu64 " accounted=%s\n",
		options.tap ? "# " : "", sums->sequenced, sums->produced, sums->delivered,
		sums->lost, sums->discarded, accounted ? "yes" : "no");
	return !good;
}

static void usage(FILE *file)
{
	fprintf(file,
		"usage: stress [--events N] [--seed S] [--workers N] [--tap]\n"
		"\n"
		"Sends events through simulator, library and guest, with losses, resets, full\n"
		"queues and failures at random, and accounts for every one of them.\n"
		"\n"
		"  --events N   how many (default: 1000000000)\n"
		"  --seed S     the same seed and workers do the same again, but for what two\n"
		"               threads do at once (default: from the clock)\n"
		"  --workers N  how many at once, of two threads each (default: 2)\n"
		"  --tap        print the result as a test does\n");
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end || *text == '-') {
		fprintf(stderr, "stress: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static void parse(int argc, char **argv)
{
	static const struct option known[] = {
		{"events", required_argument, NULL, 'e'},
		{"seed", required_argument, NULL, 's'},
		{"workers", required_argument, NULL, 'w'},
		{"tap", no_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	uint64_t workers = options.workers;

	check_seed = (uint64_t)time(NULL);
	for (int c; (c = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
		switch (c) {
		case 'e':
			options.events = number(optarg);
			break;
		case 's':
			check_seed = number(optarg);
			break;
		case 'w':
			workers = number(optarg);
			break;
		case 't':
			options.tap = true;
			break;
		default:
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
	if (optind != argc || !workers || workers > WORKERS_MAX || !options.events) {
		usage(stderr);
		exit(2);
	}
	options.workers = (unsigned int)workers;
}

int main(int argc, char **argv)
{
	struct worker *workers;
	struct stress_vm_sums sums;
	double start = now();

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv);
	if (options.tap)
		printf("1..5\n");
	printf("# seed %" PRIu64 ", %u workers, %" PRIu64 " events\n", check_seed, options.workers,
		options.events);
	workers = calloc(options.workers, sizeof(*workers));
	CHECK(workers, "no memory");
	workers_start(workers);
	wait_with_progress(workers, start);
	sums = workers_end(workers);
	free(workers);
	return verdict(&sums, now() - start);
}
