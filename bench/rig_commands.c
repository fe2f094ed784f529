/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an invalidation costs on the real arm-smmu-v3 driver: one ioctl for each command, or
 * one for 64; as bare ioctls, and through the guest's command queue with a CMD_SYNC behind
 * each command or behind 64.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arch/command.h"
#include "real_machine.h"
#include "vmm.h"

#define VSID	   0x40
#define QUEUE_LOG2 8
#define DEPTH	   256
#define BATCH	   64
#define BATCHES	   8 /* of a round, and as many commands one by one */
#define ROUNDS_MAX 1000

enum way { WAY_RAW_SINGLE, WAY_RAW_BATCH, WAY_SINGLE, WAY_BATCH, WAYS };

static const char *const way_name[WAYS] = {
	"raw_command_single", "raw_command_batch", "command_single", "command_batch"};

static struct {
	struct real_machine machine;
	struct vsmmu_host *host;
	struct vmm vmm;
	uint32_t viommu;
	uint64_t command[BATCH][2];
	uint64_t time[WAYS][ROUNDS_MAX];
} bench;

/* One endpoint is the vSMMU's, the other's vIOMMU is for bare ioctls. */
static void open_machine(void)
{
	struct host_endpoint mine, its;
	struct vsmmu_endpoint_config config = {.size = sizeof(config), .vsid = VSID};
	struct vsmmu_endpoint *endpoint;
	uint32_t parent;

	bench_check(real_machine_open(&bench.machine, 2), "the rig's machine");
	bench_check(real_machine_host(&bench.machine, &bench.host), "the host");
	mine = real_machine_endpoint(&bench.machine, 0);
	its = real_machine_endpoint(&bench.machine, 1);
	bench_check(bench.host->ops->parent_alloc(bench.host, &mine, &parent), "parent");
	bench_check(
		bench.host->ops->viommu_alloc(bench.host, &mine, parent, &bench.viommu), "vIOMMU");
	bench_check(vmm_open_whole(&bench.vmm, bench.host, QUEUE_LOG2, DEPTH), "vSMMU");
	config.dev_id = its.dev_id;
	config.vfio_fd = its.vfio_fd;
	bench_check(vsmmu_endpoint_attach(bench.vmm.vsmmu, &config, &endpoint), "attach");
	for (unsigned int i = 0; i < BATCH; i++) {
		bench.command[i][0] = COMMAND_OP_TLBI_NH_VA | UINT64_C(1) << 48;
		bench.command[i][1] = (uint64_t)i << 12;
	}
}

static void raw(unsigned int first, unsigned int count)
{
	uint32_t handled;

	bench_check(bench.host->ops->invalidate(bench.host, bench.viommu,
			    (const uint64_t(*)[2]) & bench.command[first], count, &handled),
		"invalidation");
}

/* The whole round trip: the guest waits until CONS is there. */
static void library(unsigned int first, unsigned int count)
{
	for (unsigned int i = first; i < first + count; i++)
		vmm_command(&bench.vmm, bench.command[i][0], bench.command[i][1]);
	vmm_command(&bench.vmm, COMMAND_OP_SYNC, 0);
	vmm_ring(&bench.vmm);
}

static uint64_t measure(enum way way)
{
	void (*const invalidate)(unsigned int first, unsigned int count) =
		way == WAY_RAW_SINGLE || way == WAY_RAW_BATCH ? raw : library;
	const bool batch = way == WAY_RAW_BATCH || way == WAY_BATCH;
	const uint64_t begin = vmm_clock();

	for (unsigned int i = 0; i < BATCHES; i++) {
		if (batch)
			invalidate(0, BATCH);
		for (unsigned int n = 0; !batch && n < BATCH; n++)
			invalidate(n, 1);
	}
	return (vmm_clock() - begin) / (BATCHES * BATCH);
}

/* Ratios of each round, as what else the machine does is then in both. */
static double ratio(enum way over, enum way under, unsigned int rounds)
{
	static uint64_t parts[ROUNDS_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		parts[i] = bench.time[over][i] * 10000 / (bench.time[under][i] + 1);
	return (double)bench_quantile(parts, (uint32_t)rounds, 50) / 10000;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 21;
	struct vsmmu_stats stats;

	if (!rounds || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: rig_commands [ROUNDS]\n");
		return 2;
	}
	open_machine();
	for (unsigned int round = 0; round <= rounds; round++)
		for (unsigned int i = 0; i < WAYS; i++) {
			enum way way = (enum way)((round + i) % WAYS);
			uint64_t time = measure(way);

			/* The first one warms everything up. */
			if (round)
				bench.time[way][round - 1] = time;
		}
	stats = vmm_stats(&bench.vmm);
	if (stats.invalidation_failures || stats.command_errors ||
		stats.invalidations != (uint64_t)(rounds + 1) * 2 * BATCHES * BATCH)
		bench_check(-EPROTO, "invalidations");
	printf("bench: command_batch_gain=%.4f\n", ratio(WAY_SINGLE, WAY_BATCH, rounds));
	printf("bench: raw_command_batch_gain=%.4f\n",
		ratio(WAY_RAW_SINGLE, WAY_RAW_BATCH, rounds));
	printf("bench: command_vs_raw=%.4f\n", ratio(WAY_BATCH, WAY_RAW_BATCH, rounds));
	printf("bench: command_single_vs_raw=%.4f\n", ratio(WAY_SINGLE, WAY_RAW_SINGLE, rounds));
	for (int way = 0; way < WAYS; way++)
		printf("bench: %s_ns=%llu\n", way_name[way],
			(unsigned long long)bench_quantile(bench.time[way], rounds, 50));
	printf("bench: commands_per_sync=%u\nbench: command_ioctls=%llu\n", BATCH,
		(unsigned long long)stats.invalidation_calls);
	return 0;
}
