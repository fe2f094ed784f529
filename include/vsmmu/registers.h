/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Offsets of the registers that a vSMMU has; all others read as zero and ignore writes. They are
 * for a VMM that looks at the guest's accesses, has some registers of its own, or plays the guest
 * in a test.
 */
#ifndef VSMMU_REGISTERS_H
#define VSMMU_REGISTERS_H

#ifdef __cplusplus
extern "C" {
#endif

/** VSMMU_REGISTER_SPACE - bytes of an SMMU's registers: two pages of 64 KiB */
#define VSMMU_REGISTER_SPACE 0x20000u

/**
 * enum vsmmu_register - offsets from the base of the register space
 *
 * Registers are 4 bytes wide, but for the BASE and IRQ_CFG0 ones, which are 8. Source: IHI 0070 6.2
 */
enum vsmmu_register {
	VSMMU_REG_IDR0 = 0x0,
	VSMMU_REG_IDR1 = 0x4,
	VSMMU_REG_IDR2 = 0x8,
	VSMMU_REG_IDR3 = 0xc,
	VSMMU_REG_IDR4 = 0x10,
	VSMMU_REG_IDR5 = 0x14,
	VSMMU_REG_IIDR = 0x18,
	VSMMU_REG_AIDR = 0x1c,
	VSMMU_REG_CR0 = 0x20,
	VSMMU_REG_CR0ACK = 0x24,
	VSMMU_REG_CR1 = 0x28,
	VSMMU_REG_CR2 = 0x2c,
	VSMMU_REG_GBPA = 0x44,
	VSMMU_REG_IRQ_CTRL = 0x50,
	VSMMU_REG_IRQ_CTRLACK = 0x54,
	VSMMU_REG_GERROR = 0x60,
	VSMMU_REG_GERRORN = 0x64,
	VSMMU_REG_GERROR_IRQ_CFG0 = 0x68,
	VSMMU_REG_GERROR_IRQ_CFG1 = 0x70,
	VSMMU_REG_GERROR_IRQ_CFG2 = 0x74,
	VSMMU_REG_STRTAB_BASE = 0x80,
	VSMMU_REG_STRTAB_BASE_CFG = 0x88,
	VSMMU_REG_CMDQ_BASE = 0x90,
	VSMMU_REG_CMDQ_PROD = 0x98,
	VSMMU_REG_CMDQ_CONS = 0x9c,
	VSMMU_REG_EVENTQ_BASE = 0xa0,
	VSMMU_REG_EVENTQ_IRQ_CFG0 = 0xb0,
	VSMMU_REG_EVENTQ_IRQ_CFG1 = 0xb8,
	VSMMU_REG_EVENTQ_IRQ_CFG2 = 0xbc,
	VSMMU_REG_PIDR4 = 0xfd0,	 /* the first of twelve: identification, 8 bits in each */
	VSMMU_REG_CIDR3 = 0xffc,	 /* the last */
	VSMMU_REG_EVENTQ_PROD = 0x100a8, /* in page 1 */
	VSMMU_REG_EVENTQ_CONS = 0x100ac,
};

#ifdef __cplusplus
}
#endif

#endif
