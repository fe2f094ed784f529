/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest wants an endpoint's transactions to meet. Under the control lock. */
#ifndef SMMU_ENDPOINTS_STE_TARGET_H
#define SMMU_ENDPOINTS_STE_TARGET_H

#include "smmu/endpoints/ste_install.h"

/*
 * @stand_in: what C_BAD_STE means while it is installed
 * @bad: why the guest's STE cannot be used, or NULL
 * @severity: of that
 */
struct wish {
	enum installed installed;
	uint64_t vste[2];
	struct stream_stand_in stand_in;
	const char *bad;
	enum vsmmu_severity severity;
};

/* V = 1, Config = 0b000: aborts in silence. */
extern const uint64_t wish_vste_abort[2];

/* From the registers and, if SMMUEN = 1, the stream table as they are now. */
void wish_make(const struct vsmmu_endpoint *endpoint, struct wish *wish);

#endif
