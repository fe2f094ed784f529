/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's RAM: one mapping. */
#ifndef VMM_MEMORY_H
#define VMM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct memory {
	uint8_t *at; /* of MAP_RAM */
	uint64_t size;
};

/* Return: 0; -1 with a message. */
int memory_open(struct memory *memory, uint64_t size);
void memory_close(struct memory *memory);

/* Return: where guest-physical @address to @address + @length is; NULL if not all of it is RAM. */
uint8_t *memory_at(const struct memory *memory, uint64_t address, uint64_t length);

#endif
