/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest: its memory, its driver's moves, and a memory of what it has been told. */
#ifndef STRESS_GUEST_H
#define STRESS_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>

#include <vsmmu/smmu.h>

#include "smmu/counts.h"

#define GUEST_LOG2_MAX 14
#define GUEST_ADDRESS  UINT64_C(0x40000000)
#define GUEST_SIZE     (UINT64_C(32) << GUEST_LOG2_MAX)

/* A record carries in its address who faulted, and which fault of it this was. */
#define GUEST_SERIAL_BITS 56
#define GUEST_SERIAL_MASK ((UINT64_C(1) << GUEST_SERIAL_BITS) - 1)

#define GUEST_STREAMS 8
#define GUEST_NOBODY  UINT32_MAX

struct guest_stream {
	uint32_t endpoint; /* who has this StreamID, or GUEST_NOBODY */
	uint64_t seen;	   /* the last fault that it was told of; none before it may come */
};

struct guest {
	struct vsmmu *vsmmu;
	uint8_t *memory;
	atomic_bool memory_gone;
	atomic_uint_fast64_t irqs[IRQ_COUNT];
	unsigned int log2;
	bool enabled;
	uint64_t consumed;
	uint64_t abandoned; /* delivered, never looked at: the queue was taken away */
	struct guest_stream stream[GUEST_STREAMS]; /* by StreamID */
};

extern const struct vsmmu_ops guest_ops;

void guest_enable(struct guest *guest, unsigned int log2);
void guest_disable(struct guest *guest);
/* What a reset of the machine leaves it with: nothing. */
void guest_forget(struct guest *guest);

/* Takes at most @max records, checks each, then moves CONS. Return: how many. */
uint32_t guest_consume(struct guest *guest, uint32_t max);
uint32_t guest_unread(struct guest *guest);
void guest_acknowledge_error(struct guest *guest);

#endif
