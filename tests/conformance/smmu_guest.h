/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest with a full SMMU: a vSMMU with the machine's endpoints behind it, and the driver
 * model on the other side of its registers.
 */
#ifndef CONFORMANCE_SMMU_GUEST_H
#define CONFORMANCE_SMMU_GUEST_H

#include <vsmmu/smmu.h>

#include "conformance/smmu_machine.h"
#include "driver/driver.h"
#include "smmu/counts.h"
#include "tap.h"

#define SMMU_GUEST_RECORDS  256
#define SMMU_GUEST_DOORBELL UINT64_C(0x8090040) /* takes MSIs; not memory */

/* As on PCI: bus 1, devices 1, 2, ... */
#define SMMU_GUEST_VSID(n) (0x108u + 8 * (n))

struct smmu_guest {
	struct smmu_machine *machine;
	struct vsmmu *vsmmu;
	struct vsmmu_config config; /* of it */
	struct vsmmu_endpoint *endpoint[SMMU_MACHINE_ENDPOINTS];
	uint32_t vsid[SMMU_MACHINE_ENDPOINTS];
	/* Of those that are attached late: what the guest has numbered them. */
	bool late[SMMU_MACHINE_ENDPOINTS];
	uint64_t number[SMMU_MACHINE_ENDPOINTS];
	struct driver driver;
	unsigned int irqs[IRQ_COUNT];
	unsigned int msis;
	unsigned int reports[REPORT_CODE_COUNT];
	char refusal[256];			/* text of the last UNFIT or BLOCKED */
	uint64_t record[SMMU_GUEST_RECORDS][4]; /* that the driver took */
	unsigned int records;
	/* Runs after each register write of the driver's. */
	void (*after_write)(struct smmu_guest *guest, uint64_t offset);
	unsigned int depth; /* of after_write */
	/* Of all that smmu_guest_attach() attaches from now on. */
	uint32_t parent_hwpt;
	bool put_back;
	void *state;
};

/**
 * struct smmu_guest_options - what differs from the defaults
 * @vsmmu: members that describe the SMMU; the rest is filled in
 * @driver: of the driver
 * @detached: endpoints are the test's to attach
 * @off: neither probed nor reset
 */
struct smmu_guest_options {
	struct vsmmu_config vsmmu;
	struct driver_options driver;
	bool detached;
	bool off;
};

/* Checks all it does. */
void smmu_guest_open(struct smmu_guest *guest, struct smmu_machine *machine,
	const struct smmu_guest_options *options);
void smmu_guest_close(struct smmu_guest *guest);
/* Closes the guests that a failed test left open. */
void smmu_guest_close_left(void);

/* To a new vSMMU on the same host, by a snapshot; the driver knows nothing of it. */
void smmu_guest_move(struct smmu_guest *guest);

/* The same by vsmmu_move(), so that the endpoints stay attached. */
void smmu_guest_move_live(struct smmu_guest *guest);

void smmu_guest_attach(struct smmu_guest *guest, unsigned int n, uint32_t vsid);
/* Without a StreamID: @number is what the vSMMU is told when it asks. */
void smmu_guest_attach_late(struct smmu_guest *guest, unsigned int n);

/* Memory of the guest's for DMA: zeroed, 4 KiB or more, aligned to its size. */
uint8_t *smmu_guest_buffer(struct smmu_guest *guest, size_t size, uint64_t *gpa);

/*
 * Where a space has its two pages, in either half of the addresses. Their descriptors are in
 * the first 4 KiB of each table: tests/rig/deviations, large-table.
 */
#define SMMU_GUEST_FROM UINT64_C(0x230000)
#define SMMU_GUEST_TO	UINT64_C(0x340000)
/* A page where nothing is mapped, under the same table of the last level. */
#define SMMU_GUEST_HOLE UINT64_C(0x250000)

/* An address space with a page to read and a page to write. */
struct smmu_guest_space {
	struct driver_domain domain;
	uint64_t high; /* upper bits of all its addresses */
	uint8_t *from, *to;
	uint64_t from_gpa, to_gpa;
	size_t page;
};

void smmu_guest_make_space(struct smmu_guest *guest, struct smmu_guest_space *space,
	const struct driver_domain_options *options);
/* The pages alone, which are mapped yet nowhere. */
void smmu_guest_make_pages(struct smmu_guest *guest, struct smmu_guest_space *space);

/* Endpoint @n copies from page to page, through the SMMU, at the beginning and at the end. */
void smmu_guest_expect_space(
	struct smmu_guest *guest, unsigned int n, const struct smmu_guest_space *space);
/* The same past stage 1: the pages are used by their guest-physical addresses. */
void smmu_guest_expect_bypass(
	struct smmu_guest *guest, unsigned int n, const struct smmu_guest_space *space);

/* Endpoint @n's DMA as the machine does it, with events settled. Skips the test if the
 * endpoint cannot do that. Return: what dma() said. */
int smmu_guest_dma(
	struct smmu_guest *guest, unsigned int n, const struct vsmmu_access *access, size_t length);
/* It reads at @from and writes what it has then at @to. Return: the first that was not 0. */
int smmu_guest_copy(
	struct smmu_guest *guest, unsigned int n, uint64_t from, uint64_t to, size_t length);

/* Copies through the SMMU and compares all bytes: @from and @to are the pages behind. */
void smmu_guest_expect_copy(struct smmu_guest *guest, unsigned int n, uint64_t from_iova,
	uint8_t *from, uint64_t to_iova, const uint8_t *to, size_t length);

/* The same without a check, an event or a dispatch: also for the midst of a host's call. */
bool smmu_guest_copies(struct smmu_machine *machine, unsigned int n, uint64_t from_iova,
	uint8_t *from, uint64_t to_iova, const uint8_t *to, size_t length);

/*
 * 4 bytes that must not get through. The event, if one is to come, is @id; 0: none at all,
 * and then a write there does not get through either.
 */
void smmu_guest_expect_fault(
	struct smmu_guest *guest, unsigned int n, uint64_t iova, bool write, unsigned int id);
void smmu_guest_expect_access_fault(struct smmu_guest *guest, unsigned int n,
	const struct vsmmu_access *access, unsigned int id);

/* Dispatches until there is nothing to do, then the driver runs. */
void smmu_guest_run(struct smmu_guest *guest);
/* Forgets the records so far. */
void smmu_guest_forget(struct smmu_guest *guest);

struct vsmmu_stats smmu_guest_stats(struct smmu_guest *guest);

#endif
