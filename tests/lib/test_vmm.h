/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VMM of the tests: guest memory that a vSMMU reads and writes, interrupts and MSIs that are
 * counted, reports that are kept. The vSMMU is a full one, or with events_only the event path
 * alone. The test chooses the host behind it. Guests are elsewhere: vm.h (event queue),
 * cmdq_guest.h (command queue), tests/driver (all of it).
 */
#ifndef LIB_TEST_VMM_H
#define LIB_TEST_VMM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "arch/regs.h"
#include "lib/unit.h"
#include "smmu/counts.h"

#define TEST_VMM_MEMORY	   UINT64_C(0x80000000) /* guest-physical */
#define TEST_VMM_SIZE	   (UINT64_C(16) << 20)
#define TEST_VMM_DOORBELL  UINT64_C(0x08020040) /* takes MSIs */
#define TEST_VMM_ENDPOINTS 8
#define TEST_VMM_REPORTS   64

struct test_vmm_report {
	enum vsmmu_report_code code;
	enum vsmmu_severity severity;
	uint64_t vsid;
	uint64_t suppressed;
	char text[256];
};

/* For lib/vm.h: an endpoint, and what vm_kernel.c knows of it. */
struct test_vmm_endpoint {
	struct vsmmu_endpoint *handle; /* NULL while detached */
	uint32_t vsid;
	uint32_t dev_id;
	int fd;
	uint32_t veventq; /* where its events go */
};

struct test_vmm {
	struct vsmmu *vsmmu;
	struct vsmmu_host *host;
	bool events_only; /* event path alone: no memory_read, no MSIs, and @now is its clock */

	uint8_t *memory;	     /* @memory_size bytes at TEST_VMM_MEMORY, zeroes at first */
	uint64_t memory_size;	     /* TEST_VMM_SIZE, or what test_vmm_alloc_size() was given */
	uint64_t bad_begin, bad_end; /* reads and writes that touch these are refused */
	atomic_uint memory_reads, memory_writes; /* calls, refused ones too; any thread may */

	unsigned int irqs[IRQ_COUNT];
	void (*on_irq)(struct test_vmm *vmm, enum vsmmu_irq irq);
	unsigned int msis; /* that reached the doorbell */
	uint32_t msi_data; /* of the last one */

	struct test_vmm_report reports[TEST_VMM_REPORTS]; /* the last ones, in turn */
	unsigned int report_count;			  /* may exceed TEST_VMM_REPORTS */
	void (*on_report)(struct test_vmm *vmm);
	/* ops.vsid, if it is set before test_vmm_new(). */
	uint64_t (*on_vsid)(struct test_vmm *vmm, void *endpoint_opaque);
	void *on_vsid_opaque; /* the test's */
	/* ops.delivered, likewise. */
	void (*on_delivered)(struct test_vmm *vmm, const void *records, uint32_t count);
	uint64_t now;	      /* nanoseconds */

	/* For lib/vm.h. */
	struct test_vmm_endpoint endpoints[TEST_VMM_ENDPOINTS];
	unsigned int endpoint_count;
	unsigned int smmus;
	unsigned int log2; /* of the guest's event queue, as the guest believes */
	uint64_t produced; /* events that the producer numbered */
	uint64_t serial;   /* input address of the last fault */
};

/* To be followed by test_vmm_new(), at the end by test_vmm_free(). */
struct test_vmm *test_vmm_alloc(void);
/* The same with so much memory. */
struct test_vmm *test_vmm_alloc_size(uint64_t size);
/*
 * A simulator whose DMA reaches this memory. @config may be NULL; its memory callbacks are
 * filled in. To be called before test_vmm_new(), which takes the host over.
 */
struct vsmmu_host *test_vmm_sim(struct test_vmm *vmm, const struct vsmmu_sim_config *config);

/*
 * Makes vmm->vsmmu on @host, of which it takes the reference over. @config may be NULL;
 * ops, opaque and host are filled in. Return: what vsmmu_new() said.
 */
int test_vmm_new(struct test_vmm *vmm, struct vsmmu_host *host, const struct vsmmu_config *config);

/* Frees vSMMU, host and memory. */
/* Adopts a vEVENTQ that somebody may have read: its sequence begins anywhere. */
int test_vmm_adopt(struct vsmmu *vsmmu, int fd, struct vsmmu_adopted **out);

void test_vmm_free(struct test_vmm *vmm);

/* Guest memory; asserts that it is there. */
void *test_vmm_at(struct test_vmm *vmm, uint64_t address, size_t length);
void test_vmm_store64(struct test_vmm *vmm, uint64_t address, uint64_t value);
uint64_t test_vmm_load64(struct test_vmm *vmm, uint64_t address);

uint32_t test_vmm_read(struct test_vmm *vmm, uint64_t offset);
uint64_t test_vmm_read64(struct test_vmm *vmm, uint64_t offset);
void test_vmm_write(struct test_vmm *vmm, uint64_t offset, uint32_t value);
void test_vmm_write64(struct test_vmm *vmm, uint64_t offset, uint64_t value);

struct vsmmu_stats test_vmm_stats(struct test_vmm *vmm);
/* Reports of one code so far. */
unsigned int test_vmm_reported(const struct test_vmm *vmm, enum vsmmu_report_code code);

/* For ops of one's own: @opaque is the struct test_vmm. */
int test_vmm_memory_read(void *opaque, uint64_t address, void *bytes, size_t length);
int test_vmm_memory_write(void *opaque, uint64_t address, const void *bytes, size_t length);

#endif
