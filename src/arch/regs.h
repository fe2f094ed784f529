/* SPDX-License-Identifier: BSD-2-Clause */
/* Register offsets and fields of the Non-secure SMMUv3 pages (IHI 0070 6.2, 6.3). */
#ifndef ARCH_REGS_H
#define ARCH_REGS_H

#include <stdint.h>

#define SMMU_REG_SPACE UINT64_C(0x20000)

#define SMMU_CR0	  0x0020
#define SMMU_CR0ACK	  0x0024
#define SMMU_CR0_SMMUEN	  (UINT32_C(1) << 0)
#define SMMU_CR0_EVENTQEN (UINT32_C(1) << 2)

#define SMMU_IRQ_CTRL		   0x0050
#define SMMU_IRQ_CTRLACK	   0x0054
#define SMMU_IRQ_CTRL_GERROR_IRQEN (UINT32_C(1) << 0)
#define SMMU_IRQ_CTRL_EVENTQ_IRQEN (UINT32_C(1) << 2)

#define SMMU_GERROR		   0x0060
#define SMMU_GERRORN		   0x0064
#define SMMU_GERROR_EVENTQ_ABT_ERR (UINT32_C(1) << 2)

#define SMMU_EVENTQ_BASE	  0x00a0
#define SMMU_EVENTQ_BASE_WA	  (UINT64_C(1) << 62)
#define SMMU_EVENTQ_BASE_ADDR	  UINT64_C(0x00ffffffffffffe0)
#define SMMU_EVENTQ_BASE_LOG2SIZE UINT64_C(0x1f)

/* Page 1 (IHI 0070 6.3.95, 6.3.96) */
#define SMMU_EVENTQ_PROD	  0x100a8
#define SMMU_EVENTQ_PROD_OVFLG	  (UINT32_C(1) << 31)
#define SMMU_EVENTQ_CONS	  0x100ac
#define SMMU_EVENTQ_CONS_OVACKFLG (UINT32_C(1) << 31)
#define SMMU_QUEUE_INDEX	  UINT32_C(0x000fffff) /* wrap bit and index, any size */

#define SMMU_EVENTQ_LOG2_MAX 19 /* IDR1.EVENTQS, largest legal (6.3.2) */
#define SMMU_SSID_BITS_MAX   20

#endif
