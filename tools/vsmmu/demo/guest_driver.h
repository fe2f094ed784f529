/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's SMMUv3 driver, as far as its event queue goes. It knows the vSMMU by its
 * registers, its interrupts and its own memory only, and behaves as Linux'
 * drivers/iommu/arm/arm-smmu-v3: it looks at the queue only after an interrupt, writes
 * CONS after each record, acknowledges an overflow once the queue is empty.
 */
#ifndef DEMO_GUEST_DRIVER_H
#define DEMO_GUEST_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <vsmmu/event.h>
#include <vsmmu/smmu.h>

#include "demo/guest_memory.h"

struct guest_driver {
	struct vsmmu *vsmmu;
	const struct guest_memory *memory;
	void (*record)(void *opaque, const struct vsmmu_event_record *record);
	void *opaque;

	/* The queue, with the driver's copies of PROD and CONS. */
	uint64_t address;
	unsigned int log2;
	uint32_t prod;
	uint32_t cons;

	bool irq_pending[VSMMU_IRQ_CMD_SYNC + 1];
	bool thread_runs; /* the event thread was woken and has not found the queue empty yet */

	/* These the guest knows. */
	uint64_t consumed;
	uint64_t unreadable; /* records in its queue that are not in its memory: none, ever */
	uint64_t overflows;
	uint64_t aborts;
	uint64_t bad_acks; /* CR0 or IRQ_CTRL that were not acknowledged as written */
};

/* Programs a queue of 2^@log2 records at @address and enables queue, interrupts, SMMU. */
void guest_driver_enable(struct guest_driver *driver, uint64_t address, unsigned int log2);

/* Disables all that, then consumes what had been written to the queue before. */
void guest_driver_disable(struct guest_driver *driver);

/*
 * Looks at the queue without an interrupt: of an overflow of an empty queue none tells, and the
 * guest would see it with the next event.
 */
void guest_driver_look(struct guest_driver *driver);

/* An interrupt arrives. Callable from irq_pulse: it touches no register. */
void guest_driver_interrupt(struct guest_driver *driver, enum vsmmu_irq irq);

/* The guest has time for @records records. Return: how many it consumed. */
uint32_t guest_driver_run(struct guest_driver *driver, uint32_t records);

/* Whether nothing but an interrupt would make it do something. */
bool guest_driver_is_idle(const struct guest_driver *driver);

#endif
