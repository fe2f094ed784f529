/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls of an event's way, and of a CMD_SYNC's. */
#include <errno.h>
#include <stdio.h>

#include "counted.h"
#include "stage.h"

#define STREAMS 16

struct events {
	unsigned int queued; /* before each drain */
	unsigned int times;
};

struct syncs {
	unsigned int invalidations; /* before each CMD_SYNC */
	unsigned int times;
};

static void drain_child(void *opaque)
{
	const struct events *events = opaque;
	struct stage stage;

	stage_plug(&stage, false, 1, STREAMS);
	host_spy_begin(stage.host, &counted_spy);
	stage_boot(&stage);
	host_spy_end(stage.host);
	counted_ready();
	for (unsigned int i = 0; i < events->times; i++) {
		stage_fault(&stage, 0, events->queued);
		counted_begin();
		vmm_drain(stage.vmm);
		counted_end();
	}
	if (vmm_stats(stage.vmm).delivered != (uint64_t)events->queued * events->times)
		bench_check(-EPROTO, "events");
	printf("simulated_reads=%llu\n", (unsigned long long)counted_reads());
}

/* Of a CMD_SYNC's way, what the library does counts, and not how its guest waits. */
static void watch(struct vmm *vmm, uint64_t offset, bool done)
{
	(void)vmm;
	(void)offset;
	if (done)
		counted_end();
	else
		counted_begin();
}

/*
 * Each invalidation call of the library, which is none here, is an ioctl on a kernel, and each
 * read of a vEVENTQ a read().
 */
static void sync_child(void *opaque)
{
	const struct syncs *syncs = opaque;
	struct stage stage;
	uint64_t calls;

	stage_plug(&stage, true, 1, STREAMS);
	host_spy_begin(stage.host, &counted_spy);
	stage_boot(&stage);
	host_spy_end(stage.host);
	calls = vmm_stats(stage.vmm).invalidation_calls;
	stage.vmm->watch = watch;
	counted_ready();
	for (unsigned int i = 0; i < syncs->times; i++)
		stage_sync(&stage, 0, syncs->invalidations);
	printf("simulated_ioctls=%llu\nsimulated_reads=%llu\n",
		(unsigned long long)(vmm_stats(stage.vmm).invalidation_calls - calls),
		(unsigned long long)counted_reads());
}

void measure_syscalls(unsigned int queued, unsigned int times)
{
	struct events events = {queued, times};
	uint64_t calls = counted_run(drain_child, &events);

	printf("events=%llu\nsyscalls=%llu\n", (unsigned long long)queued * times,
		(unsigned long long)calls);
}

void measure_sync_syscalls(unsigned int invalidations, unsigned int times)
{
	struct syncs syncs = {invalidations, times};
	uint64_t calls = counted_run(sync_child, &syncs);

	printf("syncs=%u\nsyscalls=%llu\n", times, (unsigned long long)calls);
}
