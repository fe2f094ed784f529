/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers that have state (IHI 0070 6.3), one row each. Accesses, resets, snapshots and
 * the checks of snapshots all walk this table. Under the event lock, but for register_row() and
 * what asks about a row alone.
 */
#ifndef SMMU_REGISTERS_TABLE_H
#define SMMU_REGISTERS_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct vsmmu;

/* Rows are numbered in the order of their offsets, which a snapshot's format has too. */
#define REGISTER_ROWS 23

/* Return: the row of a register by its offset, or REGISTER_ROWS. */
unsigned int register_row(uint64_t offset);

/* A row's value, of 32 or 64 bits, whether or not this vSMMU has the register. */
uint64_t register_get(const struct vsmmu *vsmmu, unsigned int row);
void register_put(struct vsmmu *vsmmu, unsigned int row, uint64_t value);

/* Return: the value after a reset, 0 where the architecture leaves it UNKNOWN. */
uint64_t register_reset_value(const struct vsmmu *vsmmu, unsigned int row);

/*
 * Return: the bits that can be 1 while no write is under way, on a full vSMMU (@whole) or an
 * event path alone, with that IDR0. None where there is no such register.
 */
uint64_t register_may_hold(unsigned int row, bool whole, uint32_t idr0);

/* Return: whether the register has the value of the row before while no write is under way. */
bool register_is_ack(unsigned int row);

/* Return: whether a register is there, of which @value gets the 32 bits at @offset. */
bool register_load(const struct vsmmu *vsmmu, uint64_t offset, uint32_t *value);

/* A guest's write of 32 bits; ignored where there is no register, or something guards it. */
void register_store(struct vsmmu *vsmmu, uint64_t offset, uint32_t value);

/* Gives the registers and queues their reset state. Under the command lock too. */
void registers_reset(struct vsmmu *vsmmu);

#endif
