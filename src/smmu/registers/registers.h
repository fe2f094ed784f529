/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The values of the registers (IHI 0070 6.3). Queues keep their own (eventq.h, cmdq.h), and ID
 * registers never change; table.h has all that do. Under the event lock.
 */
#ifndef SMMU_REGISTERS_REGISTERS_H
#define SMMU_REGISTERS_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

struct vsmmu;

/* Gives the registers and queues their reset state. Under the command lock too. */
void registers_reset(struct vsmmu *vsmmu);

/* The bits of CR0 that this vSMMU has, and so the only ones that are ever acknowledged. */
uint32_t registers_cr0_bits(const struct vsmmu *vsmmu);

/* Takes a value of those bits. Return: the bits that changed. Under the command lock too. */
uint32_t registers_set_cr0(struct vsmmu *vsmmu, uint32_t value);

/* Any register, by its 32-bit half if it has 64 bits. Unknown ones read as zero. */
uint32_t registers_read(struct vsmmu *vsmmu, uint64_t offset);

/*
 * Any register but those that need no lock, or more than the event lock: see mmio.c.
 * Return: whether the command queue can go on because of it.
 */
bool registers_write(struct vsmmu *vsmmu, uint64_t offset, uint32_t value);

#endif
