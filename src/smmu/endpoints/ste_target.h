/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds what a guest wants an endpoint's transactions to meet. Under the control lock. */
#ifndef SMMU_ENDPOINTS_STE_TARGET_H
#define SMMU_ENDPOINTS_STE_TARGET_H

#include "smmu/endpoint.h"

/*
 * @fault_override: what C_BAD_STE stands for while it is installed
 * @bad: why the guest's STE cannot be used, or NULL
 * @severity: of that
 */
struct ste_target {
	enum installed installed;
	uint64_t vste[2];
	struct fault_override fault_override;
	const char *bad;
	enum vsmmu_severity severity;
};

/* From the registers and, if SMMUEN = 1, the stream table as they are now. */
void ste_target_from_guest(const struct vsmmu_endpoint *endpoint, struct ste_target *target);

/*
 * On an event path alone: whether an endpoint can have an STE of its VMM's. Stage 1 takes a
 * vDEVICE, which an endpoint without a StreamID does not have; one whose StreamID failed to get its
 * vDEVICE can have none at all.
 */
bool ste_target_takes(const struct vsmmu_endpoint *endpoint, const uint64_t ste[2]);

#endif
