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

#define MACHINE_ENDPOINTS_MAX 4096
#define MACHINE_SMMUS_MAX     4096

/* The demo has so many; a replay has what the capture has. */
#define DEMO_ENDPOINTS_MAX 64
#define DEMO_SMMUS	   2

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

	/* The library's counts; sampled, over all attachments. */
	uint64_t delivered;
	uint64_t discarded;
	uint64_t delivered_before; /* until it was last detached */
	uint64_t discarded_before;
};

/* The events that a physical SMMU's vEVENTQ has numbered since it was made. */
struct machine_smmu {
	uint64_t numbered;
	uint32_t endpoints;
	uint32_t queues; /* vEVENTQs that were there before this one */
};

struct machine_config {
	uint32_t first_sequence; /* of each vEVENTQ */
	uint32_t ssid_bits;
	uint64_t seed;
	uint64_t produced_max;
};

/* The tap of a vEVENTQ: it is told all that is numbered. */
struct machine_recorder {
	void *opaque;
	void (*endpoint)(void *opaque, const struct machine_endpoint *endpoint);
	void (*event)(void *opaque, const struct machine_endpoint *endpoint, uint32_t sequence,
		const struct vsmmu_event_record *record, bool kept);
};

struct machine {
	struct vsmmu_host *host;
	struct vsmmu *vsmmu;
	struct guest_memory memory;
	struct guest_driver guest;
	struct machine_endpoint endpoints[MACHINE_ENDPOINTS_MAX];
	uint32_t endpoint_count;
	uint32_t vsid_least;
	uint32_t vsid_most;
	struct machine_smmu smmus[MACHINE_SMMUS_MAX];
	uint32_t first_sequence;
	struct prng prng;
	struct machine_recorder recorder; /* its functions are NULL without one */

	void (*report)(void *opaque, const struct vsmmu_report *report);
	void *report_opaque;

	uint64_t now; /* simulated nanoseconds */
	uint64_t produced;
	uint64_t produced_max;
	uint64_t irqs[VSMMU_IRQ_CMD_SYNC + 1];	  /* pulses that arrived */
	uint64_t bad_records;			  /* that the guest should never have seen */
	struct vsmmu_stats stats;		  /* sampled */
	const struct machine_endpoint *unplugged; /* the last one: stale events are its */
	int error; /* the first -errno of a call that must not fail */
	const char *error_call;
};

/* All that must not fail sets machine->error instead; then the demo is over. */

/* A machine without endpoints. Return: 0 or -errno, with nothing left. */
int machine_init(struct machine *machine, const struct machine_config *config);

/* Another endpoint, behind any of MACHINE_SMMUS_MAX; unplugged. NULL: machine->error. */
struct machine_endpoint *machine_add(struct machine *machine, uint32_t vsid, uint32_t smmu);

/* An unplugged endpoint goes behind another physical SMMU. */
void machine_move(struct machine *machine, struct machine_endpoint *endpoint, uint32_t smmu);

/* Return: host objects that were left behind: none, ever. */
uint64_t machine_destroy(struct machine *machine);

/* Transactions of an endpoint fault, so many, of all kinds. */
void machine_fault(struct machine *machine, struct machine_endpoint *endpoint, uint32_t count);

/* A single one of a known kind. Return: whether the kernel numbered it. */
bool machine_fault_with(struct machine *machine, struct machine_endpoint *endpoint,
	const struct vsmmu_event_record *record);

/* @count events at once for which the kernel has no memory; at most INT_MAX. */
void machine_drop(struct machine *machine, struct machine_endpoint *endpoint, uint32_t count);

void machine_unplug(struct machine *machine, struct machine_endpoint *endpoint);
void machine_plug(struct machine *machine, struct machine_endpoint *endpoint);

/* The guest installs a stage 1 STE for a plugged endpoint. */
void machine_install_ste(struct machine *machine, struct machine_endpoint *endpoint);

/* The guest's orderly reboot, with @in_flight faults of @endpoint while it is down. */
void machine_reboot(struct machine *machine, struct machine_endpoint *endpoint, uint32_t in_flight);

/* A moment: the I/O thread and the guest take turns; the guest has @records each time. */
void machine_run(struct machine *machine, uint32_t records);

/* Until there is nothing left to do for anybody, or nothing moves any more. */
void machine_drain(struct machine *machine);

/* Takes the library's counters into @machine. */
void machine_sample(struct machine *machine);

/* Number of the last event of a physical SMMU's vEVENTQ, as the kernel counts. */
uint32_t machine_sequence(const struct machine *machine, const struct machine_smmu *smmu);

/* A number for each vEVENTQ that there ever was. */
uint32_t machine_queue(const struct machine *machine, const struct machine_endpoint *endpoint);

/* A call that must not fail: its first error ends everything. */
void machine_check(struct machine *machine, int ret, const char *call);

#endif
