/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves of fuzz_smmu.c that are its VMM's and its host's, each with what it takes of the input. */
#ifndef FUZZ_SMMU_H
#define FUZZ_SMMU_H

#include "fuzz_vmm.h"

static inline unsigned int take_endpoint(struct fuzz_input *input)
{
	return (unsigned int)fuzz_take(input, 1) % FUZZ_VMM_ENDPOINTS;
}

static inline uint32_t take_vsid(struct fuzz_input *input)
{
	return fuzz_vmm_vsids[fuzz_take(input, 1) % FUZZ_VMM_VSIDS];
}

/* An access of stream @vsid. */
void fuzz_smmu_take_access(struct fuzz_input *input, uint32_t vsid, struct vsmmu_access *access);

void fuzz_smmu_attach(struct fuzz_input *input);
void fuzz_smmu_detach(struct fuzz_input *input);
void fuzz_smmu_set_vsid(struct fuzz_input *input);
void fuzz_smmu_fail(struct fuzz_input *input);
void fuzz_smmu_heal(struct fuzz_input *input);
void fuzz_smmu_expire(struct fuzz_input *input);
void fuzz_smmu_recover(struct fuzz_input *input);
void fuzz_smmu_attach_anyhow(struct fuzz_input *input);
void fuzz_smmu_number(struct fuzz_input *input);
void fuzz_smmu_take_vsid_away(struct fuzz_input *input);
void fuzz_smmu_record_event(struct fuzz_input *input);
void fuzz_smmu_take_irqs(struct fuzz_input *input);

#endif
