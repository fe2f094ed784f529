/* SPDX-License-Identifier: BSD-2-Clause */
/* The native benchmarks' machine: a simulated host, endpoints, and VMMs that share them out. */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include "vmm.h"

#define STAGE_VSID(n)		(0x100u + (n))
#define SATURATED_STREAMS_MAX	64
#define VCPUS_MAX		8
#define STAGE_INVALIDATIONS_MAX 64 /* of a CMD_SYNC: with it, what one write of PROD consumes */

struct stage {
	struct vsmmu_host *host;
	struct vmm_config config; /* of each VMM; may be changed before stage_boot() */
	unsigned int vmms;
	unsigned int streams; /* of each VMM */
	struct vmm *vmm;
	struct vsmmu_endpoint **endpoint; /* as dev_id */
	uint32_t *dev_id;		  /* of stream s of VMM v: [v * streams + s] */
	uint64_t faults;
};

/*
 * A host with its endpoints; then VMMs that take them. Both exit on failure. There is no way to
 * close a stage: each measurement is a process of its own.
 */
void stage_plug(struct stage *stage, bool whole, unsigned int vmms, unsigned int streams);
void stage_boot(struct stage *stage);

/* Both. */
void stage_open(struct stage *stage, bool whole, unsigned int vmms, unsigned int streams);

/* @count faults in the vEVENTQ of VMM @v, each from the stream after the last one's. */
void stage_fault(struct stage *stage, unsigned int v, unsigned int count);

/* The same, all from stream @s. */
void stage_fault_stream(struct stage *stage, unsigned int v, unsigned int s, unsigned int count);

/*
 * The guest of VMM @v invalidates @invalidations addresses, at most STAGE_INVALIDATIONS_MAX,
 * and waits for the CMD_SYNC. bench/run counts the library's part by this function's name.
 */
void stage_sync(struct stage *stage, unsigned int v, unsigned int invalidations);

/* Bytes that malloc has given out and not got back. */
uint64_t stage_allocated(void);

/* The measurements. Each prints lines "name=value". */
void measure_memory(bool whole, unsigned int vmms, unsigned int streams);
void measure_syscalls(unsigned int queued, unsigned int times);
void measure_saturated(bool isolate, unsigned int streams, unsigned int events);
void measure_hotplug(unsigned int syncs);
void measure_locks(unsigned int times);
void measure_sync(
	unsigned int vmms, unsigned int streams, unsigned int invalidations, unsigned int times);
void measure_sync_syscalls(unsigned int invalidations, unsigned int times);
void measure_vcpus(unsigned int count, bool ranges, bool msi, unsigned int unmaps);
void measure_isolate(unsigned int endpoints, bool ranges, unsigned int named, unsigned int times);
void measure_latency(unsigned int faults);

#endif
