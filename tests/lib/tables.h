/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for tests of table walks: some RAM, nothing around it, and a count of reads. */
#ifndef LIB_TABLES_H
#define LIB_TABLES_H

#include <stdint.h>
#include <string.h>

#include "arch/fetch.h"

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (UINT64_C(1) << 20)

/**
 * struct ram - RAM_SIZE bytes at @base
 * @hole: a read that touches this address fails; 0 for none
 * @reads: counted
 */
struct ram {
	uint64_t base;
	uint64_t hole;
	unsigned int reads;
	uint8_t bytes[RAM_SIZE];
};

static inline int ram_read(void *ctx, uint64_t address, void *bytes, size_t n)
{
	struct ram *ram = ctx;
	uint64_t offset = address - ram->base;

	ram->reads++;
	if (offset >= RAM_SIZE || n > RAM_SIZE - offset)
		return -1;
	if (ram->hole && address <= ram->hole && ram->hole < address + n)
		return -1;
	memcpy(bytes, ram->bytes + offset, n);
	return 0;
}

static inline struct arch_memory ram_memory(struct ram *ram)
{
	return (struct arch_memory){.read = ram_read, .ctx = ram};
}

static inline void ram_clear(struct ram *ram, uint64_t base)
{
	memset(ram, 0, sizeof(*ram));
	ram->base = base;
}

/* Tables are little endian whatever this machine is. */
static inline void ram_set(struct ram *ram, uint64_t address, uint64_t word)
{
	for (unsigned int i = 0; i < 8; i++)
		ram->bytes[address - ram->base + i] = (uint8_t)(word >> (8 * i));
}

/* An STE or a CD. */
static inline void ram_set_entry(
	struct ram *ram, uint64_t address, const uint64_t word[ARCH_ENTRY_WORDS])
{
	for (unsigned int i = 0; i < ARCH_ENTRY_WORDS; i++)
		ram_set(ram, address + 8 * i, word[i]);
}

static inline uint64_t ram_get(const struct ram *ram, uint64_t address)
{
	uint64_t word = 0;

	for (unsigned int i = 0; i < 8; i++)
		word |= (uint64_t)ram->bytes[address - ram->base + i] << (8 * i);
	return word;
}

#endif
