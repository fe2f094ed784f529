/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <vsmmu/event.h>
#include <vsmmu/sim.h>

/* What is queued at a time is a small part of either. */
#define QUEUE_LOG2	   17
#define QUEUE_LOG2_OF_MANY 12
#define DEPTH		   4096

static uint32_t *stage_dev_id(const struct stage *stage, unsigned int v, unsigned int s)
{
	return &stage->dev_id[(size_t)v * stage->streams + s];
}

/* What the VMM of an event path alone would have read in its guest's stream table. */
static const uint64_t ste[2] = {SMMU_STE0_V | SMMU_STE0_STAGE1, 0};

static void attach(struct stage *stage, unsigned int v, unsigned int s)
{
	const struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = STAGE_VSID(s),
		.dev_id = *stage_dev_id(stage, v, s),
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint;

	bench_check(vsmmu_endpoint_attach(stage->vmm[v].vsmmu, &config, &endpoint), "attach");
	stage->endpoint[(size_t)v * stage->streams + s] = endpoint;
	if (stage->config.whole)
		vmm_attach_stream(&stage->vmm[v], config.vsid);
	else
		bench_check(vsmmu_endpoint_set_ste(endpoint, ste), "STE");
}

/* Six files for each vSMMU. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void stage_plug(struct stage *stage, bool whole, unsigned int vmms, unsigned int streams)
{
	*stage = (struct stage){.vmms = vmms, .streams = streams};
	raise_file_limit();
	stage->vmm = bench_map(vmms * sizeof(*stage->vmm) + 1);
	stage->dev_id = bench_map((size_t)vmms * streams * sizeof(*stage->dev_id) + 1);
	stage->endpoint = bench_map((size_t)vmms * streams * sizeof(*stage->endpoint) + 1);
	bench_check(vsmmu_sim_new(&stage->host, NULL), "the simulator");
	for (unsigned int v = 0; v < vmms; v++)
		for (unsigned int s = 0; s < streams; s++)
			bench_check(
				vsmmu_sim_endpoint_new(stage->host, 0, stage_dev_id(stage, v, s)),
				"endpoint");
	stage->config = (struct vmm_config){
		.host = stage->host,
		.whole = whole,
		.depth = DEPTH,
		.log2 = vmms > 1 ? QUEUE_LOG2_OF_MANY : QUEUE_LOG2,
	};
}

void stage_boot(struct stage *stage)
{
	for (unsigned int v = 0; v < stage->vmms; v++) {
		vmm_open(&stage->vmm[v], &stage->config);
		for (unsigned int s = 0; s < stage->streams; s++)
			attach(stage, v, s);
	}
}

void stage_open(struct stage *stage, bool whole, unsigned int vmms, unsigned int streams)
{
	stage_plug(stage, whole, vmms, streams);
	stage_boot(stage);
}

void stage_fault_stream(struct stage *stage, unsigned int v, unsigned int s, unsigned int count)
{
	const uint32_t dev_id = *stage_dev_id(stage, v, s);

	while (count--) {
		const struct vsmmu_event_record record = {
			.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000),
				0x100000 + 4 * stage->faults++, 0},
		};

		bench_check(vsmmu_sim_fault(stage->host, dev_id, &record), "fault");
	}
}

void stage_fault(struct stage *stage, unsigned int v, unsigned int count)
{
	while (count--)
		stage_fault_stream(stage, v, (unsigned int)(stage->faults % stage->streams), 1);
}

void stage_sync(struct stage *stage, unsigned int v, unsigned int invalidations)
{
	struct driver_command command[STAGE_INVALIDATIONS_MAX];
	struct vmm *vmm = &stage->vmm[v];

	/* Each another page: the same one twice would be sent once. */
	for (unsigned int i = 0; i < invalidations; i++)
		command[i] = vmm_tlbi(vmm, i);
	vmm_sync(vmm, command, invalidations);
}

uint64_t stage_allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}
