/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulated machine of the demo: a host with two physical SMMUs, endpoints behind
 * them, one vSMMU in front, and the guest that drives it. One thread, no wall clock.
 */
#ifndef DEMO_MACHINE_H
#define DEMO_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "demo/guest_driver.h"
#include "demo/guest_memory.h"
#include "demo/prng.h"

#define MACHINE_ENDPOINTS_MAX 64
#define MACHINE_SMMUS	      2

/* RAM ends half way through a queue that is placed at MACHINE_QUEUE_MISPLACED. */
#define MACHINE_RAM_BASE	UINT64_C(0x80000000)
#define MACHINE_QUEUE_GOOD	MACHINE_RAM_BASE
#define MACHINE_QUEUE_MISPLACED (MACHINE_RAM_BASE + 0x100000)
#define MACHINE_MISPLACED_LOG2	8
#define MACHINE_RAM_SIZE                                                                           \
	(UINT64_C(0x100000) + (VSMMU_EVENT_RECORD_SIZE << (MACHINE_MISPLACED_LOG2 - 1)))

struct machine_endpoint {
	uint32_t vsid;
	uint32_t dev_id;
	uint32_t smmu;
	struct vsmmu_endpoint *handle; /* NULL while unplugged */

	/* The producer's own counts. */
	uint64_t faults;   /* that the host's kernel numbered */
	uint64_t host_log; /* that it printed instead */

	/* As the library counts; sampled, over all attachments. */
	uint64_t delivered;
	uint64_t discarded;
	uint64_t queued;
	uint64_t delivered_before; /* until it was last detached */
	uint64_t discarded_before;
};

/* What a physical SMMU's vEVENTQ has numbered since it was made. */
struct machine_smmu {
	uint64_t numbered;
	uint32_t endpoints;
};

struct machine {
	struct vsmmu_host *host;
	struct vsmmu *vsmmu;
	struct guest_memory memory;
	struct guest_driver guest;
	struct machine_endpoint endpoints[MACHINE_ENDPOINTS_MAX];
	uint32_t endpoint_count;
	struct machine_smmu smmus[MACHINE_SMMUS];
	struct prng prng;

	void (*report)(void *opaque, const struct vsmmu_report *report);
	void *report_opaque;

	uint64_t now; /* simulated nanoseconds */
	uint64_t produced;
	uint64_t produced_max;
	uint64_t irqs[VSMMU_IRQ_COUNT];		  /* pulses that arrived */
	uint64_t bad_records;			  /* that the guest should never have seen */
	struct vsmmu_stats stats;		  /* sampled */
	const struct machine_endpoint *unplugged; /* the last one: stale events are its */
	int error; /* the first -errno of a call that must not fail */
	const char *error_call;
};

/* All that must not fail sets machine->error instead; then the demo is over. */

/* Return: 0 or -errno, with nothing left. @produced_max faults at most, from @seed. */
int machine_init(struct machine *machine, uint32_t endpoints, uint64_t seed, uint64_t produced_max);

/* Return: host objects that were left behind: none, ever. */
uint64_t machine_destroy(struct machine *machine);

/* Transactions of an endpoint fault, so many, of all kinds. */
void machine_fault(struct machine *machine, struct machine_endpoint *endpoint, uint32_t count);

void machine_unplug(struct machine *machine, struct machine_endpoint *endpoint);
void machine_plug(struct machine *machine, struct machine_endpoint *endpoint);

/* The guest's orderly reboot, with @in_flight faults of @endpoint while it is down. */
void machine_reboot(struct machine *machine, struct machine_endpoint *endpoint, uint32_t in_flight);

/* A moment: the I/O thread and the guest take turns; the guest has @records each time. */
void machine_run(struct machine *machine, uint32_t records);

/* Until there is nothing left to do for anybody, or nothing moves any more. */
void machine_drain(struct machine *machine);

/* Takes the library's counters into @machine. */
void machine_sample(struct machine *machine);

/* Number of the last event of a physical SMMU's vEVENTQ, as the kernel counts. */
uint32_t machine_sequence(const struct machine_smmu *smmu);

#endif
