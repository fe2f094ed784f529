/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "error.h"
#include "map.h"

int memory_open(struct memory *memory, uint64_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return fail("%" PRIu64 " MiB of memory: %s; ask for less with --mem", size >> 20,
			strerror(errno));
	*memory = (struct memory){.at = at, .size = size};
	return 0;
}

void memory_close(struct memory *memory)
{
	if (memory->at)
		munmap(memory->at, memory->size);
	memory->at = NULL;
}

uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t length)
{
	if (address < MAP_RAM || address - MAP_RAM > memory->size ||
		length > memory->size - (address - MAP_RAM))
		return NULL;
	return memory->at + (address - MAP_RAM);
}
