/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library itself costs, on the simulator and on this machine: bench/run counts
 * the instructions of "dispatch" with callgrind, the rest is measured here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

static const char usage[] =
	"usage: native_bench dispatch|whole-dispatch VSMMUS STREAMS QUEUED TIMES\n"
	"       native_bench memory|whole-memory VSMMUS STREAMS\n"
	"       native_bench sync VSMMUS STREAMS INVALIDATIONS TIMES\n"
	"       native_bench sync-syscalls INVALIDATIONS TIMES\n"
	"       native_bench syscalls QUEUED TIMES\n"
	"       native_bench saturated|isolated STREAMS EVENTS\n"
	"       native_bench hotplug SYNCS\n"
	"       native_bench vcpus VCPUS RANGES(0|1) MSI(0|1) UNMAPS\n"
	"       native_bench isolated-sync ENDPOINTS RANGES(0|1) NAMED TIMES\n"
	"       native_bench latency FAULTS\n"
	"       native_bench locks TIMES\n";

static unsigned int number(char **argv, int index)
{
	return argv[index] ? (unsigned int)strtoul(argv[index], NULL, 10) : 0;
}

/*
 * @times times, @queued events in the vEVENTQ of a vSMMU, one after the other in turn;
 * only vsmmu_dispatch() counts.
 */
static void measure_dispatch(bool whole, unsigned int vmms, unsigned int streams,
	unsigned int queued, unsigned int times)
{
	uint64_t events = (uint64_t)queued * times, delivered = 0, taken = 0;
	uint64_t *nanoseconds = calloc(times, sizeof(*nanoseconds));
	struct stage stage;

	if (!nanoseconds)
		bench_check(-ENOMEM, "memory");
	stage_open(&stage, whole, vmms, streams);
	for (unsigned int i = 0; i < times; i++) {
		struct vmm *vmm = &stage.vmm[i % vmms];
		uint64_t begin;

		stage_fault(&stage, i % vmms, queued);
		begin = vmm_clock();
		vsmmu_dispatch(vmm->vsmmu, queued);
		nanoseconds[i] = vmm_clock() - begin;
		vmm_run_guest(vmm);
	}
	for (unsigned int v = 0; v < vmms; v++) {
		delivered += vmm_stats(&stage.vmm[v]).delivered;
		taken += stage.vmm[v].driver.stats.events;
	}
	/* The median dispatch: it is short enough to be interrupted seldom. */
	printf("events=%llu\nns_per_event=%.2f\n", (unsigned long long)events,
		(double)bench_quantile(nanoseconds, times, 50) / queued);
	free(nanoseconds);
	if (delivered != events || taken != events)
		exit(1);
}

static uint64_t count_syncs(const struct stage *stage)
{
	uint64_t syncs = 0;

	for (unsigned int v = 0; v < stage->vmms; v++)
		syncs += vmm_stats(&stage->vmm[v]).syncs;
	return syncs;
}

void measure_sync(
	unsigned int vmms, unsigned int streams, unsigned int invalidations, unsigned int times)
{
	struct stage stage;
	uint64_t syncs;

	stage_open(&stage, true, vmms, streams);
	syncs = count_syncs(&stage);
	for (unsigned int i = 0; i < times; i++)
		stage_sync(&stage, i % vmms, invalidations);
	printf("syncs=%u\n", times);
	if (count_syncs(&stage) - syncs != times)
		exit(1);
}

static bool is_named(const char *what, const char *name, bool *whole)
{
	*whole = !strncmp(what, "whole-", 6);
	return !strcmp(*whole ? what + 6 : what, name);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool whole;

	if (is_named(what, "dispatch", &whole) && argc == 6)
		measure_dispatch(
			whole, number(argv, 2), number(argv, 3), number(argv, 4), number(argv, 5));
	else if (is_named(what, "memory", &whole) && argc == 4)
		measure_memory(whole, number(argv, 2), number(argv, 3));
	else if (!strcmp(what, "sync") && argc == 6 && number(argv, 4) <= STAGE_INVALIDATIONS_MAX)
		measure_sync(number(argv, 2), number(argv, 3), number(argv, 4), number(argv, 5));
	else if (!strcmp(what, "sync-syscalls") && argc == 4 &&
		 number(argv, 2) <= STAGE_INVALIDATIONS_MAX)
		measure_sync_syscalls(number(argv, 2), number(argv, 3));
	else if (!strcmp(what, "syscalls") && argc == 4)
		measure_syscalls(number(argv, 2), number(argv, 3));
	else if ((!strcmp(what, "saturated") || !strcmp(what, "isolated")) && argc == 4 &&
		 number(argv, 2) <= SATURATED_STREAMS_MAX)
		measure_saturated(!strcmp(what, "isolated"), number(argv, 2), number(argv, 3));
	else if (!strcmp(what, "locks") && argc == 3 && number(argv, 2))
		measure_locks(number(argv, 2));
	else if (!strcmp(what, "hotplug") && argc == 3)
		measure_hotplug(number(argv, 2));
	else if (!strcmp(what, "vcpus") && argc == 6 && number(argv, 2) &&
		 number(argv, 2) <= VCPUS_MAX)
		measure_vcpus(number(argv, 2), number(argv, 3), number(argv, 4), number(argv, 5));
	else if (!strcmp(what, "isolated-sync") && argc == 6 && number(argv, 4) <= number(argv, 2))
		measure_isolate(number(argv, 2), number(argv, 3), number(argv, 4), number(argv, 5));
	else if (!strcmp(what, "latency") && argc == 3)
		measure_latency(number(argv, 2));
	else {
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}
