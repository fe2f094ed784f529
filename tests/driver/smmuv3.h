/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMMUv3 as a driver needs it (IHI 0070 chapters 4 to 7). Written on its own, not taken
 * from the library, so that a number that is wrong in one of the two shows.
 */
#ifndef DRIVER_SMMUV3_H
#define DRIVER_SMMUV3_H

/* Registers (6.2) */
#define MMIO_IDR0	     0x000
#define MMIO_IDR1	     0x004
#define MMIO_IDR3	     0x00c
#define MMIO_IDR5	     0x014
#define MMIO_IIDR	     0x018
#define MMIO_AIDR	     0x01c
#define MMIO_CR0	     0x020
#define MMIO_CR0ACK	     0x024
#define MMIO_CR1	     0x028
#define MMIO_CR2	     0x02c
#define MMIO_STATUSR	     0x040
#define MMIO_GBPA	     0x044
#define MMIO_IRQ_CTRL	     0x050
#define MMIO_IRQ_CTRLACK     0x054
#define MMIO_GERROR	     0x060
#define MMIO_GERRORN	     0x064
#define MMIO_GERROR_IRQ_CFG0 0x068
#define MMIO_GERROR_IRQ_CFG1 0x070
#define MMIO_GERROR_IRQ_CFG2 0x074
#define MMIO_STRTAB_BASE     0x080
#define MMIO_STRTAB_BASE_CFG 0x088
#define MMIO_CMDQ_BASE	     0x090
#define MMIO_CMDQ_PROD	     0x098
#define MMIO_CMDQ_CONS	     0x09c
#define MMIO_EVENTQ_BASE     0x0a0
#define MMIO_EVENTQ_IRQ_CFG0 0x0b0
#define MMIO_EVENTQ_IRQ_CFG1 0x0b8
#define MMIO_EVENTQ_IRQ_CFG2 0x0bc
#define MMIO_PAGE1	     0x10000
#define MMIO_EVENTQ_PROD     (MMIO_PAGE1 + 0x0a8)
#define MMIO_EVENTQ_CONS     (MMIO_PAGE1 + 0x0ac)

/* Their fields (6.3) */
#define MMIO_CR0_SMMUEN	  0x001u
#define MMIO_CR0_PRIQEN	  0x002u
#define MMIO_CR0_EVENTQEN 0x004u
#define MMIO_CR0_CMDQEN	  0x008u
#define MMIO_CR0_ATSCHK	  0x010u

/* Queues and tables write-back cacheable and inner shareable. */
#define MMIO_CR1_CACHED	   0xd75u
#define MMIO_CR2_RECINVSID 0x2u
#define MMIO_CR2_PTM	   0x4u

#define MMIO_GBPA_ABORT	 0x00100000u
#define MMIO_GBPA_UPDATE 0x80000000u

#define MMIO_IRQ_GERROR 0x1u
#define MMIO_IRQ_EVENTQ 0x4u

#define MMIO_GERROR_CMDQ_ERR	   0x001u
#define MMIO_GERROR_EVENTQ_ABT_ERR 0x004u
#define MMIO_GERROR_PRIQ_ABT_ERR   0x008u
#define MMIO_GERROR_MSI_CMDQ_ABT   0x010u
#define MMIO_GERROR_MSI_EVENTQ_ABT 0x020u
#define MMIO_GERROR_MSI_PRIQ_ABT   0x040u
#define MMIO_GERROR_MSI_GERROR_ABT 0x080u
#define MMIO_GERROR_SFM_ERR	   0x100u
#define MMIO_GERROR_KNOWN	   0x1fdu /* that Linux looks at */

#define MMIO_BASE_ALLOCATE  0x4000000000000000ull /* RA, WA */
#define MMIO_QUEUE_FLAG	    0x80000000u		  /* OVFLG, OVACKFLG */
#define MMIO_CMDQ_ERR(cons) ((cons) >> 24 & 0x7fu)

#define MMIO_STRTAB_2LVL	 0x10000u
#define MMIO_STRTAB_SPLIT(split) ((uint32_t)(split) << 6)

/* Memory attributes of MSIs: Device-nGnRE (IRQ_CFG2) */
#define MMIO_MSI_DEVICE 0x1u

/* Commands (4.1.3) */
#define SMMU_CMD_PREFETCH_CONFIG 0x01u
#define SMMU_CMD_PREFETCH_ADDR	 0x02u
#define SMMU_CMD_CFGI_STE	 0x03u
#define SMMU_CMD_CFGI_STE_RANGE	 0x04u
#define SMMU_CMD_CFGI_CD	 0x05u
#define SMMU_CMD_CFGI_CD_ALL	 0x06u
#define SMMU_CMD_TLBI_NH_ALL	 0x10u
#define SMMU_CMD_TLBI_NH_ASID	 0x11u
#define SMMU_CMD_TLBI_NH_VA	 0x12u
#define SMMU_CMD_TLBI_NH_VAA	 0x13u
#define SMMU_CMD_TLBI_EL2_ALL	 0x20u
#define SMMU_CMD_TLBI_S12_VMALL	 0x28u
#define SMMU_CMD_TLBI_NSNH_ALL	 0x30u
#define SMMU_CMD_ATC_INV	 0x40u
#define SMMU_CMD_PRI_RESP	 0x41u
#define SMMU_CMD_RESUME		 0x44u
#define SMMU_CMD_STALL_TERM	 0x45u
#define SMMU_CMD_SYNC		 0x46u

#define SMMU_CMD_SSEC	     0x400ull
#define SMMU_CMD_SSV	     0x800ull
#define SMMU_CMD_SSID(ssid)  ((uint64_t)(ssid) << 12)
#define SMMU_CMD_SID(sid)    ((uint64_t)(sid) << 32)
#define SMMU_CMD_ASID(asid)  ((uint64_t)(asid) << 48)
#define SMMU_CMD_NUM(num)    ((uint64_t)(num) << 12)
#define SMMU_CMD_SCALE(s)    ((uint64_t)(s) << 20)
#define SMMU_CMD_LEAF	     0x1ull
#define SMMU_CMD_TTL(ttl)    ((uint64_t)(ttl) << 8)
#define SMMU_CMD_TG(tg)	     ((uint64_t)(tg) << 10)
#define SMMU_CMD_ADDRESS     0xfffffffffffff000ull
#define SMMU_CMD_RANGE_ALL   31u
#define SMMU_SYNC_IRQ	     0x1000ull
#define SMMU_SYNC_SEV	     0x2000ull
#define SMMU_SYNC_MSH_INNER  0xc00000ull
#define SMMU_SYNC_MSI_OIWB   0xf000000ull
#define SMMU_SYNC_MSIDATA(d) ((uint64_t)(d) << 32)
#define SMMU_SYNC_MSIADDR    0x000ffffffffffffcull

#define MMIO_CERROR_NONE	 0u
#define MMIO_CERROR_ILL		 1u
#define MMIO_CERROR_ABT		 2u
#define MMIO_CERROR_ATC_INV_SYNC 3u

/* Events (7.3) */
#define SMMU_EVENT_ID(word0)   ((unsigned int)((word0)&0xff))
#define SMMU_EVENT_SID(word0)  ((uint32_t)((word0) >> 32))
#define SMMU_EVENT_SSV(word0)  ((word0) >> 11 & 1)
#define SMMU_EVENT_SSID(word0) ((uint32_t)((word0) >> 12 & 0xfffff))
#define SMMU_EVENT_RNW(word1)  ((word1) >> 35 & 1)
#define SMMU_F_UUT	       0x01u
#define SMMU_C_BAD_STREAMID    0x02u
#define SMMU_F_STE_FETCH       0x03u
#define SMMU_C_BAD_STE	       0x04u
#define SMMU_F_STREAM_DISABLED 0x06u
#define SMMU_C_BAD_SUBSTREAMID 0x08u
#define SMMU_F_CD_FETCH	       0x09u
#define SMMU_C_BAD_CD	       0x0au
#define SMMU_F_WALK_EABT       0x0bu
#define SMMU_F_TRANSLATION     0x10u
#define SMMU_F_ADDR_SIZE       0x11u
#define SMMU_F_ACCESS	       0x12u
#define SMMU_F_PERMISSION      0x13u

/* Stream table (5.1, 5.2) */
#define SMMU_L1STD_SPAN(n)	 ((uint64_t)(n)) /* 2^(n - 1) STEs */
#define SMMU_L1STD_ADDRESS	 0x00ffffffffffffc0ull
#define SMMU_STE0_V		 0x1ull
#define SMMU_STE0_CONFIG	 0xeull
#define SMMU_STE0_ABORT		 0x0ull
#define SMMU_STE0_BYPASS	 0x8ull
#define SMMU_STE0_STAGE1	 0xaull
#define SMMU_STE0_STAGE2	 0xcull
#define SMMU_STE0_FORMAT(f)	 ((uint64_t)(f) << 4)
#define SMMU_STE0_CONTEXT	 0x00ffffffffffffc0ull
#define SMMU_STE0_CDMAX(n)	 ((uint64_t)(n) << 59)
#define SMMU_STE1_S1DSS		 0x3ull
#define SMMU_STE1_WALK_WB	 0xd4ull /* S1CIR, S1COR write-back, S1CSH inner */
#define SMMU_STE1_WALK		 0xfcull
#define SMMU_STE1_S1STALLD	 0x8000000ull
#define SMMU_STE1_EATS		 0x10000000ull
#define SMMU_STE1_SHCFG_INCOMING 0x100000000000ull
#define SMMU_S1DSS_TERMINATE	 0u
#define SMMU_S1DSS_BYPASS	 1u
#define SMMU_S1DSS_SSID0	 2u

/* CD (5.3, 5.4) */
#define SMMU_L1CD_V	  0x1ull
#define SMMU_L1CD_ADDRESS 0x00fffffffffff000ull
#define SMMU_CD0_T0SZ(n)  ((uint64_t)(n))
#define SMMU_CD0_TG0(n)	  ((uint64_t)(n) << 6)
#define SMMU_CD0_WALK0_WB 0x3500ull /* IR0, OR0, SH0 */
#define SMMU_CD0_EPD0	  0x4000ull
#define SMMU_CD0_T1SZ(n)  ((uint64_t)(n) << 16)
#define SMMU_CD0_TG1(n)	  ((uint64_t)(n) << 22)
#define SMMU_CD0_WALK1_WB 0x35000000ull
#define SMMU_CD0_EPD1	  0x40000000ull
#define SMMU_CD0_V	  0x80000000ull
#define SMMU_CD0_IPS(n)	  ((uint64_t)(n) << 32)
#define SMMU_CD0_AA64	  0x20000000000ull
#define SMMU_CD0_S	  0x100000000000ull
#define SMMU_CD0_R	  0x200000000000ull
#define SMMU_CD0_A	  0x400000000000ull
#define SMMU_CD0_ASET	  0x800000000000ull
#define SMMU_CD0_ASID(n)  ((uint64_t)(n) << 48)
#define SMMU_CD_TTB	  0x000ffffffffffff0ull
/* Attribute 0 non-cacheable, 1 write-back, 2 Device-nGnRE, 3 inner non-cacheable */
#define SMMU_CD3_MAIR 0xf404ff44ull

/* Translation table descriptors (DDI 0487 D8.3) */
#define SMMU_PTE_BLOCK	 0x1ull
#define SMMU_PTE_TABLE	 0x3ull
#define SMMU_PTE_PAGE	 0x3ull
#define SMMU_PTE_KIND	 0x3ull
#define SMMU_PTE_ATTR(n) ((uint64_t)(n) << 2)
#define SMMU_PTE_UNPRIV	 0x40ull
#define SMMU_PTE_RDONLY	 0x80ull
#define SMMU_PTE_INNER	 0x300ull
#define SMMU_PTE_AF	 0x400ull
#define SMMU_PTE_NG	 0x800ull
#define SMMU_PTE_PXN	 0x0020000000000000ull
#define SMMU_PTE_UXN	 0x0040000000000000ull
#define SMMU_PTE_ADDRESS 0x0000fffffffff000ull

#endif
