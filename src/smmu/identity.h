/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ID registers that the guest reads, and whether a host can keep what they promise. Before
 * they are frozen they change under the attach, control and event locks, so that any of the three
 * is enough to read them; they are frozen under the control lock.
 */
#ifndef SMMU_IDENTITY_H
#define SMMU_IDENTITY_H

#include "smmu/host_features.h"
#include "smmu/vsmmu.h"

/*
 * Makes the identity that the config asks for, with no endpoint. Return: 0; -EINVAL, reported, for
 * a config that makes no sense.
 */
int identity_init(struct vsmmu *vsmmu);

/* From now on the guest finds these ID registers, and all else goes by them. */
void identity_take(struct vsmmu *vsmmu, const struct idr_registers *id);

/*
 * Asks the host what the SMMU behind an endpoint has, for @host, and admits it as below.
 * Under the attach lock. Return: 0; -ENODEV; -errno of the host, reported.
 */
int identity_check(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct host_features *host);

/*
 * Whether an endpoint that is not in the list yet can do what the guest was promised; while
 * nothing is frozen, whether it and all in the list can do what the config asks for. What is
 * missing is reported. Under the attach lock; the answer lasts only as long as the control lock is
 * held, too. Return: 0; -ENODEV.
 */
int identity_admit(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const struct host_features *host);

/* Does the same for the ID registers in vsmmu->id, frozen or not. Under the attach lock. */
int identity_fits(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	const struct host_features *host);

/* An endpoint came or went. Under the control lock, and the attach lock or alone at the end. */
void identity_update(struct vsmmu *vsmmu);

/* Not with the control lock held. */
void identity_freeze_now(struct vsmmu *vsmmu);

static inline bool identity_is_frozen(const struct vsmmu *vsmmu)
{
	return atomic_load_explicit(&vsmmu->identity_is_frozen, memory_order_acquire);
}

/* To be called before the guest sees what it is promised, or relies on it. */
static inline void identity_freeze(struct vsmmu *vsmmu)
{
	if (!identity_is_frozen(vsmmu))
		identity_freeze_now(vsmmu);
}

#endif
