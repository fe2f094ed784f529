/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether an endpoint gets to memory, as seen in the memory: not each endpoint can tell.
 */
#ifndef CONFORMANCE_DMA_CANARY_H
#define CONFORMANCE_DMA_CANARY_H

#include "conformance/smmu_machine.h"

/* Other canaries than any before, for a machine that is not open yet. */
void dma_canary_make(struct smmu_machine *machine);

/*
 * Endpoint @n writes its canary at @access, a write or not, and all guest memory is compared.
 * What has changed is put back. @result is what write_canary() said, -EOPNOTSUPP if there is
 * none. Return: the first byte that had changed; NULL: nothing got through.
 */
const uint8_t *dma_canary_write(struct smmu_machine *machine, unsigned int n,
	const struct vsmmu_access *access, int *result);

#endif
