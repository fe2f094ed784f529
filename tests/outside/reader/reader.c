/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader alone in a loop that knows nothing of it, on the simulator's vEVENTQ. Counts how often
 * the loop is woken.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <vsmmu/event.h>
#include <vsmmu/sim.h>
#include <vsmmu/veventq.h>

#include "loop.h"

#define DEPTH	   64
#define BURSTS	   500
#define LIMIT_MS   60000
#define QUIET_MS   300 /* more than the longest pause */
#define SUM_MS	   255 /* of 1, 2, 4 ... 128 */
#define ATTEMPTS   9
#define CHECK(yes) check(yes, __LINE__, #yes)

static struct vsmmu_host *sim;
static struct vsmmu_sim_veventq *queue;
static struct vsmmu_veventq *reader;

static uint64_t wakeups, events, lost, refused;
static int error;
static bool failed;

static void check(bool passed, int line, const char *what)
{
	if (passed)
		return;
	printf("# line %d: %s\n", line, what);
	failed = true;
}

static void take(const struct vsmmu_item *item)
{
	struct vsmmu_event_record record;

	switch (item->kind) {
	case VSMMU_ITEM_EVENT:
		events++;
		vsmmu_event_record_load(item->payload, &record);
		refused += vsmmu_event_filter(&record, 0) != 0;
		break;
	case VSMMU_ITEM_LOST:
		lost += item->lost;
		break;
	default:
		CHECK(!"an error in the stream");
	}
}

static void on_readable(void)
{
	struct vsmmu_item item = {.size = sizeof(item)};
	int ret;

	wakeups++;
	while ((ret = vsmmu_veventq_next(reader, &item)) == 1)
		take(&item);
	if (ret)
		error = ret;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct vsmmu_veventq_stats stats_of(void)
{
	struct vsmmu_veventq_stats stats = {.size = sizeof(stats)};

	CHECK(vsmmu_veventq_get_stats(reader, &stats) == 0);
	return stats;
}

/* Lets the loop run until it was woken so often, whatever came of it. */
static void run_until_woken(uint64_t times)
{
	const uint64_t before = wakeups, limit = now_ns() + LIMIT_MS * UINT64_C(1000000);

	while (wakeups - before < times) {
		if (now_ns() >= limit) {
			printf("Bail out! nothing happens for %d ms\n", LIMIT_MS);
			exit(1);
		}
		loop_once(LIMIT_MS);
	}
}

/* Return: how often the loop was woken while nothing was to be done. */
static uint64_t run_quietly(void)
{
	const uint64_t before = wakeups, end = now_ns() + QUIET_MS * UINT64_C(1000000);

	for (uint64_t now = now_ns(); now < end; now = now_ns())
		loop_once((uint32_t)((end - now) / 1000000) + 1);
	return wakeups - before;
}

static void report(uint32_t count)
{
	const struct vsmmu_event_record record = {
		.word = {UINT64_C(0x42) << 32 | VSMMU_EVENT_F_TRANSLATION, 0, 0x1000, 0}};

	while (count--)
		vsmmu_sim_veventq_report(queue, &record);
}

static void bursts(void)
{
	for (uint32_t n = 0; n < BURSTS; n++) {
		report(1 + n % DEPTH);
		run_until_woken(1);
	}
	CHECK(wakeups == BURSTS);
	CHECK(lost == 0 && refused == 0 && error == 0);
	CHECK(events == stats_of().sequenced);
	CHECK(run_quietly() == 0);
}

static void no_memory(void)
{
	const uint64_t before = now_ns(), had = events;

	CHECK(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, ENOMEM) == 0);
	report(3);
	run_until_woken(ATTEMPTS);
	/* Each wake-up is one attempt, and there is the time that was promised between them. */
	CHECK(stats_of().backoffs == ATTEMPTS);
	CHECK(now_ns() - before >= SUM_MS * UINT64_C(1000000));
	CHECK(events == had && error == 0);
	CHECK(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_READ_ALWAYS, 0, 0) == 0);
	run_until_woken(1);
	CHECK(events == had + 3);
	CHECK(run_quietly() == 0);
}

static void losses(void)
{
	const uint64_t had = events;

	report(DEPTH + 10);
	run_until_woken(1);
	CHECK(events == had + DEPTH && lost == 10);
	/* A loss that the numbers alone tell. */
	CHECK(vsmmu_sim_veventq_drop(queue, 1000) == 0);
	report(1);
	run_until_woken(1);
	CHECK(events == had + DEPTH + 1 && lost == 1010);
	CHECK(stats_of().lost == lost);
	CHECK(run_quietly() == 0);
}

static void final_error(void)
{
	const uint64_t had = events;

	CHECK(vsmmu_sim_fail(sim, VSMMU_SIM_FAIL_READ, 0, EIO) == 0);
	report(1);
	run_until_woken(1);
	CHECK(error == -EIO && events == had);
	report(1);
	CHECK(run_quietly() == 0);
	CHECK(vsmmu_veventq_rearm(reader) == 1);
	run_until_woken(1);
	CHECK(events == had + 2);
	CHECK(stats_of().failures == 1);
	CHECK(run_quietly() == 0);
}

static void accounts(void)
{
	struct vsmmu_sim_stats made = {.size = sizeof(made)};

	CHECK(vsmmu_sim_get_stats(sim, &made) == 0);
	CHECK(stats_of().sequenced == made.numbered);
	CHECK(events + lost == made.numbered);
	CHECK(lost == made.dropped);
	CHECK(stats_of().errors == 0);
}

static void begin(void)
{
	struct vsmmu_veventq_config config = {
		.size = sizeof(config),
		.flags = VSMMU_VEVENTQ_FLAG_SOURCE,
		.type = VSMMU_VEVENTQ_ARM_SMMUV3,
		.read = vsmmu_sim_veventq_read,
	};

	CHECK(vsmmu_sim_new(&sim, NULL) == 0);
	CHECK(vsmmu_sim_veventq_new(&queue, sim, DEPTH) == 0);
	config.fd = vsmmu_sim_veventq_get_fd(queue);
	config.opaque = queue;
	CHECK(vsmmu_veventq_new(&reader, &config) == 0);
	CHECK(loop_open(vsmmu_veventq_get_fd(reader), on_readable) == 0);
}

static void end(void)
{
	CHECK(loop_close() == 0);
	vsmmu_veventq_free(reader);
	vsmmu_sim_veventq_free(queue);
	vsmmu_host_unref(sim);
}

int main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{"a loop starts", begin},
		{"each burst is one wake-up [E2]", bursts},
		{"a reader without memory is quiet between its attempts [E3 P8]", no_memory},
		{"losses are told [E5]", losses},
		{"an error that does not pass is told once [E3]", final_error},
		{"what came and what was lost is what was made [E6]", accounts},
		{"a loop ends", end},
	};
	const size_t count = sizeof(tests) / sizeof(tests[0]);
	bool any = false;

	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		failed = false;
		tests[i].run();
		printf("%sok %zu - %s: %s\n", failed ? "not " : "", i + 1, loop_name,
			tests[i].name);
		any = any || failed;
	}
	return any;
}
