/* SPDX-License-Identifier: BSD-2-Clause */
/* The ID registers that the guest reads, and whether a host can keep what they promise. */
#ifndef SMMU_IDENTITY_H
#define SMMU_IDENTITY_H

#include "smmu/vsmmu.h"

/* The features of a physical SMMU, as far as they concern the guest. */
struct host_features {
	struct arch_features arch;
	bool repeat_commands;
};

/*
 * Makes the identity that the config asks for and, with probe_dev_id, the host can keep. What
 * does not go together is reported. Return: 0; -EINVAL; -errno of the host.
 */
int identity_init(struct vsmmu *vsmmu);

/* From now on the guest finds these ID registers, and all else goes by them. */
void identity_take(struct vsmmu *vsmmu, const struct idr_registers *id);

/*
 * Whether the SMMU behind an endpoint can do what the guest was promised; else
 * that is reported. @vsid: VSMMU_NO_VSID of one that is not attached. @host gets what the SMMU has.
 * Return: 0; -ENODEV if not; -errno of the host.
 */
int identity_check(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct host_features *host);

#endif
