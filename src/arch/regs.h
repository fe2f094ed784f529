/* SPDX-License-Identifier: BSD-2-Clause */
/* Register offsets and fields of the Non-secure SMMUv3 pages (IHI 0070 6.2, 6.3). */
#ifndef ARCH_REGS_H
#define ARCH_REGS_H

#include <stdint.h>

#define SMMU_REG_SPACE UINT64_C(0x20000)

#define SMMU_IDR0     0x0000
#define SMMU_IDR0_MSI (UINT32_C(1) << 13)
#define SMMU_IDR0_ATS (UINT32_C(1) << 10)
#define SMMU_IDR5     0x0014
#define SMMU_IIDR     0x0018
#define SMMU_AIDR     0x001c

#define SMMU_CR0	  0x0020
#define SMMU_CR0ACK	  0x0024
#define SMMU_CR0_SMMUEN	  (UINT32_C(1) << 0)
#define SMMU_CR0_EVENTQEN (UINT32_C(1) << 2)
#define SMMU_CR0_CMDQEN	  (UINT32_C(1) << 3)
#define SMMU_CR0_ATSCHK	  (UINT32_C(1) << 4) /* only with IDR0.ATS */

#define SMMU_CR1      0x0028
#define SMMU_CR1_BITS UINT32_C(0x00000fff)

#define SMMU_CR2	   0x002c
#define SMMU_CR2_RECINVSID (UINT32_C(1) << 1)
#define SMMU_CR2_PTM	   (UINT32_C(1) << 2) /* RES0 without BTM, and taken all the same */

#define SMMU_GBPA	   0x0044
#define SMMU_GBPA_UPDATE   (UINT32_C(1) << 31)
#define SMMU_GBPA_ABORT	   (UINT32_C(1) << 20)
#define SMMU_GBPA_BITS	   UINT32_C(0x001f3f1f) /* all but Update: up to ABORT */
#define SMMU_GBPA_INCOMING UINT32_C(0x00001000) /* SHCFG: shareability as it comes */

#define SMMU_IRQ_CTRL		   0x0050
#define SMMU_IRQ_CTRLACK	   0x0054
#define SMMU_IRQ_CTRL_GERROR_IRQEN (UINT32_C(1) << 0)
#define SMMU_IRQ_CTRL_EVENTQ_IRQEN (UINT32_C(1) << 2)

#define SMMU_GERROR		   0x0060
#define SMMU_GERRORN		   0x0064
#define SMMU_GERROR_CMDQ_ERR	   (UINT32_C(1) << 0)
#define SMMU_GERROR_EVENTQ_ABT_ERR (UINT32_C(1) << 2)
#define SMMU_GERROR_MSI_CMDQ_ABT   (UINT32_C(1) << 4)
#define SMMU_GERROR_MSI_EVENTQ_ABT (UINT32_C(1) << 5)
#define SMMU_GERROR_MSI_GERROR_ABT (UINT32_C(1) << 7)

/* IRQ_CFG0 is 64 bits wide, CFG1 and CFG2 follow at 8 and 12 (6.3.21 to 6.3.23 ...). */
#define SMMU_GERROR_IRQ_CFG0 0x0068
#define SMMU_GERROR_IRQ_CFG1 0x0070
#define SMMU_GERROR_IRQ_CFG2 0x0074
#define SMMU_IRQ_CFG0_ADDR   UINT64_C(0x00fffffffffffffc)
#define SMMU_IRQ_CFG2_BITS   UINT32_C(0x0000003f)

#define SMMU_STRTAB_BASE	  0x0080
#define SMMU_STRTAB_BASE_BITS	  UINT64_C(0x40ffffffffffffc0) /* RA, ADDR */
#define SMMU_STRTAB_BASE_CFG	  0x0088
#define SMMU_STRTAB_BASE_CFG_BITS UINT32_C(0x000307ff)

#define SMMU_CMDQ_BASE	    0x0090
#define SMMU_CMDQ_PROD	    0x0098
#define SMMU_CMDQ_CONS	    0x009c
#define SMMU_CMDQ_CONS_ERR  UINT32_C(0x7f000000)
#define SMMU_CMDQ_ERR_LOW   24
#define SMMU_CERROR_NONE    0
#define SMMU_CERROR_ILL	    1
#define SMMU_CERROR_ABT	    2
#define SMMU_CERROR_ATC_INV 3 /* CERROR_ATC_INV_SYNC */

#define SMMU_EVENTQ_BASE     0x00a0
#define SMMU_EVENTQ_IRQ_CFG0 0x00b0
#define SMMU_EVENTQ_IRQ_CFG1 0x00b8
#define SMMU_EVENTQ_IRQ_CFG2 0x00bc

/* CMDQ_BASE and EVENTQ_BASE. Bit 62 is RA in the one, WA in the other. */
#define SMMU_QUEUE_BASE_HINT	 (UINT64_C(1) << 62)
#define SMMU_QUEUE_BASE_ADDR	 UINT64_C(0x00ffffffffffffe0)
#define SMMU_QUEUE_BASE_LOG2SIZE UINT64_C(0x1f)

/* Peripheral and component identification, 4-byte registers of 8 bits each. */
#define SMMU_PIDR4 0x0fd0
#define SMMU_CIDR3 0x0ffc

/* Page 1 (IHI 0070 6.3.95, 6.3.96) */
#define SMMU_EVENTQ_PROD	  0x100a8
#define SMMU_EVENTQ_PROD_OVFLG	  (UINT32_C(1) << 31)
#define SMMU_EVENTQ_CONS	  0x100ac
#define SMMU_EVENTQ_CONS_OVACKFLG (UINT32_C(1) << 31)
#define SMMU_QUEUE_INDEX	  UINT32_C(0x000fffff) /* wrap bit and index, any size */
#define SMMU_EVENTQ_CONS_BITS	  (SMMU_EVENTQ_CONS_OVACKFLG | SMMU_QUEUE_INDEX)

#define SMMU_EVENTQ_LOG2_MAX 19 /* IDR1.EVENTQS, largest legal (6.3.2) */
#define SMMU_SSID_BITS_MAX   20

#endif
