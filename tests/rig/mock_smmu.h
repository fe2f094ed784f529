/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine for full vSMMUs made of the kernel's mock devices: all objects, attachments,
 * events and invalidations are the real kernel's. The devices do no DMA, so each test
 * triggers its events; that there is an STE in force shows in whether one can be triggered.
 *
 * Invalidations: the mock has its own (a vSID and the number of a cache entry). Commands
 * about CDs become those, so that the kernel carries them out or finds fault with them.
 */
#ifndef RIG_MOCK_SMMU_H
#define RIG_MOCK_SMMU_H

#include "conformance/smmu_guest.h"
#include "mock_machine.h"

/* How the next batches get to the kernel. */
enum mock_smmu_batches {
	MOCK_SMMU_TAKEN = 0, /* translated */
	MOCK_SMMU_REFUSED,   /* as they are: SMMUv3's data type, which the mock does not know */
};

/* What was attached to an endpoint. */
struct mock_smmu_endpoint {
	const struct mock_device *device;
	unsigned int attaches;
	unsigned int detaches; /* the first one comes before the first attach */
	uint32_t pt_id;	       /* the last one; 0: detached */
	/* On the parking vIOMMU: made before anything was attached. */
	uint32_t abort_id;
	uint32_t bypass_id;
};

struct mock_smmu {
	struct mock_machine mock;
	struct vsmmu_host *inner;
	struct host_ops ops; /* those of a record_host around it, but for what is counted here */
	enum mock_smmu_batches batches;
	unsigned int spoil; /* so many translated batches get a vSID in their midst that is not */
	int answer;	    /* what the kernel said to the last batch */
	uint32_t handled;   /* of how many it told then */
	unsigned int calls, empty_calls;
	uint32_t largest;
	unsigned int parents; /* allocated */
	unsigned int nested;
	uint64_t ste0, ste1; /* all bits that any vSTE had */
	uint64_t last_vste[2];
	struct mock_smmu_endpoint endpoint[SMMU_MACHINE_ENDPOINTS];
};

extern const struct smmu_machine_ops smmu_machine_mock;

static inline struct mock_smmu *mock_smmu_of(const struct smmu_guest *guest)
{
	return guest->machine->state;
}

/* Events of endpoint @n. Return: 0; -ENOENT when no nested HWPT is attached to it. */
int mock_smmu_fault(const struct smmu_guest *guest, unsigned int n, unsigned int count);
/* One event that reaches the guest with its StreamID. */
void mock_smmu_expect_event(struct smmu_guest *guest, unsigned int n);
/* No event can come of it: bypass, or cut off. */
void mock_smmu_expect_silence(struct smmu_guest *guest, unsigned int n);
/* It is parked at the HWPT that aborts, or at the one that bypasses stage 1. */
void mock_smmu_expect_abort(struct smmu_guest *guest, unsigned int n);
void mock_smmu_expect_bypass(struct smmu_guest *guest, unsigned int n);

/* Whether cache entry @cache of endpoint @n was invalidated since the machine was made. */
bool mock_smmu_invalidated(const struct smmu_guest *guest, unsigned int n, unsigned int cache);

/* sequenced is @events, and all of them are accounted for. Return: the counters. */
struct vsmmu_stats mock_smmu_expect_accounted(struct smmu_guest *guest, uint64_t events);

/* An address space whose tables are there, as the STE of endpoint @n. */
void mock_smmu_attach(struct smmu_guest *guest, unsigned int n, struct driver_domain *domain);

struct mock_smmu_part {
	const struct tap_test *tests;
	size_t count;
};

extern const struct mock_smmu_part mock_smmu_registers; /* and interrupts */
extern const struct mock_smmu_part mock_smmu_commands;
extern const struct mock_smmu_part mock_smmu_invalidations;
extern const struct mock_smmu_part mock_smmu_streams;
extern const struct mock_smmu_part mock_smmu_endpoints;
extern const struct mock_smmu_part mock_smmu_snapshots;
extern const struct mock_smmu_part mock_smmu_threads;

#endif
