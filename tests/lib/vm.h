/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual machine for tests: guest memory, a guest's moves, interrupt counters, reports
 * and a clock around one vSMMU. What stands behind it is chosen at link time: vm_sim.c is
 * the simulator, vm_kernel.c the iommufd host on a fake kernel.
 */
#ifndef LIB_VM_H
#define LIB_VM_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/smmu.h>

#include "arch/regs.h"
#include "lib/unit.h"

#define VM_QUEUE     UINT64_C(0x90000000) /* where the guest's memory, and queue, begins */
#define VM_MEMORY    (UINT64_C(32) << 20)
#define VM_ENDPOINTS 8
#define VM_REPORTS   64
#define VM_VSID(n)   (0x40u + (n))

#define VM_ON (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)

/* What differs from the defaults. */
struct vm_setup {
	unsigned int endpoints; /* attached, with a stage 1 STE; 0 means 1 */
	unsigned int smmus;	/* physical ones, the endpoints in turn; 0 means 1 */
	bool unattached;	/* leave attaching to the test */
	uint32_t depth;
	uint32_t eventq_log2_max;
	uint32_t ssid_bits;
	bool isolate;
	bool no_fair_share;
	enum vsmmu_loss_policy loss_policy;
	uint32_t report_burst;
	uint64_t report_interval_ns;
	uint32_t first_sequence; /* simulator only */
	bool before_2026;	 /* simulator only */
};

struct vm_report {
	enum vsmmu_report_code code;
	enum vsmmu_severity severity;
	uint64_t vsid;
	uint64_t suppressed;
	char text[256];
};

struct vm_endpoint {
	struct vsmmu_endpoint *handle; /* NULL while detached */
	uint32_t vsid;
	uint32_t dev_id;
	int fd;
	uint32_t parent;  /* for vm_kernel.c: what is attached without an STE */
	uint32_t veventq; /* for vm_kernel.c: where its events go */
};

struct vm {
	struct vsmmu *vsmmu;
	struct vsmmu_host *host;
	struct vm_endpoint endpoints[VM_ENDPOINTS];
	unsigned int endpoint_count;
	unsigned int smmus;

	uint8_t *memory;	     /* at VM_QUEUE */
	uint64_t bad_begin, bad_end; /* writes that touch these addresses are refused */
	unsigned int memory_writes;  /* calls, refused ones too */

	unsigned int irqs[VSMMU_IRQ_COUNT];
	void (*on_irq)(struct vm *vm, enum vsmmu_irq irq);
	struct vm_report reports[VM_REPORTS];
	unsigned int report_count; /* may exceed VM_REPORTS */
	uint64_t now;		   /* nanoseconds */
	unsigned int log2;	   /* of the guest's queue, as the guest believes */
	uint64_t produced;	   /* events that the producer numbered */
	uint64_t serial;	   /* input address of the last fault */
};

/* setup may be NULL. Everything is asserted. */
struct vm *vm_new(const struct vm_setup *setup);

/* Frees the vSMMU and its host; nothing may be left of either. */
void vm_free(struct vm *vm);

/* Endpoints; @n counts from 0. */
int vm_attach(struct vm *vm, unsigned int n);
void vm_set_ste(struct vm *vm, unsigned int n);
void vm_detach(struct vm *vm, unsigned int n);

/* The guest's moves. */
uint32_t vm_read(struct vm *vm, uint64_t offset);
void vm_write(struct vm *vm, uint64_t offset, uint32_t value);
/* Interrupts on, queue of 2^log2 at VM_QUEUE, empty, everything enabled. */
void vm_enable(struct vm *vm, unsigned int log2);
void vm_disable(struct vm *vm);
/* Records between CONS and PROD. */
uint32_t vm_pending(struct vm *vm);
/* Takes the oldest record; false when there is none. */
bool vm_consume(struct vm *vm, uint64_t word[4]);
/* Takes all. Return: how many. */
uint32_t vm_consume_all(struct vm *vm);
bool vm_overflow_pending(struct vm *vm);
void vm_overflow_ack(struct vm *vm);

/* A read at 0x1000 * serial faults for want of a translation. Return: serial. */
uint64_t vm_fault(struct vm *vm, unsigned int n);
void vm_faults(struct vm *vm, unsigned int n, unsigned int count);
/* So many are numbered and dropped. */
void vm_lose(struct vm *vm, unsigned int n, unsigned int count);
/* The next records in the guest's queue are exactly these faults, in order. */
void vm_expect(struct vm *vm, unsigned int n, uint64_t serial, unsigned int count);
/* The guest's queue is empty. */
void vm_expect_empty(struct vm *vm);

bool vm_readable(struct vm *vm);
/* A vEVENTQ that is polled has something: false while the only one is backed off. */
bool vm_queue_readable(struct vm *vm);
/* Waits until the fd is readable: for the backoff timer. */
void vm_wait(struct vm *vm);
/* Dispatches while the fd is readable. Return: items handled. Asserts that it ends. */
unsigned int vm_dispatch(struct vm *vm);

/* All counters; asserts sequenced == delivered + lost + discarded + pending. */
struct vsmmu_stats vm_stats(struct vm *vm);
/* The same; asserts as well that every event that was produced has been accounted for. */
struct vsmmu_stats vm_stats_all(struct vm *vm);
struct vsmmu_stream_stats vm_stream(struct vm *vm, unsigned int n);
/* Reports of one code so far. */
unsigned int vm_reported(const struct vm *vm, enum vsmmu_report_code code);

/* What vm_sim.c and vm_kernel.c supply. */
void vm_host_new(struct vm *vm, const struct vm_setup *setup);
void vm_host_plug(struct vm *vm, unsigned int n); /* a new device for endpoint @n */
void vm_host_attached(struct vm *vm, unsigned int n);
/* Return: whether it was numbered. */
bool vm_host_fault(struct vm *vm, unsigned int n, const struct vsmmu_event_record *record);
void vm_host_lose(struct vm *vm, unsigned int n);
/* With nothing queued: the next read of that endpoint's vEVENTQ fails. */
void vm_host_fail_read(struct vm *vm, unsigned int n, int error);
uint64_t vm_host_reads(struct vm *vm);
/* The vSMMU is gone: asserts that no object is left, and lets go of the host. */
void vm_host_free(struct vm *vm);

#endif
