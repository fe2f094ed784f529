/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest as the suite needs it: memory, interrupt counters, and a driver's moves. */
#ifndef CONFORMANCE_GUEST_H
#define CONFORMANCE_GUEST_H

#include "conformance/machine.h"
#include "smmu/counts.h"

#define GUEST_QUEUE_ADDRESS UINT64_C(0x90000000)
#define GUEST_MEMORY_SIZE   (64 * 1024)

struct guest {
	struct vsmmu *vsmmu;
	struct machine *machine;
	struct vsmmu_endpoint *endpoint[MACHINE_ENDPOINTS];
	uint8_t memory[GUEST_MEMORY_SIZE]; /* at GUEST_QUEUE_ADDRESS */
	bool memory_gone;
	unsigned int irqs[IRQ_COUNT];
	unsigned int reports[REPORT_CODE_COUNT];
	unsigned int log2;
};

/* What differs from the defaults. */
struct guest_options {
	uint32_t depth;
	bool isolate;
	enum vsmmu_loss_policy loss_policy;
	unsigned int endpoints; /* 0 means 1 */
};

/* A vSMMU with endpoints attached (vSIDs 0x40, 0x41, ...) and their STEs installed. */
int guest_open(struct guest *guest, struct machine *machine, const struct guest_options *options);
void guest_close(struct guest *guest);
/* Closes the guest that a failed test left open, if there is one. */
void guest_close_left(void);

#define GUEST_VSID(n) (0x40u + (n))

/* The driver's moves. */
void guest_enable(struct guest *guest, unsigned int log2);
void guest_disable(struct guest *guest);
uint32_t guest_read(struct guest *guest, uint64_t offset);
void guest_write(struct guest *guest, uint64_t offset, uint32_t value);
/* Records between CONS and PROD. */
unsigned int guest_pending(struct guest *guest);
/* Takes the oldest one and moves CONS. */
bool guest_consume(struct guest *guest, struct vsmmu_event_record *record);
unsigned int guest_consume_all(struct guest *guest);
/* Sets OVACKFLG as OVFLG is. */
void guest_acknowledge_overflow(struct guest *guest);
bool guest_overflowed(struct guest *guest);

bool guest_readable(struct guest *guest);
/* Dispatches while the vSMMU's fd is readable. Return: items handled. */
unsigned int guest_dispatch(struct guest *guest);

struct vsmmu_stats guest_stats(struct guest *guest);

/* Endpoint @n faults @count times; or once while the kernel has no memory for the event. */
void guest_fault(struct guest *guest, unsigned int n, unsigned int count);
void guest_fault_dropped(struct guest *guest, unsigned int n);

/* @sequenced is what the test made the producer produce; nothing is pending. */
void guest_expect_accounted(struct guest *guest, uint64_t sequenced, uint64_t delivered,
	uint64_t lost, uint64_t discarded);
void guest_expect_discarded(struct guest *guest, enum vsmmu_discard reason, uint64_t count);

#endif
