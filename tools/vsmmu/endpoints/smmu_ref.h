/* SPDX-License-Identifier: BSD-2-Clause */
/* Which SMMU a name means. */
#ifndef ENDPOINTS_SMMU_REF_H
#define ENDPOINTS_SMMU_REF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct smmu_ref {
	enum {
		SMMU_REF_ANY,	  /* the name tells nothing */
		SMMU_REF_ADDRESS, /* "fc900000.iommu", "/smmuv3@9050000", "smmu3.0x09050000" */
		SMMU_REF_NUMBER,  /* "arm-smmu-v3.2.auto": in the order in which Linux made them */
	} kind;
	uint64_t value;
};

struct smmu_ref smmu_ref_parse(const char *name);

#endif
