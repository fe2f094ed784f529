/* SPDX-License-Identifier: BSD-2-Clause */
/* A full vSMMU whose guest has set all up, with tables for a device of the VMM's own. */
#ifndef UNIT_TRANSLATE_FIXTURE_H
#define UNIT_TRANSLATE_FIXTURE_H

#include <string.h>

#include "smmu/vsmmu.h"
#include "lib/test_vmm.h"

#define SID	   5
#define QUEUE	   (TEST_VMM_MEMORY + 0x1000)
#define QUEUE_LOG2 2
#define STRTAB	   (TEST_VMM_MEMORY + 0x10000)
#define STE	   (STRTAB + 64 * SID)
#define CD	   (TEST_VMM_MEMORY + 0x20000)
#define LEVEL1	   (TEST_VMM_MEMORY + 0x30000)
#define LEVEL2	   (TEST_VMM_MEMORY + 0x31000)
#define LEVEL3	   (TEST_VMM_MEMORY + 0x32000)
#define NOWHERE	   UINT64_C(0x70000000)
#define ON	   (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN)
#define IRQS	   (SMMU_IRQ_CTRL_GERROR_IRQEN | SMMU_IRQ_CTRL_EVENTQ_IRQEN)
#define OVFLG	   SMMU_EVENTQ_PROD_OVFLG

#define PAGE_VA	  UINT64_C(0x5000)
#define PAGE_PA	  UINT64_C(0x12345000)
#define BLOCK_VA  UINT64_C(0x200000)
#define BLOCK_PA  UINT64_C(0x40000000)
#define TABLE	  UINT64_C(3)
#define BLOCK	  UINT64_C(1)
#define AF	  (UINT64_C(1) << 10)
#define USER	  (UINT64_C(1) << 6)
#define READ_ONLY (UINT64_C(1) << 7)

/* T0SZ 25, EPD1, V, IPS 44 bits, AA64, R, A, ASET. */
#define CD_R	 (UINT64_C(1) << 45)
#define CD_A	 (UINT64_C(1) << 46)
#define CD_WORD0 (UINT64_C(0x8204c0000019) | CD_R | CD_A)

static inline void set_ste(struct test_vmm *vmm, uint64_t word0, uint64_t word1)
{
	test_vmm_store64(vmm, STE, word0);
	test_vmm_store64(vmm, STE + 8, word1);
}

static inline void set_page(struct test_vmm *vmm, uint64_t bits)
{
	test_vmm_store64(vmm, LEVEL3 + 8 * (PAGE_VA >> 12), PAGE_PA | bits);
}

static inline void tables(struct test_vmm *vmm)
{
	set_ste(vmm, CD | 0xb, 0x5c);
	test_vmm_store64(vmm, CD, CD_WORD0);
	test_vmm_store64(vmm, CD + 8, LEVEL1);
	test_vmm_store64(vmm, CD + 24, 0xff);
	test_vmm_store64(vmm, LEVEL1, LEVEL2 | TABLE);
	test_vmm_store64(vmm, LEVEL2, LEVEL3 | TABLE);
	test_vmm_store64(vmm, LEVEL2 + 8, BLOCK_PA | BLOCK | AF | USER);
	set_page(vmm, TABLE | AF | USER);
}

#ifdef ON_SIM
/* An endpoint of the simulator's with the next StreamID. */
static uint32_t assigned;
static struct vsmmu_endpoint *assigned_endpoint;
#endif

/* The guest has set all up, with a queue of 4 records. */
static inline struct test_vmm *fixture_new(const struct vsmmu_config *config)
{
	struct test_vmm *vmm = test_vmm_alloc();
	struct vsmmu_host *host = NULL;

#ifdef ON_SIM
	struct vsmmu_endpoint_config endpoint = {
		.size = sizeof(endpoint), .vsid = SID + 1, .vfio_fd = -1};

	host = test_vmm_sim(vmm, NULL);
#endif
	assert_int_equal(test_vmm_new(vmm, host, config), 0);
#ifdef ON_SIM
	assert_int_equal(vsmmu_sim_endpoint_new(host, 0, &endpoint.dev_id), 0);
	assert_int_equal(vsmmu_endpoint_attach(vmm->vsmmu, &endpoint, &assigned_endpoint), 0);
	assigned = endpoint.dev_id;
#endif
	tables(vmm);
	test_vmm_write64(vmm, SMMU_EVENTQ_BASE, QUEUE | QUEUE_LOG2);
	test_vmm_write64(vmm, SMMU_STRTAB_BASE, STRTAB);
	test_vmm_write(vmm, SMMU_STRTAB_BASE_CFG, 4);
	test_vmm_write(vmm, SMMU_CR2, SMMU_CR2_RECINVSID);
	test_vmm_write(vmm, SMMU_IRQ_CTRL, IRQS);
	test_vmm_write(vmm, SMMU_CR0, ON);
	return vmm;
}

static inline int run(
	struct test_vmm *vmm, const struct vsmmu_access *given, struct vsmmu_translation *out)
{
	struct vsmmu_access access = *given;
	int ret;

	access.size = sizeof(access);
	memset(out, 0xa5, sizeof(*out));
	out->size = sizeof(*out);
	vmm->memory_reads = 0;
	ret = vsmmu_translate(vmm->vsmmu, &access, out);
	assert_true(vmm->memory_reads <= 9);
	return ret;
}

#endif
