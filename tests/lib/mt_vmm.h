/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A full vSMMU on the simulator for tests with many threads, one in a program. Guest memory is
 * read and written whole words at a time, as a bus does it, and the guest's vCPUs share its
 * command queue, as Linux' do.
 */
#ifndef LIB_MT_VMM_H
#define LIB_MT_VMM_H

#include <stdatomic.h>

#include <vsmmu/sim.h>
#include <vsmmu/smmu.h>

#include "arch/command.h"
#include "arch/regs.h"
#include "lib/unit.h"

#define MT_VMM_MEMORY	 UINT64_C(0x80000000)
#define MT_VMM_STRTAB	 MT_VMM_MEMORY
#define MT_VMM_PAGES(n)	 (MT_VMM_MEMORY + 0x100000 + 0x10000 * (uint64_t)(n))
#define MT_VMM_IOVA	 UINT64_C(0x10000) /* mapped to the first of endpoint n's pages */
#define MT_VMM_ENDPOINTS 3
#define MT_VMM_PLUGGED	 2 /* the one that comes and goes: the others are attached */
#define MT_VMM_ON	 (SMMU_CR0_SMMUEN | SMMU_CR0_EVENTQEN | SMMU_CR0_CMDQEN)
#define MT_VMM_IRQS	 (SMMU_IRQ_CTRL_EVENTQ_IRQEN | SMMU_IRQ_CTRL_GERROR_IRQEN)
#define MT_VMM_PATIENCE	 60000 /* ms, for what must happen */

/* A failed assertion must not jump out of another thread: counted, for mt_vmm_destroy(). */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			mt_check_failed(__FILE__, __LINE__);                                       \
	} while (0)

struct mt_vmm {
	struct vsmmu_host *sim;
	struct vsmmu *vsmmu;
	uint32_t dev_ids[MT_VMM_ENDPOINTS];
	struct vsmmu_endpoint *endpoints[MT_VMM_ENDPOINTS];
	atomic_uint_fast64_t commands, syncs; /* that the guest has issued */
	atomic_uint_fast64_t left_out;	      /* events that snapshots say they had no room for */
	atomic_uint resets;		      /* changes whenever what it has issued is forgotten */
};

extern struct mt_vmm mt_vmm;

void mt_check_failed(const char *file, int line);

/* With endpoints @dev_ids. */
struct vsmmu_host *mt_vmm_sim_new(uint32_t dev_ids[MT_VMM_ENDPOINTS]);
/* A vSMMU on @host, and nothing more. @config: what differs from the defaults, or NULL */
struct vsmmu *mt_vmm_new(struct vsmmu_host *host, const struct vsmmu_config *config);
/*
 * A vSMMU on @host, where the guest's driver has come up; and its end, with the host's.
 * @config: what differs from the defaults, or NULL
 */
void mt_vmm_create(struct vsmmu_host *host, const struct vsmmu_config *config);
void mt_vmm_destroy(struct vsmmu_host *host);

/* The following can be called by any thread. */

struct vsmmu_stats mt_vmm_stats(void);
uint64_t mt_vmm_read(uint64_t offset, uint32_t size);
void mt_vmm_write(uint64_t offset, uint64_t value, uint32_t size);
void mt_vmm_store(uint64_t address, uint64_t value);
/* Where endpoint @n's page is, and the one after it are data; 0: nowhere. */
void mt_vmm_set_page(unsigned int n, uint64_t pa);

/* The VMM resets it, then the guest's driver comes up again. */
void mt_vmm_reset(void);

/*
 * Commands and a CMD_SYNC whose MSI tells that it is complete; @done changes each time.
 * Return: false if a reset has come between.
 */
bool mt_vmm_issue_and_wait(
	unsigned int vcpu, const uint64_t (*command)[2], unsigned int count, uint32_t done);
bool mt_vmm_is_done(unsigned int vcpu, uint32_t done);

/* Return: what the endpoint read, 0 if it saw an abort. */
uint64_t mt_vmm_dma_read(unsigned int n, uint64_t address);
int mt_vmm_attach(unsigned int n, uint32_t vsid);

/* Guest memory, for ops of one's own; @opaque is ignored. */
int mt_vmm_memory_read(void *opaque, uint64_t address, void *bytes, size_t length);

#endif
