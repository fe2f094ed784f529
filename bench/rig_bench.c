/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one event costs on the real arm-smmu-v3 driver, by three ways to drain the same
 * vEVENTQ, which edu endpoints fill with faults: one record at a time as VMMs do it,
 * bare reads of a batch, and the whole library path.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "real_machine.h"
#include "smmu/events/eventq.h"
#include "uapi/iommufd.h"
#include "vmm.h"

#define DEPTH	    65536
#define RECORD	    40
#define VSID(n)	    (0x40u + (n))
#define FAULTS_EACH (EDU_DMA_MAX / EDU_STEP) /* of one DMA */
#define FAULTS_IOVA UINT64_C(0x100000)
#define ROUNDS_MAX  1000
#define PART	    1024 /* events that are timed together: what one dispatch takes */
#define SINGLE_PART 64	 /* about as long */
#define PARTS_MAX   (DEPTH / SINGLE_PART)
#define VALUES_MAX  1024

/* Guest queues: of 256 KiB; and of 4 MiB, as large as Linux as a guest makes it. */
#define QUEUE_LOG2	 13
#define LARGE_QUEUE_LOG2 17

enum way { WAY_SINGLE, WAY_RAW, WAY_LIBRARY, WAY_LARGE_QUEUE, WAYS };

static const char *const way_name[WAYS] = {"single", "raw", "library", "large_queue"};

struct drain {
	uint64_t begin;
	uint64_t last;
	unsigned int parts;
	double part[PARTS_MAX]; /* nanoseconds per event */
};

struct result {
	double part; /* the median one */
	double whole;
};

_Static_assert(PARTS_MAX <= VALUES_MAX && ROUNDS_MAX <= VALUES_MAX, "room to sort");

struct bench {
	struct real_machine machine;
	struct vsmmu_host *host;
	struct host_endpoint endpoint[REAL_ENDPOINTS];
	struct host_veventq veventq;
	struct vmm vmm;
	struct vmm vmm_large;
	unsigned int endpoints;
	unsigned int dmas; /* of each endpoint, for one filling */
	uint64_t sequence; /* of the next event */
	uint64_t fill_time;
	uint64_t reads; /* of the library, in all drains; */
	uint64_t irqs;	/* and its interrupts */
	struct drain drain;
	double part[WAYS][ROUNDS_MAX];	/* nanoseconds per event: median part, */
	double whole[WAYS][ROUNDS_MAX]; /* and the drain as a whole */
};

static struct bench bench;

static unsigned int events(const struct bench *b)
{
	return b->endpoints * b->dmas * FAULTS_EACH;
}

/* All endpoints with their own guest tables, one vIOMMU, one vEVENTQ, opened by hand. */
static void open_machine(struct bench *b)
{
	const struct host_ops *ops;
	uint32_t parent, viommu, id;
	uint64_t ste[2];

	bench_check(real_machine_open(&b->machine, b->endpoints), "the rig's machine");
	bench_check(real_machine_host(&b->machine, &b->host), "the host");
	ops = b->host->ops;
	for (unsigned int n = 0; n < b->endpoints; n++)
		b->endpoint[n] = real_machine_endpoint(&b->machine, n);
	bench_check(ops->parent_alloc(b->host, &b->endpoint[0], &parent), "parent");
	bench_check(ops->viommu_alloc(b->host, &b->endpoint[0], parent, &viommu), "vIOMMU");
	for (unsigned int n = 0; n < b->endpoints; n++) {
		const struct host_endpoint *endpoint = &b->endpoint[n];

		real_machine_ste(&b->machine, n, ste);
		bench_check(ops->attach(b->host, endpoint, parent, VSMMU_ATTACH_PUT_BACK),
			"attach the parent");
		bench_check(ops->vdevice_alloc(b->host, endpoint, viommu, VSID(n), &id), "vDEVICE");
		bench_check(ops->nested_alloc(b->host, endpoint, viommu, ste, &id), "nested HWPT");
		bench_check(ops->attach(b->host, endpoint, id, VSMMU_ATTACH_STAGE1),
			"attach the nested HWPT");
	}
	bench_check(ops->veventq_alloc(b->host, viommu, DEPTH, &b->veventq), "vEVENTQ");
	vmm_open(&b->vmm, &(struct vmm_config){.log2 = QUEUE_LOG2});
	vmm_open(&b->vmm_large, &(struct vmm_config){.log2 = LARGE_QUEUE_LOG2});
}

/* Every endpoint reads where nothing is mapped, all at once, until enough has faulted. */
static void fill(struct bench *b)
{
	uint64_t begin = vmm_clock();

	for (unsigned int dma = 0; dma < b->dmas; dma++) {
		for (unsigned int n = 0; n < b->endpoints; n++)
			edu_start_read(&b->machine.endpoint[n].edu, FAULTS_IOVA + dma * EDU_DMA_MAX,
				EDU_DMA_MAX);
		for (unsigned int n = 0; n < b->endpoints; n++)
			bench_check(edu_wait(&b->machine.endpoint[n].edu), "DMA");
		bench_check(real_machine_settle(&b->machine), "the driver");
	}
	b->fill_time += vmm_clock() - begin;
}

/*
 * A drain's time, part by part: while others use this machine too, a drain as a whole is
 * interrupted more often than not, but most of its parts are not.
 */
static void drain_begin(struct drain *drain)
{
	drain->parts = 0;
	drain->begin = drain->last = vmm_clock();
}

static void drain_part(struct drain *drain, unsigned int events)
{
	uint64_t now = vmm_clock();

	if (drain->parts < PARTS_MAX)
		drain->part[drain->parts++] = (double)(now - drain->last) / events;
	drain->last = now;
}

/* Each returns the records that it read, or what went wrong. */
static int drain_single(struct drain *drain, int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	uint8_t record[RECORD];
	int count = 0;

	while (poll(&readable, 1, 0) == 1) {
		if (read(fd, record, RECORD) != RECORD)
			return -EPROTO;
		if (++count % SINGLE_PART == 0)
			drain_part(drain, SINGLE_PART);
	}
	return count;
}

static int drain_raw(struct drain *drain, int fd)
{
	static uint8_t batch[EVENTQ_BATCH * RECORD];
	int count = 0;
	ssize_t got;

	while ((got = read(fd, batch, sizeof(batch))) > 0) {
		if (got % RECORD)
			return -EPROTO;
		count += (int)(got / RECORD);
		if (count % PART == 0)
			drain_part(drain, PART);
	}
	return got < 0 ? -errno : count;
}

/* The vSMMU takes the vEVENTQ over, and gives it back when it is empty. */
static struct vsmmu_adopted *take_over(
	const struct bench *b, struct vsmmu *vsmmu, struct vsmmu_endpoint *endpoint[REAL_ENDPOINTS])
{
	const struct vsmmu_adopted_config adopted = {
		.size = sizeof(adopted),
		.fd = b->veventq.fd,
		.first_sequence = VSMMU_SEQUENCE_UNKNOWN,
	};
	struct vsmmu_adopted *source;

	bench_check(vsmmu_adopted_new(vsmmu, &adopted, &source), "adopting");
	for (unsigned int n = 0; n < b->endpoints; n++) {
		const struct vsmmu_endpoint_config config = {
			.size = sizeof(config),
			.vsid = VSID(n),
			.vfio_fd = -1,
			.adopted = source,
		};

		bench_check(vsmmu_endpoint_attach(vsmmu, &config, &endpoint[n]), "attach");
	}
	return source;
}

static void give_back(const struct bench *b, struct vsmmu *vsmmu, struct vsmmu_adopted *source,
	struct vsmmu_endpoint *endpoint[REAL_ENDPOINTS])
{
	for (unsigned int n = 0; n < b->endpoints; n++)
		bench_check(vsmmu_endpoint_detach(endpoint[n]), "detach");
	bench_check(vsmmu_adopted_free(vsmmu, source), "dropping");
}

/* What a VMM's main loop does, and its guest. */
static int drain_library(struct bench *b, struct drain *drain, struct vmm *vmm)
{
	struct vsmmu_stats before = vmm_stats(vmm), after;
	uint64_t skipped = 0, irqs = vmm->irqs;
	int count;

	while (vmm_readable(vmm)) {
		int handled = vsmmu_dispatch(vmm->vsmmu, PART);

		skipped += vmm_skip_events(vmm);
		if (handled == PART)
			drain_part(drain, PART);
	}
	after = vmm_stats(vmm);
	count = (int)(after.delivered - before.delivered);
	b->reads += after.reads - before.reads;
	b->irqs += vmm->irqs - irqs;
	if (after.sequenced - before.sequenced != (uint64_t)count || skipped != (uint64_t)count)
		return -EPROTO;
	return count;
}

static int drain_as(struct bench *b, struct drain *drain, enum way way)
{
	struct vsmmu_endpoint *endpoint[REAL_ENDPOINTS];
	struct vmm *vmm = way == WAY_LIBRARY ? &b->vmm : &b->vmm_large;
	struct vsmmu_adopted *source;
	int count;

	if (way == WAY_SINGLE || way == WAY_RAW) {
		drain_begin(drain);
		return way == WAY_SINGLE ? drain_single(drain, b->veventq.fd)
					 : drain_raw(drain, b->veventq.fd);
	}
	source = take_over(b, vmm->vsmmu, endpoint);
	drain_begin(drain);
	count = drain_library(b, drain, vmm);
	give_back(b, vmm->vsmmu, source, endpoint);
	return count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @q: 0 the least, 0.5 the median, 1 the greatest; between two values, on the line. */
static double quantile(const double *values, unsigned int count, double q)
{
	double sorted[VALUES_MAX];
	double at = q * (count - 1);
	unsigned int below = (unsigned int)at;

	memcpy(sorted, values, count * sizeof(*values));
	qsort(sorted, count, sizeof(*sorted), compare);
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
}

/*
 * One filling, drained one way. Every event must have come: one that the SMMU's own queue
 * had lost would make the sum too small.
 */
static struct result measure(struct bench *b, enum way way)
{
	struct drain *drain = &b->drain;
	uint64_t end;
	int count;

	fill(b);
	count = drain_as(b, drain, way);
	end = drain->last;
	bench_check(count, way_name[way]);
	if ((unsigned int)count != events(b)) {
		fprintf(stderr, "bench: %s: %d events came of %u\n", way_name[way], count,
			events(b));
		exit(1);
	}
	return (struct result){
		.part = quantile(drain->part, drain->parts, 0.5),
		.whole = (double)(end - drain->begin) / count,
	};
}

static void print_ratio(
	const struct bench *b, const char *name, enum way over, enum way under, unsigned int rounds)
{
	double ratio[ROUNDS_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		ratio[i] = b->part[over][i] / b->part[under][i];
	printf("bench: %s=%.4f\n", name,
		quantile(b->part[over], rounds, 0.5) / quantile(b->part[under], rounds, 0.5));
	printf("bench: %s_per_round=%.4f\n", name, quantile(ratio, rounds, 0.5));
	printf("bench: %s_spread=%.6f\n", name,
		quantile(ratio, rounds, 1) - quantile(ratio, rounds, 0));
	printf("bench: %s_whole=%.4f\n", name,
		quantile(b->whole[over], rounds, 0.5) / quantile(b->whole[under], rounds, 0.5));
}

static void print_results(const struct bench *b, unsigned int rounds)
{
	double drains = 2.0 * (rounds + 1);

	print_ratio(b, "library_vs_raw", WAY_LIBRARY, WAY_RAW, rounds);
	print_ratio(b, "large_queue_vs_raw", WAY_LARGE_QUEUE, WAY_RAW, rounds);
	print_ratio(b, "single_vs_library", WAY_SINGLE, WAY_LIBRARY, rounds);
	for (int way = 0; way < WAYS; way++)
		printf("bench: %s_ns=%.1f\nbench: %s_least_ns=%.1f\nbench: %s_whole_ns=%.1f\n",
			way_name[way], quantile(b->part[way], rounds, 0.5), way_name[way],
			quantile(b->part[way], rounds, 0), way_name[way],
			quantile(b->whole[way], rounds, 0.5));
	printf("bench: rounds=%u\nbench: events=%u\nbench: vsids=%u\nbench: batch=%u\n", rounds,
		events(b), b->endpoints, EVENTQ_BATCH);
	printf("bench: reads_per_drain=%.1f\nbench: irqs_per_drain=%.1f\n",
		(double)b->reads / drains, (double)b->irqs / drains);
}

int main(int argc, char **argv)
{
	struct bench *b = &bench;
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 21;
	unsigned int fillings = argc > 2 ? (unsigned int)atoi(argv[2]) : 32768;

	if (!rounds || rounds > ROUNDS_MAX || fillings > DEPTH) {
		fprintf(stderr, "usage: rig_bench [ROUNDS [EVENTS]]\n");
		return 2;
	}
	b->endpoints = REAL_ENDPOINTS;
	b->dmas = (fillings + b->endpoints * FAULTS_EACH - 1) / (b->endpoints * FAULTS_EACH);
	open_machine(b);
	/* A first round, not counted, warms everything up. */
	for (unsigned int round = 0; round <= rounds; round++) {
		struct result now[WAYS];

		for (unsigned int i = 0; i < WAYS; i++) {
			enum way way = (enum way)((round + i) % WAYS);

			now[way] = measure(b, way);
			if (!round)
				continue;
			b->part[way][round - 1] = now[way].part;
			b->whole[way][round - 1] = now[way].whole;
		}
		printf("# round %u of %u: ns per event: single %.0f, raw %.0f, library %.0f, "
		       "large queue %.0f; fillings took %.1f s so far\n",
			round, rounds, now[WAY_SINGLE].part, now[WAY_RAW].part,
			now[WAY_LIBRARY].part, now[WAY_LARGE_QUEUE].part,
			(double)b->fill_time / 1e9);
		fflush(stdout);
	}
	print_results(b, rounds);
	return 0;
}
