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

/* Where an MSI goes (6.3.21 and the like): ADDR, DATA, MemAttr and SH. */
struct msi_config {
	uint64_t address;
	uint32_t data;
	uint32_t attributes;
};

struct registers {
	uint32_t cr0;
	uint32_t cr0ack; /* follows cr0 once its effect is complete */
	uint32_t cr1;
	uint32_t cr2;
	uint32_t gbpa; /* with Update while an update is not complete */
	uint32_t irq_ctrl;
	uint32_t gerror;
	uint32_t gerrorn;
	struct msi_config gerror_msi;
	struct msi_config eventq_msi;
	uint64_t strtab_base;
	uint32_t strtab_cfg;
};

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
