/* SPDX-License-Identifier: BSD-2-Clause */
/* The ID registers that the guest reads, and whether a host can keep what they promise. */
#ifndef SMMU_IDREGS_H
#define SMMU_IDREGS_H

#include "smmu/vsmmu.h"

/* What a physical SMMU can do, of what concerns the guest. */
struct host_features {
	struct arch_features arch;
	bool repeat_commands;
};

/*
 * Fills in vsmmu->id and vsmmu->features from the config and, with probe_dev_id, the host.
 * What does not go together is reported. Return: 0; -EINVAL; -errno of the host.
 */
int identity_init(struct vsmmu *vsmmu);

/*
 * Whether the SMMU behind an endpoint can do what the guest was promised; else that is
 * reported. @vsid: VSMMU_NO_VSID of one that is not attached. @host gets what the SMMU has. Return:
 * 0; -ENODEV if not; -errno of the host.
 */
int identity_check(struct vsmmu *vsmmu, const struct host_endpoint *endpoint, uint64_t vsid,
	struct host_features *host);

#endif
