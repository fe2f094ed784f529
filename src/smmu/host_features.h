/* SPDX-License-Identifier: BSD-2-Clause */
/* The features of a physical SMMU, as its host tells of them. */
#ifndef SMMU_HOST_FEATURES_H
#define SMMU_HOST_FEATURES_H

#include "arch/features.h"

/* They are those that concern the guest. */
struct host_features {
	struct arch_features arch;
	bool repeat_commands;
	bool is_known; /* the host has told IDR0 to IDR5, which are in @idr */
	uint32_t idr[6];
};

#endif
