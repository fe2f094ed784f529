/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM that the benchmarks measure with: a vSMMU, its guest's memory, an eventfd as
 * interrupt, and in the guest the driver model of tests/driver.
 */
#ifndef BENCH_VMM_H
#define BENCH_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/smmu.h>

#include "driver/driver.h"

struct vmm {
	struct vsmmu *vsmmu;
	struct driver driver;
	struct driver_domain domain; /* of a whole vSMMU's streams, all of them */
	int irq_fd;
	uint64_t irqs;
	uint64_t irq_time; /* of the last one, if the VMM is told to look at the clock */
	bool irq_clock;
	/* NULL, or called when the guest's access enters the library and when it is done. */
	void (*watch)(struct vmm *vmm, uint64_t offset, bool done);
	/* NULL, or called when the library has written the guest's memory. */
	void (*written)(struct vmm *vmm);
	void *watcher; /* for the two */
};

/**
 * struct vmm_config - a VMM and its guest
 * @host: may be NULL
 * @whole: the vSMMU reads commands and stream table; else it is the event path alone
 * @depth: of vEVENTQs
 * @log2: the guest's event queue holds 2^log2 records
 * @cmdq_log2: its command queue 2^cmdq_log2 commands; 0: as Linux makes it
 * @isolate: a vEVENTQ for each endpoint
 * @memory: base, gpa and size of the guest's memory; NULL: its own
 */
struct vmm_config {
	struct vsmmu_host *host;
	bool whole;
	uint32_t depth;
	unsigned int log2;
	unsigned int cmdq_log2;
	bool isolate;
	const struct driver_memory *memory;
};

/*
 * The guest of a whole vSMMU has booted: its driver has probed and reset, and has a domain
 * for its streams. That of an event path alone has its event queue. Exits on failure.
 */
void vmm_open(struct vmm *vmm, const struct vmm_config *config);

/* The guest of a whole vSMMU puts a stream that is attached into its domain. */
void vmm_attach_stream(struct vmm *vmm, uint32_t vsid);

/* Memory that malloc does not count; there only where it is touched. Exits on failure. */
void *bench_map(size_t size);

/* Nanoseconds, CLOCK_MONOTONIC. */
uint64_t vmm_clock(void);

bool vmm_readable(const struct vmm *vmm);

/* The guest's event thread, if it was interrupted. */
void vmm_run_guest(struct vmm *vmm);

/*
 * The least that a guest can do about events, where its time is measured too: it reads PROD
 * and writes CONS, and does not look at the records. Return: how many there were.
 */
uint32_t vmm_skip_events(struct vmm *vmm);

/* What a VMM's main loop does: dispatches while the fd is readable; the guest follows. */
void vmm_drain(struct vmm *vmm);

/* A TLBI of the domain, of page @page. */
struct driver_command vmm_tlbi(const struct vmm *vmm, unsigned int page);

/* The guest issues @count commands and a CMD_SYNC, and waits for that. Exits on failure. */
void vmm_sync(struct vmm *vmm, const struct driver_command *commands, size_t count);

struct vsmmu_stats vmm_stats(const struct vmm *vmm);

/* Prints what failed and exits, when @ret is negative. */
void bench_check(int ret, const char *what);

/* Sorts @values. Return: the one below which @percent of them are. */
uint64_t bench_quantile(uint64_t *values, uint32_t count, unsigned int percent);

#endif
