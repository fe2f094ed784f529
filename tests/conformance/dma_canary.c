/* SPDX-License-Identifier: BSD-2-Clause */
#include "conformance/dma_canary.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

#define MEMORY_MAX ((size_t)16 << 20)

/* No byte is 0, so that the first one changes what no one has written to. */
void dma_canary_make(struct smmu_machine *machine)
{
	static uint32_t seed = 0x6d61726b;
	uint8_t *canary = (uint8_t *)machine->canary;

	for (size_t i = 0; i < sizeof(machine->canary); i++) {
		seed = seed * 1664525 + 1013904223;
		canary[i] = (uint8_t)(seed >> 24 | 1);
	}
}

const uint8_t *dma_canary_write(struct smmu_machine *machine, unsigned int n,
	const struct vsmmu_access *access, int *result)
{
	static uint8_t before[MEMORY_MAX];
	uint8_t *memory = machine->memory;
	const size_t size = machine->memory_size;
	struct vsmmu_access write = *access;
	size_t at = 0;

	write.size = sizeof(write);
	write.flags |= VSMMU_ACCESS_WRITE;
	TAP_CHECK(size <= sizeof(before), "more memory than a mark is looked for in");
	memcpy(before, memory, size);
	*result = machine->ops->write_canary ? machine->ops->write_canary(machine, n, &write)
					     : -EOPNOTSUPP;
	TAP_EQ(machine->ops->settle(machine), 0);
	if (!memcmp(before, memory, size))
		return NULL;
	while (before[at] == memory[at])
		at++;
	memcpy(memory, before, size);
	return memory + at;
}
