/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test_vmm of the event path alone: its endpoints are attached and have a stage 1 STE, and a
 * guest that has nothing but an event queue takes what they report. The host behind it is chosen
 * at link time: vm_sim.c is the simulator, vm_kernel.c the iommufd host on a fake kernel.
 */
#ifndef LIB_VM_H
#define LIB_VM_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/smmu.h>

#include "lib/test_vmm.h"

#define VM_SIZE	   (UINT64_C(32) << 20) /* of its memory, where the queue is at the beginning */
#define VM_VSID(n) (0x40u + (n))

#define VM_ON (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)

/* Members that are zero ask for the default. */
struct vm_setup {
	unsigned int endpoints; /* attached, with a stage 1 STE; 0 means 1 */
	unsigned int smmus;	/* physical ones, the endpoints in turn; 0 means 1 */
	bool unattached;	/* leave attaching to the test */
	uint32_t depth;
	uint32_t eventq_log2_max;
	uint32_t ssid_bits;
	bool isolate;
	enum vsmmu_loss_policy loss_policy;
	uint32_t report_burst;
	uint64_t report_interval_ns;
	void (*on_delivered)(struct test_vmm *vmm, const void *records, uint32_t count);
	uint32_t first_sequence; /* simulator only */
	bool before_2026;	 /* simulator only */
};

/* setup may be NULL. Everything is asserted. */
struct test_vmm *vm_new(const struct vm_setup *setup);

/* Frees the vSMMU and its host; nothing may be left of either. */
void vm_free(struct test_vmm *vm);

/* Endpoints; @n counts from 0. */
int vm_attach(struct test_vmm *vm, unsigned int n);
void vm_set_ste(struct test_vmm *vm, unsigned int n);
void vm_detach(struct test_vmm *vm, unsigned int n);

/* Interrupts on, queue of 2^log2 at TEST_VMM_MEMORY, empty, everything enabled. */
void vm_enable(struct test_vmm *vm, unsigned int log2);
void vm_disable(struct test_vmm *vm);
/* Records between CONS and PROD. A test may ask within an interrupt too. */
uint32_t vm_pending(struct test_vmm *vm);
/* Takes the oldest record; false when there is none. */
bool vm_consume(struct test_vmm *vm, uint64_t word[4]);
/* Takes all. Return: how many. */
uint32_t vm_consume_all(struct test_vmm *vm);
bool vm_overflow_pending(struct test_vmm *vm);
void vm_overflow_ack(struct test_vmm *vm);

/* A read at 0x1000 * serial faults for want of a translation. Return: serial. */
uint64_t vm_fault(struct test_vmm *vm, unsigned int n);
void vm_faults(struct test_vmm *vm, unsigned int n, unsigned int count);
/* So many are numbered and dropped. */
void vm_lose(struct test_vmm *vm, unsigned int n, unsigned int count);
/* The next records in the guest's queue are exactly these faults, in order. */
void vm_expect(struct test_vmm *vm, unsigned int n, uint64_t serial, unsigned int count);
/* The guest's queue is empty. */
void vm_expect_empty(struct test_vmm *vm);

bool vm_readable(struct test_vmm *vm);
/* A vEVENTQ that is polled has something: false while the only one is backed off. */
bool vm_queue_readable(struct test_vmm *vm);
/* Waits until the fd is readable: for the backoff timer. */
void vm_wait(struct test_vmm *vm);
/* Dispatches while the fd is readable. Return: items handled. Asserts that it ends. */
unsigned int vm_dispatch(struct test_vmm *vm);

/* All counters; asserts sequenced == delivered + lost + discarded + pending. */
struct vsmmu_stats vm_stats(struct test_vmm *vm);
/* Asserts as well that every event that was produced has been accounted for. */
struct vsmmu_stats vm_stats_all(struct test_vmm *vm);
struct vsmmu_endpoint_stats vm_stream(struct test_vmm *vm, unsigned int n);

/* Supplied by vm_sim.c or vm_kernel.c. */
void vm_host_new(struct test_vmm *vm, const struct vm_setup *setup);
void vm_host_plug(struct test_vmm *vm, unsigned int n); /* a new device for endpoint @n */
void vm_host_attached(struct test_vmm *vm, unsigned int n);
/* Return: whether it was numbered. */
bool vm_host_fault(struct test_vmm *vm, unsigned int n, const struct vsmmu_event_record *record);
void vm_host_lose(struct test_vmm *vm, unsigned int n);
/* With nothing queued: the next read of that endpoint's vEVENTQ fails. */
void vm_host_fail_read(struct test_vmm *vm, unsigned int n, int error);
uint64_t vm_host_reads(struct test_vmm *vm);
/* The vSMMU is gone: asserts that no object is left, and lets go of the host. */
void vm_host_free(struct test_vmm *vm);

#endif
