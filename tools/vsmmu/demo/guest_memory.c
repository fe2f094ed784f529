/* SPDX-License-Identifier: BSD-2-Clause */
#include "demo/guest_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int guest_memory_init(struct guest_memory *memory, uint64_t base, uint64_t size)
{
	memory->bytes = calloc(1, size);
	if (!memory->bytes)
		return -ENOMEM;
	memory->base = base;
	memory->size = size;
	return 0;
}

void guest_memory_destroy(struct guest_memory *memory)
{
	free(memory->bytes);
	memory->bytes = NULL;
}

/* Written so that no sum of a guest's numbers can wrap. */
static bool is_inside(const struct guest_memory *memory, uint64_t address, size_t length)
{
	return address >= memory->base && length <= memory->size &&
	       address - memory->base <= memory->size - length;
}

int guest_memory_write(
	struct guest_memory *memory, uint64_t address, const void *bytes, size_t length)
{
	if (!is_inside(memory, address, length))
		return -EFAULT;
	memcpy(memory->bytes + (address - memory->base), bytes, length);
	return 0;
}

int guest_memory_read(
	const struct guest_memory *memory, uint64_t address, void *bytes, size_t length)
{
	if (!is_inside(memory, address, length))
		return -EFAULT;
	memcpy(bytes, memory->bytes + (address - memory->base), length);
	return 0;
}
