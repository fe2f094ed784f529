/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a fault to the guest's interrupt: one thread faults and waits for the interrupt,
 * another one sleeps in poll and dispatches. Beside it, what two threads and two
 * eventfds cost alone.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

/* Long enough that the other thread sleeps again. */
#define PAUSE_NS 50000

struct latency {
	struct stage stage;
	atomic_bool stop;
	/* the baseline's */
	int ping;
	int pong;
	uint64_t seen;
};

static void wait_for(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	eventfd_t value;

	while (poll(&readable, 1, -1) != 1)
		;
	if (eventfd_read(fd, &value))
		bench_check(-errno, "eventfd");
}

static void *dispatcher(void *opaque)
{
	struct latency *latency = opaque;
	struct vmm *vmm = latency->stage.vmm;
	struct pollfd readable = {.fd = vsmmu_get_event_fd(vmm->vsmmu), .events = POLLIN};

	while (!atomic_load(&latency->stop))
		if (poll(&readable, 1, 100) == 1)
			vsmmu_dispatch(vmm->vsmmu, 0);
	return NULL;
}

static void *ponger(void *opaque)
{
	struct latency *latency = opaque;
	struct pollfd readable = {.fd = latency->ping, .events = POLLIN};
	eventfd_t value;

	while (!atomic_load(&latency->stop)) {
		if (poll(&readable, 1, 100) != 1)
			continue;
		if (eventfd_read(latency->ping, &value))
			bench_check(-errno, "eventfd");
		latency->seen = vmm_clock();
		if (eventfd_write(latency->pong, 1))
			bench_check(-errno, "eventfd");
	}
	return NULL;
}

static uint64_t one_fault(struct latency *latency)
{
	struct vmm *vmm = latency->stage.vmm;
	uint64_t begin = vmm_clock();

	stage_fault(&latency->stage, 0, 1);
	wait_for(vmm->irq_fd);
	vmm_run_guest(vmm);
	return vmm->irq_time - begin;
}

static uint64_t one_ping(struct latency *latency)
{
	uint64_t begin = vmm_clock();

	if (eventfd_write(latency->ping, 1))
		bench_check(-errno, "eventfd");
	wait_for(latency->pong);
	return latency->seen - begin;
}

static void measure(struct latency *latency, const char *prefix, void *(*other)(void *),
	uint64_t (*one)(struct latency *latency), unsigned int count)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t *times = calloc(count, sizeof(*times));
	pthread_t thread;

	if (!times)
		bench_check(-ENOMEM, "memory");
	atomic_store(&latency->stop, false);
	bench_check(-pthread_create(&thread, NULL, other, latency), "thread");
	for (unsigned int i = 0; i < count; i++) {
		nanosleep(&pause, NULL);
		times[i] = one(latency);
	}
	atomic_store(&latency->stop, true);
	pthread_join(thread, NULL);
	printf("%sp50_ns=%llu\n", prefix, (unsigned long long)bench_quantile(times, count, 50));
	printf("%sp99_ns=%llu\n", prefix, (unsigned long long)bench_quantile(times, count, 99));
	free(times);
}

void measure_latency(unsigned int faults)
{
	static struct latency latency;

	stage_open(&latency.stage, false, 1, 1);
	latency.stage.vmm->irq_clock = true;
	latency.ping = eventfd(0, EFD_CLOEXEC);
	latency.pong = eventfd(0, EFD_CLOEXEC);
	if (!faults || latency.ping < 0 || latency.pong < 0)
		bench_check(-EINVAL, "latency");
	measure(&latency, "", dispatcher, one_fault, faults);
	measure(&latency, "eventfd_", ponger, one_ping, faults);
}
