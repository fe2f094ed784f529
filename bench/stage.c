/* SPDX-License-Identifier: BSD-2-Clause */
#include "stage.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <vsmmu/event.h>
#include <vsmmu/sim.h>

/* What is queued at a time has room in both, and far from the fair share's last slots. */
#define QUEUE_LOG2	   17
#define QUEUE_LOG2_OF_MANY 12
#define DEPTH		   4096

/* What the VMM of an event path alone would have read in its guest's stream table. */
static const uint64_t ste[2] = {SMMU_STE0_V | SMMU_STE0_STAGE1, 0};

static void attach(struct stage *stage, unsigned int v, unsigned int s)
{
	struct vsmmu_endpoint_config config = {
		.size = sizeof(config),
		.vsid = STAGE_VSID(s),
		.vfio_fd = -1,
	};
	struct vsmmu_endpoint *endpoint;

	bench_check(vsmmu_sim_endpoint_new(stage->host, 0, &config.dev_id), "endpoint");
	stage->dev_id[v * stage->streams + s] = config.dev_id;
	bench_check(vsmmu_endpoint_attach(stage->vmm[v].vsmmu, &config, &endpoint), "attach");
	if (stage->whole)
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

void stage_open(struct stage *stage, bool whole, unsigned int vmms, unsigned int streams)
{
	struct vmm_config config = {
		.whole = whole,
		.depth = DEPTH,
		.log2 = vmms > 1 ? QUEUE_LOG2_OF_MANY : QUEUE_LOG2,
	};

	*stage = (struct stage){.whole = whole, .vmms = vmms, .streams = streams};
	raise_file_limit();
	stage->vmm = bench_map(vmms * sizeof(*stage->vmm) + 1);
	stage->dev_id = bench_map((size_t)vmms * streams * sizeof(*stage->dev_id) + 1);
	bench_check(vsmmu_sim_new(&stage->host, NULL), "the simulator");
	config.host = stage->host;
	for (unsigned int v = 0; v < vmms; v++) {
		vmm_open(&stage->vmm[v], &config);
		for (unsigned int s = 0; s < streams; s++)
			attach(stage, v, s);
	}
}

void stage_fault(struct stage *stage, unsigned int v, unsigned int count)
{
	while (count--) {
		const uint64_t n = stage->faults++;
		const struct vsmmu_event_record record = {
			.word = {VSMMU_EVENT_F_TRANSLATION, UINT64_C(0x20800000000),
				0x100000 + 4 * n, 0},
		};
		const uint32_t *dev_id = &stage->dev_id[v * stage->streams];

		bench_check(
			vsmmu_sim_fault(stage->host, dev_id[n % stage->streams], &record), "fault");
	}
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
