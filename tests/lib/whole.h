/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole vSMMU for tests: guest memory that it reads and writes, interrupts and MSIs that
 * are counted, reports that are kept. The host behind it is the test's choice. No driver
 * in it: who wants one has tests/driver.
 */
#ifndef LIB_WHOLE_H
#define LIB_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/access.h>
#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>
#include <vsmmu/snapshot.h>

#include "arch/regs.h"
#include "lib/unit.h"

#define WHOLE_MEMORY   UINT64_C(0x80000000) /* guest-physical */
#define WHOLE_SIZE     (UINT64_C(16) << 20)
#define WHOLE_DOORBELL UINT64_C(0x08020040) /* takes MSIs */
#define WHOLE_REPORTS  64

struct whole_report {
	enum vsmmu_report_code code;
	enum vsmmu_severity severity;
	uint64_t vsid;
	char text[256];
};

struct whole {
	struct vsmmu *vsmmu;
	struct vsmmu_host *host;
	uint8_t *memory;	     /* WHOLE_SIZE bytes at WHOLE_MEMORY */
	uint64_t bad_begin, bad_end; /* reads and writes that touch these are refused */
	unsigned int reads;	     /* calls of memory_read */
	unsigned int irqs[VSMMU_IRQ_COUNT];
	void (*on_irq)(struct whole *whole, enum vsmmu_irq irq);
	unsigned int msis; /* that reached the doorbell */
	uint32_t msi_data; /* of the last one */
	struct whole_report reports[WHOLE_REPORTS];
	unsigned int report_count; /* may exceed WHOLE_REPORTS */
};

/*
 * A simulator whose DMA reaches this memory. @config may be NULL; its memory callbacks are
 * filled in. To be called before whole_new(), which takes the host over.
 */
struct whole *whole_alloc(void);
struct vsmmu_host *whole_sim(struct whole *whole, const struct vsmmu_sim_config *config);

/*
 * Makes whole->vsmmu on @host, of which it takes the reference over. @config may be NULL;
 * ops, opaque and host are filled in. Return: what vsmmu_new() said.
 */
int whole_new(
	struct whole *whole, struct vsmmu_host *host, const struct vsmmu_config *config);

/* Frees vSMMU, host and memory. */
void whole_free(struct whole *whole);

/* Guest memory; asserts that it is there. */
void *whole_at(struct whole *whole, uint64_t address, size_t length);
void whole_store64(struct whole *whole, uint64_t address, uint64_t value);
uint64_t whole_load64(struct whole *whole, uint64_t address);

uint32_t whole_read(struct whole *whole, uint64_t offset);
uint64_t whole_read64(struct whole *whole, uint64_t offset);
void whole_write(struct whole *whole, uint64_t offset, uint32_t value);
void whole_write64(struct whole *whole, uint64_t offset, uint64_t value);

struct vsmmu_stats whole_stats(struct whole *whole);
/* Reports of one code so far. */
unsigned int whole_reported(const struct whole *whole, enum vsmmu_report_code code);

/* For ops of one's own: @opaque is the struct whole. */
int whole_memory_read(void *opaque, uint64_t address, void *bytes, size_t length);
int whole_memory_write(void *opaque, uint64_t address, const void *bytes, size_t length);

#endif
