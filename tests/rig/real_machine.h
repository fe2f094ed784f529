/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig's machine with its emulated physical SMMUv3: edu endpoints under the kernel's
 * real arm-smmu-v3 driver, guest memory in an IOAS, and in that memory the stage 1
 * tables of each endpoint, as its guest would have written them.
 */
#ifndef RIG_REAL_MACHINE_H
#define RIG_REAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "edu.h"
#include "host/host.h"

#define REAL_ENDPOINTS 16

/* Guest-physical; clear of the kernel's software-MSI window at 0x8000000. */
#define REAL_MEMORY	 UINT64_C(0x80000000)
#define REAL_MEMORY_SIZE (UINT64_C(16) << 20)

/* What stage 1 maps is below this, by pages. Nothing is mapped at first. */
#define REAL_IOVA_END UINT64_C(0x200000)

/* A page for each endpoint to do DMA with; see real_machine_page(). */
enum real_access {
	REAL_UNMAPPED,	/* F_TRANSLATION */
	REAL_READWRITE, /* works */
	REAL_READONLY,	/* F_PERMISSION for a write */
	REAL_NO_ACCESS, /* access flag clear: F_ACCESS */
	REAL_TOO_HIGH,	/* output address beyond IPS: F_ADDR_SIZE */
};

struct real_endpoint {
	struct edu edu;
	uint8_t *tables; /* at table_gpa */
	uint64_t table_gpa;
	uint64_t next_fault; /* IOVA, so that each fault has its own */
};

struct real_machine {
	int iommufd;
	uint32_t ioas_id;
	uint8_t *memory; /* REAL_MEMORY_SIZE bytes, mapped at REAL_MEMORY */
	unsigned int count;
	struct real_endpoint endpoint[REAL_ENDPOINTS];
	int smmu_fd;			   /* /dev/mem */
	const volatile uint8_t *smmu_page; /* page 1 of the physical SMMU's registers */
	pid_t evtq_thread;
	int evtq_injection; /* injection.h */
};

/*
 * Return: 0; -ENODEV when there are not so many edu devices; -errno. Nothing is left on
 * failure.
 */
int real_machine_open(struct real_machine *machine, unsigned int endpoints);

/* Here the @endpoints share an IOMMU group: they are functions of one slot. */
int real_machine_open_group(struct real_machine *machine, unsigned int endpoints);

/*
 * Opens more endpoints, until there are @endpoints in all. These have no tables: the memory
 * is a guest's. Return: as real_machine_open(); what was there stays.
 */
int real_machine_add(struct real_machine *machine, unsigned int endpoints);

void real_machine_close(struct real_machine *machine);

/* A host on this machine. Return: as vsmmu_iommufd_new(). */
int real_machine_host(struct real_machine *machine, struct vsmmu_host **out);

/* Endpoint @n as the host's calls want it. Valid while the machine is. */
struct host_endpoint real_machine_endpoint(struct real_machine *machine, unsigned int n);

/* The STE that points to endpoint @n's tables: stage 1, as the kernel wants it. */
void real_machine_ste(const struct real_machine *machine, unsigned int n, uint64_t ste[2]);

/* Whether endpoint @n's CD is valid: with one that is not, each transaction is C_BAD_CD. */
void real_machine_set_cd(struct real_machine *machine, unsigned int n, bool valid);

/* What a page of endpoint @n's @iova is. The SMMU may go on using what it was before. */
void real_machine_map(
	struct real_machine *machine, unsigned int n, uint64_t iova, enum real_access access);

/* The memory behind every mapped page of endpoint @n, 4096 bytes. */
uint8_t *real_machine_page(struct real_machine *machine, unsigned int n);

/*
 * Makes the SMMU forget all translations of @viommu_id's guest, and the CDs of stream
 * @vsid. Return: 0 or -errno.
 */
int real_machine_invalidate(struct real_machine *machine, uint32_t viommu_id, uint32_t vsid);

/*
 * Endpoint @n reads @count times where nothing is mapped: so many F_TRANSLATIONs (not
 * more than the SMMU's own queue holds), if a stage 1 STE is attached. Returns when the
 * driver has dealt with all. Return: 0 or -errno.
 */
int real_machine_fault(struct real_machine *machine, unsigned int n, unsigned int count);

/* One DMA of 4 bytes at any place; the driver has dealt with what came of it. */
int real_machine_access(struct real_machine *machine, unsigned int n, uint64_t iova, bool write);

/* One fault for whose event the kernel has no memory. Return: 0 when that was so. */
int real_machine_fault_dropped(struct real_machine *machine, unsigned int n);

/* The next read() in this thread that comes to a LOST header finds no memory. */
int real_machine_fail_lost_copy(struct real_machine *machine);

/* As mock_machine_read_and_drop(). */
ssize_t real_machine_read_and_drop(struct real_machine *machine, const struct host_veventq *veventq,
	void *buffer, size_t length, unsigned int n);

/*
 * Waits until the SMMU's event queue is empty and its driver's thread asleep: then all
 * events of DMAs that are over have gone where they go. Return: 0; -ETIMEDOUT.
 */
int real_machine_settle(struct real_machine *machine);

#endif
