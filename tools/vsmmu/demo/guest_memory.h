/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's RAM: one range of guest-physical addresses, and nothing around it. */
#ifndef DEMO_GUEST_MEMORY_H
#define DEMO_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct guest_memory {
	uint64_t base;
	uint64_t size;
	uint8_t *bytes;
};

/* Return: 0 or -ENOMEM. */
int guest_memory_init(struct guest_memory *memory, uint64_t base, uint64_t size);
void guest_memory_destroy(struct guest_memory *memory);

/* Both return 0, or -EFAULT with nothing copied when any of it lies outside. */
int guest_memory_write(
	struct guest_memory *memory, uint64_t address, const void *bytes, size_t length);
int guest_memory_read(
	const struct guest_memory *memory, uint64_t address, void *bytes, size_t length);

#endif
