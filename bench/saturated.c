/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls per event while a storm is on and the guest is slower than it: the guest's
 * queue is full, and Linux's event thread writes CONS after each record that it takes
 * (queue_remove_raw(), drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c).
 *
 * The VMM's thread sleeps in poll(2) and is as fast as can be: it wakes and dispatches before
 * the guest takes another record. A slower one finds more room each time and is cheaper.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "counted.h"
#include "stage.h"

#define QUEUE_LOG2 10

/* That each vEVENTQ holds at least before a dispatch: more than one takes. */
#define STORM 2048

/* A VMM that is woken this often for one record spins. */
#define WAKES_MAX 1000

struct saturated {
	bool isolate;
	unsigned int streams;
	unsigned int events; /* to be delivered */

	struct stage stage;
	uint64_t faulted[SATURATED_STREAMS_MAX];
	uint64_t wakes;
};

/* What was read is not in the vEVENTQ any more, delivered or not. */
static void feed(struct saturated *saturated)
{
	struct stage *stage = &saturated->stage;

	for (unsigned int s = 0; s < stage->streams; s++) {
		struct vsmmu_endpoint_stats stats = {.size = sizeof(stats)};
		uint64_t left;

		bench_check(vsmmu_endpoint_get_stats(stage->endpoint[s], &stats), "stream");
		left = saturated->faulted[s] - stats.delivered - stats.discarded;
		if (left >= STORM)
			continue;
		stage_fault_stream(stage, 0, s, (unsigned int)(STORM - left));
		saturated->faulted[s] += STORM - left;
	}
}

/* The poll that it slept in returns, and it dispatches. */
static void wake(struct saturated *saturated)
{
	struct vsmmu *vsmmu = saturated->stage.vmm->vsmmu;
	struct pollfd fd = {.fd = vsmmu_get_event_fd(vsmmu), .events = POLLIN};

	counted_begin();
	if (poll(&fd, 1, -1) == 1)
		vsmmu_dispatch(vsmmu, 0);
	counted_end();
	saturated->wakes++;
	feed(saturated);
}

static void sleep_or_wake(struct saturated *saturated)
{
	unsigned int wakes;

	for (wakes = 0; vmm_readable(saturated->stage.vmm); wakes++) {
		if (wakes == WAKES_MAX)
			bench_check(-ELOOP, "the vSMMU's fd stays readable");
		wake(saturated);
	}
}

static void take_one(struct saturated *saturated)
{
	unsigned int taken;

	counted_begin();
	taken = driver_take_events(&saturated->stage.vmm->driver, 1);
	counted_end();
	if (taken != 1)
		bench_check(-ENODATA, "the guest's queue ran empty");
}

static void child(void *opaque)
{
	struct saturated *saturated = opaque;
	struct stage *stage = &saturated->stage;
	struct vsmmu_stats before, now;
	uint64_t reads;

	stage_plug(stage, false, 1, saturated->streams);
	stage->config.log2 = QUEUE_LOG2;
	stage->config.isolate = saturated->isolate;
	host_spy_begin(stage->host, &counted_spy);
	stage_boot(stage);
	host_spy_end(stage->host);
	feed(saturated);
	sleep_or_wake(saturated);
	saturated->wakes = 0;
	reads = counted_reads();
	before = now = vmm_stats(stage->vmm);
	counted_ready();
	while (now.delivered - before.delivered < saturated->events) {
		take_one(saturated);
		sleep_or_wake(saturated);
		now = vmm_stats(stage->vmm);
	}
	if (now.lost)
		bench_check(-EPROTO, "a vEVENTQ was full");
	printf("events=%llu\ndiscarded=%llu\npolls=%llu\nsimulated_reads=%llu\n",
		(unsigned long long)(now.delivered - before.delivered),
		(unsigned long long)(now.discarded - before.discarded),
		(unsigned long long)saturated->wakes,
		(unsigned long long)(counted_reads() - reads));
}

void measure_saturated(bool isolate, unsigned int streams, unsigned int events)
{
	struct saturated saturated = {.isolate = isolate, .streams = streams, .events = events};
	uint64_t calls = counted_run(child, &saturated);

	printf("syscalls=%llu\n", (unsigned long long)calls);
}
