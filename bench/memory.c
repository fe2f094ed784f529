/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that the library has on the heap. The simulated host takes some too, within the calls
 * that the library makes of it: what each of them adds is told apart.
 */
#include <stdio.h>

#include "host_spy.h"
#include "stage.h"

/* All in bytes. */
struct memory {
	uint64_t before; /* the call that is under way */
	uint64_t host;	 /* what calls have added, less what they have taken away */
};

static void before_call(void *opaque, enum spied_call call)
{
	struct memory *memory = opaque;

	(void)call;
	memory->before = stage_allocated();
}

static void after_call(void *opaque, enum spied_call call)
{
	struct memory *memory = opaque;

	(void)call;
	memory->host += stage_allocated() - memory->before;
}

void measure_memory(bool whole, unsigned int vmms, unsigned int streams)
{
	struct memory memory = {0};
	const struct host_spy spy = {.before = before_call, .after = after_call, .opaque = &memory};
	struct stage stage;
	uint64_t begin;

	stage_plug(&stage, whole, vmms, streams);
	host_spy_begin(stage.host, &spy);
	begin = stage_allocated();
	stage_boot(&stage);
	/* What the guests' drivers know of their streams is the only other thing in the heap. */
	for (unsigned int v = 0; v < vmms; v++)
		driver_destroy(&stage.vmm[v].driver);
	printf("library_bytes=%llu\n",
		(unsigned long long)(stage_allocated() - begin - memory.host));
}
