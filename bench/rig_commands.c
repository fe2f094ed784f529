/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an invalidation and a CMD_SYNC cost on the real arm-smmu-v3 driver: as bare ioctls, and
 * through the command queue of a guest whose driver is the model of tests/driver. The library
 * sends what it has collected with one ioctl for each CMD_SYNC; what that brings shows beside
 * it the same library over a host that sends each command with an ioctl of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host_interposer.h"
#include "real_machine.h"
#include "vmm.h"

#define VSID	   0x40
#define QUEUE_LOG2 8
#define DEPTH	   256
#define BATCH	   64
#define BATCHES	   8 /* of a round, and as many commands one by one */
#define ROUNDS_MAX 1000

/* Of each 64 commands. The first two are bare ioctls. */
enum way {
	WAY_RAW_SINGLE, /* one ioctl each */
	WAY_RAW_BATCH,	/* one ioctl */
	WAY_SYNC_EACH,	/* a CMD_SYNC each, so one ioctl each */
	WAY_SPLIT,	/* one CMD_SYNC, one ioctl each */
	WAY_BATCH,	/* one CMD_SYNC, one ioctl */
	WAY_SYNC_ALONE, /* 64 CMD_SYNCs and nothing else, no ioctl */
	WAYS
};

static const struct {
	const char *name;
	unsigned int commands; /* before each CMD_SYNC, or of each bare ioctl */
	unsigned int ioctls;   /* that the library makes for each CMD_SYNC */
	bool split;
} ways[WAYS] = {
	[WAY_RAW_SINGLE] = {"raw_command_single", 1},
	[WAY_RAW_BATCH] = {"raw_command_batch", BATCH},
	[WAY_SYNC_EACH] = {"command_sync_each", 1, 1},
	[WAY_SPLIT] = {"command_split", BATCH, BATCH, true},
	[WAY_BATCH] = {"command_batch", BATCH, 1},
	[WAY_SYNC_ALONE] = {"sync_alone", 0, 0},
};

static struct {
	struct real_machine machine;
	struct vsmmu_host *host;	    /* the real one */
	struct host_interposer *interposer; /* in front of it */
	struct vmm vmm;
	uint32_t viommu;
	struct driver_command command[BATCH];
	uint64_t ioctls; /* of the library */
	uint64_t begin, end;
	uint64_t time[WAYS][ROUNDS_MAX]; /* nanoseconds per command, or per CMD_SYNC alone */
} bench;

_Static_assert(sizeof(bench.command[0]) == sizeof(uint64_t[2]), "two words");

static int count_ioctls(void *opaque, enum host_call call, uint32_t count)
{
	(void)opaque;
	(void)count;
	bench.ioctls += call == HOST_CALL_INVALIDATE;
	return 0;
}

/* From the write of PROD to where the guest has seen in CONS that it is done. */
static void watch(struct vmm *vmm, uint64_t offset, bool done)
{
	(void)vmm;
	if (offset == MMIO_CMDQ_PROD && !done && !bench.begin)
		bench.begin = vmm_clock();
	else if (offset == MMIO_CMDQ_CONS && done)
		bench.end = vmm_clock();
}

static void open_hosts(void)
{
	bench_check(real_machine_host(&bench.machine, &bench.host), "the host");
	bench.interposer = host_interposer_new(vsmmu_host_ref(bench.host), 0);
	bench.interposer->hook = count_ioctls;
}

/* One endpoint is the vSMMU's, the other's vIOMMU is for bare ioctls. */
static void open_machine(void)
{
	struct vsmmu_endpoint_config endpoint_config = {
		.size = sizeof(endpoint_config), .vsid = VSID};
	struct driver_memory memory = {.gpa = REAL_MEMORY, .size = REAL_MEMORY_SIZE};
	struct vmm_config config = {.whole = true, .depth = DEPTH, .log2 = QUEUE_LOG2};
	struct host_endpoint mine, its;
	struct vsmmu_endpoint *endpoint;
	uint32_t parent;

	bench_check(real_machine_open(&bench.machine, 2), "the rig's machine");
	open_hosts();
	mine = real_machine_endpoint(&bench.machine, 0);
	its = real_machine_endpoint(&bench.machine, 1);
	bench_check(bench.host->ops->parent_alloc(bench.host, &mine, &parent), "parent");
	bench_check(
		bench.host->ops->viommu_alloc(bench.host, &mine, parent, &bench.viommu), "vIOMMU");
	/* All of it is the guest's, whose own tables are the only ones. */
	memory.base = bench.machine.memory;
	memset(memory.base, 0, memory.size);
	config.host = &bench.interposer->host;
	config.memory = &memory;
	vmm_open(&bench.vmm, &config);
	endpoint_config.dev_id = its.dev_id;
	endpoint_config.vfio_fd = its.vfio_fd;
	bench_check(vsmmu_endpoint_attach(bench.vmm.vsmmu, &endpoint_config, &endpoint), "attach");
	vmm_attach_stream(&bench.vmm, VSID);
	for (unsigned int i = 0; i < BATCH; i++)
		bench.command[i] = vmm_tlbi(&bench.vmm, i);
	bench.vmm.watch = watch;
}

/* Each returns nanoseconds. */
static uint64_t raw(const struct driver_command *commands, unsigned int count)
{
	uint32_t handled;
	int ret;

	bench.begin = vmm_clock();
	ret = bench.host->ops->invalidate(
		bench.host, bench.viommu, &commands->word, count, &handled);
	bench.end = vmm_clock();
	bench_check(ret, "invalidation");
	return bench.end - bench.begin;
}

static uint64_t library(const struct driver_command *commands, unsigned int count)
{
	bench.begin = 0;
	vmm_sync(&bench.vmm, commands, count);
	return bench.end - bench.begin;
}

static uint64_t measure(enum way way)
{
	const bool is_raw = way == WAY_RAW_SINGLE || way == WAY_RAW_BATCH;
	const unsigned int step = ways[way].commands ? ways[way].commands : 1;
	const uint64_t ioctls = bench.ioctls;
	uint64_t time = 0;

	bench.interposer->split = ways[way].split;
	for (unsigned int i = 0; i < BATCHES; i++)
		for (unsigned int n = 0; n < BATCH; n += step)
			time += (is_raw ? raw : library)(&bench.command[n], ways[way].commands);
	if (bench.ioctls - ioctls != BATCHES * BATCH / step * ways[way].ioctls)
		bench_check(-EPROTO, ways[way].name);
	return time / (BATCHES * BATCH);
}

/* Ratios of each round, as what else the machine does is then in both. */
static double ratio(enum way over, enum way under, unsigned int rounds)
{
	static uint64_t parts[ROUNDS_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		parts[i] = bench.time[over][i] * 10000 / (bench.time[under][i] + 1);
	return (double)bench_quantile(parts, (uint32_t)rounds, 50) / 10000;
}

static void print_results(unsigned int rounds)
{
	static const struct {
		const char *name;
		enum way over, under;
	} ratios[] = {
		{"command_batch_gain", WAY_SPLIT, WAY_BATCH},
		{"raw_command_batch_gain", WAY_RAW_SINGLE, WAY_RAW_BATCH},
		{"sync_each_vs_batch", WAY_SYNC_EACH, WAY_BATCH},
		{"command_vs_raw", WAY_BATCH, WAY_RAW_BATCH},
		{"sync_vs_ioctl", WAY_SYNC_ALONE, WAY_RAW_SINGLE},
		{"tlbi_sync_vs_ioctl", WAY_SYNC_EACH, WAY_RAW_SINGLE},
	};

	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		printf("bench: %s=%.4f\n", ratios[i].name,
			ratio(ratios[i].over, ratios[i].under, rounds));
	for (int way = 0; way < WAYS; way++)
		printf("bench: %s_ns=%llu\n", ways[way].name,
			(unsigned long long)bench_quantile(bench.time[way], rounds, 50));
	printf("bench: commands_per_sync=%u\n", BATCH);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 21;
	struct vsmmu_stats before, after;

	if (!rounds || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: rig_commands [ROUNDS]\n");
		return 2;
	}
	open_machine();
	before = vmm_stats(&bench.vmm);
	for (unsigned int round = 0; round <= rounds; round++)
		for (unsigned int i = 0; i < WAYS; i++) {
			enum way way = (enum way)((round + i) % WAYS);
			uint64_t time = measure(way);

			/* The first one warms everything up. */
			if (round)
				bench.time[way][round - 1] = time;
		}
	after = vmm_stats(&bench.vmm);
	if (after.invalidation_failures || after.command_errors ||
		after.invalidations - before.invalidations !=
			(uint64_t)(rounds + 1) * 3 * BATCHES * BATCH)
		bench_check(-EPROTO, "invalidations");
	print_results(rounds);
	return 0;
}
