/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that are storage: each has the bits that a write changes, and something that
 * guards it while the SMMU uses it. Under the event lock.
 */
#ifndef SMMU_REGISTERS_TABLE_H
#define SMMU_REGISTERS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct vsmmu;

enum guard {
	GUARD_NONE = 0,
	GUARD_ALWAYS, /* read-only, or written otherwise: registers.c, mmio.c */
	GUARD_SMMUEN,
	GUARD_CMDQEN,
	GUARD_EVENTQEN,
	GUARD_GERROR_IRQEN,
	GUARD_EVENTQ_IRQEN,
};

/* Whether what is guarded so may not be written now. */
bool register_is_guarded(const struct vsmmu *vsmmu, enum guard guard);

/* Return: whether there is storage there, of which @value gets the 32 bits at @offset. */
bool register_load(const struct vsmmu *vsmmu, uint64_t offset, uint32_t *value);

/* Ignored where there is no storage, or something guards it. */
void register_store(struct vsmmu *vsmmu, uint64_t offset, uint32_t value);

#endif
