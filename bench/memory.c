/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that the library takes. The simulated host takes some too, for the same calls:
 * how much shows a second one, on which the calls are made without the library.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <vsmmu/sim.h>

#include "host/host.h"
#include "stage.h"

#define DEPTH 4096

/* The host calls of @streams endpoints of one vSMMU. */
static void host_alone(struct vsmmu_host *host, unsigned int streams)
{
	const struct host_ops *ops = host->ops;
	struct host_endpoint endpoint = {.vfio_fd = -1};
	struct host_veventq veventq;
	const uint64_t ste[2] = {0xb, 0};
	uint32_t parent = 0, viommu = 0, id;

	for (unsigned int s = 0; s < streams; s++) {
		bench_check(vsmmu_sim_endpoint_new(host, 0, &endpoint.dev_id), "endpoint");
		if (!s)
			bench_check(ops->parent_alloc(host, &endpoint, &parent), "parent");
		bench_check(ops->attach(host, &endpoint, parent), "attach");
		if (!s) {
			bench_check(ops->viommu_alloc(host, &endpoint, parent, &viommu), "vIOMMU");
			bench_check(ops->veventq_alloc(host, viommu, DEPTH, &veventq), "vEVENTQ");
		}
		bench_check(
			ops->vdevice_alloc(host, &endpoint, viommu, STAGE_VSID(s), &id), "vDEVICE");
		bench_check(ops->nested_alloc(host, &endpoint, viommu, ste, &id), "nested HWPT");
		bench_check(ops->attach(host, &endpoint, id), "attach");
	}
}

void measure_memory(bool whole, unsigned int vmms, unsigned int streams)
{
	struct vsmmu_host *alone;
	uint64_t begin, both, host;
	struct stage stage;

	begin = stage_allocated();
	bench_check(vsmmu_sim_new(&alone, NULL), "the simulator");
	for (unsigned int v = 0; v < vmms; v++)
		host_alone(alone, streams);
	host = stage_allocated() - begin;

	begin = stage_allocated();
	stage_open(&stage, whole, vmms, streams);
	/* What the guests' drivers know of their streams is the only other thing in the heap. */
	for (unsigned int v = 0; v < vmms; v++)
		driver_destroy(&stage.vmm[v].driver);
	both = stage_allocated() - begin;
	printf("library_bytes=%llu\n", (unsigned long long)(both - host));
}
